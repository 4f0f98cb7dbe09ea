"""The rows of a text's table as they gather into a chunk: the header found, ragged and damaged rows named."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from importer.errors import InputError, InputLimitError
from importer.formats.header_rows import find_head, note_header_rows
from importer.formats.limits import MAX_CHUNK_CELLS, MAX_COLUMNS, MAX_HEADER_SEARCH
from importer.formats.table import (
    Head,
    is_blank,
    is_units_row,
    make_chunk,
    note_blank_rows,
    note_comment,
    note_titles,
    note_units,
    stack_cells,
)
from importer.formats.text.records import RAGGED_ROW
from importer.formats.text.text import doubt_text, find_damage, show_damage
from importer.issues import Problem, make_issue
from importer.model import Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from importer.chunks import RawChunk, Source
    from importer.chunks.column import Texts
    from importer.formats.table import Row
    from importer.formats.text.records import Batch
    from importer.formats.text.text import TextFacts
    from importer.model import Issue

BATCH_ROWS = 500
"""Records that are lists at once: few enough to stay in the processor's cache until they are columns."""


def _drop_open_end(rows: Sequence[Sequence[str]], at: int) -> Sequence[str]:
    """Return the header without a delimiter at its end that none of the rows below it has."""
    header, below = rows[at], [row for row in rows[at + 1 :] if row and not is_blank(row)]
    is_open = len(header) > 1 and not header[-1].strip() and bool(below)
    return header[:-1] if is_open and all(len(row) == len(header) - 1 for row in below) else header


