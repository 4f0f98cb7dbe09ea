"""The user's workbook back, with what is to be said about it at the cells: filled, commented, answered at the right.

From inputs that aren't one workbook a new one is made, with the same rows and the same marks.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import openpyxl
import orjson
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from importer.errors import UsageError
from importer.layers.header_names import OWN_HEADERS, OWN_SHEET, match_header
from importer.model import Severity
from importer.report.escape import escape_text
from importer.report.screen.several_runs import list_run_lines, word_addresses
from importer.report.screen.summary import group_issues, iter_answers, state_verdict, tally_run
from importer.report.workbook.marks import describe_briefly, iter_row_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from importer.model import Issue
    from importer.report.workbook.marks import RowMark
    from importer.run import RunFile, TableRecord

MAX_ROWS = 100_000
"""Rows of a workbook report; all of them are held in memory while it is written."""
MAX_BYTES = 64 * 2**20
"""Size of an input that is opened to be marked."""
AUTHOR = "layer-importer"
_FILLS = {
    Severity.ERROR: PatternFill("solid", fgColor="FFC7CE"),
    Severity.WARNING: PatternFill("solid", fgColor="FFEB9C"),
    Severity.NOTE: PatternFill("solid", fgColor="DDEBF7"),
}
_GOOD_FILL, _BAD_FILL = PatternFill("solid", fgColor="C6EFCE"), _FILLS[Severity.ERROR]
_ORDER = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
_BOLD = Font(bold=True)
_TOP, _WRAPPED = Alignment(vertical="top"), Alignment(wrap_text=True, vertical="top")
_ADDRESS = re.compile(r"[A-Z]{1,3}[0-9]{1,7}")
_MUST_BE_FILLED = {
    "missing-sample": ("sample_name", "sample_id"),
    "missing-layer-id": ("layer_id",),
    "missing-substrate": ("substrate",),
}
"""Code of an issue about a whole row -> the fields one of whose cells must be filled."""
_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f']")


class Placer(Protocol):
    """Finds where a row and its issues stand in the workbook that is written."""

    def find_row(self, mark: RowMark) -> tuple[Worksheet, int]:
        """Return sheet and row."""

    def find_cell(self, mark: RowMark, issue: Issue) -> str | None:
        """Return the address of the cell that an issue is about, None for the row as a whole."""

    def find_header(self, sheet: Worksheet) -> int:
        """Return the row of a sheet's header."""


def write_workbook_report(run: RunFile, stream: IO[bytes]) -> None:
    """Write a run as a workbook: the input itself with marks if it is one ``.xlsx``, otherwise a new one.

    Raises:
        UsageError: the run is too large for a workbook, or its input was changed since.
        RunFileError: the run's lines don't add up.
    """
    rows = run.count_rows()
    if rows > MAX_ROWS:
        raise UsageError(f"{rows:,} rows are too many for a workbook report (limit {MAX_ROWS:,}). Use .csv.")
    inputs = list(run.iter_inputs())
    tables = list(run.iter_tables())
    stand_in_rows = all((table.header_row or 0) >= 0 for table in tables)
    if len(inputs) == 1 and inputs[0].format == "xlsx" and Path(inputs[0].path).is_file() and stand_in_rows:
        book = open_input(Path(inputs[0].path), sha256=inputs[0].sha256)
        placer: Placer = _Input(book, tables)
    else:
        book = openpyxl.Workbook()
        placer = _Copy(book, tables)
    answered: dict[str, int] = {}
    for mark in iter_row_marks(run):
        sheet, row = placer.find_row(mark)
        if sheet.title not in answered:
            answered[sheet.title] = _add_headers(sheet, placer.find_header(sheet))
        _write_answer(sheet, row, answered[sheet.title], mark)
        _mark_cells(sheet, row, answered[sheet.title], mark, placer)
    _write_summary(book, run)
    book.save(stream)


