"""The tables of a draft, cut into parts small enough to be re-checked while somebody types."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from importer.check import CHECKED_ROWS
from importer.chunks.column import Texts
from importer.copies import is_copyable
from importer.draft.edits.overlay import Overlay, apply_overlay
from importer.errors import InputLimitError, UsageError
from importer.formats.read import iter_raw_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from importer.chunks import LayerChunk, RawChunk, Source
    from importer.columns import ColumnPlan
    from importer.columns.column_use import State
    from importer.draft.tally import Tally
    from importer.layers.normalise import KnownTexts
    from importer.model import Issue

PART_ROWS = 2_000
"""Rows that are re-checked at once."""
MAX_DRAFT_ROWS = 200_000
"""Rows that a draft may have: all of them are kept in memory."""


class TooManyRowsError(InputLimitError):
    """The inputs hold more rows than a draft keeps in memory."""


@dataclass(slots=True)
class Part:
    """Some rows of a table, with what checking them gave.

    Attributes:
        raw: the rows as the file has them.
        first: position of the first of them in the table.
        now: the rows with the edits; None where they are to be made again.
        before, after: what was known of the table above and below them.
        layers, bad, issues: what checking gave; see `importer.check.check_chunk`.
        marks: position in the table, column and issue of each issue, sorted; None where they are to be made again.
        tallies: code -> how many issues; None where they are to be counted again.
        earlier: what checking gave before the rows were changed; None where they weren't.
        known: what their texts were parsed with.
    """

    raw: RawChunk
    first: int
    now: RawChunk | None = None
    before: State | None = None
    after: State | None = None
    layers: LayerChunk | None = None
    bad: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    issues: tuple[Issue, ...] = ()
    marks: list[tuple[int, int, Issue]] | None = None
    tallies: dict[str, Tally] | None = None
    earlier: LayerChunk | None = None
    known: KnownTexts | None = None

    def take(self, overlay: Overlay) -> RawChunk:
        """Return the rows with the edits."""
        if self.now is None:
            self.now = apply_overlay(self.raw, overlay)
        return self.now

    def forget(self) -> None:
        """Have the rows made and checked again."""
        self.earlier = self.earlier or self.layers
        self.now = self.before = self.layers = self.marks = self.tallies = None


@dataclass(slots=True)
class DraftTable:
    """One table of the inputs.

    Attributes:
        number: its number among the draft's tables.
        source: the input that it is of.
        head: its first rows, by which its columns are understood.
        parts: its rows.
        rows: shape (rows,), int64: the physical row of each.
        said: what the reader says of the table.
        overlay: what is edited.
        plan: how its columns are understood.
        issues: what is said of it as a whole, as weighed.
        is_editable: its cells can be changed: a corrected copy can be written, and rows are known by their numbers.
    """

    number: int
    source: Source
    head: RawChunk
    parts: list[Part] = field(default_factory=list)
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    said: tuple[Issue, ...] = ()
    overlay: Overlay = field(default_factory=Overlay)
    plan: ColumnPlan | None = None
    issues: tuple[Issue, ...] = ()
    is_editable: bool = False

    @property
    def is_edited(self) -> bool:
        """Whether anything is different from the file."""
        return bool(self.overlay.cells or self.overlay.deleted)

    @property
    def is_lined(self) -> bool:
        """Whether its places are lines and columns of a text, as in YAML."""
        return self.head.marks is not None

    def find_row(self, row: int) -> int | None:
        """Return the position of a physical row; None where the table has no such row."""
        at = int(np.searchsorted(self.rows, row))
        return at if at < len(self.rows) and self.rows[at] == row else None

    def find_part(self, position: int) -> Part:
        """Return the part that holds a position of the table."""
        low, high = 0, len(self.parts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.parts[middle].first <= position else (low, middle - 1)
        return self.parts[low]

    def original(self, position: int, column: int) -> str | None:
        """Return the text of a cell as the file has it."""
        part = self.find_part(position)
        return part.raw.columns[column].text_at(position - part.first)

    def text(self, position: int, column: int) -> str | None:
        """Return the text of a cell as it is now."""
        changed = self.overlay.cells.get(int(self.rows[position]), {})
        return changed[column] if column in changed else self.original(position, column)


def read_tables(sources: Sequence[Source]) -> list[DraftTable]:
    """Read all tables of some inputs into memory.

    Raises:
        InputError: an input can't be read at all.
        InputLimitError: they hold more rows than a draft may have.
    """
    tables: list[DraftTable] = []
    count = 0
    for source in sources:
        for raw in iter_raw_chunks(source, chunk_rows=CHECKED_ROWS):
            count += len(raw.rows)
            if count > MAX_DRAFT_ROWS:
                raise TooManyRowsError(
                    f"{source.name}: more than {MAX_DRAFT_ROWS:,} rows can't be edited here. "
                    f"Use `layer-importer validate` and correct the file itself."
                )
            if raw.first:
                tables.append(DraftTable(len(tables), source, raw))
            table = tables[-1]
            table.said += raw.table_issues
            table.parts += _iter_parts(raw, len(table.rows))
            table.rows = np.concatenate([table.rows, raw.rows])
    for table in tables:
        is_numbered = bool((np.diff(table.rows) > 0).all())
        table.is_editable = table.head.marks is None and is_copyable(table.source) and is_numbered
    return tables


def _iter_parts(raw: RawChunk, first: int) -> Iterator[Part]:
    """Yield a chunk in parts; rows with keys of their own stay together, for the keys are understood together."""
    size = len(raw.rows) if raw.marks is not None else PART_ROWS
    for start in range(0, max(1, len(raw.rows)), max(1, size)):
        end = min(start + size, len(raw.rows))
        if start == 0 and end == len(raw.rows):
            yield Part(raw, first)
            return
        yield Part(
            replace(
                raw,
                columns=tuple(Texts.of_cells(column.cells[start:end]) for column in raw.columns),
                rows=raw.rows[start:end],
                first=raw.first and start == 0,
                row_issues=tuple((at - start, issue) for at, issue in raw.row_issues if start <= at < end),
                cell_issues=tuple((at - start, each, said) for at, each, said in raw.cell_issues if start <= at < end),
            ),
            first + start,
        )


def find_table(tables: Sequence[DraftTable], number: int) -> DraftTable:
    """Return a table of a draft by its number.

    Raises:
        UsageError: there is none.
    """
    if not 0 <= number < len(tables):
        raise UsageError(f"There is no table {number + 1} in this draft.")
    return tables[number]
