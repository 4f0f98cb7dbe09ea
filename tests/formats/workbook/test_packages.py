"""The zip packages of workbooks: unusual ones that are read all the same, and those in which something could hide."""

from __future__ import annotations

import io
import re
import struct
import time
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING

import openpyxl
import pytest

from importer.errors import InputError, InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.workbook import zip_package as package
from importer.formats.workbook.xlsx import shared_texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
Parts = dict[str, bytes]


def save_book() -> Parts:
    """Return the parts of a workbook of one layer, whose orientation 1 shows as 001."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["layer_id", "hkl"])
    sheet.append([1, 1])
    sheet["B2"].number_format = "000"
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as saved:
        return {name: saved.read(name) for name in saved.namelist()}


def read_parts(path: Path, parts: Parts) -> list[list[str | None]]:
    """Return the cells of the workbook that these parts make."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    cells: list[list[str | None]] = chunk.frame.to_numpy(dtype=object).tolist()
    return cells


def move_sheet(parts: Parts) -> Parts:
    """Return a workbook with its sheet in a folder of another name."""
    parts["xl/tables/one.xml"] = parts.pop(SHEET)
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = re.sub(rb'"[^"]*worksheets/sheet1.xml"', b'"/xl/tables/one.xml"', parts[relations])
    return parts


def change_case(parts: Parts) -> Parts:
    """Return a workbook whose parts are named in another case than its relations say."""
    return {name.replace("worksheets", "Worksheets").replace("styles", "Styles"): parts[name] for name in parts}


def add_custom_part(parts: Parts) -> Parts:
    """Return a workbook with a part in UTF-16, as Office writes those of its users."""
    return {**parts, "customXml/item1.xml": '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16")}


def move_to_top(parts: Parts) -> Parts:
    """Return a workbook whose main part stands in no folder."""
    top = {name.removeprefix("xl/"): data for name, data in parts.items()}
    for name in ("_rels/.rels", "_rels/workbook.xml.rels", "[Content_Types].xml"):
        top[name] = top[name].replace(b"xl/", b"")
    return top


@pytest.mark.parametrize("change", [move_sheet, change_case, add_custom_part, move_to_top])
def test_unusual_packages_are_read_whole(tmp_path: Path, change: Callable[[Parts], Parts]) -> None:
    """Where parts stand and how they are cased is up to the program that wrote them; their formats are seen."""
    assert read_parts(tmp_path / "a.xlsx", change(save_book())) == [["1", "001"]]


def test_far_cell_is_refused_wherever_the_sheet_stands(tmp_path: Path) -> None:
    """A sheet in another folder is looked through too before a reader takes memory for it."""
    parts = move_sheet(save_book())
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/tables/one.xml"] = parts["xl/tables/one.xml"].replace(b"</sheetData>", far)
    with pytest.raises(InputLimitError, match="spans"):
        read_parts(tmp_path / "a.xlsx", parts)


def test_two_parts_of_one_name_are_refused(tmp_path: Path) -> None:
    """Of two parts with one name each program could read another: the one looked through isn't the one read."""
    parts = save_book()
    for other in (SHEET, SHEET.upper()):
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, data in parts.items():
                book.writestr(name, data)
            book.writestr(other, parts[SHEET])
        with pytest.raises(InputError, match="two parts with the same name"):
            list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0]))


def test_two_sheets_of_one_name_are_refused(tmp_path: Path) -> None:
    """Two sheets of one name can't be told apart by what is read of them."""
    parts = save_book()
    book = "xl/workbook.xml"
    sheet = re.search(rb"<sheet [^>]*/>", parts[book])
    assert sheet is not None
    parts[book] = parts[book].replace(sheet[0], sheet[0] * 2)
    with pytest.raises(InputError, match="two sheets of the name 'Sheet'"):
        read_parts(tmp_path / "a.xlsx", parts)


