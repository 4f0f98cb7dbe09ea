"""The story on one screen: read, arrange, normalise, validate, stage, plan, submit. It joins the stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.context import Context, require_settings
from importer.errors import UsageError
from importer.formats.sources.inputs import list_inputs
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks.connection import connect_run
from importer.tasks.crew.placed import Placing
from importer.tasks.one_run import take_turn
from importer.tasks.results import Report
from importer.tasks.resume import apply_plan, carry_out_run, resume, retry
from importer.tasks.stage import RunRequest, stage_run
from importer.tasks.validate import validate

__all__ = ["apply_plan", "import_layers", "plan_layers", "resume", "retry", "validate"]

if TYPE_CHECKING:
    from importer.formats.sources.inputs import Inputs
    from importer.settings import ApiSettings


def import_layers(
    inputs: Inputs,
    *,
    api: ApiSettings | None = None,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    plan: PlanSettings = PlanSettings(),
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Report:
    """Read and check inputs, then store every good layer once, with an answer for every row.

    Args:
        inputs: files, folders, glob patterns, ``-`` for standard input, open files, DataFrames, or a list of dicts; one
            or a list of them, which is one run.
        api: the API's address and key; may be left out for a dry run only.
        read: how the inputs are read.
        check: how rows are weighed: strict, codes to ignore, ...
        plan: the run file to make, and what to do about layers that are already on the server.
        send: bounds and waits of the submitter; whether it is a dry run.
        context: who watches, what stops the import, and the time.

    Raises:
        InputError: an input can't be read at all; nothing was sent.
        NothingToDoError: the inputs name no row.
        UsageError: no API given, and not a dry run.
        BusyError: another run on this machine is sending to the same address.
        AbortedError: the run stopped before its end; `resume` goes on.
    """
    require_settings(read=read, check=check, plan=plan, send=send, context=context)
    if api is not None:
        require_settings(api=api)
    elif not send.dry_run:
        raise UsageError("import_layers needs api=ApiSettings(url=..., key=...), or send=SendSettings(dry_run=True).")
    context = context or Context()
    request = RunRequest(tuple(list_inputs(inputs)), api=api, read=read, check=check, plan=plan, send=send)
    if api is None or send.dry_run:
        with stage_run(request, mode="dry-run", context=context) as file:
            return Report(file.place)
    with take_turn(api, send) as turn, stage_run(request, mode="import", context=context) as file:
        turn.name_run(file.place)
        placing = None if plan.cluster is None else Placing(cluster=plan.cluster, api=api)
        return carry_out_run(file, api, send=send, context=context, placing=placing)


def plan_layers(
    inputs: Inputs,
    *,
    api: ApiSettings,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    plan: PlanSettings = PlanSettings(),
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Report:
    """Read and check inputs and decide what to do with each row, sending nothing; `apply_plan` does exactly that.

    Args:
        inputs: files, folders, glob patterns, ``-`` for standard input, open files, DataFrames, or a list of dicts; one
            or a list of them, which is one run.
        api: the API's address and key; only the listing is read from it.
        read: how the inputs are read.
        check: how rows are weighed: strict, codes to ignore, ...
        plan: the run file to make, what to do about layers that are already on the server, and whether to ask it.
        send: bounds and waits.
        context: who watches, what stops the planning, and the time.

    Raises:
        InputError, NothingToDoError: see `import_layers`.
        AbortedError: the stored list can't be read.
    """
    require_settings(api=api, read=read, check=check, plan=plan, send=send, context=context)
    context = context or Context()
    request = RunRequest(tuple(list_inputs(inputs)), api=api, read=read, check=check, plan=plan, send=send)
    with stage_run(request, mode="plan", context=context) as file:
        if not plan.offline:
            with connect_run(file, api, send=send, context=context) as connection:
                connection.plan()
        return Report(file.place)
