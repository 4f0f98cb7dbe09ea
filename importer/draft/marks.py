"""Where issues stand among the rows of a draft: by window, and from one to the next."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from importer.draft.tally import PLACES, RANK, Tally
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from importer.chunks import FieldChunk
    from importer.draft.recheck import Checked
    from importer.draft.tables import DraftTable, Part
    from importer.model import Issue

Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """An issue at a cell.

    Attributes:
        table: number of the table.
        position: position of the row in the table, from 0.
        column: position of the column; -1 for the whole row.
        issue: the issue.
    """

    table: int
    position: int
    column: int
    issue: Issue


def can_take(table: DraftTable, mark: Mark) -> bool:
    """Tell whether a mark has a suggestion that can stand in its cell: it is about the cell's whole text."""
    return table.is_editable and _is_whole_text(table, mark)


def _is_whole_text(table: DraftTable, mark: Mark) -> bool:
    """Tell whether the suggestion of a mark is about a cell's whole text."""
    if mark.issue.suggestion is None or mark.column < 0:
        return False
    text = table.text(mark.position, mark.column) or ""
    return text.strip() == (mark.issue.value or "").strip()


def tally_parts(checked: Checked, tables: Sequence[DraftTable]) -> Iterator[Mapping[str, Tally]]:
    """Yield code -> how many there are, of tables as a whole first, then part by part, then across all rows."""
    for table in tables:
        yield _tally(checked, tables, table.issues)
    yield _tally(checked, tables, checked.late)
    for table, part in checked.parts:
        if part.tallies is None:
            part.tallies = _tally_part(table, part)
        yield part.tallies
    yield {
        code: each.count(lambda issue: _is_takeable(checked, tables, issue))
        for code, each in checked.stack_issues.codes.items()
    }


def _tally_part(table: DraftTable, part: Part) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for issue in part.issues:
        _count(found, issue, is_takeable=False)
    for position, column, issue in _take_marks(table, part):
        if issue.suggestion is not None and _is_whole_text(table, Mark(table.number, position, column, issue)):
            found[issue.code].takeable += table.is_editable
            found[issue.code].fixable += table.is_lined
    return found


