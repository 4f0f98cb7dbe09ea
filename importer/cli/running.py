"""What `import` and `resume` share: watching a run, and telling what it came to."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from importer.cli.stopping import INTERRUPTED, catch_signals
from importer.cli.terminal import make_console, tell, tell_error
from importer.errors import AbortedError, ImporterError, SettingsError
from importer.model import Status
from importer.settings import find_api_url, is_ci

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from importer.events import Watcher
    from importer.results import Report
    from importer.run import RunFile

RESUMABLE = frozenset({Status.FAILED, Status.UNCONFIRMED})
"""Statuses that another go may change, when the run itself came to its end."""
_WEIGHTY = frozenset({AbortedError.exit_code, 4, INTERRUPTED})


def check_reports(reports: Sequence[Path]) -> None:
    """Refuse report paths that can't be written, before anything is sent.

    Raises:
        UsageError: see above.
    """
    from importer.report import check_report_path

    for path in reports:
        check_report_path(path)


def carry_out(
    call: Callable[[Watcher, threading.Event], Report], *, reports: Sequence[Path], is_sandbox: bool = False
) -> int:
    """Run an import or a resume, then write its reports and tell what it came to; return the exit code.

    Args:
        call: the library function, given a watcher and the stop event.
        reports: report files to write, also when the run was stopped.
        is_sandbox: the server is gone once the command ends, so that resuming is no use.

    Raises:
        ImporterError: what stopped the run.
    """
    from importer.report.progress import choose_watcher

    aborted: AbortedError | None = None
    with catch_signals() as stop:
        with choose_watcher(make_console(stderr=True), is_ci=is_ci()) as watch:
            try:
                report = call(watch, stop)
                path, code = report.run_path, report.exit_code
            except AbortedError as error:
                if error.run_path is None:
                    raise
                aborted, path, code = error, error.run_path, error.exit_code
        code = _tell_result(
            path, reports=reports, code=code, is_stopped=stop.is_set() or aborted is not None, is_sandbox=is_sandbox
        )
    if aborted is not None:
        raise aborted
    return code


def _tell_result(path: Path, *, reports: Sequence[Path], code: int, is_stopped: bool, is_sandbox: bool) -> int:
    from importer.report.console import make_run_summary
    from importer.run import RunFile

    with RunFile.open(path) as run:
        make_console().print(make_run_summary(run))
        code = _write_reports(run, reports, code=code)
        tell(f"Run file: {path}")
        is_open = is_stopped or not RESUMABLE.isdisjoint(run.count_statuses())
        if is_open and run.meta.mode != "dry-run" and not is_sandbox:
            tell(f"Go on with: {_word_resume(run)}")
    return code


def _write_reports(run: RunFile, reports: Sequence[Path], *, code: int) -> int:
    """Write the reports; one that fails is told, and doesn't keep the others from being written."""
    from importer.report import write_report

    for to in reports:
        try:
            write_report(run, to)
        except ImporterError as error:
            tell_error(error)
            tell(f"The run itself is not touched by this. Write the report with: {_word_report(run, to)}")
            code = code if code in _WEIGHTY else error.exit_code
        else:
            tell(f"Report: {to}")
    return code


def _word_resume(run: RunFile) -> str:
    words = ["layer-importer", "resume", str(run.path)]
    url = run.meta.api_url
    if url is not None and url != _find_default_url():
        words += ["--api-url", url]
    return shlex.join(words)


def _word_report(run: RunFile, to: Path) -> str:
    return shlex.join(["layer-importer", "report", str(run.path), "--to", str(to)])


def _find_default_url() -> str | None:
    try:
        return find_api_url(None)
    except SettingsError:
        return None
