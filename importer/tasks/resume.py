"""Carrying a run file out: do what a plan says, go on where a run stopped.

Apart from the pipeline, so that going on needs nothing of what reading inputs needs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from importer.context import Context, Writes, require_settings
from importer.errors import RunFileError, StalePlanError, UsageError
from importer.events import SubmitStarted
from importer.formats.digest import digest_file
from importer.model import ServerPlace, Status
from importer.run import REOPENABLE, RunFile, State
from importer.settings import SendSettings, WriteMode, word_command
from importer.submit.submission import Submission
from importer.tasks.connection import check_target, connect_run, word_staleness
from importer.tasks.crew.lead import lead_crew
from importer.tasks.one_run import take_turn
from importer.tasks.results import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from importer.events import Event, Watcher
    from importer.model import RunPlace
    from importer.run import RunMeta
    from importer.settings import ApiSettings
    from importer.tasks.crew.placed import Placing


def apply_plan(
    run: str | RunPlace, *, api: ApiSettings, send: SendSettings = SendSettings(), context: Context | None = None
) -> Report:
    """Do exactly what a plan says.

    Raises:
        StalePlanError: an input or a stack on the server has changed since; it says which.
        RunFileError: not a plan, or one that was begun already.
        UsageError: the plan is for another address.
        AbortedError: the run stopped before its end; `resume` goes on.
    """
    return _go_on(run, _begin_plan, api=api, send=send, context=context)


def resume(
    run: str | RunPlace, *, api: ApiSettings, send: SendSettings = SendSettings(), context: Context | None = None
) -> Report:
    """Go on where a run stopped: settle what is in doubt, then send what isn't in yet.

    Args:
        run: the run file.
        api: the API's address, the same as before, and key.
        send: bounds and waits of the submitter.
        context: who watches, what stops it, and the time.

    Raises:
        RunFileError: not a run file, held by another process, a dry run's, or one whose reading never ended.
        UsageError: the run writes to another address.
        AbortedError: the run stopped before its end again.
    """
    return retry(run, api=api, send=send, context=context)


def retry(
    run: str | RunPlace,
    *,
    api: ApiSettings,
    only: str | Collection[str] = Status.FAILED,
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Report:
    """Go on as `resume` does, and try rows again that ended in some status.

    Args:
        run: the run file.
        api: the API's address, the same as before, and key.
        only: the status, or several, of rows that are tried again: ``failed``, ``refused``, ``conflict``.
        send: bounds and waits of the submitter.
        context: who watches, what stops it, and the time.

    Raises:
        UsageError: rows of such a status can't be tried again; or see `resume`.
        RunFileError, AbortedError: see `resume`.
    """
    names: set[object] = set(only) if isinstance(only, Collection) and not isinstance(only, str) else {only}
    if unknown := names - REOPENABLE:
        raise UsageError(f"--only takes failed, refused and conflict, not {', '.join(sorted(map(str, unknown)))}.")
    statuses = frozenset(status for status in REOPENABLE if status in names)
    return _go_on(run, partial(_begin_rest, only=statuses), api=api, send=send, context=context)


def _go_on(
    run: str | RunPlace,
    begin: Callable[[RunFile, RunMeta], Sequence[str] | None],
    *,
    api: ApiSettings,
    send: SendSettings,
    context: Context | None,
) -> Report:
    """Open a run file, begin as asked, which may refuse it and tells what `carry_out_run` takes as ``stale``; go on."""
    require_settings(api=api, send=send, context=context)
    with contextlib.ExitStack() as held:
        file = held.enter_context(RunFile.open(run, readonly=False))
        meta = check_target(file, api.url)
        held.enter_context(take_turn(api, send, file.place))
        stale = begin(file, meta)
        return carry_out_run(file, api, send=send, context=context or Context(), stale=stale)


def _begin_plan(file: RunFile, meta: RunMeta) -> Sequence[str] | None:
    run = file.place
    if meta.mode != "plan":
        raise RunFileError(f"{run} isn't a plan.")
    if meta.begun:
        refuse_undone(file)
        what = f"has started already: continue it with `{word_command('resume', run)}`"
        if not has_rest(file, (Status.FAILED,)):
            what = f"has been applied already: `{word_command('report', run)}` shows the result"
        raise RunFileError(f"{run} {what}.")
    stale = list(iter_stale_inputs(file))
    if stale and not (meta.planned and file.list_stack_ids(State.READY)):
        raise StalePlanError(word_staleness(stale))
    return stale if meta.planned else None


def _begin_rest(file: RunFile, meta: RunMeta, *, only: Collection[Status]) -> None:
    if meta.mode == "plan" and not meta.begun:
        raise RunFileError(
            f"{file.place} is a plan that hasn't been applied yet. Apply it with `{word_command('apply', file.place)}`."
        )
    if not has_rest(file, only):
        refuse_undone(file)
    file.reopen(only)


def has_rest(file: RunFile, only: Collection[Status]) -> bool:
    """Tell whether going on could change anything: rows in doubt, to be tried again, or ready and not held back.

    So could comparing all answers with the stored list, where that is still to be done.

    Args:
        file: the run file.
        only: the statuses of rows that ended, known not to be stored, which are tried again.
    """
    waiting, _ = file.count_sendable()
    left = waiting or file.count_state(State.SENDING) or set(only) & set(file.count_statuses())
    return bool(left) or file.is_check_owed()


def refuse_undone(file: RunFile) -> None:
    """Refuse a run that was undone; its rows are done with, whatever a look at its statuses suggests.

    Raises:
        RunFileError: stacks of it were taken back.
    """
    undone, stacks = file.count_undone()
    if undone:
        raise RunFileError(
            f"{file.place} was undone ({undone:,} of {stacks:,} stacks), and nothing of it is left to send. To "
            "store its layers again, import the files again with a new run file."
        )


def iter_stale_inputs(run: RunFile) -> Iterator[str]:
    """Yield in words which inputs of a plan aren't what they were when they were read."""
    for record in run.iter_inputs():
        path = Path(record.path)
        if record.format == "table":
            continue  # a copy of what a program had in memory: nobody can change it
        if not path.is_file():
            yield f"{record.name} is no longer there"
        elif digest_file(path, name=record.name) != record.sha256:
            yield f"{record.name} has other content"


