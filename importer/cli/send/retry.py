"""``retry``: try rows again that ended without getting in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
from importer.errors import UsageError
from importer.model import Status
from importer.settings import InDoubt, SendSettings

if TYPE_CHECKING:
    from importer.context import Context
    from importer.settings import ApiSettings
    from importer.tasks.results import Report


def retry_rows(
    run: RunPath,
    *,
    only: Annotated[
        str, typer.Option(metavar="STATUS,...", help="Which rows: failed, refused, conflict, separated by commas.")
    ] = "failed",
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
    """Try rows again that ended as failed, refused or conflict, after the server or its data was mended.

    Example: layer-importer retry growths.run.sqlite --only refused
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
    statuses = read_statuses(only)

    def step(api: ApiSettings, context: Context) -> Report:
        from importer.tasks import resume as execution

        return execution.retry(run, api=api, only=statuses, send=send, context=context)

    raise typer.Exit(go_on(step, telling=telling, api_url=api_url))


def read_statuses(text: str) -> frozenset[Status]:
    """Return the statuses of a list such as ``failed,refused``.

    Raises:
        UsageError: one of them can't be tried again.
    """
    names = {part.strip() for part in text.split(",")}
    allowed = (Status.FAILED, Status.REFUSED, Status.CONFLICT)
    if unknown := names - {status.value for status in allowed}:
        raise UsageError(f"--only takes failed, refused and conflict, not {', '.join(sorted(unknown))}.")
    return frozenset(Status(name) for name in names)
