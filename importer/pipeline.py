"""The story on one screen: read, arrange, normalise, validate, stage, plan, submit. It joins the stages."""

from __future__ import annotations

import contextlib
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from importer._version import __version__
from importer.api import Api
from importer.errors import AbortedError, ImporterError, RunFileError, UsageError
from importer.events import Notice, ignore_event
from importer.model import Issue, Severity
from importer.plan import plan_rows
from importer.read import find_sources
from importer.results import Report, Validation
from importer.run import Journal, RunFile, RunMeta, State, choose_run_path
from importer.settings import ApiSettings, SubmitSettings
from importer.staging import CheckedChunk, has_error, iter_checked_chunks, require_rows, stage_rows
from importer.submit import Clock, Submission, SystemClock, make_gate, read_listing
from importer.validate import StackRules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from importer.events import Watcher


def validate(
    inputs: str | Path | Sequence[str | Path],
    *,
    mapping: Path | None = None,
    input_format: str | None = None,
    sheet: str | None = None,
    watch: Watcher = ignore_event,
    keep_frame: bool = True,
) -> Validation:
    """Read and check inputs, sending nothing.

    Args:
        inputs: files, folders, glob patterns or ``-`` for standard input.
        mapping: a mapping file that says which column is which field.
        input_format: the format of the inputs, where their names don't tell.
        sheet: the sheet to read, for workbooks.
        watch: told of the rows read.
        keep_frame: whether the result carries the typed rows as a DataFrame.

    Raises:
        InputError: an input can't be read at all.
        NothingToDoError: the inputs name no row.
    """
    sources = find_sources(_list_inputs(inputs), input_format=input_format, sheet=sheet)
    rules = StackRules()
    issues: list[Issue] = []
    frames: list[pd.DataFrame] = []
    bad: list[npt.NDArray[np.bool_]] = []
    bad_tables: list[slice] = []
    for checked in iter_checked_chunks(sources, rules, mapping=mapping, watch=watch):
        issues += (*checked.table_issues, *checked.issues)
        bad.append(checked.bad)
        if has_error(checked.table_issues):
            bad_tables.append(slice(checked.table_start, checked.layers.fields.start))
        if keep_frame:
            frames.append(_make_frame(checked))
    stopped = np.concatenate(bad) if bad else np.zeros(0, dtype=np.bool_)
    require_rows(len(stopped), sources)
    for rows in bad_tables:
        stopped[rows] = True
    for issue in rules.iter_issues():
        issues.append(issue)
        if issue.severity is Severity.ERROR and issue.seq is not None:
            stopped[issue.seq] = True
    frame = None
    if keep_frame:
        frame = pd.concat(frames, ignore_index=True)
        frame.insert(3, "valid", ~stopped)
    issues.sort(key=lambda issue: -1 if issue.seq is None else issue.seq)
    return Validation(len(stopped), int((~stopped).sum()), tuple(issues), frame)


def import_layers(
    inputs: str | Path | Sequence[str | Path],
    *,
    api: ApiSettings | None = None,
    run: Path | None = None,
    dry_run: bool = False,
    settings: SubmitSettings | None = None,
    mapping: Path | None = None,
    input_format: str | None = None,
    sheet: str | None = None,
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
        settings: bounds and waits of the submitter.
        mapping: a mapping file that says which column is which field.
        input_format: the format of the inputs, where their names don't tell.
        sheet: the sheet to read, for workbooks.
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
    listed = _list_inputs(inputs)
    sources = find_sources(listed, input_format=input_format, sheet=sheet)
    clock, stop = clock or SystemClock(), stop or threading.Event()
    path = run or choose_run_path(listed[0], at=clock.time())
    meta = RunMeta(
        run_key=uuid.uuid4().hex,
        tool_version=__version__,
        created_at=clock.time(),
        mode="dry-run" if dry_run else "import",
        api_url=None if api is None or dry_run else api.url,
        staged=False,
    )
    with RunFile.create(path, meta) as run_file:
        try:
            stage_rows(run_file, sources, mapping=mapping, watch=watch, stop=stop)
            run_file.set_meta(replace(meta, staged=True))
        except BaseException:
            # Nothing was sent, so that the file holds nothing that anyone could need.
            path.unlink()
            raise
        if api is None or dry_run:
            return Report(path)
        return _carry_out(run_file, api, settings=settings, watch=watch, stop=stop, clock=clock)


def resume(
    run: Path,
    *,
    api: ApiSettings,
    settings: SubmitSettings | None = None,
    watch: Watcher = ignore_event,
    stop: threading.Event | None = None,
    clock: Clock | None = None,
) -> Report:
    """Go on where a run stopped: settle what is in doubt, then send what isn't in yet.

    Raises:
        RunFileError: not a run file, held by another process, a dry run's, or one whose reading never ended.
        UsageError: the run writes to another address.
        AbortedError: the run stopped before its end again.
    """
    with RunFile.open(run, readonly=False) as run_file:
        meta = run_file.meta
        if meta.mode == "dry-run":
            raise RunFileError(f"{run} is of a dry run, which sends nothing: import its inputs instead.")
        if not meta.staged:
            raise RunFileError(f"{run} ended while its inputs were being read; nothing was sent: import them again.")
        if meta.api_url != api.url:
            raise UsageError(
                f"{run} writes to {meta.api_url}, not to {api.url}. Sending the rest elsewhere would split it."
            )
        run_file.reopen_failed()
        stop = stop or threading.Event()
        return _carry_out(run_file, api, settings=settings, watch=watch, stop=stop, clock=clock or SystemClock())


def _carry_out(
    run: RunFile,
    api: ApiSettings,
    *,
    settings: SubmitSettings | None,
    watch: Watcher,
    stop: threading.Event,
    clock: Clock,
) -> Report:
    limits = settings or SubmitSettings()
    try:
        if run.list_stack_ids(State.READY) or run.list_stack_ids(State.SENDING):
            with Journal(run) as journal, Api(api, limits=limits) as client:
                gate = make_gate(journal, limits=limits, stop=stop, watch=watch, clock=clock)
                sample_ids, names = run.list_targets()
                watch(Notice("Reading what the server holds already."))
                listing = read_listing(client, limits=limits, gate=gate, sample_ids=sample_ids, names=names)
                plan_rows(run, listing, journal=journal, now=clock.time())
                Submission(run, client, journal=journal, gate=gate, limits=limits, watch=watch).submit_rows()
    except AbortedError as error:
        error.run_path = run.path
        with contextlib.suppress(ImporterError):
            run.add_event("aborted", str(error))
        raise
    return Report(run.path, interrupted=stop.is_set())


def _list_inputs(inputs: str | Path | Sequence[str | Path]) -> list[str | Path]:
    listed = [inputs] if isinstance(inputs, str) or not hasattr(inputs, "__iter__") else list(inputs)
    if not listed:
        raise UsageError("Name at least one file, folder or pattern.")
    return listed


def _make_frame(checked: CheckedChunk) -> pd.DataFrame:
    fields = checked.layers.fields
    frame = checked.layers.frame.copy()
    frame.insert(0, "source", fields.raw.source)
    frame.insert(1, "sheet", fields.raw.sheet)
    frame.insert(2, "row", fields.raw.rows[fields.index])
    return frame
