"""``runs``: the run files of a folder, or the runs of a database."""

from __future__ import annotations

from typing import Annotated

import typer


def list_runs(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="Folder to look in, or address of a database, e.g. postgresql://user@host/database."
        ),
    ] = ".",
    *,
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove the run files of dry runs. Those of imports are kept.")
    ] = False,
) -> None:
    """List the runs of a folder or a database, newest first.

    Shows the time, the kind and the counts of rows by status of each run.

    Example: layer-importer runs ~/growths
    """
    import time
    from pathlib import Path

    from importer.report.escape import escape_text
    from importer.run import SUFFIX
    from importer.settings import is_address
    from importer.tasks.runs import clean_runs
    from importer.tasks.runs import list_runs as find_runs

    if clean:
        for path in clean_runs(folder):
            typer.echo(escape_text(f"Removed: {path}"))
    found = find_runs(folder)
    for run in found:
        if run.created_at is None:
            typer.echo(escape_text(f"{run.path}: {run.fault}"))
            continue
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created_at))
        told = ", ".join(f"{count:,} {status.value}" for status, count in run.counts.items()) or "no rows"
        if run.undone:
            told = f"undone ({run.undone:,} of {run.stacks:,} stacks), {told}"
        typer.echo(escape_text(f"{when}  {run.mode:<8} {run.path}: {told}"))
    if not found:
        words = (
            f"No runs in {folder}." if is_address(folder) else f"No run files ({SUFFIX}) in {Path(folder).resolve()}."
        )
        typer.echo(words, err=True)
