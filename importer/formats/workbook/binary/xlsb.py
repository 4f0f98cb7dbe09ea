"""XLSB workbooks, read by this program itself: texts, numbers as they show, dates, errors, merged and hidden cells.

Source: [MS-XLSB] 2.4 (records). The library that reads the other workbooks tells no number formats and no merged cells
of this one, and it passes over the short cell records (BrtShortReal and its kin) that some programs write.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_SHEET_CELLS, MAX_TEXTS_CHARACTERS
from importer.formats.workbook.binary.xlsb_records import iter_records, read_rk, read_text
from importer.formats.workbook.calamine_values import explain_error, show_number, show_odd_value, show_serial
from importer.formats.workbook.cell_facts import ERROR_TEXTS, MOST_COLUMNS, note_columns
from importer.formats.workbook.number_formats import BUILT_IN, NumberFormat, is_date_format, parse_number_format
from importer.formats.workbook.sheets import Sheet, SheetContent, iter_sheets_chunks
from importer.formats.workbook.table import Merge, SheetRow
from importer.formats.workbook.xlsx.relations import find_main_part, read_relations
from importer.formats.workbook.zip_package import Package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source
    from importer.issues import Problem

_MOST_ROWS = 1_048_576
_SHEET, _PROPERTIES, _ITEM, _FORMAT, _STYLE = 156, 153, 19, 44, 47
_STYLES_BEGIN, _STYLES_END, _DATA_BEGIN, _DATA_END = 617, 618, 145, 146
_MERGE, _COLUMNS = 176, 60
_ROW, _BLANK, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = range(8)
_FORMULA_NUMBER, _FORMULA_BOOL, _FORMULA_ERROR = range(9, 12)
_SHORT_BLANK, _SHORT_SHARED = 12, 18
"""The short cell records: those from _BLANK to _SHARED without a column, which is the one after the cell before."""
_RICH = 62
_Cell = tuple[int, int, int, bytes]
"""Row and column from 0, kind of the record, and its content from the style on."""


@dataclass(slots=True)
class _Book:
    """What all sheets share.

    Attributes:
        texts: the shared texts.
        formats: style -> number format to be rendered.
        dates: style -> number format of a date or time.
        is_1904: days are counted from 1904.
    """

    texts: list[str] = field(default_factory=list)
    formats: dict[int, NumberFormat] = field(default_factory=dict)
    dates: dict[int, str] = field(default_factory=dict)
    is_1904: bool = False


@dataclass(slots=True)
class _Extent:
    """The rectangle of a sheet's cells, and what is told beside them; rows and columns count from 0."""

    top: int = _MOST_ROWS
    bottom: int = -1
    left: int = MOST_COLUMNS
    right: int = -1
    merges: list[tuple[int, int, int]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)

    def note(self, kind: int, record: bytes) -> None:
        """Note what a record beside the rows tells.

        Raises:
            struct.error, IndexError: it is cut short.
        """
        if kind == _MERGE:
            top, bottom, left = struct.unpack_from("<III", record)
            self.merges.append((top, bottom, left))
        elif kind == _COLUMNS and record[16] & 1:
            note_columns(self.hidden_columns, *struct.unpack_from("<II", record))


def iter_xlsb_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of an XLSB workbook, sheet after sheet.

    Raises:
        InputError: it can't be read, is protected, or holds no table.
        InputLimitError: it is past a bound.
    """
    package = Package(source)
    try:
        listed, book = _read_workbook(package, source)
        sheets = [
            Sheet(name, partial(_load_sheet, package, part, book, f"{source.name}, sheet {name!r}"), is_hidden)
            for name, part, is_hidden in listed
        ]
        yield from iter_sheets_chunks(source, sheets, chunk_rows=chunk_rows)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise _explain_damage(source) from None
    finally:
        package.close()


def list_xlsb_sheets(source: Source) -> list[str]:
    """Return the names of a workbook's sheets, in its order.

    Raises:
        InputError, InputLimitError: see `iter_xlsb_chunks`.
    """
    package = Package(source)
    try:
        return [name for name, _, _ in _read_workbook(package, source)[0]]
    except (struct.error, IndexError, UnicodeDecodeError):
        raise _explain_damage(source) from None
    finally:
        package.close()


def _explain_damage(source: Source) -> InputError:
    return InputError(f"{source.name} is damaged or cut off. Open it in a spreadsheet program and save it as XLSX.")


def _read_workbook(package: Package, source: Source) -> tuple[list[tuple[str, str, bool]], _Book]:
    """Return name, part and whether it is hidden of each worksheet, and what they share.

    Raises:
        InputError: the package is no such workbook.
    """
    main = find_main_part(package, source, suffix=".bin")
    parts: dict[str, str] = {}
    book = _Book()
    for link, (kind, part) in read_relations(package, main).items():
        if kind == "worksheet":
            parts[link] = part
        elif kind == "styles" and package.has_part(part):
            _read_styles(package, part, book, source.name)
        elif kind == "sharedStrings" and package.has_part(part):
            _read_texts(package, part, book, source.name)
    listed = []
    for number, record in iter_records(package.iter_part(main), source.name):
        if number == _PROPERTIES:
            book.is_1904 = bool(record[0] & 1)
        elif number == _SHEET:
            link_id, at = read_text(record, 8)
            if link_id in parts:
                listed.append((read_text(record, at)[0], parts[link_id], bool(record[0] & 3)))
    return listed, book


def _read_styles(package: Package, part: str, book: _Book, name: str) -> None:
    """Note the styles under which a number doesn't show as its shortest text."""
    codes = dict(BUILT_IN)
    style, is_inside = 0, False
    for kind, record in iter_records(package.iter_part(part), name):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", record)[0]] = read_text(record, 2)[0]
        elif kind in {_STYLES_BEGIN, _STYLES_END}:
            is_inside = kind == _STYLES_BEGIN
        elif kind == _STYLE and is_inside:
            (number,) = struct.unpack_from("<H", record, 2)
            code = codes.get(number, "")
            number_format = parse_number_format(code)
            if is_date_format(number, code):
                book.dates[style] = code
            elif number_format is not None:
                book.formats[style] = number_format
            style += 1


