"""``apply``, ``resume`` and ``retry``: three ways to continue with an existing run file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.options import RunPath
from importer.cli.send.run_and_report import carry_out
from importer.cli.send.telling import Telling
from importer.settings import SendSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.context import Context
    from importer.settings import ApiSettings
    from importer.tasks.results import Report


def apply_run(run: RunPath, *, send: SendSettings, api: ApiAsked, tell: Telling) -> None:
    """Do exactly what a plan says.

    Refuses if an input or a stack on the server has changed since the plan was made.

    Example: layer-importer apply growths.run.sqlite
    """

    def begin(found: ApiSettings, context: Context) -> Report:
        from importer.tasks import resume as task

        return task.apply_plan(run, api=found, send=send, context=context)

    _go_on(begin, run, tell=tell, api=api)


def resume_run(run: RunPath, *, send: SendSettings, api: ApiAsked, tell: Telling) -> None:
    """Continue a run that stopped.

    Looks up rows in doubt on the server first, then sends only what isn't stored yet.

    Example: layer-importer resume growths.xlsx.20261124-101500.run.sqlite
    """

    def begin(found: ApiSettings, context: Context) -> Report:
        from importer.tasks import resume as task

        return task.resume(run, api=found, send=send, context=context)

    _go_on(begin, run, tell=tell, api=api)


def retry_rows(
    run: RunPath,
    *,
    only: Annotated[
        str,
        typer.Option(
            metavar="STATUS,...",
            help="Rows to send again, e.g. failed,refused (failed, refused, conflict). Default: failed.",
            rich_help_panel="Send",
            show_default=False,
        ),
    ] = "failed",
    send: SendSettings,
    api: ApiAsked,
    tell: Telling,
) -> None:
    """Send failed, refused or conflicting rows again.

    Use it once the cause is fixed on the server.

    Example: layer-importer retry growths.run.sqlite --only refused
    """
    statuses = {part.strip() for part in only.split(",")}

    def begin(found: ApiSettings, context: Context) -> Report:
        from importer.tasks import resume as task

        return task.retry(run, api=found, only=statuses, send=send, context=context)

    _go_on(begin, run, tell=tell, api=api)


def _go_on(begin: Callable[[ApiSettings, Context], Report], run: str, *, tell: Telling, api: ApiAsked) -> None:
    """Check what is asked for, find address and key, begin, and exit as `carry_out` tells."""
    tell.check()
    found = api.find(run)
    raise typer.Exit(carry_out(lambda context: begin(found, context), telling=tell, api=found, profile=api.profile))
