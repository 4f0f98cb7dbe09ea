"""A corrected copy of a workbook whose format cannot be written: an XLSX workbook with the texts of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
from openpyxl.cell import WriteOnlyCell

from importer.errors import UsageError
from importer.formats.read import iter_raw_chunks
from importer.report.workbook.marked_copy import set_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from openpyxl.workbook import Workbook

    from importer.chunks import RawChunk, Source
    from importer.copies.edit import Changes, Edit

_LEFT_OUT = (
    "{name} was rewritten as an XLSX workbook: its tables are there as text, row by row. Formats, formulas, titles, "
    "pictures and sheets that aren't read are not."
)


def write_rewritten(source: Source, to: Path, changes: Changes) -> tuple[str, ...]:
    """Write the tables of a workbook as an XLSX workbook of texts, each row in its place, with its changes.

    Raises:
        UsageError: a table's header isn't a row, or nothing can be written there.
        InputError: the file can't be read.
    """
    book = openpyxl.Workbook(write_only=True)
    writers: dict[str | None, _SheetWriter] = {}
    for raw in iter_raw_chunks(source):
        edits, deleted = changes.of_sheet(raw.sheet)
        if raw.first:
            writers[raw.sheet] = _SheetWriter(book, raw, source)
            writers[raw.sheet].add(raw.header_row or 0, raw.header, edits)
        columns = [column.cells.tolist() for column in raw.columns]
        for row, *cells in zip(raw.rows.tolist(), *columns, strict=True):
            if row not in deleted:
                writers[raw.sheet].add(row, cells, edits)
    book.save(to)
    return (_LEFT_OUT.format(name=source.name),)


class _SheetWriter:
    """Writes the rows of one sheet, each at its number."""

    def __init__(self, book: Workbook, raw: RawChunk, source: Source) -> None:
        if raw.header_row is None or raw.header_row < 1 or raw.is_transposed:
            raise UsageError(f"{source.name}: the layers of its table aren't in rows. Save it as .xlsx first.")
        self._sheet = book.create_sheet(raw.sheet)
        self._letters = raw.letters
        self._units = raw.units
        self._written = 0

    def add(self, row: int, texts: Iterable[str | None], edits: Mapping[int, Mapping[int, Edit]]) -> None:
        """Write a row with its edits; where the rows between hold nothing, they are blank."""
        if self._units and self._written and row > self._written + 1:
            units, self._units = self._units, ()
            self._append(dict(zip(self._letters, units, strict=True)))
        while self._written < row - 1:
            self._append({})
        found: dict[int, str | None] = dict(zip(self._letters, texts, strict=True))
        found.update({column: edit.now for column, edit in edits.get(row, {}).items() if column in found})
        self._append(found)

    def _append(self, texts: Mapping[int, str | None]) -> None:
        self._written += 1
        cells = [WriteOnlyCell(self._sheet) for _ in range(max(texts, default=-1) + 1)]
        for column, text in texts.items():
            if text:
                set_text(cells[column], text)
        self._sheet.append(cells)
