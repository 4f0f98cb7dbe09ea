"""XLS workbooks: values by calamine; number formats, errors and hidden rows from the records of the file.

Source: [MS-XLS] 2.4 (records of BIFF8), and the older BIFF5 of Excel 5 and 95, whose records are the same but for texts
of one byte a character.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from importer.errors import InputError
from importer.formats.workbook.calamine_values import check_in_child, list_sheets
from importer.formats.workbook.cell_facts import ERROR_TEXTS, SheetFacts
from importer.formats.workbook.number_formats import BUILT_IN, NumberFormat, parse_number_format
from importer.formats.workbook.ole2 import CompoundFile
from importer.formats.workbook.sheets import iter_sheets_chunks
from importer.issues import Code, Problem, make_issue
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source

_BOUNDSHEET, _FORMAT, _XF, _FILEPASS, _BOF, _EOF = 0x85, 0x41E, 0xE0, 0x2F, 0x809, 0x0A
_NUMBER, _RK, _MULRK, _FORMULA, _BOOLERR, _ROW = 0x203, 0x27E, 0xBD, 0x06, 0x205, 0x208
_BIFF8 = 0x600
_STREAMS = ("Workbook", "Book")


FORMATS_UNSEEN = Code(
    "formats-unseen",
    Severity.WARNING,
    "The number formats of a sheet can't be seen, so that a 1 that shows as 001 is read as 1.",
    "Save the workbook as XLSX.",
    "a workbook of Excel 95 with a sheet named in Cyrillic",
)


def iter_xls_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of an XLS workbook, sheet after sheet.

    Raises:
        InputError: it can't be read, is protected, or holds no table.
        InputLimitError: it is past a bound.
    """
    file = CompoundFile(source)
    if file.has_stream("EncryptedPackage"):
        raise InputError(f"{source.name} is protected by a password. Save it without one.")
    stream = next((name for name in _STREAMS if file.has_stream(name)), None)
    if stream is None:
        raise InputError(f"{source.name} is no Excel workbook, whatever its name says. Check the file's kind.")
    try:
        facts = _read_facts(file.read_stream(stream), source)
    except (struct.error, IndexError):
        raise InputError(f"{source.name} is damaged or cut off. Open it and save it as XLSX.") from None
    check_in_child(source)
    for chunk in iter_sheets_chunks(source, list_sheets(source, facts), chunk_rows=chunk_rows):
        if not chunk.first or chunk.sheet in facts:
            yield chunk
            continue
        said = "The number formats of this sheet can't be seen: a 1 that shows as 001 is read as 1. Save it as XLSX."
        issue = make_issue(Problem(FORMATS_UNSEEN, said), Where(source.name, chunk.sheet))
        yield replace(chunk, table_issues=(issue, *chunk.table_issues))


def _iter_records(data: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of each record of a substream, up to its end."""
    while start + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, start)
        yield kind, data[start + 4 : start + 4 + size]
        if kind == _EOF:
            return
        start += 4 + size


def _read_facts(data: bytes, source: Source) -> dict[str, SheetFacts]:
    """Return sheet -> what its records tell beside the values."""
    codes = dict(BUILT_IN)
    styles: list[int] = []
    starts: dict[str, int] = {}
    is_biff8 = True
    for kind, record in _iter_records(data):
        if kind == _BOF:
            is_biff8 = struct.unpack_from("<H", record)[0] == _BIFF8
        elif kind == _FILEPASS:
            raise InputError(f"{source.name} is protected by a password. Save it without one.")
        elif kind == _FORMAT:
            codes[struct.unpack_from("<H", record)[0]] = _read_text(record, 2, is_biff8=is_biff8, wide_count=is_biff8)
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", record, 2)[0])
        elif kind == _BOUNDSHEET:
            starts[_read_text(record, 6, is_biff8=is_biff8)] = struct.unpack_from("<I", record)[0]
    formats = {
        number: parsed
        for number, code in enumerate(styles)
        if (parsed := parse_number_format(codes.get(code, ""))) is not None
    }
    return {name: _read_sheet(data, start, formats) for name, start in starts.items()}


def _read_text(record: bytes, at: int, *, is_biff8: bool, wide_count: bool = False) -> str:
    """Return a text whose length takes one byte or two, followed in BIFF8 by a byte that tells wide characters."""
    count = struct.unpack_from("<H" if wide_count else "<B", record, at)[0]
    at += 2 if wide_count else 1
    if not is_biff8:
        return record[at : at + count].decode("cp1252", "replace")
    is_wide = record[at] & 1
    return record[at + 1 : at + 1 + count * (2 if is_wide else 1)].decode("utf-16-le" if is_wide else "latin-1")


def _read_sheet(data: bytes, start: int, formats: dict[int, NumberFormat]) -> SheetFacts:
    """Return what the records of a sheet tell beside its values."""
    facts = SheetFacts()
    for kind, record in _iter_records(data, start):
        if kind in {_NUMBER, _RK, _FORMULA}:
            row, column, style = struct.unpack_from("<HHH", record)
            if style in formats:
                facts.formats.add(row, column, formats[style])
            if kind == _FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2:  # noqa: PLR2004 an error's mark
                facts.errors[row, column] = ERROR_TEXTS.get(record[8], "#ERROR")
        elif kind == _MULRK:
            row, first = struct.unpack_from("<HH", record)
            for number, at in enumerate(range(4, len(record) - 2, 6)):
                style = struct.unpack_from("<H", record, at)[0]
                if style in formats:
                    facts.formats.add(row, first + number, formats[style])
        elif kind == _BOOLERR and record[7]:
            row, column = struct.unpack_from("<HH", record)
            facts.errors[row, column] = ERROR_TEXTS.get(record[6], "#ERROR")
        elif kind == _ROW and struct.unpack_from("<I", record, 12)[0] & 0x20:
            facts.hidden.append(struct.unpack_from("<H", record)[0])
    return facts
