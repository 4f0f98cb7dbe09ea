"""``verify``: compare what a run stored with what the server holds now."""

from __future__ import annotations

import typer

from importer.cli.credentials import find_api
from importer.cli.options import ApiUrl, RunPath
from importer.cli.terminal import tell


def verify_stored(run: RunPath, *, api_url: ApiUrl = None) -> None:
    """Compare every stored field of a run with the server's listing; later reports show the verdicts.

    Example: layer-importer verify growths.run.sqlite
    """
    from importer.report.escape import escape_text
    from importer.tasks.verify import verify_run

    result = verify_run(run, api=find_api(api_url))
    for standing, count in result.counts.items():
        typer.echo(f"{standing.value:<9} {count:>8,}")
    for label, layer_id, words in result.faults:
        typer.echo(escape_text(f"{label}, layer {layer_id}: {words}"))
    if not sum(result.counts.values()):
        tell("No row of this run is in.")
    raise typer.Exit(result.exit_code)
