"""XLS workbooks of Excel 5 and 95 (BIFF5), of which no program here writes one: made record by record."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from importer.errors import InputError
from importer.read import find_sources, iter_raw_chunks

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import RawChunk

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def pack(kind: int, data: bytes = b"") -> bytes:
    """Return a record."""
    return struct.pack("<HH", kind, len(data)) + data


def label(row: int, column: int, value: str) -> bytes:
    """Return the record of a text cell."""
    return pack(0x204, struct.pack("<HHHH", row, column, 0, len(value)) + value.encode("cp1252"))


def make_stream(name: bytes, code_page: int) -> bytes:
    """Return a workbook of one sheet: a 1 under the format 000, an error, and a hidden row."""
    cells = label(0, 0, "layer_id") + label(0, 1, "hkl") + label(0, 2, "Formel")
    cells += pack(0x203, struct.pack("<HHHd", 1, 0, 0, 1)) + pack(0x203, struct.pack("<HHHd", 1, 1, 1, 1))
    cells += label(1, 2, "Größe") + pack(0x208, struct.pack("<HHHHHHI", 2, 0, 3, 255, 0, 0, 0x20))
    cells += pack(0x203, struct.pack("<HHHd", 2, 0, 0, 2)) + pack(0x205, struct.pack("<HHHBB", 2, 1, 0, 0x2A, 1))
    sheet = pack(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0)) + pack(0x200, struct.pack("<HHHHH", 0, 3, 0, 3, 0))
    sheet += cells + pack(0x0A)
    head = pack(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + pack(0x42, struct.pack("<H", code_page))
    head += pack(0x41E, struct.pack("<HB", 164, 3) + b"000")
    head += pack(0xE0, struct.pack("<HH", 0, 0) + bytes(12)) + pack(0xE0, struct.pack("<HH", 0, 164) + bytes(12))
    start = len(head) + 4 + 7 + len(name) + 4
    return head + pack(0x85, struct.pack("<IHB", start, 0, len(name)) + name) + pack(0x0A) + sheet


def write_book(path: Path, stream: bytes, *, name: str = "Book") -> None:
    """Write a compound file of one stream: FAT in sector 0, directory in 1, the stream in the rest."""
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
    path.write_bytes(header + body)


def read(path: Path) -> RawChunk:
    """Return the one chunk of a workbook."""
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    return chunk


@pytest.mark.parametrize("name", ["Book", "BOOK", "Workbook", "WORKBOOK"])
def test_formats_of_old_workbooks_are_seen(tmp_path: Path, name: str) -> None:
    """A 1 under the format 000 is 001 and an error is told, however the stream is named."""
    write_book(tmp_path / "a.xls", make_stream(b"Growths", 1252), name=name)
    chunk = read(tmp_path / "a.xls")
    assert chunk.frame.to_numpy(dtype=object).tolist() == [["1", "001", "Größe"], ["2", "#N/A", None]]
    assert [issue.code for issue in chunk.table_issues] == ["hidden-rows"]
    assert [(issue.code, issue.where.cell) for _, _, issue in chunk.cell_issues] == [("cell-error", "B3")]


def test_sheet_whose_formats_are_not_found_is_told(tmp_path: Path) -> None:
    """Where a sheet's name can't be matched with its records, a warning says that its formats weren't seen."""
    write_book(tmp_path / "a.xls", make_stream("Слои".encode("cp1251"), 1251))
    chunk = read(tmp_path / "a.xls")
    assert chunk.frame.to_numpy(dtype=object).tolist()[0][1] == "1"
    assert [(issue.code, issue.where.sheet) for issue in chunk.table_issues] == [("formats-unseen", "Слои")]


def test_compound_file_of_something_else_is_told(tmp_path: Path) -> None:
    """An old Word file under a workbook's name is told as no workbook."""
    write_book(tmp_path / "a.xls", bytes(5000), name="WordDocument")
    with pytest.raises(InputError, match="no Excel workbook"):
        read(tmp_path / "a.xls")
