"""The report's lines: every row of a run with all that was said about it, in input order, streamed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importer.errors import RunFileError
from importer.layers.header_names import REPORT_COLUMNS
from importer.model import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from importer.rules import StackVerdict
    from importer.run import RowRecord, RunFile

COLUMNS = REPORT_COLUMNS
"""The columns of a table report, in their order; described by ``schemas/report.schema.json``."""
ISSUE_COLUMNS = ("code", "severity", "source", "sheet", "row", "column", "cell", "value", "message", "suggestion")
"""The keys of an issue in reports, in their order."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One row of the run and its issues; an error of a whole table stands with each of its rows."""

    record: RowRecord
    issues: tuple[Issue, ...]


def iter_report_lines(run: RunFile) -> Iterator[ReportLine]:
    """Yield a line for every row of a run, in input order, one row at a time in memory.

    Raises:
        RunFileError: the run's inputs weren't read to their end, or the lines don't add up to the rows that the run
            counts by status.
    """
    run.require_whole()
    expected = sum(run.count_statuses().values())
    issues = run.iter_issues()
    table_errors: dict[tuple[str, str | None], list[Issue]] = {}
    pending = next(issues, None)
    while pending is not None and pending.seq is None:
        if pending.severity is Severity.ERROR:
            table_errors.setdefault((pending.where.source, pending.where.sheet), []).append(pending)
        pending = next(issues, None)
    lines = 0
    for record in run.iter_rows():
        if record.seq != lines:
            raise _make_count_error(run, f"row {lines} is missing")
        found = list(table_errors.get((record.source, record.sheet), ()))
        while pending is not None and pending.seq == record.seq:
            found.append(pending)
            pending = next(issues, None)
        lines += 1
        yield ReportLine(record, tuple(found))
    if lines != expected:
        raise _make_count_error(run, f"it has {lines} rows, but the counts by status add up to {expected}")
    if pending is not None:
        raise _make_count_error(run, f"an issue belongs to row {pending.seq}, which isn't there")


def describe_issue(issue: Issue) -> dict[str, Any]:
    """Return an issue as the JSON object that reports carry: the place taken apart, every key always there."""
    return {
        "code": issue.code,
        "severity": issue.severity.value,
        "source": issue.where.source,
        "sheet": issue.where.sheet,
        "row": issue.where.row,
        "column": issue.where.column,
        "cell": issue.where.cell,
        "value": issue.value,
        "message": issue.message,
        "suggestion": issue.suggestion,
    }


def make_issues_frame(issues: Iterable[Issue]) -> pd.DataFrame:
    """Return issues as a DataFrame with the columns of `ISSUE_COLUMNS`."""
    import pandas as pd  # noqa: PLC0415  # only those who ask for the frame pay for it

    frame = pd.DataFrame([describe_issue(issue) for issue in issues], columns=list(ISSUE_COLUMNS))
    frame["row"] = frame["row"].astype("Int64")
    return frame


def describe_stack(stack: StackVerdict) -> dict[str, Any]:
    """Return the verdict on a stack as the JSON object that the result of a check carries."""
    is_id = isinstance(stack.sample, int)
    return {
        "sample_id": stack.sample if is_id else None,
        "sample_name": None if is_id else stack.sample,
        "verdict": stack.verdict.value,
        "layers": stack.layers,
        "ready": stack.ready,
        "missing": list(stack.missing),
    }


def _make_count_error(run: RunFile, words: str) -> RunFileError:
    return RunFileError(f"The run file {run.place} is damaged: {words}. No report was written.")
