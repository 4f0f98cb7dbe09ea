"""``undo``: take back what a run stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.asking import is_anybody_there, make_question
from importer.cli.credentials import ApiAsked
from importer.cli.options import RunPath
from importer.cli.signals import catch_signals

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED = 10
"""Stacks that are named; the report names all."""


def undo_stored(
    run: RunPath,
    *,
    allow_parallel: Annotated[
        bool,
        typer.Option(
            "--allow-parallel",
            help="Undo even while another run here sends to the same address; they must have no sample in common.",
            rich_help_panel="Send",
        ),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Don't ask before the first write. Only people at a terminal are asked.",
            rich_help_panel="Send",
        ),
    ] = False,
    api: ApiAsked,
) -> None:
    """Put each stack that a run changed back to what it was.

    A stack that somebody else has changed since is left alone. A target material that the run created stays, without
    layers: the API has no call to remove it.

    Example: layer-importer undo growths.run.sqlite
    """
    from importer.context import Context
    from importer.report.escape import escape_text
    from importer.settings import SendSettings
    from importer.tasks.undo import undo_run

    with catch_signals() as stop:
        send = SendSettings(allow_parallel=allow_parallel)
        is_asked = not yes and is_anybody_there()
        context = Context(stop=stop, confirm=make_question(stop)) if is_asked else Context(stop=stop)
        result = undo_run(run, api=api.find(run), send=send, context=context)
    typer.echo(escape_text(word_undone(result.undone, left=len(result.refused))))
    for label, reason in result.refused:
        typer.echo(escape_text(f"{label}: {reason}"))
    raise typer.Exit(result.exit_code)


def word_undone(labels: Sequence[str], *, left: int) -> str:
    """Return which stacks were undone, in one line, and how many were left alone."""
    from importer.report.escape import shorten_text

    if not labels:
        words = "No stack undone"
    else:
        named = [shorten_text(label) for label in labels[:NAMED]]
        if len(labels) > NAMED:
            named.append(f"and {len(labels) - NAMED:,} more")
        words = f"{len(labels):,} {'stack' if len(labels) == 1 else 'stacks'} undone: {', '.join(named)}"
    return f"{words}; {left:,} left alone." if left else f"{words}."
