"""The records of an XLSB workbook's parts (BIFF12), and the few kinds of value within them.

Source: [MS-XLSB] 2.1.4 (record), 2.5.122 (RkNumber), 2.5.168 (XLWideString).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_CELL_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MORE = 0x80
_LONGEST_HEAD = 6
_NO_TEXT = 0xFFFFFFFF


def iter_records(blocks: Iterable[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each record of a part.

    Args:
        blocks: the part's bytes.
        name: the file, for messages.

    Raises:
        InputError: the part ends within a record.
        InputLimitError: a record is larger than a cell may be.
    """
    rest = b""
    for block in blocks:
        data = rest + block
        at, end = 0, len(data)
        while at + _LONGEST_HEAD <= end:
            kind, size, start = _read_head(data, at)
            if size > MAX_CELL_BYTES:
                raise InputLimitError(
                    f"{name} has a record of {size:,} bytes, so it is damaged or isn't a workbook of layers. Open "
                    "it and save it as XLSX."
                )
            if start + size > end:
                break
            yield kind, data[start : start + size]
            at = start + size
        rest = data[at:]
    at = 0
    while at < len(rest):
        # the last heads of a part are shorter than the longest
        kind, size, start = _read_head(rest + bytes(_LONGEST_HEAD), at)
        if start + size > len(rest):
            raise InputError(f"{name} is damaged or cut off. Open it in a spreadsheet program and save it as XLSX.")
        yield kind, rest[start : start + size]
        at = start + size


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return a record's kind, the size of its content, and where that begins; seven bits a byte, the lowest first."""
    kind = data[at]
    at += 1
    if kind & _MORE:
        kind = kind & 0x7F | (data[at] & 0x7F) << 7
        at += 1
    size = shift = 0
    while shift < 28:  # noqa: PLR2004 four bytes of seven bits
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & _MORE:
            break
    return kind, size, at


def read_text(record: bytes, at: int) -> tuple[str, int]:
    """Return a text and where it ends: its length in 16-bit units, then the units.

    Raises:
        struct.error: the record is too short.
        UnicodeDecodeError: it holds half a character.
    """
    (count,) = struct.unpack_from("<I", record, at)
    if count == _NO_TEXT:
        return "", at + 4
    end = at + 4 + 2 * count
    if end > len(record):
        raise struct.error("a text goes on after its record")
    return record[at + 4 : end].decode("utf-16-le"), end


def read_rk(record: bytes, at: int) -> float:
    """Return a number that is kept in four bytes: the upper thirty bits of a double, or of an integer.

    Raises:
        struct.error: the record is too short.
    """
    (packed,) = struct.unpack_from("<i", record, at)
    if packed & 2:
        number = float(packed >> 2)
    else:
        (number,) = struct.unpack("<d", bytes(4) + struct.pack("<i", packed & ~3))
    return number / 100 if packed & 1 else number