def open_input(path: Path, *, sha256: str) -> Workbook:
    """Open the user's workbook for marking, macros kept out.

    Raises:
        UsageError: it was changed since the run, is too large, or can't be read.
    """
    if path.stat().st_size > MAX_BYTES:
        raise UsageError(f"{path} is too large to be marked (limit {MAX_BYTES // 2**20} MB). Use .html or .csv.")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise UsageError(
            f"{path} has changed since the run, so the marks would be in the wrong cells. Import it again, or use "
            ".html or .csv."
        )
    try:
        return openpyxl.load_workbook(path)
    except (InvalidFileException, KeyError, ValueError, OSError) as error:
        raise UsageError(f"{path} can't be opened for marking ({error}). Use .html or .csv.") from error


def set_text(cell: Cell | MergedCell, text: str) -> None:
    """Put text into a cell as text: never a formula, never a number, what no workbook can hold by its escape."""
    if isinstance(cell, MergedCell):
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub(lambda match: escape_text(match[0]), text)[:32_767]
    cell.data_type = "s"
    cell.number_format = "@"


class _Input:
    """Places in the user's own workbook."""

    def __init__(self, book: Workbook, tables: Iterable[TableRecord]) -> None:
        self._book = book
        self._headers = {table.sheet: table.header_row or 1 for table in tables}

    def find_row(self, mark: RowMark) -> tuple[Worksheet, int]:
        sheet: Worksheet = self._book[mark.sheet or ""]
        return sheet, mark.row

    def find_cell(self, mark: RowMark, issue: Issue) -> str | None:
        del mark
        cell = issue.where.cell
        return cell if cell is not None and _ADDRESS.fullmatch(cell) else None

    def find_header(self, sheet: Worksheet) -> int:
        return self._headers[sheet.title]


class _Copy:
    """Places in a new workbook, which gets one sheet for each table; rows are written as they are asked for."""

    def __init__(self, book: Workbook, tables: Iterable[TableRecord]) -> None:
        self._book = book
        self._tables = {(table.source, table.sheet): table for table in tables}
        self._sheets: dict[tuple[str, str | None], Worksheet] = {}
        self._rows: dict[tuple[str, str | None], int] = {}  # openpyxl looks through all cells for a sheet's last row
        book.remove(book.worksheets[0])

    def find_row(self, mark: RowMark) -> tuple[Worksheet, int]:
        key = (mark.source, mark.sheet)
        if key not in self._sheets:
            self._sheets[key] = self._make_sheet(self._tables[key])
            self._rows[key] = 1
        sheet: Worksheet = self._sheets[key]
        row = self._rows[key] = self._rows[key] + 1
        for column, text in enumerate(orjson.loads(mark.raw), start=1):
            if text is not None:
                set_text(sheet.cell(row, column), text)
        return sheet, row

    def find_cell(self, mark: RowMark, issue: Issue) -> str | None:
        header = self._tables[mark.source, mark.sheet].header
        if issue.where.column is None or header.count(issue.where.column) != 1:
            return None
        return f"{get_column_letter(header.index(issue.where.column) + 1)}{self._rows[mark.source, mark.sheet]}"

    def find_header(self, sheet: Worksheet) -> int:
        del sheet
        return 1

    def _make_sheet(self, table: TableRecord) -> Worksheet:
        name = table.sheet or Path(table.source).stem
        sheet: Worksheet = self._book.create_sheet(_TITLE.sub("_", name)[:28] or "rows")
        for column, text in enumerate(table.header, start=1):
            set_text(sheet.cell(1, column), text)
            sheet.cell(1, column).font = _BOLD
            sheet.column_dimensions[get_column_letter(column)].width = 16
        sheet.freeze_panes = "A2"
        return sheet


def _add_headers(sheet: Worksheet, header_row: int) -> int:
    """Write the headers of the answer at the right, or find them from an earlier report; return the first column."""
    for column in range(1, sheet.max_column + 1):
        if sheet.cell(header_row, column).value == OWN_HEADERS[0]:
            return column
    first = sheet.max_column + 1
    for shift, (text, width) in enumerate(zip(OWN_HEADERS, (16, 16, 60), strict=True)):
        cell = sheet.cell(header_row, first + shift, text)
        cell.font = _BOLD
        sheet.column_dimensions[get_column_letter(first + shift)].width = width
    return first