def carry_out_run(
    run: RunFile,
    api: ApiSettings,
    *,
    send: SendSettings,
    context: Context,
    stale: Sequence[str] | None = None,
    placing: Placing | None = None,
) -> Report:
    """Plan what is ready, then send it; of a plan that was made before, only see that it still holds.

    Args:
        run: the run file, open for writing.
        api: the API's address and key.
        send: bounds and waits of the submitter.
        context: who watches, what stops it, and the time.
        stale: of a plan that is to be done as it is: what is known to have changed since; None to plan now.
        placing: for a run on a server, where others are placed that send it too.

    Raises:
        StalePlanError: the plan doesn't hold any more.
        AbortedError: the run stopped before its end.
    """
    is_left = run.list_stack_ids(State.READY) or run.list_stack_ids(State.SENDING)
    if run.meta.mode == "plan" and not (is_left or run.meta.begun):
        run.set_meta(replace(run.meta, begun=True))  # there is nothing to send, and so it has been done
    elif is_left or (send.final_check and run.is_check_owed()):
        with connect_run(run, api, send=send, context=context) as connection:
            if stale is None:
                connection.plan()
            else:
                connection.check_fresh(stale)
            if not run.meta.begun and not context.confirm(describe_writes(run, api.url)):
                run.add_event("declined", "nothing was sent")
                return Report(run.place, interrupted=context.stop.is_set())
            run.set_meta(replace(run.meta, begun=True))
            telling = replace(context, watch=tell_start(run, context.watch, settle=send.settle))
            if isinstance(run.place, ServerPlace):
                lead_crew(run.place, connection.client, send=send, context=telling, placing=placing)
            else:
                Submission(
                    run,
                    connection.client,
                    journal=connection.journal,
                    gate=connection.gate,
                    send=send,
                    context=telling,
                ).submit_rows()
    return Report(run.place, interrupted=context.stop.is_set())


def describe_writes(run: RunFile, address: str) -> Writes:
    """Return what a planned run is about to write."""
    rows, stacks = run.count_sendable()
    return Writes(
        address=address,
        rows=rows,
        stacks=stacks,
        new_targets=tuple(run.list_new_targets()),
        is_replacing=run.meta.write_mode == WriteMode.REPLACE.value,
    )


def tell_start(run: RunFile, watch: Watcher, *, settle: float) -> Watcher:
    """Return a watcher that hears with the start what is sent and what is looked up first, and nothing held back.

    Args:
        run: the run file as it is before the first request.
        watch: told what happens.
        settle: seconds that a look-up waits.
    """
    (sendable, stacks), doubtful = run.count_sendable(), run.count_state(State.SENDING)

    def pass_on(event: Event) -> None:
        if isinstance(event, SubmitStarted):
            event = SubmitStarted(sendable + doubtful, stacks, doubtful, settle)
        watch(event)

    return pass_on
