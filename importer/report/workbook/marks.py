"""What a workbook report says of each row of an input: the answer of its layers, and its issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.issues import describe_code
from importer.model import GOOD_STATUSES, Severity, Status
from importer.report.escape import escape_text
from importer.report.screen.lines import iter_report_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.model import Issue
    from importer.run import RowRecord, RunFile

_READY, _BLOCKED = "ready", "blocked"
LONGEST = 1_500
"""Characters of a comment or message in a workbook."""


@dataclass(slots=True)
class RowMark:
    """One row of an input with the answers of the layers that it names; a wide row names several."""

    source: str
    sheet: str | None
    row: int
    raw: str
    is_rehearsal: bool = False
    records: list[RowRecord] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether every layer of the row is in; in a dry run, whether it's ready to be sent."""
        return all(record.status in GOOD_STATUSES or self._name(record) == _READY for record in self.records)

    @property
    def statuses(self) -> str:
        """The answer, or the answers by layer where they differ."""
        found = [self._name(record) for record in self.records]
        if len(set(found)) == 1:
            return found[0]
        return "; ".join(f"layer {record.layer_id}: {self._name(record)}" for record in self.records)

    def _name(self, record: RowRecord) -> str:
        """Return the answer for a layer; in a dry run what would happen to a valid one."""
        if self.is_rehearsal and record.status is Status.NOT_SENT:
            return _READY if record.held_by is None else _BLOCKED
        return record.status.value

    @property
    def record_ids(self) -> str:
        """The server's record ids, where known."""
        return ", ".join(str(record.record_id) for record in self.records if record.record_id is not None)

    @property
    def words(self) -> str:
        """What happened and what is wrong, in words."""
        said = [escape_text(record.message) for record in self.records if record.message]
        said += [describe_briefly(issue) for issue in self.issues if issue.severity is not Severity.NOTE]
        return " ".join(dict.fromkeys(said))[:LONGEST]


def iter_row_marks(run: RunFile) -> Iterator[RowMark]:
    """Yield the rows of the inputs in order, each once, with all its layers.

    Raises:
        RunFileError: the run's lines don't add up.
    """
    mark: RowMark | None = None
    is_rehearsal = run.meta.is_rehearsal
    for line in iter_report_lines(run):
        record = line.record
        place = (record.source, record.sheet, record.row or 0)
        is_same = mark is not None and (mark.source, mark.sheet, mark.row) == place and mark.raw == record.raw
        if mark is None or not is_same:
            if mark is not None:
                yield mark
            mark = RowMark(*place, record.raw, is_rehearsal)
        mark.records.append(record)
        mark.issues += (issue for issue in line.issues if issue not in mark.issues)
    if mark is not None:
        yield mark


def describe_briefly(issue: Issue) -> str:
    """Return an issue in one or two sentences: code, what is wrong, what to type or do."""
    step = describe_code(issue).remedy if issue.suggestion is None else f"Type: {issue.suggestion}"
    return escape_text(f"{issue.code}: {issue.message} {step}".rstrip())[:LONGEST]
