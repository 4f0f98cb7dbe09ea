"""What the library functions return: the answers, as counts, issues and DataFrames."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from importer.context import Context, require_settings, take_path
from importer.errors import ImporterError, InputError
from importer.issues.several_runs import SAMPLE_IN_TWO_RUNS, UNREADABLE_RUN
from importer.issues.unreadable import UNREADABLE_FILE
from importer.model import GOOD_STATUSES, Issue, Severity, Status
from importer.report.drawing.drawn_stacks import DRAWN, LayerReader, draw_figures, list_drawn_stacks
from importer.report.screen.lines import iter_report_lines, make_issues_frame
from importer.report.screen.summary import explain_status
from importer.run import JoinedRun, RunFile, StackRecord
from importer.settings import make_absolute, read_run_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pandas as pd

    from importer.model import RunPlace
    from importer.report.screen.lines import ReportLine

ANSWER_COLUMNS = (
    "source", "sheet", "row", "sample_id", "sample_name", "substrate", "layer_id", "composition", "orientation",
    "space_group", "status", "record_id", "http_status", "attempts", "issues", "message", "payload", "sent_at",
    "ended_at",
)  # fmt: skip
"""The columns of ``Report.frame``."""
EXIT_GOOD, EXIT_SOME_BAD, EXIT_UNCONFIRMED, EXIT_INTERRUPTED = 0, 1, 4, 130


class Report:
    """The answers of a run, read from its run file when they're asked for.

    It may be kept, pickled and read elsewhere in the file system: it holds the run file's whole path, and that path as
    it was given, for messages; of a run on a server its address.
    """

    def __init__(self, run_path: str | RunPlace, *, interrupted: bool = False) -> None:
        self.given_path = read_run_place(run_path)
        self.run_path = make_absolute(self.given_path)
        self.interrupted = interrupted
        self._joined: tuple[JoinedRun, ...] = ()

    def __repr__(self) -> str:
        """Return the counts in a line."""
        try:
            said = ", ".join(f"{count} {status}" for status, count in self.counts.items()) or "no rows"
        except ImporterError as error:  # a notebook shows it before anybody has asked for anything
            said = f"can't be read: {error}"
        return f"<Report {self.run_path}: {said}>"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the path alone: what is read from the file is read again."""
        return _restore_report, (self.run_path, self.interrupted, self._joined)

    @contextmanager
    def _open_run(self) -> Iterator[RunFile]:
        with RunFile.open(self.run_path) as run:
            run.joined = self._joined
            yield run

    @cached_property
    def counts(self) -> Counter[Status]:
        """How many rows ended in which status, by `Status` or its text: ``counts["created"]``; 0 where no row did."""
        with self._open_run() as run:
            found = run.count_statuses()
        return Counter({status: found[status] for status in Status if status in found})

    @property
    def rows(self) -> int:
        """How many rows the run has: the counts' sum."""
        return self.counts.total()

    @cached_property
    def is_dry_run(self) -> bool:
        """Whether nothing was to be sent: a dry run, or a plan that hasn't begun."""
        with self._open_run() as run:
            return run.meta.is_rehearsal

    @property
    def _good(self) -> frozenset[Status]:
        """The statuses after which nothing is left to do."""
        return GOOD_STATUSES | {Status.NOT_SENT} if self.is_dry_run else GOOD_STATUSES

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """Everything that was found, whole tables first, then by row in input order."""
        with self._open_run() as run:
            return tuple(run.iter_issues())

    @cached_property
    def issues_frame(self) -> pd.DataFrame:
        """The issues as a DataFrame, one line an issue: code, severity, place, value, message, suggestion."""
        return make_issues_frame(self.issues)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One line a row, in input order, with the columns of `ANSWER_COLUMNS`; times are UTC timestamps.

        ``composition``, ``orientation`` and ``space_group`` are what is sent, of an invalid row what its cells say;
        ``issues`` lists the codes; ``message`` says what happened, for every row.
        """
        import pandas as pd  # noqa: PLC0415  # only those who ask for the frame pay for it

        with self._open_run() as run:
            reader = LayerReader(run)
            is_rehearsal = run.meta.is_rehearsal
            lines = [_list_answer(line, reader, is_rehearsal=is_rehearsal) for line in iter_report_lines(run)]
        frame = pd.DataFrame(lines, columns=list(ANSWER_COLUMNS))
        for name in ("row", "sample_id", "layer_id", "record_id", "http_status"):
            frame[name] = frame[name].astype("Int64")
        for name in ("sent_at", "ended_at"):
            frame[name] = pd.to_datetime(frame[name], unit="s", utc=True)
        return frame

    def write(self, to: str | Path, *, context: Context | None = None) -> Path:
        """Write the report as a file of the kind that its suffix names, and return its path.

        Args:
            to: the file, for example ``answers.html``; what is there already is replaced.
            context: who watches.

        Raises:
            UsageError: the suffix isn't known, the file is one of the inputs, or nothing can be written there.
            StorageError: the disk is full, or fails.
        """
        require_settings(context=context)
        from importer.report.files import write_report  # noqa: PLC0415  # its writers take longer to load than a run

        path = take_path("to", to)
        with self._open_run() as run:
            write_report(run, path, watch=(context or Context()).watch)
        return path

    def split(self, folder: str | Path) -> tuple[Path, ...]:
        """Write the valid, invalid and unfinished rows of each input to files of its format, and return their paths.

        Args:
            folder: where they go; made if it isn't there.

        Raises:
            UsageError: a file would take the place of an input, or an input's format can't be written.
            StorageError: the disk is full, or fails.
        """
        from importer.report.tables.split import split_run  # noqa: PLC0415  # as for `write`

        with self._open_run() as run:
            return tuple(split_run(run, take_path("folder", folder)))

    @cached_property
    def stacks(self) -> tuple[StackRecord, ...]:
        """The stacks in the order in which the inputs name them, with counts of their rows by status."""
        with self._open_run() as run:
            return tuple(run.iter_stacks())

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the counts, and the stacks drawn, those with something to look at first."""
        try:
            with self._open_run() as run:
                drawn = list_drawn_stacks(run, most=DRAWN, good=self._good)
        except ImporterError as error:
            return f"<p>{escape(self.run_path.name)}: {escape(str(error))}</p>"
        counts = ", ".join(
            f"<b>{count:,}</b> {status.value.replace('_', ' ')}" for status, count in self.counts.items()
        )
        words = f"{escape(self.run_path.name)}: {counts}"
        return draw_figures(drawn, f"<p>{words}</p>", stacks=len(self.stacks))

    @property
    def exit_code(self) -> int:
        """The command's exit code: 0 all good, 1 some row is not, 2 some file can't be read, 4 some row unconfirmed.

        130 where it was interrupted.
        """
        if self.interrupted:
            return EXIT_INTERRUPTED
        if Status.UNCONFIRMED in self.counts:
            return EXIT_UNCONFIRMED
        with self._open_run() as run:
            if run.has_issue(UNREADABLE_FILE.code, UNREADABLE_RUN.code):
                return InputError.exit_code
            if run.has_issue(SAMPLE_IN_TWO_RUNS.code):
                return EXIT_SOME_BAD
        return EXIT_GOOD if all(status in self._good for status in self.counts) else EXIT_SOME_BAD


