"""XLSB workbooks: every kind of cell record as the sheet shows it, and damage that ends in a message."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from importer.errors import InputError, InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.workbook.binary.xlsb_records import iter_records

FORMATS = Path(__file__).parents[3] / "sample_data" / "formats"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
GENERAL, PADDED, DATE, DURATION = 0, 1, 2, 3


def pack(kind: int, *content: bytes) -> bytes:
    """Return a record: its kind and size in bytes of seven bits, and its content."""
    data = b"".join(content)
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(data)
    while size > 127:
        head += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + bytes([size]) + data


def text(value: str) -> bytes:
    """Return a text with its length."""
    data = value.encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data


def cell(kind: int, column: int, value: bytes = b"", *, style: int = GENERAL) -> bytes:
    """Return a cell's record."""
    return pack(kind, struct.pack("<II", column, style), value)


def row(number: int, *cells: bytes, hidden: bool = False) -> bytes:
    """Return a row's header and its cells."""
    return pack(0, struct.pack("<IIH", number, 0, 300), bytes([0, 0x10 if hidden else 0, 0])) + b"".join(cells)


HEADER = row(0, cell(6, 0, text("layer_id")), cell(7, 1, struct.pack("<I", 1)))


def relate(*links: tuple[str, str, str]) -> str:
    """Return the XML of relations: id, kind and target of each."""
    items = "".join(f'<Relationship Id="{a}" Type="{OFFICE}/{b}" Target="{c}"/>' for a, b, c in links)
    return f'<Relationships xmlns="{PACKAGE}">{items}</Relationships>'


def write_book(
    path: Path,
    rows: bytes,
    *,
    merges: tuple[tuple[int, int, int, int], ...] = (),
    hidden: int = 0,
    columns: bytes = b"",
) -> None:
    """Write a workbook of one sheet with these rows."""
    codes = ((164, "000"), (165, "dd\\.mm\\.yyyy"), (166, "[h]:mm"))
    styles = b"".join(pack(44, struct.pack("<H", number), text(code)) for number, code in codes)
    # a style of the other list stands before, which cells don't count
    styles += pack(626) + pack(47, struct.pack("<HH", 0, 165), bytes(12)) + pack(627) + pack(617)
    styles += b"".join(pack(47, struct.pack("<HH", 0, number), bytes(12)) for number in (0, 164, 165, 166)) + pack(618)
    book = pack(131) + pack(153, bytes(4)) + pack(143)
    book += pack(156, struct.pack("<II", hidden, 1), text("rId1"), text("Growths")) + pack(144)
    sheet = pack(129) + pack(390) + columns + pack(391) + pack(145) + rows + pack(146)
    sheet += b"".join(pack(176, struct.pack("<IIII", *merge)) for merge in merges) + pack(130)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("_rels/.rels", relate(("rId1", "officeDocument", "xl/workbook.bin")))
        package.writestr("xl/workbook.bin", book)
        links = [("rId1", "worksheet", "worksheets/sheet1.bin"), ("rId2", "styles", "styles.bin")]
        links.append(("rId3", "sharedStrings", "sharedStrings.bin"))
        package.writestr("xl/_rels/workbook.bin.rels", relate(*links))
        package.writestr("xl/styles.bin", styles)
        shared = b"".join(pack(19, b"\0", text(value)) for value in ("x", "hkl", "Größe ₃ 𝒂"))
        package.writestr("xl/sharedStrings.bin", pack(159, bytes(8)) + shared + pack(160))
        package.writestr("xl/worksheets/sheet1.bin", sheet)


def read_cell(path: Path, kind: int, value: bytes, style: int = GENERAL) -> tuple[str | None, list[str]]:
    """Return text and issue codes of a cell that stands below a header."""
    write_book(path, HEADER + row(1, cell(6, 0, text("1")), cell(kind, 1, value, style=style)))
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    shown: str | None = chunk.frame.to_numpy(dtype=object)[0, 1]
    return shown, [issue.code for _, _, issue in chunk.cell_issues]


RK = struct.Struct("<i")
REAL = struct.Struct("<d")


