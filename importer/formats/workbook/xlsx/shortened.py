"""A workbook cut off below its first rows, to be read while the whole one is still being read."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 64 * 1024
_MOST_SHEET = 8 * 1024**2
_MOST_COPIED = 16 * 1024**2
"""Bytes of all other parts: a workbook with more shared texts than that isn't worth while."""
_ROW_END = re.compile(rb"</((?:\w+:)?)row>")
_LONGEST_END = 40
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)


def write_shortened(path: Path, to: Path, *, rows: int) -> bool:
    """Write a workbook of the first rows of each sheet of another; tell whether that is possible, and leaves rows out.

    What stands behind the rows of a sheet, such as its merged cells, isn't in it. Nothing is judged here: whoever reads
    the shortened workbook checks it as any other.

    Args:
        path: the workbook.
        to: the file to be written.
        rows: rows of each sheet.
    """
    is_shorter = False
    copied = 0
    try:
        with zipfile.ZipFile(path) as package, zipfile.ZipFile(to, "w") as short:
            for entry in package.infolist():
                if _SHEET.fullmatch(entry.filename):
                    with package.open(entry) as stream:
                        data, is_cut = _cut_rows(stream, rows)
                    is_shorter |= is_cut
                else:
                    copied += entry.file_size
                    if copied > _MOST_COPIED:
                        return False
                    data = package.read(entry)
                if data is None:
                    return False
                short.writestr(entry.filename, data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        return False
    return is_shorter


def _cut_rows(stream: IO[bytes], rows: int) -> tuple[bytes | None, bool]:
    """Return a sheet's XML up to the end of a row, and whether there was more; None where its rows can't be told."""
    data, found, at = bytearray(), 0, 0
    while len(data) < _MOST_SHEET:
        block = stream.read(_BLOCK)
        if not block:
            return bytes(data), False
        data += block
        for match in _ROW_END.finditer(data, at):
            found, at = found + 1, match.end()
            if found == rows:
                prefix = match[1]
                return bytes(data[:at]) + b"</" + prefix + b"sheetData></" + prefix + b"worksheet>", True
        at = max(at, len(data) - _LONGEST_END)
    return None, False
