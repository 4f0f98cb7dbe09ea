"""``resume``: go on where a run stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from importer.cli.access import find_api
from importer.cli.options import DEFAULTS, ApiUrl, DoubtRule, Reports, RunPath, Settle, Workers
from importer.cli.running import carry_out, check_reports
from importer.settings import InDoubt, SubmitSettings

if TYPE_CHECKING:
    import threading

    from importer.events import Watcher
    from importer.results import Report


def resume_run(
    run: RunPath,
    *,
    report: Reports = None,
    workers: Workers = DEFAULTS.workers,
    api_url: ApiUrl = None,
    settle: Settle = DEFAULTS.settle,
    in_doubt: DoubtRule = InDoubt.RESEND,
) -> None:
    """Go on where a run stopped: rows in doubt are looked up first, then what isn't in yet is sent.

    Example: layer-importer resume growths.xlsx.20261124-101500.run.sqlite
    """
    reports = report or []
    settings = SubmitSettings(workers=workers, settle=settle, in_doubt=in_doubt)
    check_reports(reports)
    api = find_api(api_url)

    def call(watch: Watcher, stop: threading.Event) -> Report:
        from importer import pipeline

        return pipeline.resume(run, api=api, settings=settings, watch=watch, stop=stop)

    raise typer.Exit(carry_out(call, reports=reports))
