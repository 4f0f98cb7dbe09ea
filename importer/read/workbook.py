"""Workbooks: values by calamine, and the text that a sheet shows by its number formats."""

from __future__ import annotations

import datetime as dt
import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import python_calamine

from importer.codes import make_issue
from importer.errors import InputError
from importer.model import Problem, Where
from importer.names import OWN_SHEET, count_known
from importer.read.number_formats import BUILT_IN, NumberFormat, parse_number_format
from importer.read.package import Package
from importer.read.sheet_table import Merge, SheetRow, iter_table_chunks
from importer.read.worksheet import SheetFacts, scan_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source
    from importer.model import Issue

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_MOST_PLAIN = 1e15
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class OpenWorkbook:
    """A workbook that has passed its checks.

    Attributes:
        book: the reader of its values.
        facts: sheet -> what its XML tells beside the values.
    """

    book: python_calamine.CalamineWorkbook
    facts: dict[str, SheetFacts] = field(default_factory=dict)


def iter_xlsx_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of an XLSX or XLSM workbook, sheet after sheet.

    Raises:
        InputError: it can't be read, has not the sheet that was asked for, or holds no table.
        InputLimitError: it is past a bound.
    """
    package = Package(source)
    try:
        paths = _find_sheet_parts(package, source)
        formats = _read_formats(package)
        wanted = [source.sheet] if source.sheet is not None else list(paths)
        facts = {
            sheet: scan_sheet(package.iter_part(paths[sheet]), formats, name=f"{source.name}, sheet {sheet!r}")
            for sheet in wanted
            if sheet in paths
        }
    finally:
        package.close()
    yield from iter_book_chunks(source, OpenWorkbook(open_book(source), facts), chunk_rows=chunk_rows)


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


def iter_book_chunks(source: Source, workbook: OpenWorkbook, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of the wanted sheets; of several, those without a known header are passed over and told.

    Raises:
        InputError: no such sheet, or no table in any.
    """
    sheets = _choose_sheets(workbook.book, source)
    news: list[Issue] = []
    held: RawChunk | None = None
    for sheet, is_hidden in sheets:
        for chunk in _iter_sheet(source, workbook, sheet, chunk_rows=chunk_rows):
            if chunk.first and len(sheets) > 1 and not count_known(chunk.header):
                said = f"None of the headers of the sheet {sheet!r} is known; the sheet was not read."
                news.append(make_issue(Problem("sheet-skipped", said), Where(source.name, sheet, chunk.header_row)))
                break
            if chunk.first and is_hidden:
                said = f"The sheet {sheet!r} is hidden; it was read all the same."
                news.append(make_issue(Problem("hidden-sheet", said), Where(source.name, sheet)))
            if held is not None:
                yield held
            held = replace(chunk, table_issues=(*news, *chunk.table_issues))
            news = []
    if held is not None:
        yield replace(held, table_issues=(*held.table_issues, *news))
        return
    # no sheet has a known header: the first with text is shown, so that its headers can be told
    for sheet, _ in sheets:
        chunks = list(_iter_sheet(source, workbook, sheet, chunk_rows=chunk_rows))
        if chunks:
            yield from chunks
            return
    raise InputError(f"{source.name} holds no table: there is no text in its sheets.")


def _choose_sheets(book: python_calamine.CalamineWorkbook, source: Source) -> list[tuple[str, bool]]:
    """Return the worksheets to be read, and whether each is hidden.

    Raises:
        InputError: there is no such sheet.
    """
    kinds = (python_calamine.SheetTypeEnum.WorkSheet,)
    sheets = [
        (data.name, data.visible != python_calamine.SheetVisibleEnum.Visible)
        for data in book.sheets_metadata
        if data.typ in kinds
    ]
    if source.sheet is None:
        return [pair for pair in sheets if pair[0] != OWN_SHEET] or sheets
    chosen = [pair for pair in sheets if pair[0] == source.sheet]
    if not chosen:
        names = ", ".join(repr(name) for name, _ in sheets)
        raise InputError(f"{source.name} has no sheet {source.sheet!r}; it has {names}.")
    return chosen


