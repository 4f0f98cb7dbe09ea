"""Workbooks of Excel 5 and 95 (BIFF5), of which no program here writes one: made record by record.

Source: [MS-XLS] 2.4 for the records, which are the same but for texts of one byte a character; [MS-CFB] for the file.
"""

from __future__ import annotations

import struct

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def pack(kind: int, data: bytes = b"") -> bytes:
    """Return a record."""
    return struct.pack("<HH", kind, len(data)) + data


def label(row: int, column: int, value: str) -> bytes:
    """Return the record of a text cell."""
    return pack(0x204, struct.pack("<HHHH", row, column, 0, len(value)) + value.encode("cp1252"))


def number(row: int, column: int, value: float, *, style: int = 0) -> bytes:
    """Return the record of a number; style 1 has the format 000."""
    return pack(0x203, struct.pack("<HHHd", row, column, style, value))


def make_stream(name: bytes, cells: bytes, *, code_page: int) -> bytes:
    """Return a workbook of one sheet with these cells."""
    sheet = pack(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0)) + pack(0x200, struct.pack("<HHHHH", 0, 9, 0, 9, 0))
    sheet += cells + pack(0x0A)
    head = pack(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + pack(0x42, struct.pack("<H", code_page))
    head += pack(0x41E, struct.pack("<HB", 164, 3) + b"000")
    head += pack(0xE0, struct.pack("<HH", 0, 0) + bytes(12)) + pack(0xE0, struct.pack("<HH", 0, 164) + bytes(12))
    start = len(head) + 4 + 7 + len(name) + 4
    return head + pack(0x85, struct.pack("<IHB", start, 0, len(name)) + name) + pack(0x0A) + sheet


def make_file(stream: bytes, *, name: str = "Book") -> bytes:
    """Return a compound file of one stream: FAT in sector 0, directory in 1, the stream in the rest."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    fat = [FAT, END, *range(3, 2 + sectors), END]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<IIIIIIIII", 1, 1, 0, 4096, END, 0, END, 0, 0) + struct.pack("<108I", *[FREE] * 108)

    def entry(text: str, kind: int, child: int, first: int, size: int) -> bytes:
        data = text.encode("utf-16-le")
        links = struct.pack("<HBBIII", len(data) + 2, kind, 1, FREE, FREE, child)
        return data.ljust(64, b"\0") + links + bytes(36) + struct.pack("<III", first, size, 0)

    directory = entry("Root Entry", 5, 1, END, 0) + entry(name, 2, FREE, 2, len(stream)) + bytes(256)
    body = struct.pack("<128I", *fat, *[FREE] * (128 - len(fat))) + directory + stream.ljust(sectors * 512, b"\0")
    return header + body