def test_sheet_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """A sheet in UTF-16 would be read by a parser, and not be seen by the look at formats and extent."""
    parts = save_book()
    parts[SHEET] = parts[SHEET].decode().encode("utf-16")
    with pytest.raises(InputError, match=r"part xl/worksheets/sheet1\.xml .* unusual encoding"):
        read_parts(tmp_path / "a.xlsx", parts)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8"])
def test_document_type_is_refused_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """A document type is found whatever the encoding of its part."""
    parts = save_book()
    parts["customXml/item1.xml"] = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a/>'.encode(encoding)
    with pytest.raises(InputError, match=r"document type in customXml/item1\.xml"):
        read_parts(tmp_path / "a.xlsx", parts)


def share_texts(parts: Parts, texts: bytes) -> Parts:
    """Return a workbook with these shared texts."""
    relations = "xl/_rels/workbook.xml.rels"
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Id="rId99" Type="%s" Target="sharedStrings.xml"/></Relationships>' % kind
    parts[relations] = parts[relations].replace(b"</Relationships>", link)
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return {**parts, TEXTS: b'<sst xmlns="%s">%s</sst>' % (main, texts)}


def test_shared_texts_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shared text of many megabytes, and too many of them, are refused before a reader holds them."""
    assert read_parts(tmp_path / "a.xlsx", share_texts(save_book(), b"<si><t>a</t></si>" * 90)) == [["1", "001"]]
    huge = b"<si><t>a</t></si><si><t>" + bytes(range(32, 60)) * 200_000 + b"</t></si>"
    with pytest.raises(InputLimitError, match="text of more than 4 MiB"):
        read_parts(tmp_path / "a.xlsx", share_texts(save_book(), huge))
    monkeypatch.setattr(shared_texts, "MAX_TEXTS", 100)
    with pytest.raises(InputLimitError, match="more than 100 texts"):
        read_parts(tmp_path / "a.xlsx", share_texts(save_book(), b"<si/>" * 101))


def test_parts_that_are_held_as_trees_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Styles that would take gigabytes as a tree are refused."""
    monkeypatch.setattr(package, "MAX_TREE_BYTES", 10_000)
    parts = save_book()
    parts["xl/styles.xml"] += b"<!--" + b"x" * 10_000 + b"-->"
    with pytest.raises(InputLimitError, match=r"part xl/styles\.xml of .*new workbook"):
        read_parts(tmp_path / "a.xlsx", parts)


def write_overlap(path: Path, names: int, declared: int) -> None:
    """Write a package whose many entries all unpack the same packed bytes."""
    packed = zlib.compress(bytes(declared), wbits=-15)
    crc = zlib.crc32(bytes(declared))
    sizes = struct.pack("<III", crc, len(packed), declared)
    head = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", 1, 0) + b"a" + packed
    directory = b"".join(
        b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
        + struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0) + b"%05d" % number
        for number in range(names)
    )  # fmt: skip
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, names, names, len(directory), len(head), 0)
    path.write_bytes(head + directory + end)


@pytest.mark.parametrize(
    ("names", "declared", "error", "words"),
    [
        (100, 200_000, InputError, "overlap"),
        (5000, 500_000, InputLimitError, "a part"),
        (300, 1_000_000, InputLimitError, "times its size"),
    ],
)
def test_overlapping_parts_are_refused_unread(
    tmp_path: Path, names: int, declared: int, error: type[InputError], words: str
) -> None:
    """A package whose entries share their bytes, which unpacks to terabytes, is refused by what it declares."""
    write_overlap(tmp_path / "a.xlsx", names, declared)
    start = time.process_time()
    with pytest.raises(error, match=words):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0]))
    assert time.process_time() - start < 5


def quote_simply(data: bytes) -> bytes:
    """Write attributes between single quotes, as some programs do."""
    return data.replace(b'r="B2" s="1"', b"r='B2' s='1'")


def space_signs(data: bytes) -> bytes:
    """Write spaces around the signs of attributes."""
    return data.replace(b'r="B2" s="1"', b'r = "B2" s = "1"')


