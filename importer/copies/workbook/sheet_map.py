"""Where the cells and merged ranges of a worksheet stand in its XML, by bytes."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from importer.errors import UsageError
from importer.formats.workbook.xlsx.rewriting import number_column

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_TAG = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
_OWNED = frozenset({"array", "dataTable"})


@dataclass(frozen=True, slots=True)
class Range:
    """Cells from one corner to another; rows from 1, columns from 0."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def rows(self) -> range:
        """Its rows."""
        return range(self.top, self.bottom + 1)

    def touches(self, rows: Sequence[int]) -> bool:
        """Tell whether one of some rows, in order, is among its own."""
        at = bisect_left(rows, self.top)
        return at < len(rows) and rows[at] <= self.bottom

    def has(self, row: int, column: int) -> bool:
        """Tell whether a cell is in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


def parse_range(text: str) -> Range | None:
    """Return the range that an address such as ``A2:B7`` or ``A2`` names, None for another text."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    left, top = number_column(match[1]), int(match[2])
    return Range(top, left, int(match[4] or top), number_column(match[3]) if match[3] else left)


@dataclass(frozen=True, slots=True)
class CellSpan:
    """A cell's element.

    Attributes:
        start: its first byte.
        end: the byte behind it.
        style: the number of its style, as it stands there.
        kind: the type of its value, as it stands there; None for a number.
        formula: its formula's attributes, None where it has none.
    """

    start: int
    end: int
    style: str | None
    kind: str | None
    formula: dict[str, str] | None


@dataclass(slots=True)
class RowSpan:
    """A row's element.

    Attributes:
        start: its first byte.
        inside: the byte behind its opening tag.
        end: where its closing tag begins; equal to ``inside`` where it has none.
        cells: column -> cell.
    """

    start: int
    inside: int
    end: int = 0
    cells: dict[int, CellSpan] = field(default_factory=dict)


@dataclass(slots=True)
class SheetMap:
    """What is known of a worksheet's XML.

    Attributes:
        prefix: what stands before the elements' names, with its colon.
        rows: row -> its element, of those that were asked for.
        merges: each merged range with its element's first byte and the byte behind it.
        merge_list: first byte of the list of merged ranges, and the byte behind it.
        owned: the ranges whose values belong to one formula.
        shared: number of a shared formula -> the cells that take part in it.
        has_formulas: whether the sheet has formulas.
    """

    prefix: str = ""
    rows: dict[int, RowSpan] = field(default_factory=dict)
    merges: list[tuple[Range, int, int]] = field(default_factory=list)
    merge_list: tuple[int, int] | None = None
    owned: list[Range] = field(default_factory=list)
    shared: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    has_formulas: bool = False


def map_sheet(data: bytes, wanted: Collection[int] | None, *, name: str) -> SheetMap:
    """Return where some rows of a worksheet stand in its XML.

    Args:
        data: the XML.
        wanted: the rows whose cells are wanted; None for those in merged ranges only, of which nothing is kept.
        name: file and sheet, for messages.

    Raises:
        UsageError: the XML can't be followed.
    """
    mapper = _Mapper(data, frozenset(wanted or ()))
    parser = expat.ParserCreate()
    mapper.parser = parser
    parser.StartElementHandler = mapper.start
    parser.EndElementHandler = mapper.end
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as error:
        raise UsageError(f"{name} can't be changed in its place ({error}). Open it and save it again.") from None
    return mapper.found


class _Mapper:
    """Takes the elements of a worksheet's XML and notes where they stand."""

    def __init__(self, data: bytes, wanted: frozenset[int]) -> None:
        self.found = SheetMap()
        self.parser: expat.XMLParserType
        self._data = data
        self._wanted = wanted
        self._row, self._column = 0, -1
        self._open_row: RowSpan | None = None
        self._open_cell: tuple[int, dict[str, str]] | None = None
        self._formula: dict[str, str] | None = None
        self._merge_start = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        name = tag.rpartition(":")[2]
        if name == "row":
            self._start_row(tag, attributes)
        elif name == "c":
            address = parse_range(attributes.get("r", "").upper())
            self._column = self._column + 1 if address is None else address.left
            self._formula = None
            if self._open_row is not None:
                self._open_cell = self.parser.CurrentByteIndex, attributes
        elif name == "f":
            self._formula = attributes
            self._note_formula(attributes)
        elif name == "mergeCells":
            self._merge_start = self.parser.CurrentByteIndex
        elif name == "mergeCell":
            merged = parse_range(attributes.get("ref", "").upper())
            if merged is None:
                raise ValueError(f"it merges {attributes.get('ref')!r}")
            at = self.parser.CurrentByteIndex
            self.found.merges.append((merged, at, self._end_of_element(at)))

    def _start_row(self, tag: str, attributes: dict[str, str]) -> None:
        self._row = int(attributes.get("r", self._row + 1))
        self._column = -1
        if self._row in self._wanted:
            at = self.parser.CurrentByteIndex
            self._open_row = RowSpan(at, at + len(self._tag_at(at)))
            self.found.rows[self._row] = self._open_row
            self.found.prefix = tag.removesuffix("row")

    def _note_formula(self, attributes: dict[str, str]) -> None:
        self.found.has_formulas = True
        kind = attributes.get("t")
        if kind == "shared":
            self.found.shared.setdefault(attributes.get("si", ""), set()).add((self._row, self._column))
        elif kind in _OWNED:
            owned = parse_range(attributes.get("ref", "").upper())
            self.found.owned.append(owned or Range(self._row, self._column, self._row, self._column))

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        name = tag.rpartition(":")[2]
        at = self.parser.CurrentByteIndex
        if name == "c" and self._open_cell is not None and self._open_row is not None:
            start, attributes = self._open_cell
            span = CellSpan(start, at + len(self._tag_at(at)), attributes.get("s"), attributes.get("t"), self._formula)
            self._open_row.cells[self._column] = span
            self._open_cell = None
        elif name == "row" and self._open_row is not None:
            is_closed = at == self._open_row.start  # <row/>: start and end are told at one place
            self._open_row.end = self._open_row.inside if is_closed else at
            self._open_row = None
        elif name == "mergeCells":
            self.found.merge_list = self._merge_start, at + len(self._tag_at(at))

    def _tag_at(self, at: int) -> bytes:
        match = _TAG.match(self._data, at)
        if match is None:
            raise ValueError("its text isn't UTF-8")
        return match[0]

    def _end_of_element(self, at: int) -> int:
        """Return the byte behind an element that holds nothing."""
        tag = self._tag_at(at)
        end = at + len(tag)
        return end if tag.endswith(b"/>") else self._data.index(b">", end) + 1