def _tally(checked: Checked, tables: Sequence[DraftTable], issues: Iterable[Issue]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for issue in issues:
        _count(found, issue, is_takeable=_is_takeable(checked, tables, issue))
    return found


def _is_takeable(checked: Checked, tables: Sequence[DraftTable], issue: Issue) -> bool:
    mark = None if issue.suggestion is None else locate(checked, tables, issue)
    return mark is not None and can_take(tables[mark.table], mark)


def _count(found: dict[str, Tally], issue: Issue, *, is_takeable: bool) -> None:
    tally = found.setdefault(issue.code, Tally())
    tally.count += 1
    tally.takeable += is_takeable
    tally.severity = min(tally.severity, issue.severity, key=RANK.__getitem__)
    if len(tally.first) < PLACES:
        tally.first.append(issue)


def locate(checked: Checked, tables: Sequence[DraftTable], issue: Issue) -> Mark | None:
    """Return the place of an issue; None for one of a whole table, or that stands above its rows."""
    if issue.seq is not None:
        table, part = checked.find_part(issue.seq)
        return _locate_row(table, part, issue)
    where = issue.where
    for table in tables:
        if table.source.name == where.source and table.head.sheet == where.sheet and where.row is not None:
            position = table.find_row(where.row)
            return None if position is None else Mark(table.number, position, _find_column(table, issue), issue)
    return None


def _locate_row(table: DraftTable, part: Part, issue: Issue) -> Mark | None:
    if part.layers is None:
        return None
    if issue.seq is None:
        at = None if issue.where.row is None else table.find_row(issue.where.row)
        return None if at is None else Mark(table.number, at, _find_column(table, issue), issue)
    fields = part.layers.fields
    index = int(fields.index[issue.seq - fields.start])
    if _is_whole(part, fields):
        position: int | None = part.first + index
    else:
        position = table.find_row(int(fields.raw.rows[index]))
    return None if position is None else Mark(table.number, position, _find_column(table, issue), issue)


def _is_whole(part: Part, fields: FieldChunk) -> bool:
    """Tell whether no row of a part is passed over, so that its rows are known by their positions."""
    return fields.raw.marks is not None or len(fields.raw.rows) == len(part.raw.rows)


def _find_column(table: DraftTable, issue: Issue) -> int:
    """Return the column that an issue names, by its letters, or by its key; -1 for none."""
    where, head = issue.where, table.head
    if where.cell is not None and ":" not in where.cell:
        letters = where.cell.rstrip("0123456789")
        number = int(where.cell[len(letters) :]) - 1 if head.is_transposed else _read_letters(letters)
        return head.letters.index(number) if number in head.letters else -1
    if where.cell is not None and where.column in head.header:
        return head.header.index(where.column)
    return -1


@lru_cache(1_024)
def _read_letters(letters: str) -> int:
    """Return the position of a column by its letters, from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _take_marks(table: DraftTable, part: Part) -> list[tuple[int, int, Issue]]:
    """Return the marks of a part's own issues, sorted by their places."""
    if part.marks is None:
        found = (_locate_row(table, part, issue) for issue in part.issues)
        part.marks = sorted(
            ((mark.position, mark.column, mark.issue) for mark in found if mark is not None), key=lambda each: each[:2]
        )
    return part.marks


def _iter_stack_marks(checked: Checked, at: int, *, code: str | None = "") -> Iterator[Mark]:
    """Yield the marks of a part that the rules make which look across all rows, in no order; see `iter_between`."""
    (table, part), start = checked.parts[at], checked.starts[at]
    for issue in checked.stack_issues.iter_between(start, start + len(part.bad), code=code):
        mark = _locate_row(table, part, issue)
        if mark is not None:
            yield mark


def _iter_table_marks(checked: Checked, table: DraftTable) -> Iterator[Mark]:
    """Yield the marks of what is said of a table as a whole."""
    for issue in table.issues:
        mark = locate(checked, (table,) if issue.seq is None else (), issue)
        if mark is not None and mark.table == table.number:
            yield mark


def list_marks(checked: Checked, table: DraftTable, first: int, last: int) -> list[Mark]:
    """Return the marks of rows from a position up to before another, in order."""
    found: list[Mark] = []
    for at, (owner, part) in enumerate(checked.parts):
        if owner is table and part.first < last and part.first + len(part.raw.rows) > first:
            marks = _take_marks(table, part)
            start = bisect_left(marks, first, key=lambda each: each[0])
            end = bisect_left(marks, last, key=lambda each: each[0])
            found += [Mark(table.number, *each) for each in marks[start:end]]
            found += [mark for mark in _iter_stack_marks(checked, at) if first <= mark.position < last]
    found += [mark for mark in _iter_table_marks(checked, table) if first <= mark.position < last]
    return sorted(found, key=lambda mark: (mark.position, mark.column))


def list_marked(checked: Checked, table: DraftTable) -> list[int]:
    """Return the positions of the rows that have an error or a warning, and of those deleted."""
    marked = {mark.position for mark in _iter_table_marks(checked, table) if mark.issue.severity is not Severity.NOTE}
    for at, (owner, part) in enumerate(checked.parts):
        if owner is table:
            marks = _take_marks(table, part)
            marked.update(position for position, _, issue in marks if issue.severity is not Severity.NOTE)
            marked.update(_find_stack_rows(checked, at))
    marked |= {position for row in table.overlay.deleted if (position := table.find_row(row)) is not None}
    return sorted(marked)


def _find_stack_rows(checked: Checked, at: int) -> Iterator[int]:
    """Yield the positions of a part's rows with an error or a warning of the rules that look across all rows."""
    (table, part), start = checked.parts[at], checked.starts[at]
    if part.layers is None:
        return
    fields = part.layers.fields
    for each in checked.stack_issues.iter_wanted(None):
        low, high = np.searchsorted(each.seqs, (start, start + len(part.bad)))
        index = fields.index[each.seqs[low:high] - start]
        if _is_whole(part, fields):
            yield from (part.first + index).tolist()
        else:
            yield from np.searchsorted(table.rows, fields.raw.rows[index]).tolist()


def find_next(
    checked: Checked, tables: Sequence[DraftTable], place: Place, *, step: int, code: str | None
) -> Mark | None:
    """Return the first mark after a place, or before it for a negative step, going round once."""
    loose = [
        mark
        for table in tables
        for issue in table.issues
        if _is_wanted(issue, code) and (mark := locate(checked, (table,), issue)) is not None
    ]
    near = _find_nearest(checked, place, step=step, code=code)
    return min([*loose, *([] if near is None else [near])], key=lambda mark: _order(mark, place, step), default=None)


def _is_wanted(issue: Issue, code: str | None) -> bool:
    return issue.severity is not Severity.NOTE if code is None else issue.code == code


def _order(mark: Mark, place: Place, step: int) -> tuple[bool, Place]:
    """Return what the marks are in order by, as they are met from a place on."""
    at = (mark.table, mark.position, mark.column)
    is_round = at <= place if step > 0 else at >= place
    return is_round, at if step > 0 else (-at[0], -at[1], -at[2])


def _find_nearest(checked: Checked, place: Place, *, step: int, code: str | None) -> Mark | None:
    """Return the first mark of a part's own; parts are looked at one after the other, until one has it."""
    numbers = {id(part): number for number, (_, part) in enumerate(checked.parts)}
    parts = checked.parts if step > 0 else checked.parts[::-1]
    ends = [(table.number, part.first + (len(part.raw.rows) if step > 0 else 0)) for table, part in parts]
    here = place[:2]
    start = next((at for at, end in enumerate(ends) if (end > here if step > 0 else end <= here)), None)
    turned = parts if start is None else [*parts[start:], *parts[:start], parts[start]]
    for at, (table, part) in enumerate(turned):
        marks = [
            Mark(table.number, position, column, issue)
            for position, column, issue in _take_marks(table, part)
            if _is_wanted(issue, code)
        ]
        marks += _iter_stack_marks(checked, numbers[id(part)], code=code)
        found = [mark for mark in marks if at or start is None or not _order(mark, place, step)[0]]
        if found:
            return min(found, key=lambda mark: _order(mark, place, step))
    return None
