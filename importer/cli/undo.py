"""``undo``: take back what a run stored."""

from __future__ import annotations

import typer

from importer.cli.access import find_api
from importer.cli.options import ApiUrl, RunPath
from importer.cli.stopping import catch_signals


def undo_stored(run: RunPath, *, api_url: ApiUrl = None) -> None:
    """Put each stack that a run changed back to what it was, unless somebody else has changed it since.

    A target material that the run created stays, without layers: the API has no call to remove it.

    Example: layer-importer undo growths.run.sqlite
    """
    from importer.escape import escape_text
    from importer.undo import undo_run

    with catch_signals() as stop:
        result = undo_run(run, api=find_api(api_url), stop=stop)
    typer.echo(f"{len(result.undone):,} stacks undone, {len(result.refused):,} left alone")
    for label, reason in result.refused:
        typer.echo(escape_text(f"{label}: {reason}"))
    raise typer.Exit(result.exit_code)
