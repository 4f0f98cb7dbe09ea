"""XLS workbooks, from Excel 97 back to those without sheets, by xlrd: each cell as its sheet shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import xlrd

from importer.errors import InputError, InputLimitError
from importer.formats.bounded import ask_child
from importer.formats.limits import MAX_PROBE_BYTES, MAX_PROBE_SECONDS, MAX_XLS_BYTES
from importer.formats.true_kind import explain_true_kind
from importer.formats.workbook.binary import xls_file
from importer.formats.workbook.calamine_values import explain_error, show_number, show_odd_value, show_serial
from importer.formats.workbook.cell_facts import ERROR_TEXTS
from importer.formats.workbook.compound_file import is_protected
from importer.formats.workbook.number_formats import NumberFormat, is_date_format, parse_number_format
from importer.formats.workbook.sheets import Sheet, SheetContent, iter_sheets_chunks
from importer.formats.workbook.table import Merge, SheetRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source
    from importer.issues import Problem

_ZIP = b"PK\x03\x04"
_NO_TEXT = frozenset({xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK})
_REMEDY = "Open it in a spreadsheet program and save it as XLSX."


@dataclass(slots=True)
class _Styles:
    """The styles under which a number doesn't show as its shortest text.

    Attributes:
        formats: style -> number format to be rendered.
        dates: style -> number format of a date or time.
        is_1904: days are counted from 1904.
    """

    formats: dict[int, NumberFormat] = field(default_factory=dict)
    dates: dict[int, str] = field(default_factory=dict)
    is_1904: bool = False


def iter_xls_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of an XLS workbook, sheet after sheet.

    Raises:
        InputError: it can't be read, is protected, or holds no table.
        InputLimitError: it is past a bound.
    """
    book = _open_book(source)
    styles = _find_styles(book)
    sheets = [Sheet(sheet.name, partial(_load_sheet, sheet, styles), bool(sheet.visibility)) for sheet in book.sheets()]
    yield from iter_sheets_chunks(source, sheets, chunk_rows=chunk_rows)


def list_xls_sheets(source: Source) -> list[str]:
    """Return the names of a workbook's sheets, in its order.

    Raises:
        InputError, InputLimitError: see `iter_xls_chunks`.
    """
    return [str(sheet.name) for sheet in _open_book(source).sheets()]


def _open_book(source: Source) -> xlrd.Book:
    """Open a workbook after a process of its own has opened it within bounds.

    Raises:
        InputError, InputLimitError: see `iter_xls_chunks`.
    """
    _refuse_other_kinds(source)
    most_bytes, most_seconds = _choose_bounds(source.path.stat().st_size)
    answer = ask_child(source, xls_file.__file__, most_bytes=most_bytes, most_seconds=most_seconds, remedy=_REMEDY)
    if "error" in answer:
        raise _explain_damage(source, answer["error"])
    return xls_file.open_xls(str(source.path))


def _refuse_other_kinds(source: Source) -> None:
    """Refuse a file that is too large, or that is no workbook of this kind.

    Raises:
        InputError, InputLimitError: see above.
    """
    try:
        if source.path.stat().st_size > MAX_XLS_BYTES:
            raise InputLimitError(f"{source.name} is larger than {MAX_XLS_BYTES // 1024**2} MiB. Save it as XLSX.")
        with source.path.open("rb") as stream:
            is_zip = stream.read(len(_ZIP)) == _ZIP
    except OSError as error:
        raise InputError(f"{source.name} can't be read: {error.strerror}.") from None
    if is_zip:
        raise InputError(f"{source.name} isn't an old Excel workbook, but XLSX, XLSB or ODS. Give it the right suffix.")


def _choose_bounds(size: int) -> tuple[int, int]:
    """Return the memory and the processor time that a workbook of some bytes may take, several times what they take.

    xlrd follows a damaged chain of sectors for ever, so that a small file mustn't have the bounds of a large one.
    """
    return min(MAX_PROBE_BYTES, 512 * 1024**2 + 40 * size), min(MAX_PROBE_SECONDS, 10 + 4 * size // 1024**2)


def _explain_damage(source: Source, said: str) -> InputError:
    """Return what is to be said of a file that xlrd can't read."""
    if "encrypted" in said.lower() or is_protected(source):
        return InputError(f"{source.name} is protected by a password. Save it without one.")
    if "BOF record" in said or "Can't find workbook" in said:
        return explain_true_kind(source)
    return InputError(f"{source.name} is damaged or cut off ({said}). {_REMEDY}")


def _find_styles(book: xlrd.Book) -> _Styles:
    styles = _Styles(is_1904=bool(book.datemode))
    for style, facts in enumerate(book.xf_list):
        number = facts.format_key
        # a damaged format has no code; format 0 is General, whatever word a program wrote for it
        code = (number and number in book.format_map and book.format_map[number].format_str) or ""
        if is_date_format(number, code):
            styles.dates[style] = code
        elif (number_format := parse_number_format(code)) is not None:
            styles.formats[style] = number_format
    return styles


def _load_sheet(sheet: xlrd.sheet.Sheet, styles: _Styles) -> SheetContent | None:
    """Return what is in a sheet, None for an empty one."""
    filled = [
        [column for column, kind in enumerate(sheet.row_types(row)) if kind not in _NO_TEXT]
        for row in range(sheet.nrows)
    ]
    left = min((columns[0] for columns in filled if columns), default=None)
    if left is None:
        return None
    width = max(columns[-1] for columns in filled if columns) - left + 1
    merges = [Merge(top + 1, bottom, column - left) for top, bottom, column, _ in sorted(sheet.merged_cells)]
    hidden = sorted(row for row, facts in sheet.rowinfo_map.items() if facts.hidden)
    rows = _iter_rows(sheet, styles, filled, left=left, width=width)
    columns = sorted(column for column, facts in sheet.colinfo_map.items() if facts.hidden)
    return SheetContent(rows, left, merges, hidden, columns)


def _iter_rows(
    sheet: xlrd.sheet.Sheet, styles: _Styles, filled: list[list[int]], *, left: int, width: int
) -> Iterator[SheetRow]:
    """Yield the rows of a sheet as text, from the column of its first cell on."""
    for row, columns in enumerate(filled):
        cells: list[str | None] = [None] * width
        oddities: dict[int, Problem] = {}
        values, kinds = sheet.row_values(row), sheet.row_types(row)
        for column in columns:
            if kinds[column] == xlrd.XL_CELL_TEXT:
                cells[column - left] = values[column] or None
                continue
            text, problem = _show_value(values[column], kinds[column], sheet.cell_xf_index(row, column), styles)
            cells[column - left] = text
            if problem is not None:
                oddities[column - left] = problem
        yield SheetRow(row + 1, cells, oddities)


def _show_value(value: float, kind: int, style: int, styles: _Styles) -> tuple[str, Problem | None]:
    """Return what a cell shows that holds no text, and what is odd about it."""
    if kind == xlrd.XL_CELL_BOOLEAN:
        return show_odd_value(bool(value))
    if kind == xlrd.XL_CELL_ERROR:
        text = ERROR_TEXTS.get(int(value), "#ERROR")
        return text, explain_error(text)
    if style in styles.dates:
        return show_serial(value, styles.dates[style], is_1904=styles.is_1904)
    number_format = styles.formats.get(style)
    return (number_format.show(value) if number_format is not None else None) or show_number(value), None
