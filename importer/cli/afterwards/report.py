"""``report``: the result of a run, as files or on the screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.options import RunPath
from importer.cli.send.run_and_report import Telling, write_files
from importer.cli.terminal import make_console


def report_run(
    run: RunPath,
    *,
    to: Annotated[
        list[Path] | None,
        typer.Option(
            "--to",
            metavar="PATH",
            help=("Report to write, e.g. answers.html (.html, .xlsx, .csv, .jsonl, .parquet). Repeatable."),
        ),
    ] = None,
    tell: Telling,
) -> None:
    """Write the report of a run, or show its summary.

    Without --to or --split, the summary is shown.

    Example: layer-importer report growths.run.sqlite --to answers.csv
    """
    from importer.report.screen.console import make_run_summary
    from importer.run import RunFile

    telling = replace(tell, reports=tuple(to or ()))
    telling.check()
    with RunFile.open(run) as opened:
        if not to and telling.split is None:
            make_console().print(make_run_summary(opened))
        raise typer.Exit(write_files(opened, telling=telling))
