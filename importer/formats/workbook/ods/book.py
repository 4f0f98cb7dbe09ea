"""OpenDocument spreadsheets: the text that each cell shows stands in the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import InputError
from importer.formats.true_kind import explain_true_kind
from importer.formats.workbook.ods.content import iter_tables
from importer.formats.workbook.sheets import Sheet, SheetContent, iter_sheets_chunks
from importer.formats.workbook.table import SheetRow
from importer.formats.workbook.zip_package import Package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source
    from importer.formats.workbook.ods.content import Table


def iter_ods_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of an OpenDocument spreadsheet, sheet after sheet.

    Raises:
        InputError: it can't be read, is protected, or holds no table.
        InputLimitError: it is past a bound.
    """
    sheets = [_make_sheet(table) for table in _read_tables(source)]
    yield from iter_sheets_chunks(source, sheets, chunk_rows=chunk_rows)


def list_ods_sheets(source: Source) -> list[str]:
    """Return the names of a spreadsheet's sheets, in its order.

    Raises:
        InputError, InputLimitError: see `iter_ods_chunks`.
    """
    return [table.name for table in _read_tables(source)]


def _read_tables(source: Source) -> list[Table]:
    package = Package(source)
    try:
        _check_kind(package, source)
        return list(iter_tables(package, source))
    finally:
        package.close()


def _make_sheet(table: Table) -> Sheet:
    return Sheet(table.name, lambda: _load_table(table), table.is_hidden)


def _load_table(table: Table) -> SheetContent | None:
    """Return what is in a sheet, its rows filled up to the same width."""
    if not table.rows:
        return None
    width = max(len(row.cells) for row in table.rows)
    rows = (SheetRow(row.number, [*row.cells, *[None] * (width - len(row.cells))], row.oddities) for row in table.rows)
    return SheetContent(rows, 0, table.merges, table.hidden, table.hidden_columns)


def _check_kind(package: Package, source: Source) -> None:
    """Refuse a package that is no spreadsheet, or one that is encrypted.

    Raises:
        InputError: it is one of these.
    """
    if not package.has_part("content.xml"):
        raise explain_true_kind(source)
    if package.has_part("META-INF/manifest.xml"):
        manifest = b"".join(package.iter_part("META-INF/manifest.xml"))
        if b"encryption-data" in manifest:
            raise InputError(f"{source.name} is protected by a password. Save it without one.")
