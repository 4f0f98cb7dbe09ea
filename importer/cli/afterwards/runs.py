"""``runs``: the run files of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MAX_RUNS = 1_000


def list_runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look. Default: here.")] = Path(),
) -> None:
    """List the run files of a folder, newest first.

    Each is shown with its time, its kind and the status of its rows.

    Example: layer-importer runs ~/growths
    """
    import time

    from importer.errors import ImporterError
    from importer.report.escape import escape_text
    from importer.run import SUFFIX, RunFile

    found = sorted(folder.glob(f"*{SUFFIX}"), key=_find_time, reverse=True)
    for path in found[:MAX_RUNS]:
        try:
            with RunFile.open(path) as run:
                meta, counts, undone = run.meta, run.count_statuses(), run.count_undone()
        except (ImporterError, OSError) as error:
            typer.echo(escape_text(f"{path}: {error}"))
            continue
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(meta.created_at))
        told = ", ".join(f"{count:,} {status.value}" for status, count in counts.items()) or "no rows"
        if undone[0]:
            told = f"undone ({undone[0]:,} of {undone[1]:,} stacks), {told}"
        typer.echo(escape_text(f"{when}  {meta.mode:<8} {path}: {told}"))
    if not found:
        typer.echo(f"No run files ({SUFFIX}) in {folder.resolve()}.", err=True)


def _find_time(path: Path) -> float:
    """Return when a file was last changed; the beginning of time for one that can't be asked."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
