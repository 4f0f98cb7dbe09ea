"""The values of a workbook by calamine, with what the file tells beside them, as rows of text."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, cast

import python_calamine

from importer.errors import InputError
from importer.formats.workbook.cell_facts import SheetFacts
from importer.formats.workbook.sheets import Sheet, SheetContent
from importer.formats.workbook.table import Merge, SheetRow
from importer.issues import Code, Fix, Problem, make_issue
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from importer.chunks import Source
    from importer.formats.workbook.number_formats import ShownNumbers

_MOST_PLAIN = 1e15
_BATCH_ROWS = 500
_MOST_KNOWN = 100_000
_LEAP_DAY = 60
_NO_DATE = "This cell contains a number that is formatted as a date but isn't one. Format it as text and type it again."


def open_book(source: Source) -> python_calamine.CalamineWorkbook:
    """Open a workbook whose package has passed its checks.

    Raises:
        InputError: it can't be read.
    """
    try:
        return python_calamine.CalamineWorkbook.from_path(source.path)
    except python_calamine.PasswordError:
        raise InputError(f"{source.name} is protected by a password. Save it without one.") from None
    except (python_calamine.CalamineError, OSError) as error:
        raise InputError(f"{source.name} can't be read as a workbook ({error}). Open it and save it again.") from None


def list_sheets(source: Source, facts: Mapping[str, SheetFacts]) -> list[Sheet]:
    """Return the worksheets of a workbook that has passed its checks.

    Args:
        source: the workbook.
        facts: sheet -> what the file tells beside the values.

    Raises:
        InputError: it can't be read.
    """
    book = open_book(source)
    return [
        Sheet(
            data.name,
            partial(_load_sheet, source, book, data.name, facts.get(data.name) or SheetFacts()),
            data.visible != python_calamine.SheetVisibleEnum.Visible,
        )
        for data in book.sheets_metadata
        if data.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]


TOTALS_ROW = Code(
    "totals-row",
    Severity.NOTE,
    "A total row of an Excel table wasn't read as a layer.",
    "",
    "the total row of an Excel table",
)
_MOST_TOLD = 10


def _load_sheet(
    source: Source, book: python_calamine.CalamineWorkbook, name: str, facts: SheetFacts
) -> SheetContent | None:
    """Return what is in a sheet, None for an empty one."""
    try:
        sheet = book.get_sheet_by_name(name)
    except (python_calamine.CalamineError, OSError) as error:
        raise InputError(f"{source.name}, sheet {name!r} can't be read ({error}). Save it again.") from None
    if sheet.start is None:
        return None
    left = sheet.start[1]
    merges = [
        Merge(top + 1, bottom + 1, column - left) for (top, column), (bottom, _) in sheet.merged_cell_ranges or ()
    ]
    rows = (row for row in _iter_rows(sheet, facts, left) if row.number - 1 not in facts.totals)
    said = "This is the total row of an Excel table, so it wasn't read as a layer."
    told = [
        make_issue(Problem(TOTALS_ROW, said), Where(source.name, name, row + 1))
        for row in sorted(facts.totals)[:_MOST_TOLD]
    ]
    kept = rows if facts.totals else _iter_rows(sheet, facts, left)
    return SheetContent(kept, left, merges, facts.hidden, facts.hidden_columns, told)


def _iter_rows(sheet: python_calamine.CalamineSheet, facts: SheetFacts, left: int) -> Iterator[SheetRow]:
    """Yield the rows of a sheet as text, the empty ones above its first cell included."""
    special = sorted((*facts.errors, *facts.uncached), reverse=True)
    formats = facts.formats.iter_rows()
    formatted = next(formats, None)
    known = _Shown()
    stream = enumerate(sheet.iter_rows())
    while batch := list(islice(stream, _BATCH_ROWS)):
        # a column's values are mostly of one kind, so that they become texts all at once
        columns = [_show_column(column, known) for column in zip(*(values for _, values in batch), strict=True)]
        texts = [list(cells) for cells in zip(*columns, strict=True)] or [[] for _ in batch]
        for (row, values), cells in zip(batch, texts, strict=True):
            oddities = _show_odd_values(values, cells) if None in cells else {}
            while formatted is not None and formatted[0] <= row:
                if formatted[0] == row:
                    _apply_formats(formatted[1], left, values, cells)
                formatted = next(formats, None)
            while special and special[-1][0] <= row:
                address = special.pop()
                if address[0] == row and 0 <= address[1] - left < len(cells):
                    _apply_facts(facts, address, address[1] - left, cells, oddities)
            yield SheetRow(row + 1, cells, oddities)


class _Shown(dict[float, str]):
    """The texts of numbers, each made once; a sheet has many numbers, of few values."""

    def __missing__(self, number: float) -> str:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        text = self[number] = show_number(number)
        return text


def _show_column(values: Sequence[object], known: _Shown) -> Sequence[str | None]:
    """Return the texts of a column; None for empty cells and for values that are neither text nor number."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return [value or None for value in cast("Sequence[str]", values)]
    if kinds == {float}:
        return [known[number] for number in cast("Sequence[float]", values)]
    return [
        (value or None) if isinstance(value, str) else known[value] if isinstance(value, float) else None
        for value in values
    ]


