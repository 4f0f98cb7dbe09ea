"""XLS workbooks of Excel 5 and 95 (BIFF5), of which no program here writes one: made record by record."""

from __future__ import annotations

import runpy
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.errors import InputError
from importer.formats.read import find_sources, iter_raw_chunks

if TYPE_CHECKING:
    from importer.chunks import RawChunk

BIFF5 = runpy.run_path(str(Path(__file__).parents[2] / "corpus" / "biff5.py"))
pack, label, number = BIFF5["pack"], BIFF5["label"], BIFF5["number"]


def write_book(path: Path, name: bytes, *, code_page: int, stream: str = "Book") -> None:
    """Write a workbook of one sheet: a 1 under the format 000, an error, and a hidden row."""
    cells = label(0, 0, "layer_id") + label(0, 1, "hkl") + label(0, 2, "Formel")
    cells += number(1, 0, 1) + number(1, 1, 1, style=1) + label(1, 2, "Größe")
    cells += pack(0x208, struct.pack("<HHHHHHI", 2, 0, 3, 255, 0, 0, 0x20))
    cells += number(2, 0, 2) + pack(0x205, struct.pack("<HHHBB", 2, 1, 0, 0x2A, 1))
    path.write_bytes(BIFF5["make_file"](BIFF5["make_stream"](name, cells, code_page=code_page), name=stream))


def read(path: Path) -> RawChunk:
    """Return the one chunk of a workbook."""
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    return chunk


@pytest.mark.parametrize("stream", ["Book", "BOOK", "Workbook", "WORKBOOK"])
def test_formats_of_old_workbooks_are_seen(tmp_path: Path, stream: str) -> None:
    """A 1 under the format 000 is 001 and an error is told, however the stream is named."""
    write_book(tmp_path / "a.xls", b"Growths", code_page=1252, stream=stream)
    chunk = read(tmp_path / "a.xls")
    assert chunk.frame.to_numpy(dtype=object).tolist() == [["1", "001", "Größe"], ["2", "#N/A", None]]
    assert [issue.code for issue in chunk.table_issues] == ["hidden-rows"]
    assert [(issue.code, issue.where.cell) for _, _, issue in chunk.cell_issues] == [("cell-error", "B3")]


def test_sheets_of_other_code_pages_are_read_whole(tmp_path: Path) -> None:
    """A sheet with a name in Cyrillic shows its number formats, errors and hidden rows as any other."""
    write_book(tmp_path / "a.xls", "Слои".encode("cp1251"), code_page=1251)
    chunk = read(tmp_path / "a.xls")
    assert chunk.frame.to_numpy(dtype=object).tolist()[0][1] == "001"
    assert [(issue.code, issue.where.sheet) for issue in chunk.table_issues] == [("hidden-rows", "Слои")]
    assert [issue.code for _, _, issue in chunk.cell_issues] == ["cell-error"]


def test_hidden_columns_of_old_workbooks_are_told(tmp_path: Path) -> None:
    """The sheet's record of columns says which aren't shown."""
    cells = pack(0x7D, struct.pack("<HHHHHH", 1, 2, 2_340, 15, 1, 0)) + label(0, 0, "layer_id") + label(0, 1, "hkl")
    cells += number(1, 0, 1) + label(1, 1, "001")
    (tmp_path / "a.xls").write_bytes(BIFF5["make_file"](BIFF5["make_stream"](b"Growths", cells, code_page=1252)))
    (issue,) = read(tmp_path / "a.xls").table_issues
    assert (issue.code, issue.where.cell) == ("hidden-columns", "B1")


def test_texts_without_a_code_page_are_those_of_windows(tmp_path: Path) -> None:
    """Where the file doesn't say in which code page its texts are, a dash of Windows-1252 stays a dash."""
    cells = label(0, 0, "layer_id") + label(0, 1, "formula") + number(1, 0, 1) + label(1, 1, "Fe–Co")
    stream = BIFF5["make_stream"](b"Growths", cells, code_page=1252).replace(
        pack(0x42, b"\xe4\x04"), pack(0x12, bytes(2))
    )
    (tmp_path / "a.xls").write_bytes(BIFF5["make_file"](stream))
    assert read(tmp_path / "a.xls").frame.to_numpy(dtype=object).tolist() == [["1", "Fe–Co"]]


def test_number_under_a_date_format_that_is_no_date(tmp_path: Path) -> None:
    """A number far beyond any date, under a date's format, is named as such and read as the number."""
    data = pack(0x41E, struct.pack("<HB", 164, 4) + b"yyyy")
    cells = label(0, 0, "layer_id") + label(0, 1, "hkl") + number(1, 0, 1) + number(1, 1, 1e16, style=1)
    stream = BIFF5["make_stream"](b"Growths", cells, code_page=1252)
    stream = stream.replace(pack(0x41E, struct.pack("<HB", 164, 3) + b"000"), data)
    at = stream.index(pack(0x85)[:2]) + 4
    stream = stream[:at] + struct.pack("<I", struct.unpack_from("<I", stream, at)[0] + 1) + stream[at + 4 :]
    (tmp_path / "a.xls").write_bytes(BIFF5["make_file"](stream))
    chunk = read(tmp_path / "a.xls")
    assert chunk.frame.to_numpy(dtype=object).tolist() == [["1", "1e+16"]]
    assert [issue.code for _, _, issue in chunk.cell_issues] == ["cell-date"]


def test_compound_file_of_something_else_is_told(tmp_path: Path) -> None:
    """An old Word file under a workbook's name is told as no workbook."""
    (tmp_path / "a.xls").write_bytes(BIFF5["make_file"](bytes(5000), name="WordDocument"))
    with pytest.raises(InputError, match="isn't an old Excel workbook"):
        read(tmp_path / "a.xls")
