"""A command at a terminal of its own, as a person sits at one; only where the system has such."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LONGEST = 60.0
"""Seconds that the command may write."""


def run_at_terminal(
    command: Sequence[str], folder: Path, *, environment: Mapping[str, str], prompt: bytes, answer: bytes
) -> tuple[int, bytes, bool]:
    """Run a command, and answer its prompt once if it comes; return exit code, output, and whether it came."""
    terminal, inner = pty.openpty()
    child = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    )
    os.close(inner)
    said, is_asked = b"", False
    until = time.monotonic() + LONGEST
    try:
        while time.monotonic() < until and select.select([terminal], [], [], until - time.monotonic())[0]:
            try:
                got = os.read(terminal, 4_096)
            except OSError:  # the terminal's other end is closed
                break
            if not got:
                break
            said += got
            if prompt in said and not is_asked:
                is_asked = True
                os.write(terminal, answer)
        return child.wait(30), said, is_asked
    finally:
        child.kill()
        os.close(terminal)
