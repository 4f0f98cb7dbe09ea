"""Reading inputs through the row and stack rules, and putting the rows into a run file."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from importer._version import __version__
from importer.check import iter_checked_chunks
from importer.errors import ImporterError, RunFileError, StoppedReadingError
from importer.formats import limits
from importer.formats.read import find_sources
from importer.formats.sources.inputs import name_place
from importer.model import ServerPlace, Status
from importer.rules import StackRules, judge_issues
from importer.run import (
    RunFile,
    RunMeta,
    Stager,
    add_issues,
    choose_run_path,
    is_run_there,
    name_fresh,
    remove_run,
    replace_run,
)
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings, read_run_place, word_command
from importer.tasks.staging.chunk import make_input, require_unchanged, write_chunk
from importer.tasks.staging.side_by_side import make_job, require_workers, stage_side_by_side
from importer.tasks.validate import require_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.chunks import Source
    from importer.context import Context
    from importer.formats.sources.inputs import Input
    from importer.model import RunPlace
    from importer.settings import ApiSettings, ClusterClient


HELD = 5_000_000
"""Rows that are held in memory for the rules across all of them; with those of more on disk, reading takes a tenth
longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What is to become a run.

    Attributes:
        inputs: files, folders, glob patterns, ``-``, open files and tables in memory.
        api: where it goes; None for a dry run only.
        read: how the inputs are read.
        check: how rows are weighed.
        plan: the run file to make, and what to do about layers that are already on the server.
        send: bounds and waits, for the record.
    """

    inputs: tuple[Input, ...] = field(kw_only=False)
    api: ApiSettings | None
    read: ReadSettings
    check: CheckSettings
    plan: PlanSettings
    send: SendSettings


@contextlib.contextmanager
def stage_run(request: RunRequest, *, mode: str, context: Context) -> Iterator[RunFile]:
    """Make a run file with all rows of the inputs, and give it open for writing.

    A run file that is there already must be of an import that has ended: its place is taken by a new one, which knows
    what was stored, so that only what changed or didn't get in is sent; the old one is kept beside it.

    Raises:
        InputError, NothingToDoError, StoppedReadingError, StorageError: see `stage_rows`; nothing stays behind.
        RunFileError: what stands at the path is no run file, is held by another process, or has rows in doubt.
    """
    plan, clock = request.plan, context.clock
    place = read_run_place(plan.run or choose_run_path(name_place(request.inputs[0]), at=clock.time()))
    most = limits.MAX_SERVER_FILES if isinstance(place, ServerPlace) else limits.MAX_FILES
    sources = find_sources(request.inputs, request.read, most=most)
    require_workers(plan.cluster, place)
    meta = _make_meta(request, mode, at=clock.time())
    with contextlib.ExitStack() as held:
        old = held.enter_context(open_earlier(place, meta)) if is_run_there(place) else None
        fresh = place if old is None else name_fresh(place)
        if old is not None:
            remove_leftover(fresh)
        created = RunFile.create(fresh, meta)
        try:
            with created as run:
                if old is not None:
                    run.add_earlier(old.list_stored(), old.list_known_targets())
                stage_rows(
                    run,
                    sources,
                    read=request.read,
                    check=request.check,
                    cluster=plan.cluster,
                    context=context,
                    judges_gaps=mode == "dry-run" or plan.offline,
                )
                run.set_meta(replace(meta, staged=True))
            if old is not None:
                old.seal()
                replace_run(fresh, place, at=clock.time())
        except BaseException:
            # Nothing was sent, so that it holds nothing that anyone could need. It is closed by now: closing a file
            # later would make it again, empty.
            with contextlib.suppress(ImporterError):  # a server that is gone; what went wrong is told
                remove_run(fresh)
            raise
    with RunFile.open(place, readonly=False) as run:
        yield run


def _make_meta(request: RunRequest, mode: str, *, at: float) -> RunMeta:
    """Return what a run says of itself before its rows are there."""
    api, plan = request.api, request.plan
    return RunMeta(
        run_key=uuid.uuid4().hex,
        tool_version=__version__,
        created_at=at,
        mode=mode,
        api_url=None if api is None or mode == "dry-run" else api.url,
        staged=False,
        on_existing=plan.on_existing.value,
        write_mode=plan.write_mode.value,
        allow_remove=plan.allow_remove,
        settings={} if mode == "plan" else request.send.describe(),
    )


@contextlib.contextmanager
def open_earlier(place: RunPlace, meta: RunMeta) -> Iterator[RunFile]:
    """Give the run file whose place a corrected import will take, with its lock held: nobody may go on with it now.

    Raises:
        RunFileError: it isn't of an import to the same address that has come to its end, or is held by another process.
    """
    with RunFile.open(place, readonly=False) as old:
        if old.meta.mode != "import" or meta.mode != "import":
            kind = "an import" if old.meta.mode == "import" else "a dry run"
            raise RunFileError(f"{place} exists already, and holds {kind}. Name another place with --run.")
        if old.meta.api_url != meta.api_url:
            raise RunFileError(
                f"{place} exists already, but belongs to an import to another address. Name another place with --run."
            )
        if Status.UNCONFIRMED in old.count_statuses():
            raise RunFileError(f"{place} has rows in doubt. Settle them first with `{word_command('resume', place)}`.")
        yield old


def remove_leftover(fresh: RunPlace) -> None:
    """Remove what a corrected import left that died before anything of it was sent.

    Raises:
        RunFileError: it isn't such a file, or another process is at work on it.
    """
    if not is_run_there(fresh):
        return
    with RunFile.open(fresh, readonly=False) as left:
        if left.meta.begun:
            raise RunFileError(
                f"{fresh} is in the way and can't be overwritten, because rows were sent from it. Move it elsewhere."
            )
    remove_run(fresh)


def stage_rows(
    run: RunFile,
    sources: Sequence[Source],
    *,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    cluster: str | ClusterClient | None = None,
    context: Context,
    judges_gaps: bool = True,
) -> None:
    """Read, check and write all rows of the inputs into a run.

    Whether positions are missing is judged here only where the server isn't asked: it may have them.

    Raises:
        InputError: an input can't be read at all, or changed while it was read.
        NothingToDoError: the inputs name no row.
        StoppedReadingError: the stop event was set; nothing was sent.
        SettingsError: there are no workers to be had.
        StorageError: the run can't be written.
    """
    if cluster is not None and len(sources) > 1:
        job = make_job(run, read, check)
        stage_side_by_side(run, sources, cluster=cluster, job=job, context=context, judges_gaps=judges_gaps)
        return
    readable = [source for source in sources if not source.fault]
    inputs = [(source, make_input(number, source, str(source.path))) for number, source in enumerate(readable)]
    run.add_inputs([record for _, record in inputs])
    stager, stack_rules = Stager(run), StackRules(max_layers=check.max_layers, judges_gaps=judges_gaps, held=HELD)
    rows = 0
    for checked in iter_checked_chunks(sources, stack_rules, read=read, check=check, context=context):
        rows += write_chunk(run, stager, checked)
        if context.stop.is_set():
            raise StoppedReadingError("Interrupted while the inputs were being read. Nothing was sent.")
    require_rows(rows, sources)
    require_unchanged(inputs)
    add_issues(run, judge_issues(stack_rules.iter_issues(), check))
    if check.whole_stacks:
        stopped = np.zeros(rows, dtype=np.bool_)
        stopped[list(run.iter_invalid())] = True
        add_issues(run, stack_rules.iter_parted(stopped))
