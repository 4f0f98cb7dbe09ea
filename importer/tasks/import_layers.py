"""The story on one screen: read, arrange, normalise, validate, stage, plan, submit. It joins the stages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from importer.clock import Clock, SystemClock
from importer.errors import UsageError
from importer.events import ignore_event
from importer.run import choose_run_path
from importer.settings import ApiSettings, CheckSettings, PlanSettings, SubmitSettings
from importer.tasks.connection import connect_run
from importer.tasks.results import Report
from importer.tasks.resume import apply_plan, carry_out_run, resume
from importer.tasks.stage import RunRequest, stage_run
from importer.tasks.validate import list_inputs, validate

__all__ = ["apply_plan", "import_layers", "plan_layers", "resume", "validate"]

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from importer.events import Watcher


def import_layers(
    inputs: str | Path | Sequence[str | Path],
    *,
    api: ApiSettings | None = None,
    run: Path | None = None,
    dry_run: bool = False,
    rules: PlanSettings | None = None,
    settings: SubmitSettings | None = None,
    mapping: Path | None = None,
    input_format: str | None = None,
    sheet: str | None = None,
    repairs: Sequence[str] = (),
    checks: CheckSettings | None = None,
    watch: Watcher = ignore_event,
    stop: threading.Event | None = None,
    clock: Clock | None = None,
) -> Report:
    """Read and check inputs, then store every good layer once, with an answer for every row.

    Args:
        inputs: files, folders, glob patterns or ``-`` for standard input; all of them are one run.
        api: the API's address and key; may be left out for a dry run only.
        run: path of the run file to make; beside the first input if left out.
        dry_run: go the same way up to the request, but send nothing.
        rules: what to do about what the server holds already.
        settings: bounds and waits of the submitter.
        mapping: a mapping file that says which column is which field.
        input_format: the format of the inputs, where their names don't tell.
        sheet: the sheet to read, for workbooks.
        repairs: codes of suspected damage to texts (``importer.columns.REPAIRABLE``) whose suggestions are taken.
        checks: how rows are weighed: strict, codes to ignore, ...
        watch: told what happens.
        stop: once set, nothing more is begun, and the report says so.
        clock: the time, for tests.

    Raises:
        InputError: an input can't be read at all; nothing was sent.
        NothingToDoError: the inputs name no row.
        UsageError: no API given, and not a dry run.
        AbortedError: the run stopped before its end; `resume` goes on.
    """
    if api is None and not dry_run:
        raise UsageError("import_layers needs api=ApiSettings(url=..., key=...), or dry_run=True.")
    clock, stop = clock or SystemClock(), stop or threading.Event()
    request = RunRequest(
        tuple(list_inputs(inputs)),
        mapping=mapping,
        input_format=input_format,
        sheet=sheet,
        repairs=tuple(repairs),
        rules=rules or PlanSettings(),
        checks=checks or CheckSettings(),
    )
    mode = "dry-run" if dry_run else "import"
    path = run or choose_run_path(request.inputs[0], at=clock.time())
    with stage_run(request, path, mode=mode, api=api, settings=settings, watch=watch, stop=stop, clock=clock) as file:
        if api is None or dry_run:
            return Report(path)
        return carry_out_run(file, api, settings=settings, watch=watch, stop=stop, clock=clock)


def plan_layers(
    inputs: str | Path | Sequence[str | Path],
    *,
    api: ApiSettings,
    run: Path | None = None,
    rules: PlanSettings | None = None,
    offline: bool = False,
    settings: SubmitSettings | None = None,
    mapping: Path | None = None,
    input_format: str | None = None,
    sheet: str | None = None,
    repairs: Sequence[str] = (),
    checks: CheckSettings | None = None,
    watch: Watcher = ignore_event,
    stop: threading.Event | None = None,
    clock: Clock | None = None,
) -> Report:
    """Read and check inputs and decide what becomes of each row, sending nothing; `apply_plan` does just that.

    Args:
        inputs: files, folders, glob patterns or ``-`` for standard input; all of them are one run.
        api: the API's address and key; only the listing is read from it.
        run: path of the run file to make; beside the first input if left out.
        rules: what to do about what the server holds already.
        offline: read not even the listing; it is read when the plan is applied.
        settings: bounds and waits.
        mapping: a mapping file that says which column is which field.
        input_format: the format of the inputs, where their names don't tell.
        sheet: the sheet to read, for workbooks.
        repairs: codes of suspected damage to texts (``importer.columns.REPAIRABLE``) whose suggestions are taken.
        checks: how rows are weighed: strict, codes to ignore, ...
        watch: told what happens.
        stop: once set, nothing more is begun.
        clock: the time, for tests.

    Raises:
        InputError, NothingToDoError: see `import_layers`.
        AbortedError: the listing can't be had.
    """
    clock, stop = clock or SystemClock(), stop or threading.Event()
    request = RunRequest(
        tuple(list_inputs(inputs)),
        mapping=mapping,
        input_format=input_format,
        sheet=sheet,
        repairs=tuple(repairs),
        rules=rules or PlanSettings(),
        checks=checks or CheckSettings(),
    )
    path = run or choose_run_path(request.inputs[0], at=clock.time())
    with stage_run(request, path, mode="plan", api=api, settings=settings, watch=watch, stop=stop, clock=clock) as file:
        if not offline:
            with connect_run(file, api, settings=settings, watch=watch, stop=stop, clock=clock) as desk:
                desk.plan()
    return Report(path)
