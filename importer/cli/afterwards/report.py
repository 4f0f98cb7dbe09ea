"""``report``: write what a run came to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.options import RunPath, Split
from importer.cli.send.run_and_report import Telling, write_files
from importer.cli.terminal import make_console


def report_run(
    run: RunPath,
    *,
    to: Annotated[
        list[Path] | None,
        typer.Option("--to", metavar="PATH", help="Report to write: .html, .xlsx, .csv, .jsonl, .parquet. Repeatable."),
    ] = None,
    split: Split = None,
) -> None:
    """Write the report of a run, or show its summary where no file is named.

    Example: layer-importer report growths.run.sqlite --to answers.csv
    """
    from importer.report.screen.console import make_run_summary
    from importer.run import RunFile

    telling = Telling(reports=tuple(to or ()), split=split)
    telling.check()
    with RunFile.open(run) as opened:
        if not to and split is None:
            make_console().print(make_run_summary(opened))
        raise typer.Exit(write_files(opened, telling=telling))
