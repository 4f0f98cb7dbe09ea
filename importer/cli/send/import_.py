"""``import``: read, check, and store every valid layer exactly once."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.options import Files
from importer.cli.send.run_and_report import carry_out
from importer.cli.send.telling import Telling
from importer.cli.terminal import tell as tell_line
from importer.errors import UsageError
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings

if TYPE_CHECKING:
    from importer.context import Context
    from importer.settings import ApiSettings
    from importer.tasks.results import Report


def import_files(
    files: Files,
    *,
    read: ReadSettings,
    check: CheckSettings,
    plan: PlanSettings,
    send: SendSettings,
    api: ApiAsked,
    tell: Telling,
) -> None:
    """Store every valid layer once; every row gets an answer.

    Takes the API key from AS_API_KEY or ATOMSCALE_API_KEY.

    Example: layer-importer import growths.xlsx stacks.yaml --report answers.csv
    """
    if api.sandbox and (send.dry_run or api.url is not None):
        raise UsageError("--sandbox can't be combined with --dry-run or --api-url.")
    tell.check(files)
    with contextlib.ExitStack() as stack:
        found: ApiSettings | None = None
        if api.sandbox:
            from importer.tasks.set_up.embedded_sandbox import start_sandbox

            found = stack.enter_context(start_sandbox())
            if not tell.quiet:
                tell_line(
                    f"Started a sandbox for this run at {found.url}. Nothing goes to the real API, and the sandbox "
                    "is gone afterwards."
                )
        elif not send.dry_run:
            found = api.find()

        is_temporary = send.dry_run and plan.run is None and not tell.keep
        if is_temporary:
            import tempfile

            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="layer-importer-")))
            planned = replace(plan, run=folder / "dry.run.sqlite")
        else:
            planned = plan

        def call(context: Context) -> Report:
            from importer.tasks import import_layers as task

            return task.import_layers(
                files, api=found, read=read, check=check, plan=planned, send=send, context=context
            )

        telling = replace(tell, is_sandbox=api.sandbox, is_temporary=is_temporary)
        raise typer.Exit(carry_out(call, telling=telling, api=found, profile=api.profile))
