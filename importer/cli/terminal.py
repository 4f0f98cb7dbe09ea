"""Where the commands write: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from importer.report.escape import escape_text

if TYPE_CHECKING:
    from rich.console import Console

    from importer.errors import ImporterError

PIPED_WIDTH = 10_000
"""Columns where there is no window: one line stays one line, for whatever reads it."""


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that reads no markup into text; without colour where NO_COLOR is set or nobody looks."""
    from rich.console import Console

    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr, markup=False, highlight=False, emoji=False, width=None if is_terminal else PIPED_WIDTH
    )


def tell_error(error: ImporterError) -> None:
    """Write an error as one line on standard error."""
    typer.echo(f"error: {escape_text(str(error))}", err=True)


def tell(text: str) -> None:
    """Write something that a person should know as one line on standard error."""
    typer.echo(escape_text(text), err=True)
