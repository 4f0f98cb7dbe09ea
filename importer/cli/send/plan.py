"""``plan``: decide what an import would do, and show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.check_options import find_checks
from importer.cli.credentials import find_api
from importer.cli.options import (
    AllowRemove,
    ApiUrl,
    DeriveRule,
    Files,
    IgnoredCodes,
    InputFormat,
    MappingPath,
    Mode,
    NewRun,
    OnExistingRule,
    OnlyCodes,
    Repairs,
    Sheet,
    StrictRule,
)
from importer.cli.send.run_and_report import watch_plan
from importer.cli.terminal import make_console, tell
from importer.settings import OnExisting, PlanSettings, ReadSettings, WriteMode

if TYPE_CHECKING:
    from importer.context import Context
    from importer.tasks.results import Report


def plan_files(
    files: Files,
    *,
    run: NewRun = None,
    on_existing: OnExistingRule = OnExisting.FAIL,
    mode: Mode = WriteMode.LAYERS,
    allow_remove: AllowRemove = False,
    offline: Annotated[bool, typer.Option("--offline", help="Don't even read the server's listing.")] = False,
    api_url: ApiUrl = None,
    mapping: MappingPath = None,
    input_format: InputFormat = None,
    sheet: Sheet = None,
    repair: Repairs = None,
    strict: StrictRule = None,
    ignore: IgnoredCodes = None,
    only: OnlyCodes = None,
    derive_elements: DeriveRule = None,
) -> None:
    """Decide what becomes of each row and show it, field by field where the server differs; nothing is sent.

    Example: layer-importer plan growths.xlsx --run growths.run.sqlite
    """
    api = find_api(api_url)
    check = find_checks(strict, ignore, only, derive_elements)
    plan = PlanSettings(on_existing=on_existing, write_mode=mode, allow_remove=allow_remove, run=run, offline=offline)
    read = ReadSettings(mapping=mapping, input_format=input_format, sheet=sheet, repair=tuple(repair or ()))

    def call(context: Context) -> Report:
        from importer.tasks import import_layers as pipeline

        return pipeline.plan_layers(
            files,
            api=api,
            read=read,
            check=check,
            plan=plan,
            context=context,
        )

    report = watch_plan(call)
    from importer.report.screen.plan_summary import make_plan_summary
    from importer.run import RunFile

    with RunFile.open(report.run_path) as opened:
        make_console().print(make_plan_summary(opened))
    tell(f"Nothing was sent. Do it with: layer-importer apply {report.run_path}")
    raise typer.Exit(report.exit_code)
