"""The table of one sheet: header, units, merged cells and blank rows, as chunks of text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, dropwhile, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from importer.formats.header_rows import find_head, note_header_rows
from importer.formats.limits import MAX_CHUNK_CELLS, MAX_HEADER_SEARCH
from importer.formats.table import (
    Head,
    is_blank,
    is_units_row,
    make_chunk,
    note_blank_rows,
    note_comment,
    note_titles,
    note_units,
)
from importer.formats.transposed import iter_transposed_chunks
from importer.issues import make_issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from importer.chunks import RawChunk, Source
    from importer.issues import Problem
    from importer.model import Issue

Cells = list[str | None]


NO_ODDITIES: Mapping[int, Problem] = MappingProxyType({})


class SheetRow(NamedTuple):
    """One row of a sheet; a tuple, since a workbook has many.

    Attributes:
        number: physical row, from 1.
        cells: the texts, from the sheet's first used column.
        oddities: column -> what is to be said of a cell whose text isn't what a person typed.
    """

    number: int
    cells: Cells
    oddities: Mapping[int, Problem] = NO_ODDITIES


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells, columns from the sheet's first used one; rows are physical, from 1."""

    top: int
    bottom: int
    column: int


def iter_table_chunks(
    rows: Iterable[SheetRow],
    *,
    source: Source,
    sheet: str,
    first_column: int,
    merges: Iterable[Merge],
    chunk_rows: int,
    issues: Iterable[Issue],
) -> Iterator[RawChunk]:
    """Yield the chunks of a sheet's table; nothing for a sheet without text.

    Args:
        rows: the sheet's rows, equally wide.
        source: the input.
        sheet: the sheet's name.
        first_column: number of the column of each row's first cell, from 0.
        merges: its merged cells; the text of one over several rows holds for each of them.
        chunk_rows: rows of a chunk.
        issues: what is to be said of the sheet already.

    Raises:
        InputError: a row of the header that the user names isn't there.
    """
    layout = source.find_layout(sheet)
    if layout.is_transposed:
        yield from _iter_transposed(rows, source=source.name, sheet=sheet, first_column=first_column, issues=issues)
        return
    stream = dropwhile(lambda row: is_blank(row.cells), rows)
    top = list(islice(stream, max(MAX_HEADER_SEARCH, *(layout.header_rows or (0,)))))
    if not top:
        return
    cells, numbers = [row.cells for row in top], [row.number for row in top]
    found = find_head(cells, numbers, layout=layout, name=f"{source.name}, sheet {sheet!r}")
    header = tuple(found.names)
    titles = [(row.number, row.cells) for row in top[: max(found.first, 0)]]
    row = top[found.first].number if found.first >= 0 else 0
    letters = tuple(range(first_column, first_column + len(header)))
    head = Head(
        source.name, sheet, header, row, letters, titles=tuple(each for each in titles if not is_blank(each[1]))
    )
    chunk_rows = max(1, min(chunk_rows, MAX_CHUNK_CELLS // len(header)))
    table = _SheetTable(head, list(merges))
    table.issues += issues
    table.issues += note_titles(titles, source.name, sheet)
    if found.last > found.first and layout.header_rows is None:
        table.issues.append(note_header_rows(source.name, sheet, (numbers[found.first], numbers[found.last])))
    is_first = True
    below = top[found.last + 1 :]
    for each in chain(table.drop_units(below) if found.first >= 0 else below, stream):
        table.add_row(each)
        if len(table.rows) >= chunk_rows:
            yield table.make_chunk(first=is_first)
            is_first = False
    if table.rows or table.has_news or is_first:
        yield table.make_chunk(first=is_first)


def _iter_transposed(
    rows: Iterable[SheetRow], *, source: str, sheet: str, first_column: int, issues: Iterable[Issue]
) -> Iterator[RawChunk]:
    """Yield the layers of a sheet whose fields run down."""
    kept = [row for row in rows if not is_blank(row.cells) or row.oddities]
    yield from iter_transposed_chunks(
        ((row.number, row.cells) for row in kept),
        source=source,
        sheet=sheet,
        first_column=first_column,
        issues=issues,
        oddities={(row.number, column): problem for row in kept for column, problem in row.oddities.items()},
    )


def _is_comment(cells: Cells) -> bool:
    """Tell whether a row's first text begins with #, and is none of a spreadsheet's error texts."""
    text = next((cell.strip() for cell in cells if cell and not cell.isspace()), "")
    return text.startswith("#") and not text[1:2].isupper()


class _SheetTable:
    """The rows of one sheet's table as they gather into a chunk."""

    def __init__(self, head: Head, merges: list[Merge]) -> None:
        self.head = head
        self.issues: list[Issue] = []
        self.rows: list[Cells] = []
        self._numbers: list[int] = []
        self._blank: list[int] = []
        self._oddities: list[tuple[int, int, Issue]] = []
        below = [merge for merge in merges if head.header_row is not None and merge.top > head.header_row]
        self._starts = {(merge.top, merge.column): merge.bottom for merge in below if merge.bottom > merge.top}
        self._open: dict[int, tuple[int, str | None]] = {}

    @property
    def has_news(self) -> bool:
        """Whether there is something to say that no chunk has said yet."""
        return bool(self.issues or self._blank)

    def drop_units(self, rows: list[SheetRow]) -> list[SheetRow]:
        """Return the first rows below the header without a row of units."""
        for position, row in enumerate(rows):
            if is_units_row(row.cells):
                self.head, issue = note_units(self.head, row.cells, row.number)
                self.issues.append(issue)
                return rows[:position] + rows[position + 1 :]
            if not is_blank(row.cells):
                break
        return rows

    def add_row(self, row: SheetRow) -> None:
        """Add a row, with the texts of the merged cells that reach into it; a blank one is noted."""
        if is_blank(row.cells) and not row.oddities:
            self._blank.append(row.number)
            return
        if _is_comment(row.cells):
            self.issues.append(note_comment(self.head.source, self.head.sheet, row.number))
            return
        cells = row.cells
        if self._starts or self._open:
            cells = self._spread(row)
        position = len(self.rows)
        for column, problem in row.oddities.items():
            place = self.head.place_cell(row.number, column)
            self._oddities.append((position, column, make_issue(problem, place, value=cells[column] or None)))
        self.rows.append(cells)
        self._numbers.append(row.number)

    def _spread(self, row: SheetRow) -> Cells:
        """Return a row's cells with those of the merged cells that began above it."""
        cells = list(row.cells)
        for (top, column), bottom in list(self._starts.items()):
            if top <= row.number and 0 <= column < len(cells):
                if top == row.number:
                    self._open[column] = (bottom, cells[column])
                del self._starts[top, column]
        for column, (bottom, text) in list(self._open.items()):
            if row.number > bottom:
                del self._open[column]
            elif not cells[column]:
                cells[column] = text
        return cells

    def make_chunk(self, *, first: bool) -> RawChunk:
        """Return the gathered rows as a chunk, and start the next."""
        blank = note_blank_rows(self._blank, self.head.source, self.head.sheet)
        chunk = make_chunk(
            self.head,
            self.rows,
            numbers=np.asarray(self._numbers, dtype=np.int64),
            first=first,
            table_issues=[*self.issues, *blank],
            cell_issues=self._oddities,
        )
        self.rows, self._numbers, self._blank, self.issues, self._oddities = [], [], [], [], []
        return chunk
