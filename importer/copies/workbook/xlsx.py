"""A corrected copy of an XLSX or XLSM workbook: the XML of touched sheets changed in place, other parts passed on."""

from __future__ import annotations

import contextlib
import copy
import re
import shutil
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from importer.copies.workbook.merged_cells import list_touched_merges, plan_sheet
from importer.copies.workbook.sheet_map import map_sheet, parse_range
from importer.copies.workbook.sheet_writer import rewrite_sheet
from importer.errors import UsageError
from importer.formats.read import iter_raw_chunks
from importer.formats.workbook.xlsx.book import find_sheet_parts
from importer.formats.workbook.xlsx.relations import find_main_part, read_relations
from importer.formats.workbook.zip_package import Package, fold_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from importer.chunks import Source
    from importer.copies.edit import Changes, Edit
    from importer.copies.workbook.merged_cells import SheetRows

MAX_SHEET_BYTES = 512 * 1024**2
"""Bytes of the XML of a sheet that is changed; all of it is held in memory."""
_CALC_CHAIN = "calcChain"
_STALE = (
    "{name} has formulas: open the copy in a spreadsheet program and save it, so that what they show follows the "
    "changes."
)


def write_xlsx(source: Source, to: Path, changes: Changes) -> tuple[str, ...]:
    """Write a copy of a workbook in which cells are edited and rows are emptied; return what is to be known of it.

    A text is written into its cell as text, a whole number in the place of another as a number. Merged cells that
    differ from now on are unmerged.

    Raises:
        UsageError: a cell can't be changed on its own, or a sheet isn't there.
        InputError: the file can't be read.
    """
    with contextlib.closing(Package(source)) as package:
        main = find_main_part(package, source, suffix=".xml")
        links = read_relations(package, main)
        sheets = find_sheet_parts(package, main, links, source)
        written: dict[str, bytes] = {}
        is_formula_gone = has_formulas = False
        for sheet in sorted(changes.sheets, key=str):
            part = sheets.get(sheet or "")
            if part is None:
                raise UsageError(f"{source.name} has no sheet {sheet!r}.")
            name = f"{source.name}, sheet {sheet!r}"
            edits, deleted = changes.of_sheet(sheet)
            _check_table_headers(package, part, edits, name=name)
            data = _read_part(package, part, name=name)
            found = map_sheet(data, None, name=name)
            rows = _read_rows(
                source, sheet, {row for merged in list_touched_merges(found, edits, deleted) for row in merged.rows}
            )
            planned = plan_sheet(found, rows, edits=edits, deleted=deleted, name=name)
            found = map_sheet(data, {*planned.texts, *planned.emptied}, name=name)
            written[fold_name(part)], is_gone = rewrite_sheet(data, found, planned)
            is_formula_gone |= is_gone
            has_formulas |= found.has_formulas
        if is_formula_gone:
            written |= dict(_iter_without_chain(package, main, links))
    _write_package(source, to, written)
    return (_STALE.format(name=source.name),) if has_formulas else ()


def _read_part(package: Package, part: str, *, name: str) -> bytes:
    blocks: list[bytes] = []
    size = 0
    for block in package.iter_part(part):
        size += len(block)
        if size > MAX_SHEET_BYTES:
            raise UsageError(f"{name} is too large to be changed in its place. Save it as CSV first.")
        blocks.append(block)
    return b"".join(blocks)


def _read_rows(source: Source, sheet: str | None, wanted: Collection[int]) -> SheetRows:
    """Return the row of the header, and of some rows the text that the reader gives to each column."""
    header = 0
    rows: dict[int, dict[int, str]] = {}
    for raw in iter_raw_chunks(replace(source, sheet=sheet)) if wanted else ():
        if raw.is_transposed:
            return max(wanted), {}  # merged cells hold for nothing but themselves there
        header = raw.header_row or header
        columns = [column.cells for column in raw.columns]
        for position, row in enumerate(raw.rows.tolist()):
            if row in wanted:
                rows[row] = {letter: cells[position] or "" for letter, cells in zip(raw.letters, columns, strict=True)}
    return header, rows


def _check_table_headers(package: Package, part: str, edits: Mapping[int, Mapping[int, Edit]], *, name: str) -> None:
    """Refuse to change a header that a table of the sheet names too: spreadsheet programs call such a file damaged.

    Raises:
        UsageError: there is one.
    """
    folder, _, base = part.rpartition("/")
    if not package.has_part(f"{folder}/_rels/{base}.rels"):
        return
    for kind, target in read_relations(package, part).values():
        if kind != "table" or not package.has_part(target):
            continue
        table = package.read_tree(target)
        covered = parse_range(table.get("ref", ""))
        if covered is None or table.get("headerRowCount") == "0":
            continue
        for column, edit in edits.get(covered.top, {}).items():
            if covered.has(covered.top, column):
                raise UsageError(
                    f"{name}, cell {edit.cell} is a header of the table {table.get('displayName')!r}. Rename it in "
                    "your spreadsheet program, or give its field in a mapping file."
                )


def _iter_without_chain(
    package: Package, main: str, links: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of a package without its chain of calculations, which programs make again where it is absent.

    One that names a cell without a formula makes them call the file damaged.
    """
    chain = next(((link, part) for link, (kind, part) in links.items() if kind == _CALC_CHAIN), None)
    if chain is None:
        return
    link, part = chain
    folder, _, base = main.rpartition("/")
    for name, tag in (
        (f"{folder}/_rels/{base}.rels", rb"""<(?:\w+:)?Relationship\b[^<>]*\bId=["']%s["'][^<>]*/>""" % link.encode()),
        ("[Content_Types].xml", rb"""<(?:\w+:)?Override\b[^<>]*\bPartName=["']/%s["'][^<>]*/>""" % part.encode()),
    ):
        yield fold_name(name), re.sub(tag, b"", b"".join(package.iter_part(name)))
    yield fold_name(part), b""


def _write_package(source: Source, to: Path, written: Mapping[str, bytes]) -> None:
    """Write a zip package with some of its parts changed; an empty one is left out."""
    with zipfile.ZipFile(source.path) as old, zipfile.ZipFile(to, "x") as new:
        new.comment = old.comment
        for entry in old.infolist():
            data = written.get(fold_name(entry.filename))
            if data == b"":
                continue
            member = copy.copy(entry)
            member.file_size = entry.file_size if data is None else len(data)
            with new.open(member, "w") as target:
                if data is not None:
                    target.write(data)
                else:
                    with old.open(entry) as part:
                        shutil.copyfileobj(part, target)