def write_report(run: str | RunPlace, to: str | Path, *, context: Context | None = None) -> Path:
    """Write the report of a run file, of the kind that the suffix names; see `Report.write`."""
    return Report(run).write(to, context=context)


def join_report(run_path: RunPlace, joined: tuple[JoinedRun, ...], *, interrupted: bool = False) -> Report:
    """Return the report of a file into which several runs were copied."""
    report = Report(run_path, interrupted=interrupted)
    report._joined = joined  # noqa: SLF001  # no argument of users
    return report


def open_reported(report: Report) -> AbstractContextManager[RunFile]:
    """Give a report's run file open for reading, inside this package; of several runs, the copy of them all."""
    return report._open_run()  # noqa: SLF001  # no method for users


def _restore_report(run_path: RunPlace, interrupted: bool, joined: tuple[JoinedRun, ...]) -> Report:  # noqa: FBT001  # pickle passes it by position
    return join_report(run_path, joined, interrupted=interrupted)


def _list_answer(line: ReportLine, reader: LayerReader, *, is_rehearsal: bool) -> tuple[object, ...]:
    """Return the cells of a row under `ANSWER_COLUMNS`."""
    record, shown = line.record, reader.read(line.record)
    said = record.message or "; ".join(issue.message for issue in line.issues if issue.severity is Severity.ERROR)
    return (
        record.source, record.sheet, record.row, record.sample_id, record.sample_name, record.substrate,
        record.layer_id, shown.formula, shown.orientation, shown.space_group, record.status.value, record.record_id,
        record.http_status, record.attempts, ", ".join(dict.fromkeys(issue.code for issue in line.issues)),
        said or explain_status(record.status, is_rehearsal=is_rehearsal), record.payload, record.first_sent_at,
        record.ended_at,
    )  # fmt: skip