def _read_texts(package: Package, part: str, book: _Book, name: str) -> None:
    """Read the shared texts.

    Raises:
        InputLimitError: they are too many.
    """
    size = 0
    for kind, record in iter_records(package.iter_part(part), name):
        if kind == _ITEM:
            text, _ = read_text(record, 1)
            size += len(text)
            if size > MAX_TEXTS_CHARACTERS:
                raise InputLimitError(f"{name} holds more than {MAX_TEXTS_CHARACTERS:,} characters of text. Split it.")
            book.texts.append(text)


def _load_sheet(package: Package, part: str, book: _Book, name: str) -> SheetContent | None:
    """Return what is in a sheet, None for an empty one.

    Raises:
        InputLimitError: its rectangle is past its bound.
    """
    extent = _Extent()
    for row, column, kind, _ in _iter_cells(package, part, name, extent):
        if kind != _BLANK:
            extent.top, extent.bottom = min(extent.top, row), max(extent.bottom, row)
            extent.left, extent.right = min(extent.left, column), max(extent.right, column)
    if extent.bottom < 0:
        return None
    cells = (extent.bottom - extent.top + 1) * (extent.right - extent.left + 1)
    if cells > MAX_SHEET_CELLS:
        raise InputLimitError(
            f"{name} spans {cells:,} cells (limit {MAX_SHEET_CELLS:,}). Delete stray cells far from the table, or "
            "split the sheet."
        )
    merges = [Merge(top + 1, bottom + 1, column - extent.left) for top, bottom, column in extent.merges]
    rows = _iter_rows(_iter_cells(package, part, name), book, extent)
    return SheetContent(rows, extent.left, merges, extent.hidden, extent.hidden_columns)


def _iter_cells(package: Package, part: str, name: str, extent: _Extent | None = None) -> Iterator[_Cell]:
    """Yield each cell of a sheet; merged cells, hidden rows and columns are noted in ``extent``.

    Raises:
        struct.error: a row or cell stands outside of the sheet, or not after the one before.
    """
    row = column = -1
    is_inside = False
    for kind, record in iter_records(package.iter_part(part), name):
        if not is_inside:
            is_inside = kind == _DATA_BEGIN
            if extent is not None:
                extent.note(kind, record)
        elif kind == _DATA_END:
            is_inside = False
        elif kind == _ROW:
            above, (row,), column = row, struct.unpack_from("<I", record), -1
            if not above < row < _MOST_ROWS:
                raise struct.error("rows in disorder")
            if extent is not None and record[11] & 0x10:
                extent.hidden.append(row)
        elif kind <= _SHORT_SHARED or kind == _RICH:
            before = column
            column, kind, content = _locate_cell(kind, record, column)  # noqa: PLW2901
            if not before < column < MOST_COLUMNS or row < 0:
                raise struct.error("cells in disorder")
            yield row, column, kind, content


def _locate_cell(kind: int, record: bytes, before: int) -> tuple[int, int, bytes]:
    """Return column, kind and content of a cell; a short record's column is the one after the cell before."""
    if _SHORT_BLANK <= kind <= _SHORT_SHARED:
        return before + 1, kind - _SHORT_BLANK + _BLANK, record
    return struct.unpack_from("<I", record)[0], kind, record[4:]


def _iter_rows(cells: Iterator[_Cell], book: _Book, extent: _Extent) -> Iterator[SheetRow]:
    """Yield the rows of a sheet as text from its first cell on, those without cells included."""
    width = extent.right - extent.left + 1
    texts: list[str | None] = [None] * width
    oddities: dict[int, Problem] = {}
    current = extent.top
    for row, column, kind, content in cells:
        if kind == _BLANK:
            continue
        while current < row:
            yield SheetRow(current + 1, texts, oddities)
            texts, oddities = [None] * width, {}
            current += 1
        text, problem = _read_cell(kind, content, book)
        texts[column - extent.left] = text or None
        if problem is not None:
            oddities[column - extent.left] = problem
    yield SheetRow(current + 1, texts, oddities)


def _read_cell(kind: int, content: bytes, book: _Book) -> tuple[str, Problem | None]:
    """Return what a cell shows, and what is odd about it.

    Raises:
        struct.error, IndexError, UnicodeDecodeError: the record is damaged.
    """
    if kind in {_BOOL, _FORMULA_BOOL}:
        return show_odd_value(bool(content[4]))
    if kind in {_ERROR, _FORMULA_ERROR}:
        text = ERROR_TEXTS.get(content[4], "#ERROR")
        return text, explain_error(text)
    if kind in {_RK, _REAL, _FORMULA_NUMBER}:
        number = read_rk(content, 4) if kind == _RK else struct.unpack_from("<d", content, 4)[0]
        return _show_number(number, int.from_bytes(content[:3], "little"), book)
    if kind == _SHARED:
        return book.texts[struct.unpack_from("<I", content, 4)[0]], None
    return read_text(content, 5 if kind == _RICH else 4)[0], None


def _show_number(number: float, style: int, book: _Book) -> tuple[str, Problem | None]:
    """Return what a number shows under its style, and what is odd about that."""
    if style in book.dates:
        return show_serial(number, book.dates[style], is_1904=book.is_1904)
    number_format = book.formats.get(style)
    return (number_format.show(number) if number_format is not None else None) or show_number(number), None