def _write_answer(sheet: Worksheet, row: int, first: int, mark: RowMark) -> None:
    for shift, text in enumerate((mark.statuses, mark.record_ids, mark.words)):
        set_text(sheet.cell(row, first + shift), text)
        sheet.cell(row, first + shift).alignment = _WRAPPED if shift > 1 else _TOP
    sheet.cell(row, first).fill = _GOOD_FILL if mark.is_good else _BAD_FILL


def _mark_cells(sheet: Worksheet, row: int, first: int, mark: RowMark, placer: Placer) -> None:
    """Fill and comment each cell that an issue is about; what is about the row as a whole stands at its answer."""
    by_cell: dict[str, list[Issue]] = {}
    for issue in mark.issues:
        address = placer.find_cell(mark, issue) or _find_empty_cell(sheet, row, placer.find_header(sheet), issue)
        address = address or f"{get_column_letter(first)}{row}"
        by_cell.setdefault(address, []).append(issue)
    for address, issues in by_cell.items():
        cell = sheet[address]
        if not isinstance(cell, Cell):
            continue
        worst = max((issue.severity for issue in issues), key=_ORDER.index)
        if cell.column != first:
            cell.fill = _FILLS[worst]
        comment = Comment("\n".join(map(describe_briefly, issues))[:1_500], AUTHOR, height=120, width=320)
        cell.comment = comment


def _find_empty_cell(sheet: Worksheet, row: int, header_row: int, issue: Issue) -> str | None:
    """Return the address of the empty cell that an issue of a whole row wants filled; None where no column has it."""
    fields = _MUST_BE_FILLED.get(issue.code, ())
    headers = {
        match_header(str(cell.value or ""))[0]: get_column_letter(position)
        for position, cell in enumerate(sheet[max(header_row, 1)], start=1)
    }
    column = next((headers[name] for name in fields if name in headers), None)
    return None if column is None or sheet[f"{column}{row}"].value else f"{column}{row}"


def _write_summary(book: Workbook, run: RunFile) -> None:
    if OWN_SHEET in book.sheetnames:
        book.remove(book[OWN_SHEET])
    sheet = book.create_sheet(OWN_SHEET)
    for row, cells in enumerate(_iter_summary(run), start=1):
        for column, value in enumerate(cells, start=1):
            cell = sheet.cell(row, column)
            if isinstance(value, int):
                cell.value = value
            else:
                set_text(cell, value)
            if row == 1 or (len(cells) > 1 and cells[1] in {"rows", "times"}):
                cell.font = _BOLD
    for letter, width in zip("ABCDE", (26, 12, 44, 70, 40), strict=True):
        sheet.column_dimensions[letter].width = width


def _iter_summary(run: RunFile) -> Iterator[tuple[Any, ...]]:
    """Yield the lines of the summary: the verdict, counts by status, issues by code, where it comes from."""
    meta, tally = run.meta, tally_run(run)
    yield (state_verdict(tally),)
    yield ()
    yield "status", "rows", "meaning", "next step"
    for line in iter_answers(tally):
        yield line.status.value, line.count, line.meaning, line.step
    yield "rows read", tally.rows
    yield ()
    yield "code", "times", "meaning", "what to do", "first found in"
    for group in group_issues(run.iter_issues(), first=1):
        yield group.code, group.count, group.meaning, group.remedy, str(group.first[0].where)
    yield ()
    for each in list_run_lines(run):
        yield "run", each.rows, each.path, each.result, each.command
    for record in run.iter_inputs():
        yield "input", "", record.name, f"SHA-256 {record.sha256}"
    yield "tool", "", f"layer-importer {meta.tool_version}"
    yield "address", "", word_addresses(run)
    yield ("Cells, formats and formulas are kept, but charts and pictures aren't.",)