@dataclass(slots=True)
class TextTable:
    """The rows of one table as they gather into a chunk.

    Attributes:
        source: the input.
        facts: what is known of its text.
        head: header and places; set by `take_header`.
        chunk_rows: rows after which a chunk is full; a batch may go beyond.
        cells: shape (chunk and batch, columns): the chunk's rows.
        numbers: shape (chunk and batch,): the line on which each row starts.
        count: rows that there are.
        known: the distinct texts of the chunk.
        blank: the lines of blank rows.
        issues: what is to be said of the table, not yet handed on.
        row_issues: position in the chunk and issue.
        cell_issues: position in the chunk, column and issue.
        comments: the comments above the table, each with its line.
        room: records of the batch with the header.
    """

    source: Source
    facts: TextFacts
    chunk_rows: int
    head: Head = field(init=False)
    cells: npt.NDArray[np.object_] = field(init=False)
    numbers: npt.NDArray[np.int64] = field(init=False)
    count: int = 0
    known: dict[str | None, str | None] = field(default_factory=dict)
    blank: list[int] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    row_issues: list[tuple[int, Issue]] = field(default_factory=list)
    cell_issues: list[tuple[int, int, Issue]] = field(default_factory=list)
    comments: list[tuple[int, Row]] = field(default_factory=list)
    room: int = MAX_HEADER_SEARCH

    def take_header(self, batch: Batch) -> int:
        """Find the header among the first records and return the position after it.

        Raises:
            InputError: there is no text in the table.
            InputLimitError: it has too many columns.
        """
        top, self.room = batch.records, len(batch.records)
        if all(map(is_blank, top)):
            raise InputError(f"{self.source.name} has no table: its first rows are empty.")
        sound = [[] if position in batch.faults else row for position, row in enumerate(top)]
        found = find_head(sound, batch.starts, layout=self.source.find_layout(None), name=self.source.name)
        names = _drop_open_end(top, found.last) if found.first == found.last >= 0 else found.names
        header = tuple(map(show_damage, names))
        if len(header) > MAX_COLUMNS:
            raise InputLimitError(
                f"{self.source.name} has {len(header)} columns (limit {MAX_COLUMNS}). Export it again."
            )
        titles = list(zip(batch.starts[: max(found.first, 0)], top, strict=False))
        row = batch.starts[found.first] if found.first >= 0 else 0
        above = [*self.comments, *((number, list(map(show_damage, cells))) for number, cells in titles)]
        letters = tuple(range(len(header)))
        self.head = Head(self.source.name, None, header, row, letters, titles=tuple(above))
        self.chunk_rows = max(1, min(self.chunk_rows, MAX_CHUNK_CELLS // len(header)))
        self._make_room()
        self.issues += note_titles(titles, self.source.name, None)
        if found.last > found.first and self.source.layout.header_rows is None:
            rows = (batch.starts[found.first], batch.starts[found.last])
            self.issues.append(note_header_rows(self.source.name, None, rows))
        below = found.last + 1
        if below and below < len(top) and below not in batch.faults and is_units_row(top[below]):
            self.head, issue = note_units(self.head, top[below], batch.starts[below])
            self.issues.append(issue)
            return below + 1
        return below

    def add_batch(self, batch: Batch, position: int) -> None:
        """Add the records of a batch from a position on."""
        width = len(self.head.header)
        records = batch.records[position:] if position else batch.records
        is_clean = not batch.faults and not self.facts.has_nul and not self.facts.has_undecodable
        if is_clean and set(map(len, records)) == {width} and all(map(str.strip, map(itemgetter(0), records))):
            self._add_rows(records, batch.starts[position:])
            return
        rows: list[Row] = []
        starts: list[int] = []
        for at in range(position, len(batch.records)):
            start, place = batch.starts[at], self.count + len(rows)
            row: Row | None = None
            if at in batch.faults:
                row = self._take_fault(batch, at, place)
            elif is_blank(batch.records[at]):
                self.blank.append(start)
            else:
                row = self._take_row(batch.records[at], start, place)
            if row is not None:
                rows.append(row)
                starts.append(start)
        self._add_rows(rows, starts)

    def _add_rows(self, rows: Sequence[Row], starts: Sequence[int]) -> None:
        """Add rows as wide as the header."""
        end = self.count + len(rows)
        self.cells[self.count : end] = stack_cells(rows, len(self.head.header), self.known)
        self.numbers[self.count : end] = starts
        self.count = end

    @property
    def has_news(self) -> bool:
        """Whether there is a row or an issue that no chunk has yet."""
        return bool(self.count or self.issues or self.blank)

    def _take_fault(self, batch: Batch, at: int, position: int) -> Row:
        """Return an empty row for a record that can't be told apart, and say why.

        One that takes the rest of the file along is the whole table's fault.
        """
        code, message = batch.faults[at]
        text = show_damage(batch.records[at][0])[:200]
        issue = make_issue(Problem(code, message), Where(self.source.name, None, batch.starts[at]), value=text)
        if batch.is_lost and at == len(batch.records) - 1:
            self.issues.append(issue)
        else:
            self.row_issues.append((position, issue))
        return [None] * len(self.head.header)

    def _take_row(self, row: list[str], number: int, position: int) -> Row | None:
        """Return a record that has text as wide as the header, and note what is wrong with it; None for a comment."""
        width = len(self.head.header)
        if width > 1 and len(row) == 1 and row[0].startswith("#"):
            self.issues.append(note_comment(self.source.name, None, number))
            return None
        surplus = row[width:]
        if len(row) < width or not is_blank(surplus):
            shown = show_damage(" | ".join(surplus))[:200] if surplus else None
            said = f"The row has {len(row)} cells, but the header has {width}."
            where = Where(self.source.name, None, number)
            self.row_issues.append((position, make_issue(Problem(RAGGED_ROW, said), where, value=shown)))
        cells: list[str | None] = [*row[:width], *[None] * (width - len(row))]
        if self.facts.has_nul or self.facts.has_undecodable:
            self._mend_row(cells, number, position)
        return cells

    def _mend_row(self, cells: list[str | None], number: int, position: int) -> None:
        """Write NULs and undecodable bytes so that they can be shown, and name the cells that hold them."""
        for column, cell in enumerate(cells):
            damage = None if cell is None else find_damage(cell)
            if cell is not None and damage is not None:
                cells[column] = show_damage(cell)
                place = self.head.place_cell(number, column)
                issue = make_issue(Problem(*damage), place, value=cells[column])
                self.row_issues.append((position, issue))
            elif cell is not None and (doubt := doubt_text(cell, self.facts)) is not None:
                issue = make_issue(doubt, self.head.place_cell(number, column), value=cell)
                self.cell_issues.append((position, column, issue))

    def make_chunk(
        self,
        columns: tuple[Texts, ...] | None = None,
        numbers: npt.NDArray[np.int64] | None = None,
        *,
        first: bool,
    ) -> RawChunk:
        """Return the gathered rows, or columns cut elsewhere, as a chunk, and start the next."""
        chunk = make_chunk(
            self.head,
            self.cells[: self.count] if columns is None else columns,
            numbers=self.numbers[: self.count] if numbers is None else numbers,
            first=first,
            table_issues=[*self.issues, *note_blank_rows(self.blank, self.source.name, None)],
            row_issues=self.row_issues,
            cell_issues=self.cell_issues,
        )
        self.blank, self.issues, self.row_issues, self.cell_issues = [], [], [], []
        self._make_room()
        self.known = {}
        return chunk

    def _make_room(self) -> None:
        """Make room for the next chunk, each column's cells side by side, for that is how they are read."""
        capacity = self.chunk_rows + max(BATCH_ROWS, self.room)
        self.cells = np.empty((capacity, len(self.head.header)), dtype=object, order="F")
        self.numbers = np.empty(capacity, dtype=np.int64)
        self.count = 0