def _iter_sheet(source: Source, workbook: OpenWorkbook, name: str, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the table of one sheet."""
    try:
        sheet = workbook.book.get_sheet_by_name(name)
    except (python_calamine.CalamineError, OSError) as error:
        raise InputError(f"{source.name}, sheet {name!r} can't be read ({error}). Save it again.") from None
    facts = workbook.facts.get(name, SheetFacts())
    if sheet.start is None:
        return
    left = sheet.start[1]
    merges = [
        Merge(top + 1, bottom + 1, column - left) for (top, column), (bottom, _) in sheet.merged_cell_ranges or ()
    ]
    issues = []
    if facts.hidden:
        rows = ", ".join(str(row + 1) for row in facts.hidden[:_MOST_TOLD]) + (
            ", ..." if facts.hidden[_MOST_TOLD:] else ""
        )
        said = f"{len(facts.hidden)} rows are hidden and were read all the same: {rows}."
        issues.append(make_issue(Problem("hidden-rows", said), Where(source.name, name, facts.hidden[0] + 1)))
    yield from iter_table_chunks(
        _iter_rows(sheet, facts, left),
        source=source.name,
        sheet=name,
        first_column=left,
        merges=merges,
        chunk_rows=chunk_rows,
        issues=issues,
    )


def _iter_rows(sheet: python_calamine.CalamineSheet, facts: SheetFacts, left: int) -> Iterator[SheetRow]:
    """Yield the rows of a sheet as text, the empty ones above its first cell included."""
    special: dict[int, set[int]] = {}
    for row, column in (*facts.formats, *facts.errors, *facts.uncached):
        special.setdefault(row, set()).add(column - left)
    for row, values in enumerate(sheet.iter_rows()):
        oddities: dict[int, Problem] = {}
        cells: list[str | None] = []
        for column, value in enumerate(values):
            if isinstance(value, str):
                cells.append(value or None)
            elif isinstance(value, float):
                cells.append(show_number(value))
            else:
                text, problem = show_odd_value(value)
                cells.append(text)
                if problem is not None:
                    oddities[column] = problem
        for column in special.get(row, ()):
            if 0 <= column < len(cells):
                _apply_facts(facts, (row, column + left), values[column], column, cells, oddities)
        yield SheetRow(row + 1, cells, oddities)


def _apply_facts(
    facts: SheetFacts,
    address: tuple[int, int],
    value: object,
    column: int,
    cells: list[str | None],
    oddities: dict[int, Problem],
) -> None:
    """Write what the sheet shows in a cell that needs more than its value."""
    if address in facts.errors:
        cells[column] = facts.errors[address]
        said = f"The formula in this cell gives the error {cells[column]}. Mend it, or type the value."
        oddities[column] = Problem("cell-error", said)
    elif address in facts.uncached and not cells[column]:
        said = "This cell holds a formula without a result. Save the file in a spreadsheet program, or type it."
        oddities[column] = Problem("formula-uncached", said)
    elif address in facts.formats and isinstance(value, float):
        shown = facts.formats[address].show(value)
        cells[column] = shown if shown is not None else cells[column]


def show_number(value: float) -> str:
    """Return a number's shortest text that means the same number: 1 for 1.0, 0.1 for 0.1."""
    return str(int(value)) if value.is_integer() and abs(value) < _MOST_PLAIN else repr(value)


def show_odd_value(value: object) -> tuple[str, Problem | None]:
    """Return text and problem for a cell that is neither text nor number."""
    if isinstance(value, bool):
        text = str(value).upper()
        return text, Problem(
            "cell-boolean", f"This cell holds the truth value {text}, not a text. Type '{text} or what was meant."
        )
    if isinstance(value, int):
        return str(value), None
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        text = value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)
        typed = (
            ""
            if not isinstance(value, dt.date)
            else f", which a spreadsheet makes of a text such as {value.month}-{value.day}"
        )
        suggestion = f"{value.month}-{value.day}" if isinstance(value, dt.date) else None
        said = f"This cell holds a date or time ({text}){typed}. Format it as text and type it again."
        return text, Problem("cell-date", said, suggestion)
    return str(value), None


def _find_sheet_parts(package: Package, source: Source) -> dict[str, str]:
    """Return sheet name -> its part of the package, in the order of the workbook.

    Raises:
        InputError: the package is no workbook.
    """
    root = package.read_tree("_rels/.rels") if package.has_part("_rels/.rels") else None
    targets = (
        [] if root is None else [r.get("Target", "") for r in root if r.get("Type", "").endswith("/officeDocument")]
    )
    main = targets[0].lstrip("/") if targets else "xl/workbook.xml"
    if not package.has_part(main) or not main.endswith(".xml"):
        raise InputError(
            f"{source.name} is no {source.format.upper()} workbook, whatever its name says. Check the file's kind."
        )
    folder, base = posixpath.split(main)
    relations = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/" + folder, relation.get("Target", ""))).lstrip("/")
        for relation in package.read_tree(f"{folder}/_rels/{base}.rels")
    }
    parts = {}
    for sheet in package.read_tree(main).iter():
        if sheet.tag in {_MAIN + "sheet", _STRICT + "sheet"}:
            part = relations.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION))
            if part is not None and "/worksheets/" in "/" + part:
                parts[sheet.get("name", "")] = part
    return parts


def _read_formats(package: Package) -> dict[int, NumberFormat]:
    """Return style number -> number format, for the styles under which a number doesn't show as its shortest text."""
    if not package.has_part("xl/styles.xml"):
        return {}
    codes = dict(BUILT_IN)
    styles: dict[int, NumberFormat] = {}
    tree = package.read_tree("xl/styles.xml")
    for element in tree.iter():
        if element.tag.endswith("}numFmt"):
            codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
    for listing in tree:
        if listing.tag.endswith("}cellXfs"):
            for number, style in enumerate(listing):
                parsed = parse_number_format(codes.get(int(style.get("numFmtId", "0")), ""))
                if parsed is not None:
                    styles[number] = parsed
    return styles