@pytest.mark.parametrize(
    ("kind", "value", "style", "shown", "codes"),
    [
        (2, RK.pack(1 << 2 | 2), GENERAL, "1", []),
        (2, RK.pack(1 << 2 | 2), PADDED, "001", []),
        (2, RK.pack(-110 << 2 | 2), PADDED, "-110", []),
        (2, RK.pack(1250 << 2 | 3), GENERAL, "12.5", []),
        (2, REAL.pack(0.5)[4:], GENERAL, "0.5", []),
        (5, REAL.pack(0.1), GENERAL, "0.1", []),
        (9, REAL.pack(11.0) + bytes(8), PADDED, "011", []),
        (6, text(" NO "), GENERAL, " NO ", []),
        (7, struct.pack("<I", 2), GENERAL, "Größe ₃ 𝒂", []),
        (8, text("NaN") + bytes(8), GENERAL, "NaN", []),
        (8, text("") + bytes(8), GENERAL, None, []),
        (62, b"\0" + text("BaTiO3"), GENERAL, "BaTiO3", []),
        (4, b"\0", GENERAL, "FALSE", ["cell-boolean"]),
        (10, b"\1" + bytes(8), GENERAL, "TRUE", ["cell-boolean"]),
        (3, b"\x2a", GENERAL, "#N/A", ["cell-error"]),
        (11, b"\x17" + bytes(8), GENERAL, "#REF!", ["cell-error"]),
        (2, RK.pack(45981 << 2 | 2), DATE, "2025-11-20", ["cell-date"]),
        (5, REAL.pack(45981.5), DATE, "2025-11-20 12:00:00", ["cell-date"]),
        (5, REAL.pack(0.25), DATE, "06:00:00", ["cell-date"]),
        (5, REAL.pack(1.5), DURATION, "1 day, 12:00:00", ["cell-date"]),
        (5, REAL.pack(1e300), DATE, "1e+300", ["cell-date"]),
    ],
)
def test_cells_come_as_they_show(
    tmp_path: Path, kind: int, value: bytes, style: int, shown: str | None, codes: list[str]
) -> None:
    """Each kind of record has its text; dates, truth values and errors are told."""
    assert read_cell(tmp_path / "a.xlsb", kind, value, style) == (shown, codes)


def test_short_records_are_cells_too(tmp_path: Path) -> None:
    """A record without a column is the cell after the one before it; an empty one keeps its place."""
    short = pack(12, bytes(4)) + pack(13, struct.pack("<I", PADDED), RK.pack(1 << 2 | 2))
    names = cell(6, 0, text("layer_id")) + pack(17, bytes(4), text("formula")) + pack(17, bytes(4), text("hkl"))
    write_book(tmp_path / "a.xlsb", row(0, names) + row(1, cell(6, 0, text("1")), short))
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.xlsb"])[0])
    assert chunk.header == ("layer_id", "formula", "hkl")
    assert chunk.frame.to_numpy(dtype=object).tolist() == [["1", None, "001"]]


def test_merged_and_hidden_cells(tmp_path: Path) -> None:
    """Merged cells hold for all their rows; hidden rows and sheets, and rows that are absent, are told; places hold."""
    rows = row(3, cell(6, 2, text("layer_id")), cell(6, 3, text("formula")))
    rows += row(4, cell(6, 2, text("1")), cell(6, 3, text("a")))
    rows += row(5, cell(6, 2, text("2")), cell(1, 3), hidden=True) + row(
        7, cell(6, 2, text("3")), cell(6, 3, text("b"))
    )
    write_book(tmp_path / "a.xlsb", rows, merges=((4, 5, 3, 3),), hidden=1)
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.xlsb"])[0])
    assert chunk.frame.to_numpy(dtype=object).tolist() == [["1", "a"], ["2", "a"], ["3", "b"]]
    assert [(issue.code, issue.where.row) for issue in chunk.table_issues] == [
        ("hidden-sheet", None),
        ("hidden-rows", 6),
        ("blank-row", 7),
    ]
    assert chunk.place_cell(2, 1).cell == "D8"


