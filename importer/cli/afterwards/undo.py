"""``undo``: undo what a run stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.asking import is_anybody_there
from importer.cli.credentials import ApiAsked
from importer.cli.options import RunPath
from importer.cli.watching import watch_lines
from importer.settings import SendSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED = 10
"""Stacks that are named; the report names all."""


def undo_stored(
    run: RunPath,
    *,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Don't ask before sending. (Only people at a terminal are asked.)",
            rich_help_panel="Send",
        ),
    ] = False,
    send: SendSettings,
    api: ApiAsked,
) -> None:
    """Put each stack that a run changed back to what it was before.

    Stacks that somebody else has changed since are left alone. Target materials that the run created stay, without
    layers, because the API can't delete them.

    Example: layer-importer undo growths.run.sqlite
    """
    from importer.report.escape import escape_text
    from importer.tasks.undo import undo_run

    found = api.find(run)
    result = watch_lines(
        lambda context: undo_run(run, api=found, send=send, context=context),
        is_asked=not yes and is_anybody_there(),
    )
    typer.echo(escape_text(word_undone(result.undone, left=len(result.refused))))
    for label, reason in result.refused:
        typer.echo(escape_text(f"{label}: {reason}"))
    raise typer.Exit(result.exit_code)


def word_undone(labels: Sequence[str], *, left: int) -> str:
    """Return which stacks were undone, in one line, and how many were left alone."""
    from importer.report.escape import shorten_text

    if not labels:
        words = "No stacks undone"
    else:
        named = [shorten_text(label) for label in labels[:NAMED]]
        if len(labels) > NAMED:
            named.append(f"and {len(labels) - NAMED:,} more")
        words = f"{len(labels):,} {'stack' if len(labels) == 1 else 'stacks'} undone: {', '.join(named)}"
    return f"{words}; {left:,} left alone." if left else f"{words}."
