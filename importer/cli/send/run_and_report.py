"""What `import` and `resume` share: watching a run, and showing its result."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from importer.cli.asking import is_anybody_there, make_question
from importer.cli.logs import keep_log, log_event
from importer.cli.signals import INTERRUPTED, catch_signals
from importer.cli.terminal import make_console, outlive_reader, tell, tell_error
from importer.context import Context
from importer.errors import AbortedError, ImporterError, RunFileError
from importer.events import Event, RowsRead
from importer.model import Status
from importer.settings import is_ci, word_command

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from importer.cli.send.telling import Telling
    from importer.context import Writes
    from importer.model import RunPlace
    from importer.report.screen.progress import ProgressWatcher
    from importer.report.tables.json_lines import JsonLinesWatcher
    from importer.run import RunFile
    from importer.settings import ApiSettings
    from importer.tasks.results import Report

RESUMABLE = frozenset({Status.FAILED, Status.UNCONFIRMED})
"""Statuses that another go may change, when the run itself came to its end."""
WRITTEN_SHOWN = 10
"""Files of one kind that are named as written; their folder has all."""
_WEIGHTY = frozenset({AbortedError.exit_code, 4, INTERRUPTED})


def carry_out(
    call: Callable[[Context], Report], *, telling: Telling, api: ApiSettings | None = None, profile: str | None = None
) -> int:
    """Run an import or a resume, then write its reports and show its result; return the exit code.

    Args:
        call: the library function, given the context.
        telling: what is shown, and where.
        api: where it goes; its key is kept out of the log.
        profile: the name by which it was asked for.

    Raises:
        ImporterError: what stopped the run.
    """
    aborted: AbortedError | None = None
    with keep_log(telling.log_file, verbose=telling.verbose) as formatter, catch_signals() as stop:
        if api is not None:
            formatter.hide(api.key)
        with _watch(telling, None if api is None else api.url, profile) as watched:
            try:
                report = call(_make_context(telling, watched, stop))
                path, code = report.given_path, report.exit_code
            except AbortedError as error:
                if error.run_path is None:
                    watched.tell_failure(error)
                    raise
                aborted, path, code = error, error.run_path, error.exit_code
            except ImporterError as error:
                watched.tell_failure(error)
                raise
        is_stopped = stop.is_set() or aborted is not None
        try:
            code = _tell_result(path, telling=telling, code=code, is_stopped=is_stopped, watched=watched)
        except ImporterError as error:
            if aborted is None:
                raise
            tell_error(error)
    if aborted is not None:
        raise aborted
    return code


def _make_context(telling: Telling, watched: _Watched, stop: threading.Event) -> Context:
    """Return the context of a run: a person at a terminal is asked before the first write."""
    if telling.yes or telling.is_sandbox or not is_anybody_there():
        return Context(watch=watched.watch, stop=stop)
    question = make_question(stop)

    def ask(writes: Writes) -> bool:
        with watched.pause():
            return question(writes)

    return Context(watch=watched.watch, stop=stop, confirm=ask)


@dataclass(slots=True)
class _Watched:
    """What watches a run: shows and logs each event, counts the rows that were read, and knows where they go."""

    shown: ProgressWatcher
    lines: JsonLinesWatcher | None
    address: str | None = None
    profile: str | None = None
    rows_read: int | None = None

    def pause(self) -> contextlib.AbstractContextManager[None]:
        """Draw nothing as long as a person is asked something."""
        from importer.report.screen.progress import BarWatcher

        return self.shown.pause() if isinstance(self.shown, BarWatcher) else contextlib.nullcontext()

    def watch(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RowsRead):
            self.rows_read = event.rows
        log_event(event)
        with outlive_reader(2 if self.lines is None else 1):
            self.shown(event)

    def tell_failure(self, error: ImporterError) -> None:
        """Tell programs what stopped the command before there was a run."""
        if self.lines is not None:
            with outlive_reader(1):
                self.lines.tell_failure(error)


@contextlib.contextmanager
def _watch(telling: Telling, address: str | None, profile: str | None) -> Iterator[_Watched]:
    """Give the watcher that is asked for."""
    from importer.report.screen.progress import LineWatcher, choose_watcher
    from importer.report.tables.json_lines import JsonLinesWatcher

    lines = JsonLinesWatcher(typer.get_binary_stream("stdout")) if telling.json_lines else None
    console = make_console(stderr=True)
    shown: ProgressWatcher
    if lines is not None:
        shown = lines
    elif telling.verbose:
        shown = LineWatcher(console, every=0.0, every_row=True)
    else:
        shown = choose_watcher(console, is_ci=is_ci(), quiet=telling.quiet)

    with shown:
        yield _Watched(shown, lines, address, profile)


def _tell_result(path: RunPlace, *, telling: Telling, code: int, is_stopped: bool, watched: _Watched) -> int:
    """Tell what a run came to, write its files, and return the exit code.

    Raises:
        RunFileError: the counts by status don't add up to the rows read.
    """
    from importer.report.screen.console import make_run_summary
    from importer.report.screen.next_command import word_resume
    from importer.run import RunFile, count_at_work
    from importer.tasks.resume import has_rest

    with RunFile.open(path) as run:
        counts = run.count_statuses()
        is_open = is_stopped or not RESUMABLE.isdisjoint(counts)
        is_resumable = (
            is_open and not run.meta.is_rehearsal and not telling.is_sandbox and has_rest(run, (Status.FAILED,))
        )
        others = count_at_work(run.place) if is_resumable else 0
        command = "work" if others else "resume"
        again = word_resume(run, command=command, given=watched.address, profile=watched.profile)
        if watched.lines is not None:
            _tell_tables(run, watched.lines)
        code = write_files(run, telling=telling, code=code)
        if not (telling.quiet or telling.json_lines):
            with outlive_reader(1):
                make_console().print(make_run_summary(run, all_places=telling.verbose))
        if not telling.quiet and not telling.is_temporary:
            tell(f"Run file: {path}")
        if is_resumable and others:
            said = "1 other process goes on" if others == 1 else f"{others:,} other processes go on"
            tell(f"{said} with this run. To help again: {again}")
        elif is_resumable:
            tell(f"Continue with: {again}")
    if watched.rows_read is not None and watched.rows_read != sum(counts.values()):
        raise RunFileError(
            f"{watched.rows_read} rows were read, but {sum(counts.values())} have an answer in {path}. The run "
            "file is wrong: keep it, and report this."
        )
    if watched.lines is not None:
        with outlive_reader(1):
            watched.lines.tell_end(path, counts=counts, exit_code=code, next_command=again if is_resumable else None)
    return code


def _tell_tables(run: RunFile, lines: JsonLinesWatcher) -> None:
    """Tell programs what was found of whole tables and files."""
    from importer.report.tables.table_files import iter_table_objects

    with outlive_reader(1):
        for found in iter_table_objects(run):
            lines.tell_table(found)


def write_files(run: RunFile, *, telling: Telling, code: int = 0) -> int:
    """Write the reports and split files; one that fails is told, and doesn't keep the others from being written.

    Returns the exit code: the given one, or that of the failure if the given one says less.
    """

    def write(what: Callable[[], list[Path]], again: str) -> int:
        try:
            paths = what()
        except ImporterError as error:
            tell_error(error)
            if not telling.is_temporary:
                tell(f"The run itself isn't affected. Try again with: {again}")
            return code if code in _WEIGHTY else error.exit_code
        if not telling.quiet:
            for path in paths[:WRITTEN_SHOWN]:
                tell(f"Written: {path}")
            if len(paths) > WRITTEN_SHOWN:
                tell(f"Written: {len(paths) - WRITTEN_SHOWN:,} more files in {paths[-1].parent}")
        return code

    for to in telling.reports:

        def write_one(to: Path = to) -> list[Path]:
            from importer.report.files import write_report

            write_report(run, to)
            return [to]

        code = write(write_one, _word_report(run, "--to", to))
    if (folder := telling.split) is not None:
        from importer.report.tables.split import split_run

        code = write(lambda: split_run(run, folder), _word_report(run, "--split", folder))
    return code


def _word_report(run: RunFile, option: str, to: Path) -> str:
    paths = [each.path for each in run.joined] or [str(run.place)]
    more = ["..."] if len(paths) > WRITTEN_SHOWN else []
    return word_command("report", *paths[:WRITTEN_SHOWN], *more, option, to)
