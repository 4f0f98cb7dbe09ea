"""XLSX and XLSM workbooks: the package looked through, its styles read, its sheets scanned, its values by calamine."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from importer.errors import InputError
from importer.read.book import list_sheets
from importer.read.number_formats import BUILT_IN, NumberFormat, parse_number_format
from importer.read.package import Package
from importer.read.sheets import iter_sheets_chunks
from importer.read.worksheet import scan_sheet

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
        paths = _find_sheet_parts(package, source)
        formats = _read_formats(package)
        # all sheets are scanned, also when one is wanted: the reader of values must not meet an unbounded one
        facts = {
            sheet: scan_sheet(package.iter_part(path), formats, name=f"{source.name}, sheet {sheet!r}")
            for sheet, path in paths.items()
        }
    finally:
        package.close()
    yield from iter_sheets_chunks(source, list_sheets(source, facts), chunk_rows=chunk_rows)


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
