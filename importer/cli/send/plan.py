"""``plan``: decide what an import would do, and show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.options import Files
from importer.cli.terminal import make_console, tell
from importer.cli.watching import watch_call
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings

if TYPE_CHECKING:
    from importer.context import Context
    from importer.tasks.results import Report


def plan_files(
    files: Files,
    *,
    read: ReadSettings,
    check: CheckSettings,
    plan: PlanSettings,
    send: SendSettings,
    api: ApiAsked,
) -> None:
    """Show what an import would do with each row, without sending.

    If the server has other content, shows the differences field by field.

    Example: layer-importer plan growths.xlsx --run growths.run.sqlite
    """
    found = api.find()

    def call(context: Context) -> Report:
        from importer.tasks import import_layers as task

        return task.plan_layers(files, api=found, read=read, check=check, plan=plan, send=send, context=context)

    report = watch_call(call)
    from importer.report.screen.next_command import word_resume
    from importer.report.screen.plan_summary import make_plan_summary
    from importer.run import RunFile

    path = report.given_path
    with RunFile.open(path) as opened:
        make_console().print(make_plan_summary(opened))
        again = word_resume(opened, command="apply", given=found.url, profile=api.profile)
    tell(f"Nothing was sent. Apply the plan with: {again}")
    raise typer.Exit(report.exit_code)
