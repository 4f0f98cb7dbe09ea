"""Where the commands write: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

from importer.report.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from importer.errors import ImporterError

PIPED_WIDTH = 10_000
"""Columns where there is no window: one line stays one line, for whatever reads it."""


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that reads no markup into text; without colour where NO_COLOR is set or nobody looks."""
    from rich.console import Console

    class LastingConsole(Console):
        """Goes on when its reader has gone; Rich would end the program."""

        def on_broken_pipe(self) -> None:
            """Write no more."""
            self.quiet = True
            with outlive_reader(2 if stderr else 1):
                raise BrokenPipeError

    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return LastingConsole(
        stderr=stderr, markup=False, highlight=False, emoji=False, width=None if is_terminal else PIPED_WIDTH
    )


def tell_error(error: ImporterError) -> None:
    """Write an error as one line on standard error."""
    tell(f"error: {error}")


def tell(text: str) -> None:
    """Write something that a person should know on standard error, if that is still there.

    It is one line, wrapped between words where somebody looks; a command stays in one piece, to be copied.
    """
    said = escape_text(text)
    with outlive_reader(2):
        if "layer-importer " not in said and sys.stderr.isatty():
            width = shutil.get_terminal_size().columns
            said = textwrap.fill(said, width, break_long_words=False, break_on_hyphens=False)
        sys.stderr.write(f"{said}\n")


@contextlib.contextmanager
def outlive_reader(descriptor: int) -> Iterator[None]:
    """Go on where standard output (1) or error (2) can't be written any more: what is written there is lost.

    The reader has gone (``| head``), the disk is full, or the terminal was closed; a run mustn't end by that.
    """
    stream = sys.stdout if descriptor == 1 else sys.stderr
    try:
        yield
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def open_standard_streams() -> None:
    """Make standard streams that take all that is written to them.

    Nothing is put in the place of those that were closed: the next file opened would take their number. A character
    that the console's encoding doesn't have is written as its escape: a run mustn't end by that.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