def leave_addresses_out(data: bytes) -> bytes:
    """Leave the addresses out, as small writers do: a cell is where it comes in its row."""
    return re.sub(rb'(<c|<row) r="\w+"', rb"\1", data)


def put_style_first(data: bytes) -> bytes:
    """Write a cell's style in front of its address."""
    return data.replace(b'r="B2" s="1"', b's="1"\n r="B2"')


def prefix_tags(data: bytes) -> bytes:
    """Write the sheet's tags with a prefix of their own."""
    data = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", data)
    return data.replace(b"xmlns=", b"xmlns:x=")


@pytest.mark.parametrize("change", [quote_simply, space_signs, leave_addresses_out, put_style_first, prefix_tags])
def test_a_number_format_is_honoured_however_the_sheet_is_written(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    """XML leaves a program the choice of quotes, spaces, order and prefixes, and cells may go without an address."""
    parts = save_book()
    parts[SHEET] = change(parts[SHEET])
    assert read_parts(tmp_path / "a.xlsx", parts) == [["1", "001"]]


def test_cells_without_addresses_are_counted_over_blocks(tmp_path: Path) -> None:
    """A sheet of several megabytes whose later rows go without addresses has its formats on the right cells."""
    parts = save_book()
    row = b'<row r="%d"><c r="A%d" t="n"><v>1</v></c><c r="B%d" t="n"><v>5</v></c></row>'
    addressed = b"".join(row % (number, number, number) for number in range(3, 30_000))
    bare = b'<row><c t="n"><v>2</v></c><c s="1" t="n"><v>7</v></c></row>' * 30_000
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", addressed + b'<row r="30000"/>' + bare + b"</sheetData>")
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    chunks = list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0]))
    cells = []
    for chunk in chunks:
        texts = chunk.frame.to_numpy(dtype=object).tolist()
        cells += [(int(number), *row) for number, row in zip(chunk.rows, texts, strict=True)]
    assert cells[0] == (2, "1", "001")
    assert {row[1:] for row in cells[1:29_998]} == {("1", "5")}
    assert cells[29_998] == (30_001, "2", "007")
    assert {row[1:] for row in cells[29_998:]} == {("2", "007")}
    assert cells[-1][0] == 60_000


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 258, 3 * 2**20])
def test_a_part_that_packs_well_is_unpacked_whole(tmp_path: Path, size: int) -> None:
    """What an unpacker still holds back when all packed bytes are taken in belongs to the part."""
    parts = {**save_book(), "xl/media/blank.bin": bytes(size)}
    assert read_parts(tmp_path / "a.xlsx", parts) == [["1", "001"]]


@pytest.mark.parametrize("number_format", ["General", "000", "0.00"])
def test_noughts_of_a_script_are_no_results(tmp_path: Path, number_format: str) -> None:
    """A formula's 0 in a workbook that asks to be reckoned when opened, as XlsxWriter writes it, is no result."""
    parts = save_book()
    style = re.search(rb'<c r="B2" s="(\d+)"', parts[SHEET])
    assert style is not None
    parts[SHEET] = re.sub(rb'(<c r="B2"[^>]*>)<v>1</v>', rb"\1<f>A2*110</f><v>0</v>", parts[SHEET])
    code = b'formatCode="%s"' % number_format.encode()
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b'formatCode="000"', code)
    shown = "0" if number_format == "General" else number_format
    for asks, text, codes in ((b"1", None, ["formula-uncached"]), (b"0", shown, [])):
        asked = b'fullCalcOnLoad="%s"' % asks
        parts["xl/workbook.xml"] = re.sub(rb'fullCalcOnLoad="\d"', asked, parts["xl/workbook.xml"])
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
            for name, data in parts.items():
                book.writestr(name, data)
        (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0])
        assert chunk.frame.to_numpy(dtype=object).tolist() == [["1", text]]
        assert [issue.code for _, _, issue in chunk.cell_issues] == codes
