"""``resume``: go on where a run stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from importer.cli.options import (
    DEFAULTS,
    ApiUrl,
    Canary,
    DoubtRule,
    JsonLines,
    LogFile,
    MaxFailed,
    PerSecond,
    Quiet,
    Reports,
    RunPath,
    Settle,
    Split,
    Verbose,
    Workers,
)
from importer.cli.send.run_and_report import Telling, go_on
from importer.settings import InDoubt, SendSettings

if TYPE_CHECKING:
    from importer.context import Context
    from importer.settings import ApiSettings
    from importer.tasks.results import Report


def resume_run(
    run: RunPath,
    *,
    report: Reports = None,
    workers: Workers = DEFAULTS.workers,
    api_url: ApiUrl = None,
    settle: Settle = DEFAULTS.settle,
    in_doubt: DoubtRule = InDoubt.RESEND,
    rate: PerSecond = None,
    canary: Canary = None,
    max_failed: MaxFailed = None,
    split: Split = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    json_lines: JsonLines = False,
    log_file: LogFile = None,
) -> None:
    """Go on where a run stopped: rows in doubt are looked up first, then what isn't in yet is sent.

    Example: layer-importer resume growths.xlsx.20261124-101500.run.sqlite
    """
    telling = Telling(
        reports=tuple(report or ()),
        split=split,
        quiet=quiet,
        verbose=verbose,
        json_lines=json_lines,
        log_file=log_file,
    )
    send = SendSettings(
        workers=workers, settle=settle, in_doubt=in_doubt, rate=rate, canary=canary, max_failed=max_failed
    )

    def step(api: ApiSettings, context: Context) -> Report:
        from importer.tasks import resume as execution

        return execution.resume(run, api=api, send=send, context=context)

    raise typer.Exit(go_on(step, telling=telling, api_url=api_url))
