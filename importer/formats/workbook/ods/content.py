"""The content of an OpenDocument spreadsheet: its tables, built row by row as the XML passes.

Source: OpenDocument 1.3 part 3, 9 (tables).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from xml.etree import ElementTree as ET

from importer.errors import InputError, InputLimitError
from importer.formats.limits import (
    MAX_COLUMNS,
    MAX_ELEMENTS,
    MAX_LINE_BYTES,
    MAX_LOOSE_ELEMENTS,
    MAX_SHEET_CELLS,
    MAX_XML_DEPTH,
)
from importer.formats.workbook.cell_facts import note_columns
from importer.formats.workbook.ods.cells import read_cell
from importer.formats.workbook.table import Merge, SheetRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import Source
    from importer.formats.workbook.zip_package import Package
    from importer.issues import Problem

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CELLS = frozenset({_TABLE + "table-cell", _TABLE + "covered-table-cell"})
_NOT_SHOWN = frozenset({"collapse", "filter"})
_MOST_BLANK = 1000


@dataclass(slots=True)
class Table:
    """One sheet as it is read.

    Attributes:
        name: its name.
        is_hidden: it isn't shown.
        rows: its rows that have text, or stand above one that has.
        merges: its merged cells.
        hidden: physical rows that aren't shown, from 0.
        columns: how many columns it has declared by now.
        hidden_columns: those of them that aren't shown, from 0.
        cells: how many cells it holds by now.
    """

    name: str
    is_hidden: bool
    rows: list[SheetRow] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    columns: int = 0
    hidden_columns: list[int] = field(default_factory=list)
    cells: int = 0


def iter_tables(package: Package, source: Source) -> Iterator[Table]:
    """Yield each sheet of the content, its rows built as they pass.

    Raises:
        InputError: the content is no XML.
        InputLimitError: a cell, a row, the nesting or the number of elements is past its bound.
    """
    reader = _ContentReader(source)
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["start", "end"])
    try:
        for block in package.iter_part("content.xml"):
            parser.feed(block)
            for kind, element in cast("Iterator[tuple[str, object]]", parser.read_events()):
                if isinstance(element, ET.Element):
                    (reader.start if kind == "start" else reader.end)(element)
                yield from reader.take_tables()
            reader.end_block(len(block))
        parser.close()
    except (ET.ParseError, LookupError, ValueError) as error:
        raise InputError(f"{source.name} has damaged content ({error}). Export it again.") from None


class _ContentReader:
    """Builds the tables of a spreadsheet from the starts and ends of its elements."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._table: Table | None = None
        self._depth = 0
        self._row = 0
        self._ready: list[Table] = []
        self._open: list[ET.Element] = []
        self._open_row: int | None = None
        self._elements = self._loose = 0
        self._waiting = 0

    def end_block(self, size: int) -> None:
        """Drop what has been read, so that memory follows a row, and look after the bounds.

        Raises:
            InputLimitError: a row, or the number of elements, is past its bound.
        """
        whole = self._open if self._open_row is None else self._open[: self._open_row]
        for element in whole:
            del element[:-1]
        self._waiting = self._waiting + size
        if self._waiting > MAX_LINE_BYTES:
            raise InputLimitError(
                f"{self._source.name} has a row of more than {MAX_LINE_BYTES // 1024**2} MiB. Remove what fills it."
            )
        if self._elements > MAX_ELEMENTS or self._loose > MAX_LOOSE_ELEMENTS:
            raise InputLimitError(
                f"{self._source.name} has {self._elements:,} elements and more, {self._loose:,} of them outside of its "
                "rows: it is too large, or damaged. Split its sheets."
            )

    def take_tables(self) -> list[Table]:
        """Return the tables that are whole by now."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, element: ET.Element) -> None:
        """Take the start of an element in.

        Raises:
            InputLimitError: it is nested too deeply.
        """
        self._elements += 1
        self._loose += self._open_row is None
        self._open.append(element)
        if len(self._open) > MAX_XML_DEPTH:
            raise InputLimitError(
                f"{self._source.name} nests its elements more than {MAX_XML_DEPTH} deep, which no spreadsheet program "
                "does. Open it and save it again."
            )
        if element.tag == _STYLE + "style":
            self._style = element.get(_STYLE + "name", "")
        elif element.tag == _TABLE + "table":
            self._depth += 1
            if self._depth == 1:
                is_hidden = element.get(_TABLE + "style-name") in self._hidden_styles
                self._table, self._row = Table(element.get(_TABLE + "name", ""), is_hidden), 0
        elif element.tag == _TABLE + "table-row" and self._open_row is None:
            self._open_row = len(self._open) - 1

    def end(self, element: ET.Element) -> None:
        """Take the end of an element in."""
        self._open.pop()
        if self._open_row == len(self._open):
            self._open_row = None
        if self._open_row is None:
            self._waiting = 0
        if element.tag == _STYLE + "table-properties" and element.get(_TABLE + "display") == "false":
            self._hidden_styles.add(self._style)
        elif element.tag == _TABLE + "table-row" and self._table is not None and self._depth == 1:
            self._row = _add_row(self._table, element, self._row, self._source)
            element.clear()
        elif element.tag == _TABLE + "table-column" and self._table is not None and self._depth == 1:
            _add_columns(self._table, element)
        elif element.tag == _TABLE + "table":
            self._depth -= 1
            if self._depth == 0 and self._table is not None:
                self._ready.append(self._table)
                self._table = None
                element.clear()


def _add_columns(table: Table, element: ET.Element) -> None:
    """Count columns that are declared alike, and note them where they aren't shown."""
    before = table.columns
    table.columns += _read_count(element, "number-columns-repeated")
    if element.get(_TABLE + "visibility") in _NOT_SHOWN:
        note_columns(table.hidden_columns, before, table.columns - 1)


