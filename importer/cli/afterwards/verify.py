"""``verify``: compare what a run stored with what the server has now."""

from __future__ import annotations

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.options import RunPath
from importer.cli.terminal import tell
from importer.cli.watching import watch_lines
from importer.settings import SendSettings


def verify_stored(run: RunPath, *, send: SendSettings, api: ApiAsked) -> None:
    """Compare what a run stored with what the server has now.

    Compares every field. Later reports of the run show the result.

    Example: layer-importer verify growths.run.sqlite
    """
    from importer.report.escape import escape_text
    from importer.tasks.verify import verify_run

    found = api.find(run)
    result = watch_lines(lambda context: verify_run(run, api=found, send=send, context=context))
    for standing, count in result.counts.items():
        typer.echo(f"{standing.value:<9} {count:>8,}")
    for label, layer_id, words in result.faults:
        typer.echo(escape_text(f"{label}, layer {layer_id}: {words}"))
    if not sum(result.counts.values()):
        tell("No rows of this run are stored.")
    raise typer.Exit(result.exit_code)
