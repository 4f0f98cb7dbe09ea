"""``import``: read, check, and store every good layer once."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.check_options import find_checks
from importer.cli.credentials import find_api
from importer.cli.options import (
    DEFAULTS,
    AllowRemove,
    ApiUrl,
    Canary,
    DeriveRule,
    DoubtRule,
    Files,
    IgnoredCodes,
    InputFormat,
    JsonLines,
    LogFile,
    MappingPath,
    MaxFailed,
    Mode,
    OnExistingRule,
    OnlyCodes,
    PerSecond,
    Quiet,
    Repairs,
    Reports,
    Settle,
    Sheet,
    Split,
    StrictRule,
    Verbose,
    Workers,
)
from importer.cli.send.embedded import start_sandbox
from importer.cli.send.run_and_report import Telling, carry_out
from importer.cli.terminal import tell
from importer.errors import UsageError
from importer.settings import InDoubt, OnExisting, PlanSettings, ReadSettings, SendSettings, WriteMode

if TYPE_CHECKING:
    from importer.context import Context
    from importer.settings import ApiSettings
    from importer.tasks.results import Report


def import_files(
    files: Files,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Go the same way, but send nothing; needs no key.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Import into a sandbox on this machine, started for this run.")
    ] = False,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Run file. Default: beside the input. Of an earlier import: only what changed or isn't in is sent.",
        ),
    ] = None,
    report: Reports = None,
    workers: Workers = DEFAULTS.workers,
    api_url: ApiUrl = None,
    mapping: MappingPath = None,
    input_format: InputFormat = None,
    sheet: Sheet = None,
    repair: Repairs = None,
    strict: StrictRule = None,
    ignore: IgnoredCodes = None,
    only: OnlyCodes = None,
    derive_elements: DeriveRule = None,
    settle: Settle = DEFAULTS.settle,
    in_doubt: DoubtRule = InDoubt.RESEND,
    on_existing: OnExistingRule = OnExisting.FAIL,
    mode: Mode = WriteMode.LAYERS,
    allow_remove: AllowRemove = False,
    rate: PerSecond = None,
    canary: Canary = None,
    max_failed: MaxFailed = None,
    split: Split = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    json_lines: JsonLines = False,
    log_file: LogFile = None,
) -> None:
    """Import files: every good layer is stored once, every row gets its answer.

    The key is taken from AS_API_KEY or ATOMSCALE_API_KEY.

    Example: layer-importer import growths.xlsx stacks.yaml --report answers.csv
    """
    if sandbox and (dry_run or api_url is not None):
        raise UsageError("--sandbox goes neither with --dry-run, which sends nothing, nor with --api-url.")
    telling = Telling(
        reports=tuple(report or ()),
        split=split,
        quiet=quiet,
        verbose=verbose,
        json_lines=json_lines,
        log_file=log_file,
        is_sandbox=sandbox,
    )
    send = SendSettings(
        workers=workers,
        settle=settle,
        in_doubt=in_doubt,
        rate=rate,
        canary=canary,
        max_failed=max_failed,
        dry_run=dry_run,
    )
    read = ReadSettings(mapping=mapping, input_format=input_format, sheet=sheet, repair=tuple(repair or ()))
    check = find_checks(strict, ignore, only, derive_elements)
    plan = PlanSettings(on_existing=on_existing, write_mode=mode, allow_remove=allow_remove, run=run)
    telling.check(files)
    with contextlib.ExitStack() as stack:
        api: ApiSettings | None = None
        if sandbox:
            api = stack.enter_context(start_sandbox())
            if not quiet:
                tell(
                    f"Sandbox started for this run: {api.url}. Nothing goes to the real API, and it is gone afterwards."
                )
        elif not dry_run:
            api = find_api(api_url)

        def call(context: Context) -> Report:
            from importer.tasks import import_layers as pipeline

            return pipeline.import_layers(
                files,
                api=api,
                read=read,
                check=check,
                plan=plan,
                send=send,
                context=context,
            )

        raise typer.Exit(carry_out(call, telling=telling, secret=None if api is None else api.key))
