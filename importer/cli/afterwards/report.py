"""``report``: the result of a run, or of several together, as files or on the screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.send.run_and_report import write_files
from importer.cli.send.telling import Telling
from importer.cli.terminal import make_console


def report_run(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN", help="Run files of imports, e.g. growths.run.sqlite or shards/*.run.sqlite."),
    ],
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

    Without --to or --split, the summary is shown. Several run files get one report together, e.g. the shards of a large
    import. Ends with the exit code of the run, or of the worst of them.

    Example: layer-importer report growths.run.sqlite --to answers.csv
    """
    from importer.report.screen.console import make_run_summary
    from importer.tasks.results import open_reported
    from importer.tasks.several_runs.report_runs import report_runs

    telling = replace(tell, reports=tuple(to or ()))
    telling.check()
    with report_runs(runs) as report, open_reported(report) as opened:
        if not to and telling.split is None:
            make_console().print(make_run_summary(opened))
        raise typer.Exit(write_files(opened, telling=telling, code=report.exit_code))