def _add_row(table: Table, element: ET.Element, row: int, source: Source) -> int:
    """Add a row as often as it is repeated, unless it is empty; return the number of the row after it, from 0."""
    times = _read_count(element, "number-rows-repeated")
    cells: list[str | None] = []
    oddities: dict[int, Problem] = {}
    waiting = 0
    for cell in (part for part in element if part.tag in _CELLS):
        repeat = _read_count(cell, "number-columns-repeated")
        text, problem = read_cell(cell)
        if text is None and problem is None:
            waiting += repeat
            continue
        if len(cells) + waiting + repeat > MAX_COLUMNS:
            raise InputLimitError(
                f"{source.name}, sheet {table.name!r}: more than {MAX_COLUMNS} columns, row {row + 1}. "
                "Delete what stands far to the right of the table."
            )
        cells += [None] * waiting
        waiting = 0
        spanned = _read_count(cell, "number-rows-spanned")
        if spanned > 1:
            table.merges.append(Merge(row + 1, row + spanned, len(cells)))
        if problem is not None:
            oddities.update(dict.fromkeys(range(len(cells), len(cells) + repeat), problem))
        cells += [text] * repeat
    if cells:
        _keep_row(table, SheetRow(row + 1, cells, oddities), times, source)
        if element.get(_TABLE + "visibility") in _NOT_SHOWN:
            table.hidden += range(row, row + times)
    return row + times


def _read_count(element: ET.Element, name: str) -> int:
    """Return how often an element stands there, or over how many rows.

    Raises:
        ValueError: it is no count.
    """
    count = int(element.get(_TABLE + name, "1"))
    if count < 1:
        raise ValueError(f"{name} is {count}")
    return count


def _keep_row(table: Table, row: SheetRow, times: int, source: Source) -> None:
    """Keep a row, as often as it is repeated.

    Raises:
        InputLimitError: the table has too many cells.
    """
    last = table.rows[-1].number if table.rows else 0
    if row.number - last <= _MOST_BLANK:
        table.rows += [SheetRow(number, []) for number in range(last + 1, row.number)]
    table.cells += len(row.cells) * times
    if table.cells > MAX_SHEET_CELLS:
        raise InputLimitError(f"{source.name}, sheet {table.name!r}: more than {MAX_SHEET_CELLS:,} cells. Split it.")
    table.rows += [SheetRow(row.number + number, row.cells, row.oddities) for number in range(times)]