def test_hidden_columns_are_told(tmp_path: Path) -> None:
    """One that holds cells is named with its header; those to the right of the table, and shown ones, aren't."""
    columns = b"".join(
        pack(60, struct.pack("<IIIIH", first, last, 2_340, 0, flags))
        for first, last, flags in ((0, 0, 2), (1, 1, 1), (4, 16_383, 1))
    )
    write_book(tmp_path / "a.xlsb", HEADER + row(1, cell(6, 0, text("1")), cell(6, 1, text("001"))), columns=columns)
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.xlsb"])[0])
    (issue,) = chunk.table_issues
    assert (issue.code, issue.where.cell) == ("hidden-columns", "B1")
    assert "1 hidden column was read too: 'hkl' (B)." in issue.message


@pytest.mark.parametrize(
    "rows",
    [
        row(1, cell(6, 0, text("a"))) + row(1, cell(6, 0, text("b"))),
        row(2, cell(6, 0, text("a"))) + row(1, cell(6, 0, text("b"))),
        row(1, cell(6, 1, text("a")), cell(6, 1, text("b"))),
        row(1, cell(6, 16_384, text("a"))),
        row(1_048_576, cell(6, 0, text("a"))),
        cell(6, 0, text("a")),
        row(1, cell(7, 0, struct.pack("<I", 3))),
        row(1, cell(6, 0, struct.pack("<I", 1_000_000) + b"a")),
        row(1, cell(6, 0, struct.pack("<I", 1) + b"\x00\xd8")),
        row(1, cell(5, 0, b"")),
        pack(0, b"\1"),
    ],
)
def test_damaged_records_are_an_error(tmp_path: Path, rows: bytes) -> None:
    """Cells in disorder, outside of the sheet, or cut off are never guessed at."""
    write_book(tmp_path / "a.xlsb", rows)
    with pytest.raises(InputError, match=r"a\.xlsb is damaged or cut off.*save it as XLSX"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsb"])[0]))


def test_far_cell_and_huge_record_are_refused(tmp_path: Path) -> None:
    """Two cells at the far ends of a sheet, and a record of many megabytes, are refused before memory is taken."""
    far = row(0, cell(6, 0, text("a"))) + row(1_048_575, cell(6, 16_383, text("a")))
    write_book(tmp_path / "a.xlsb", far)
    with pytest.raises(InputLimitError, match="spans"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsb"])[0]))
    write_book(tmp_path / "a.xlsb", row(0, cell(6, 0, text("a" * 2_200_000))))
    with pytest.raises(InputLimitError, match="record"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsb"])[0]))


def test_records_come_whole_however_the_part_is_cut() -> None:
    """Blocks of any size give the same records; a part that ends within one is an error."""
    data = HEADER + pack(300, b"x" * 200) + row(1, cell(6, 0, text("1")))
    whole = list(iter_records([data], "a"))
    assert b"".join(pack(kind, record) for kind, record in whole) == data
    for size in (1, 2, 3, 7, 50):
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        assert list(iter_records(blocks, "a")) == whole
    with pytest.raises(InputError, match="damaged"):
        list(iter_records([data[:-1]], "a"))


def test_real_workbook_cut_or_overwritten_ends_in_a_message(tmp_path: Path) -> None:
    """Whatever bytes of its sheet are overwritten, a workbook ends in layers or in a message, never in a crash."""
    source = FORMATS / "lab_book_sheetjs.xlsb"
    with zipfile.ZipFile(source) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    path = tmp_path / "a.xlsb"
    for name in ("xl/workbook.bin", "xl/styles.bin", "xl/worksheets/sheet1.bin"):
        for at in range(0, len(parts[name]), 13):
            damaged = parts[name][:at] + b"\xff\x00\x7f" + parts[name][at + 3 :]
            with zipfile.ZipFile(path, "w") as package:
                for part, data in parts.items():
                    package.writestr(part, damaged if part == name else data)
            try:
                chunks = list(iter_raw_chunks(find_sources([path])[0]))
            except InputError as error:
                assert "a.xlsb" in str(error)  # noqa: PT017 either end is right
            else:
                assert chunks
