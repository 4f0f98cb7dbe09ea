"""Edits over raw chunks: cells that have another text now, rows that are deleted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Texts
from importer.context import name_type
from importer.errors import UsageError
from importer.formats.limits import MAX_CELL_CHARACTERS
from importer.formats.table import note_blank_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from importer.chunks import RawChunk


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's place in a draft and the text that it gets.

    Attributes:
        table: number of the table, from 0.
        row: physical row.
        column: position of the column among the table's.
        text: the new text.
    """

    table: int
    row: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that was changed, with the text that it had; None for no cell."""

    table: int
    row: int
    column: int
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that was deleted, or restored."""

    table: int
    row: int
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What one step changed; undone and done again as a whole.

    Attributes:
        why: what made it: ``typed``, ``pasted``, ``take CODE``, ``deleted``, ...
        cells: the cells.
        rows: the rows.
    """

    why: str
    cells: tuple[CellChange, ...] = ()
    rows: tuple[RowChange, ...] = ()

    def reverse(self) -> Change:
        """Return the change that takes this one back."""
        cells = tuple(replace(cell, was=cell.now, now=cell.was) for cell in reversed(self.cells))
        return Change(
            self.why, cells, tuple(replace(row, is_deleted=not row.is_deleted) for row in reversed(self.rows))
        )


@dataclass(slots=True)
class Overlay:
    """What is different from the file in one table.

    Attributes:
        cells: row -> column -> the text that stands there now.
        deleted: the rows that are deleted.
    """

    cells: dict[int, dict[int, str | None]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)

    def is_untouched(self, rows: npt.NDArray[np.int64]) -> bool:
        """Tell whether none of some rows is edited; they are sorted."""
        if not len(rows):
            return True
        low, high = int(rows[0]), int(rows[-1])
        return not any(low <= row <= high for row in (*self.cells, *self.deleted))


def check_text(text: str) -> None:
    """Refuse a text that no cell of every format can hold as it is.

    Raises:
        UsageError: it is no text, has a line break or a control character, or is too long.
    """
    if not isinstance(text, str):
        raise UsageError(f"A cell takes a text, not {name_type(text)}.")
    if len(text) > MAX_CELL_CHARACTERS:
        raise UsageError(f"The text has {len(text):,} characters; a cell can hold {MAX_CELL_CHARACTERS:,}.")
    if any(ord(char) < ord(" ") and char != "\t" for char in text) or "\x7f" in text:
        raise UsageError("A cell can't hold a line break or a control character here. Type the text without it.")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise UsageError("The text holds half a character, which no file can hold. Type it again.")


def apply_overlay(raw: RawChunk, overlay: Overlay) -> RawChunk:
    """Return a chunk as a reader would give it if the file held the edits.

    What the reader says of a cell goes with the text that it was about; a row without any text left is passed over.
    """
    if overlay.is_untouched(raw.rows):
        return raw
    places = {int(row): position for position, row in enumerate(raw.rows.tolist())}
    columns = list(raw.columns)
    edited: set[tuple[int, int]] = set()
    cells: dict[int, npt.NDArray[np.object_]] = {}
    for row, changed in overlay.cells.items():
        if row in places:
            for column, text in changed.items():
                if column not in cells:
                    cells[column] = columns[column].cells.copy()
                cells[column][places[row]] = text
                edited.add((places[row], column))
    for column, texts in cells.items():
        columns[column] = Texts.of_cells(texts)
    told = tuple((at, issue) for at, issue in raw.row_issues if not _is_about(raw, at, issue.where.cell, edited))
    raw = replace(
        raw,
        columns=tuple(columns),
        row_issues=told,
        cell_issues=tuple(each for each in raw.cell_issues if each[:2] not in edited),
    )
    gone = {places[row] for row in overlay.deleted if row in places}
    spoken = {at for at, _ in raw.row_issues} | {at for at, _, _ in raw.cell_issues}
    gone |= {at for at in {at for at, _ in edited} - spoken if not any(_has_text(each, at) for each in columns)}
    return drop_rows(raw, gone) if gone else raw


def _is_about(raw: RawChunk, at: int, cell: str | None, edited: Iterable[tuple[int, int]]) -> bool:
    """Tell whether what is said of a cell is about one that is edited."""
    return cell is not None and any(raw.place_cell(at, column).cell == cell for row, column in edited if row == at)


def _has_text(column: Texts, at: int) -> bool:
    text = column.text_at(at)
    return bool(text) and not str(text).isspace()


def drop_rows(raw: RawChunk, gone: set[int]) -> RawChunk:
    """Return a chunk without some rows, by their positions, and with the note that a reader makes of blank ones."""
    keep = np.ones(len(raw.rows), dtype=np.bool_)
    keep[list(gone)] = False
    kept, moved = np.flatnonzero(keep), np.cumsum(keep) - 1
    numbers = sorted(int(raw.rows[at]) for at in gone)
    return replace(
        raw,
        # coded again: a text that stands in a deleted row only is nowhere any more
        columns=tuple(Texts.of_cells(column.cells[kept]) for column in raw.columns),
        rows=raw.rows[kept],
        table_issues=(*raw.table_issues, *note_blank_rows(numbers, raw.source, raw.sheet)),
        row_issues=tuple((int(moved[at]), issue) for at, issue in raw.row_issues if keep[at]),
        cell_issues=tuple((int(moved[at]), column, issue) for at, column, issue in raw.cell_issues if keep[at]),
    )
