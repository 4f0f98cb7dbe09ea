"""``report``: write what a run came to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.options import RunPath
from importer.cli.terminal import make_console, tell


def report_run(
    run: RunPath,
    *,
    to: Annotated[
        list[Path] | None,
        typer.Option("--to", metavar="PATH", help="File to write: .csv or .jsonl. May be repeated."),
    ] = None,
) -> None:
    """Write the report of a run, or show its summary where no file is named.

    Example: layer-importer report growths.run.sqlite --to answers.csv
    """
    from importer.report import check_report_path, write_report
    from importer.report.console import make_run_summary
    from importer.run import RunFile

    for path in to or ():
        check_report_path(path)
    with RunFile.open(run) as opened:
        for path in to or ():
            write_report(opened, path)
            tell(f"Report: {path}")
        if not to:
            make_console().print(make_run_summary(opened))
