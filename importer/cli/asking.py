"""Asking a person at a terminal before the first write; programs and pipes aren't asked."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import IO, TYPE_CHECKING

import typer

from importer.cli.terminal import tell
from importer.report.escape import shorten_text

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from importer.context import Writes

NAMED = 5
"""New target materials that the question names."""


def is_anybody_there() -> bool:
    """Tell whether a person can read a question and answer it."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: IO[str] | None) -> bool:
    """Tell whether a stream is a terminal, also where a progress bar stands before it, which may deny it."""
    if stream is None:
        return False
    with contextlib.suppress(OSError, ValueError):  # a stream in memory has no number
        return stream.isatty() or os.isatty(stream.fileno())
    return False


def make_question(stop: threading.Event) -> Callable[[Writes], bool]:
    """Return a function that asks whether to write; Ctrl-C at the question is a "no" that sets the stop event."""

    def ask(writes: Writes) -> bool:
        tell(describe_writes(writes))
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            is_agreed = typer.confirm("Continue?", default=False, err=True)
        except typer.Abort:
            stop.set()
            is_agreed = False
        finally:
            signal.signal(signal.SIGINT, before)
        if not is_agreed:
            tell("Nothing was sent.")
        return is_agreed

    return ask


def describe_writes(writes: Writes) -> str:
    """Return in one line what is about to be written, and where."""
    rows = f"{writes.rows:,} {'row' if writes.rows == 1 else 'rows'}"
    stacks = f"{writes.stacks:,} {'stack' if writes.stacks == 1 else 'stacks'}"
    if writes.is_undoing:
        return f"{rows} in {stacks} at {writes.address} will be put back to what they were before."
    how = "replacing whole stacks" if writes.is_replacing else "sending"
    made = ""
    if writes.new_targets:
        named = [shorten_text(name) for name in writes.new_targets[:NAMED]]
        if len(writes.new_targets) > NAMED:
            named.append(f"and {len(writes.new_targets) - NAMED:,} more")
        count = len(writes.new_targets)
        made = f"; {count:,} new target {'material' if count == 1 else 'materials'}: {', '.join(named)}"
    return f"About to write {rows} in {stacks} to {writes.address}, {how}{made}."
