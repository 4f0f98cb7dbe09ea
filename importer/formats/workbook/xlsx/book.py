"""XLSX and XLSM workbooks: the package looked through, its styles read, its sheets scanned, its values by calamine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from importer.errors import InputError
from importer.formats.workbook.calamine_values import list_sheets
from importer.formats.workbook.number_formats import BUILT_IN, NumberFormat, parse_number_format
from importer.formats.workbook.sheets import iter_sheets_chunks
from importer.formats.workbook.xlsx.relations import find_main_part, find_totals, read_relations
from importer.formats.workbook.xlsx.scan import scan_sheet
from importer.formats.workbook.xlsx.shared_texts import check_texts
from importer.formats.workbook.zip_package import Package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def iter_xlsx_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of an XLSX or XLSM workbook, sheet after sheet.

    Raises:
        InputError: it can't be read, has not the sheet that was asked for, or holds no table.
        InputLimitError: it is past a bound.
    """
    package = Package(source)
    try:
        main = find_main_part(package, source, suffix=".xml")
        links = read_relations(package, main)
        styles = next((part for kind, part in links.values() if kind == "styles"), None)
        formats = {} if styles is None else _read_formats(package, styles)
        for kind, part in links.values():
            if kind == "sharedStrings" and package.has_part(part):
                check_texts(package.iter_part(part), name=source.name)
        has_zeros = _is_reckoned_when_opened(package, main)
        # all sheets are scanned, also when one is wanted: the reader of values must not meet an unbounded one
        parts = find_sheet_parts(package, main, links, source)
        facts = {
            sheet: scan_sheet(
                partial(package.iter_part, path), formats, name=f"{source.name}, sheet {sheet!r}", has_zeros=has_zeros
            )
            for sheet, path in parts.items()
        }
        for sheet, path in parts.items():
            facts[sheet].totals |= find_totals(package, path)
    finally:
        package.close()
    sheets = list_sheets(source, facts)
    unseen = [sheet.name for sheet in sheets if sheet.name not in facts]
    if unseen:
        raise InputError(f"{source.name}, sheet {unseen[0]!r} can't be found in the file. Open it and save it again.")
    yield from iter_sheets_chunks(source, sheets, chunk_rows=chunk_rows)


def list_xlsx_sheets(source: Source) -> list[str]:
    """Return the names of a workbook's sheets, in its order.

    Raises:
        InputError, InputLimitError: see `iter_xlsx_chunks`.
    """
    package = Package(source)
    try:
        main = find_main_part(package, source, suffix=".xml")
        return list(find_sheet_parts(package, main, read_relations(package, main), source))
    finally:
        package.close()


def _is_reckoned_when_opened(package: Package, main: str) -> bool:
    """Tell whether a workbook asks to be reckoned when it is opened: scripts write 0 for each result until then."""
    settings = (element for element in package.read_tree(main) if element.tag.endswith("}calcPr"))
    return any(element.get("fullCalcOnLoad") in {"1", "true"} for element in settings)


def find_sheet_parts(package: Package, main: str, links: dict[str, tuple[str, str]], source: Source) -> dict[str, str]:
    """Return sheet name -> its part of the package, in the order of the workbook.

    Raises:
        InputError: two sheets have one name.
    """
    parts: dict[str, str] = {}
    for sheet in package.read_tree(main).iter():
        if sheet.tag in {_MAIN + "sheet", _STRICT + "sheet"}:
            kind, part = links.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION) or "", ("", ""))
            name = sheet.get("name", "")
            if name in parts:
                raise InputError(f"{source.name} has two sheets of the name {name!r}. Rename one of them.")
            if kind == "worksheet":
                parts[name] = part
    return parts


def _read_formats(package: Package, part: str) -> dict[int, NumberFormat]:
    """Return style number -> number format, for the styles under which a number doesn't show as its shortest text."""
    codes = dict(BUILT_IN)
    styles: dict[int, NumberFormat] = {}
    tree = package.read_tree(part)
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
