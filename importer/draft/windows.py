"""What is shown of a draft: rows of a table with their marks, and the issues by code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.draft.marks import Mark, list_marked, list_marks, tally_parts
from importer.draft.tally import RANK, Tally
from importer.issues.catalogue import describe_code
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from importer.draft.recheck import Checked
    from importer.draft.tables import DraftTable
    from importer.model import Issue

MAX_WINDOW = 1_000
"""Rows of a window."""


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A row of a window.

    Attributes:
        position: its position in the table, from 0.
        number: its physical row or line.
        cells: its texts as they are now.
        edited: the columns whose text isn't the file's.
        is_deleted: it won't be in the copy.
        is_bad: it has an error.
    """

    position: int
    number: int
    cells: tuple[str | None, ...]
    edited: tuple[int, ...] = ()
    is_deleted: bool = False
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows of a table with all that is to be said of them.

    Attributes:
        total: rows that there are in all, of those asked for.
        rows: the rows.
        marks: what is said of them.
    """

    total: int
    rows: tuple[WindowRow, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class IssueGroup:
    """All issues of one code.

    Attributes:
        code: the code.
        severity: the gravest among them.
        meaning, remedy: what the catalogue says of it.
        count: how many there are.
        takeable: how many of them have a suggestion that can be taken.
        fixable: how many have one that can be taken only by correcting the file as a whole, as `importer.fix` does.
        issues: the first of them.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str
    count: int
    takeable: int
    fixable: int
    issues: tuple[Issue, ...]


def view_rows(checked: Checked, table: DraftTable, first: int, last: int, *, only_bad: bool = False) -> Window:
    """Return rows of a table, from a position up to before another; see `Draft.view`."""
    last = min(last, first + MAX_WINDOW)
    if only_bad:
        wanted = list_marked(checked, table)
        positions = wanted[max(0, first) : last]
        total = len(wanted)
        low, high = (positions[0], positions[-1] + 1) if positions else (0, 0)
    else:
        total = len(table.rows)
        low, high = max(0, first), min(last, total)
        positions = list(range(low, high))
    marks = list_marks(checked, table, low, high)
    shown = set(positions)
    marks = [mark for mark in marks if mark.position in shown]
    bad = {mark.position for mark in marks if mark.issue.severity is Severity.ERROR}
    return Window(total, tuple(_view_row(table, at, is_bad=at in bad) for at in positions), tuple(marks))


def _view_row(table: DraftTable, position: int, *, is_bad: bool) -> WindowRow:
    part = table.find_part(position)
    at = position - part.first
    number = int(table.rows[position])
    cells = [column.text_at(at) for column in part.raw.columns]
    changed = table.overlay.cells.get(number, {})
    for column, text in changed.items():
        cells[column] = text
    return WindowRow(position, number, tuple(cells), tuple(changed), number in table.overlay.deleted, is_bad)


def group_issues(checked: Checked, tables: Sequence[DraftTable], *, places: int) -> list[IssueGroup]:
    """Return the issues by code, the gravest and most frequent first."""
    return make_groups(tally_parts(checked, tables), places=places)


def make_groups(tallies: Iterable[Mapping[str, Tally]], *, places: int) -> list[IssueGroup]:
    """Return what several parts have of each code, the gravest and most frequent first."""
    found: dict[str, Tally] = {}
    for tally in tallies:
        for code, each in tally.items():
            found.setdefault(code, Tally()).add(each, most=places)
    groups = []
    for code, each in found.items():
        told = describe_code(each.first[0])
        groups.append(
            IssueGroup(
                code,
                each.severity,
                told.meaning,
                told.remedy,
                each.count,
                each.takeable,
                each.fixable,
                tuple(each.first),
            )
        )
    return sorted(groups, key=lambda group: (RANK[group.severity], -group.count, group.code))