def _show_odd_values(values: Sequence[object], cells: list[str | None]) -> dict[int, Problem]:
    """Write the texts of a row's values that are neither text nor number; return what is to be said of them."""
    oddities: dict[int, Problem] = {}
    for column, value in enumerate(values):
        if cells[column] is None and not isinstance(value, str):
            cells[column], problem = show_odd_value(value)
            if problem is not None:
                oddities[column] = problem
    return oddities


def _apply_formats(
    formats: Sequence[tuple[int, ShownNumbers]], left: int, values: Sequence[object], cells: list[str | None]
) -> None:
    """Write the texts that a row shows under its number formats."""
    for column, shown in formats:
        if 0 <= column - left < len(cells):
            value = values[column - left]
            if isinstance(value, int | float) and not isinstance(value, bool):
                cells[column - left] = shown[value] or cells[column - left]


FORMULA_UNCACHED = Code(
    "formula-uncached",
    Severity.ERROR,
    "A cell contains a spreadsheet formula without a stored result.",
    "Open the file in a spreadsheet program and save it, or type the value.",
    "=A2+1 in a file written by a script",
)


def _apply_facts(
    facts: SheetFacts,
    address: tuple[int, int],
    column: int,
    cells: list[str | None],
    oddities: dict[int, Problem],
) -> None:
    """Write what the sheet shows in a cell that needs more than its value."""
    if address in facts.errors:
        cells[column] = facts.errors[address]
        oddities[column] = explain_error(facts.errors[address])
    elif address in facts.uncached and not (cells[column] or "").strip("0."):
        cells[column] = None
        said = "This cell contains a spreadsheet formula without a stored result."
        oddities[column] = Problem(FORMULA_UNCACHED, said)


def show_number(value: float) -> str:
    """Return a number's shortest text that means the same number: 1 for 1.0, 0.1 for 0.1."""
    return str(int(value)) if value.is_integer() and abs(value) < _MOST_PLAIN else repr(value)


CELL_ERROR = Code(
    "cell-error",
    Severity.ERROR,
    "A cell shows an error of a spreadsheet formula.",
    "Correct the formula, or type the value.",
    "#N/A",
)


def explain_error(text: str) -> Problem:
    """Return what is to be said of a cell that shows an error."""
    return Problem(CELL_ERROR, f"The spreadsheet formula in this cell gives the error {text}.")


CELL_DATE = Code(
    "cell-date",
    Severity.ERROR,
    "A cell contains a date or time. Spreadsheets turn texts such as 1-10 into dates.",
    "Format the cell as text and type it again.",
    "1-10 that became 2025-01-10",
    fix=Fix.ASKED,
)


def show_serial(number: float, code: str, *, is_1904: bool) -> tuple[str, Problem | None]:
    """Return text and problem for a number that its sheet shows as a date or time.

    Args:
        number: days since the end of 1899, or since the start of 1904 (ECMA-376 part 1, 18.17.4.1).
        code: the number format, of which ``[h]`` and its kin tell a duration.
        is_1904: the workbook counts from 1904.
    """
    try:
        span = dt.timedelta(days=number)
        if re.search(r"\[[hms]+\]", code, re.IGNORECASE):
            return show_odd_value(span)
        # the days of 1900 count from one, and a 29 February that never was is among them
        start = dt.datetime(1904, 1, 1) if is_1904 else dt.datetime(1899, 12, 30 if number >= _LEAP_DAY else 31)  # noqa: DTZ001 as in the sheet
        moment = start + span
    except (OverflowError, ValueError):
        return show_number(number), Problem(CELL_DATE, _NO_DATE)
    if number < 1 and not is_1904:
        return show_odd_value(moment.time())
    return show_odd_value(moment if moment.time() != dt.time() else moment.date())


CELL_BOOLEAN = Code(
    "cell-boolean",
    Severity.ERROR,
    'A cell contains a truth value instead of a text. Spreadsheets turn "true" and "false" into these.',
    "Format the cell as text and type it again.",
    "FALSE",
)


def show_odd_value(value: object) -> tuple[str, Problem | None]:
    """Return text and problem for a cell that is neither text nor number."""
    if isinstance(value, bool):
        text = str(value).upper()
        return text, Problem(CELL_BOOLEAN, f"This cell contains the truth value {text} instead of a text.")
    if isinstance(value, int):
        return str(value), None
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        text = value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)
        typed = (
            "" if not isinstance(value, dt.date) else f", perhaps made from {value.month}-{value.day} by a spreadsheet"
        )
        suggestion = f"{value.month}-{value.day}" if isinstance(value, dt.date) else None
        said = f"This cell contains a date or time ({text}){typed}."
        return text, Problem(CELL_DATE, said, suggestion)
    return str(value), None
