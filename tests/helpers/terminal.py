"""A command at a terminal of its own, as a person sits at one; only where the system has such."""

from __future__ import annotations

import os
import pty
import select
import time
from typing import TYPE_CHECKING

from tests.helpers.forking import get_preloaded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LONGEST = 60.0
"""Seconds that the command may write."""
LOOK = 0.02
"""Seconds without a word after which it is seen whether the command has ended."""


def run_at_terminal(
    arguments: Sequence[str], folder: Path, *, environment: Mapping[str, str], prompt: bytes, answer: bytes
) -> tuple[int, bytes, bool]:
    """Run the command, and answer its prompt once if it comes; return exit code, output, and whether it came."""
    terminal, inner = pty.openpty()
    child = get_preloaded().start(arguments, folder=folder, environment=environment, terminal=os.ttyname(inner))
    said, is_asked, has_ended = b"", False, False
    until = time.monotonic() + LONGEST
    try:
        while time.monotonic() < until:
            if select.select([terminal], [], [], LOOK)[0]:
                said += os.read(terminal, 4_096)
            elif has_ended:  # and all is read that it wrote before
                break
            else:
                has_ended = child.poll() is not None
            if prompt in said and not is_asked:
                is_asked = True
                os.write(terminal, answer)
        return child.wait(30), said, is_asked
    finally:
        child.kill()
        os.close(terminal)
        os.close(inner)
