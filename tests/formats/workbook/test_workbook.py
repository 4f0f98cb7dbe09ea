"""Workbooks: the text that a sheet shows, its places, and what people do to their sheets."""

from __future__ import annotations

import datetime as dt
import io
import runpy
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from importer.chunks.layout import Layout
from importer.errors import InputError, InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.workbook import table as sheet_table
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from importer.chunks import RawChunk


BIFF5 = runpy.run_path(str(Path(__file__).parents[2] / "corpus" / "biff5.py"))


def make_sheet() -> tuple[openpyxl.Workbook, Worksheet]:
    """Return a new workbook and its sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    return book, sheet


def read_book(path: Path, book: openpyxl.Workbook, *, sheet: str | None = None) -> list[RawChunk]:
    """Return the chunks of a workbook after it was saved."""
    book.save(path)
    (source,) = find_sources([path], ReadSettings(sheet=sheet))
    return list(iter_raw_chunks(source))


def list_rows(chunk: RawChunk) -> list[list[str | None]]:
    """Return the cells of a chunk."""
    rows: list[list[str | None]] = chunk.frame.to_numpy(dtype=object).tolist()
    return rows


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (1, "000", "001"),
        (1, "General", "1"),
        (110, "000", "110"),
        (1, '"mp-"0', "mp-1"),
        (0.5, "0.00", "0.50"),
        (0.123, "0.0", "0.123"),
        (0.1, "General", "0.1"),
        (1e21, "General", "1e+21"),
        (-1, "000", "-001"),
        ("010", "General", "010"),
        (" x ", "@", " x "),
        (42, "0", "42"),
    ],
)
def test_shown_text_is_read(tmp_path: Path, value: object, number_format: str, text: str) -> None:
    """A number comes as its sheet shows it where the format shows all of it, else as its shortest text."""
    book, sheet = make_sheet()
    sheet.append(["layer_id", "hkl"])
    sheet.append([1, value])
    sheet["B2"].number_format = number_format
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert list_rows(chunk) == [["1", text]]


def test_places_below_titles_and_beside_gaps(tmp_path: Path) -> None:
    """The header is found below titles; rows and letters are those of the sheet."""
    book, sheet = make_sheet()
    sheet["B2"] = "Growth log"
    for column, text in zip("CDE", ["Layer no.", "Formula", "Miller"], strict=True):
        sheet[f"{column}4"] = text
    sheet["E5"] = "(hkl)"
    sheet["C6"], sheet["D6"], sheet["C8"], sheet["D8"] = 1, "SrRuO3", 2, "BaTiO3"
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert chunk.header == ("", "Layer no.", "Formula", "Miller")
    assert chunk.header_row == 4
    assert chunk.rows.tolist() == [6, 8]
    assert chunk.place_cell(1, 2).cell == "D8"
    assert [issue.code for issue in chunk.table_issues] == ["title-row", "units-row", "blank-row"]


def test_merged_samples_hold_for_their_rows(tmp_path: Path) -> None:
    """The text of cells merged over several rows stands in each of them."""
    book, sheet = make_sheet()
    for row in (["Sample", "Layer no.", "Formula"], ["S1", 1, "a"], [None, 2, "b"], ["S2", 1, "c"], [None, 2, "d"]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    sheet.merge_cells("A4:A5")
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert [row[0] for row in list_rows(chunk)] == ["S1", "S1", "S2", "S2"]


@pytest.mark.parametrize(
    ("value", "text", "code"),
    [
        (dt.date(2025, 11, 20), "2025-11-20", "cell-date"),
        (True, "TRUE", "cell-boolean"),
        ("#N/A", "#N/A", "cell-error"),
        ("=A2+1", None, "formula-uncached"),
    ],
)
def test_odd_values_are_told_with_their_cell(tmp_path: Path, value: object, text: str | None, code: str) -> None:
    """A date, a truth value, an error and a formula without a result are issues of their cells."""
    book, sheet = make_sheet()
    sheet.append(["layer_id", "hkl"])
    sheet.append([1, value])
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert list_rows(chunk) == [["1", text]]
    ((row, column, issue),) = chunk.cell_issues
    assert (row, column, issue.code, issue.where.cell) == (0, 1, code, "B2")


def test_rich_text_keeps_its_characters(tmp_path: Path) -> None:
    """A text in several fonts, with subscripts, is one text."""
    book, sheet = make_sheet()
    sheet.append(["layer_id", "formula"])
    sheet.append([1, CellRichText("BaTiO", TextBlock(InlineFont(vertAlign="subscript"), "3"))])
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert list_rows(chunk) == [["1", "BaTiO3"]]


def test_hidden_rows_and_sheets_are_read_and_told(tmp_path: Path) -> None:
    """What is hidden is read, and somebody is told."""
    book, sheet = make_sheet()
    sheet.append(["layer_id", "formula"])
    sheet.append([1, "a"])
    sheet.append([2, "b"])
    sheet.row_dimensions[3].hidden = True
    other = book.create_sheet("Other")
    other.append(["layer_id", "formula"])
    other.append([1, "c"])
    other.sheet_state = "hidden"
    first, second = read_book(tmp_path / "a.xlsx", book)
    assert [list_rows(first), list_rows(second)] == [[["1", "a"], ["2", "b"]], [["1", "c"]]]
    assert [issue.code for issue in first.table_issues] == ["hidden-rows"]
    assert [issue.code for issue in second.table_issues] == ["hidden-sheet"]


@pytest.mark.parametrize(
    ("last", "told", "cell"),
    [
        ("B", "1 hidden column was read too: 'formula' (B).", "B2"),
        ("D", "2 hidden columns were read too: 'formula' (B), 'hkl' (D).", "B2"),
    ],
)
def test_hidden_columns_are_told_with_their_headers(tmp_path: Path, last: str, told: str, cell: str) -> None:
    """They are read; empty ones, and those beside the table, aren't spoken of."""
    book, sheet = make_sheet()
    for line in (["Growths of June"], ["layer_id", "formula", None, "hkl"], [1, "a", None, "001"]):
        sheet.append(line)
    for letter in "BCD"[: "BCD".index(last) + 1]:
        sheet.column_dimensions[letter].hidden = True
    sheet.column_dimensions.group("F", "XFD", hidden=True)
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert list_rows(chunk)[0][1] == "a"
    (issue,) = [issue for issue in chunk.table_issues if issue.code == "hidden-columns"]
    assert (issue.message, issue.where.cell, issue.where.column) == (told, cell, "formula")


def test_hidden_layers_of_a_transposed_sheet_are_told(tmp_path: Path) -> None:
    """There a column is a layer, which has no header."""
    book, sheet = make_sheet()
    for line in (["layer_id", 1, 2], ["formula", "a", "b"]):
        sheet.append(line)
    sheet.column_dimensions["C"].hidden = True
    book.save(tmp_path / "a.xlsx")
    source = replace(find_sources([tmp_path / "a.xlsx"])[0], layout=Layout(is_transposed=True))
    (chunk,) = iter_raw_chunks(source)
    assert [issue.message for issue in chunk.table_issues] == ["1 hidden column was read too: C."]


def test_sheets_without_layers_are_passed_over_and_told(tmp_path: Path) -> None:
    """A sheet of notes is skipped with a warning; one that is asked for is read; a missing one is an error."""
    book, sheet = make_sheet()
    sheet.append(["layer_id", "formula"])
    sheet.append([1, "a"])
    notes = book.create_sheet("Notes")
    notes.append(["Remember", "to vent"])
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert [(issue.code, issue.where.sheet) for issue in chunk.table_issues] == [("sheet-skipped", "Notes")]
    assert read_book(tmp_path / "a.xlsx", book, sheet="Notes")[0].header == ("Remember", "to vent")
    with pytest.raises(InputError, match="no sheet 'None'"):
        read_book(tmp_path / "a.xlsx", book, sheet="None")


def rewrite_part(path: Path, name: str, old: bytes, new: bytes) -> None:
    """Replace bytes in a part of a workbook."""
    parts = {}
    with zipfile.ZipFile(path) as package:
        parts = {entry: package.read(entry) for entry in package.namelist()}
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for entry, data in parts.items():
            package.writestr(entry, data)


def save_plain(path: Path) -> None:
    """Save a workbook of one layer."""
    book, sheet = make_sheet()
    sheet.append(["layer_id", "formula"])
    sheet.append([1, "a"])
    book.save(path)


def test_far_cell_is_refused(tmp_path: Path) -> None:
    """A cell at the far corner, for which a reader would take half a terabyte, is refused."""
    path = tmp_path / "a.xlsx"
    save_plain(path)
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    rewrite_part(path, "xl/worksheets/sheet1.xml", b"</sheetData>", far)
    with pytest.raises(InputLimitError, match="spans"):
        list(iter_raw_chunks(find_sources([path])[0]))


def test_huge_cell_and_bomb_are_refused(tmp_path: Path) -> None:
    """A cell of many megabytes that packs to little is refused before a parser sees it."""
    path = tmp_path / "a.xlsx"
    save_plain(path)
    rewrite_part(path, "xl/worksheets/sheet1.xml", b"<t>a</t>", b"<t>" + b"a" * 40_000_000 + b"</t>")
    with pytest.raises(InputLimitError, match="expands to"):
        list(iter_raw_chunks(find_sources([path])[0]))


def test_entity_is_refused(tmp_path: Path) -> None:
    """A part that declares a document type, and with it maybe an entity of another file, is refused."""
    path = tmp_path / "a.xlsx"
    save_plain(path)
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet'
    rewrite_part(path, "xl/worksheets/sheet1.xml", b"<worksheet", entity)
    with pytest.raises(InputError, match="document type"):
        list(iter_raw_chunks(find_sources([path])[0]))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"layer_id,formula\n1,a\n", "isn't an XLSX workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook under another name"),
        (BIFF5["make_file"](bytes(5000), name="EncryptedPackage"), "protected by a password"),
        (BIFF5["make_file"](bytes(5000)), "old Excel workbook under another name.*suffix .xls"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
    ],
)
def test_other_kinds_of_file_are_told(tmp_path: Path, data: bytes, words: str) -> None:
    """A file that isn't what its name says is an error that says what it seems to be."""
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(InputError, match=words):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0]))


def test_cut_off_workbook_is_an_error(tmp_path: Path) -> None:
    """Each way to cut a workbook short ends in a message."""
    save_plain(tmp_path / "a.xlsx")
    data = (tmp_path / "a.xlsx").read_bytes()
    for length in range(10, len(data) - 1, len(data) // 12):
        (tmp_path / "b.xlsx").write_bytes(data[:length])
        with pytest.raises(InputError):
            list(iter_raw_chunks(find_sources([tmp_path / "b.xlsx"])[0]))


def test_other_zip_is_no_workbook(tmp_path: Path) -> None:
    """A zip of something else under a workbook's name is told as that."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("hello.txt", "hello")
    (tmp_path / "a.xlsx").write_bytes(stream.getvalue())
    with pytest.raises(InputError, match="isn't an XLSX workbook"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0]))


def test_unknown_encoding_of_a_part_is_an_error(tmp_path: Path) -> None:
    """A part whose XML names an encoding that there isn't ends in a message."""
    save_plain(tmp_path / "a.xlsx")
    rewrite_part(tmp_path / "a.xlsx", "xl/styles.xml", b"<styleSheet", b'<?xml version="1.0" encoding="U"?><styleSheet')
    with pytest.raises(InputError, match="damaged"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0]))


@pytest.mark.parametrize("rows", [48, 49, 50, 51, 52, 200])
def test_no_row_is_lost_at_a_seam(tmp_path: Path, rows: int) -> None:
    """However many rows there are, each comes once, beyond those among which the header is looked for too."""
    book, sheet = make_sheet()
    sheet.append(["layer_id", "formula"])
    for number in range(rows):
        sheet.append([number, "a"])
    book.save(tmp_path / "a.xlsx")
    chunks = list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0], chunk_rows=20))
    assert [row[0] for chunk in chunks for row in list_rows(chunk)] == [str(number) for number in range(rows)]
    assert [number for chunk in chunks for number in chunk.rows.tolist()] == list(range(2, rows + 2))


def test_wide_sheets_come_in_chunks_of_fewer_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk of a sheet of very many columns has as few rows as memory takes, and no row is lost."""
    monkeypatch.setattr(sheet_table, "MAX_CHUNK_CELLS", 20)
    book, sheet = make_sheet()
    sheet.append(["layer_id", "formula", "a", "b", "c"])
    for number in range(100):
        sheet.append([number, "a"])
    chunks = read_book(tmp_path / "a.xlsx", book)
    assert {len(chunk.rows) for chunk in chunks} == {4}
    assert [row[0] for chunk in chunks for row in list_rows(chunk)] == [str(number) for number in range(100)]


def test_table_far_below_the_top_is_whole(tmp_path: Path) -> None:
    """A table that begins behind a hundred empty rows is read to its end."""
    book, sheet = make_sheet()
    for row in range(100, 300):
        sheet.cell(row, 1, "layer_id" if row == 100 else row)
        sheet.cell(row, 2, "formula" if row == 100 else "a")
    (chunk,) = read_book(tmp_path / "a.xlsx", book)
    assert chunk.rows.tolist() == list(range(101, 300))


def test_formula_with_an_empty_result_is_an_empty_cell(tmp_path: Path) -> None:
    """A formula whose result is the empty text, as ``=IF(A2="","",...)`` gives, is no fault."""
    save_plain(tmp_path / "a.xlsx")
    cell = b'<c r="B2" t="str"><f>IF(1=2,1,"")</f><v></v></c>'
    rewrite_part(
        tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", b'<c r="B2" t="inlineStr"><is><t>a</t></is></c>', cell
    )
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0])
    assert list_rows(chunk) == [["1", None]]
    assert chunk.cell_issues == ()


@pytest.mark.parametrize("suffix", ["xlsb", "xlsm", "xls"])
def test_workbook_under_another_workbooks_name(tmp_path: Path, suffix: str) -> None:
    """An XLSX named XLSM is read, for they are of one kind; named XLS or XLSB it is an error."""
    save_plain(tmp_path / f"a.{suffix}")
    (source,) = find_sources([tmp_path / f"a.{suffix}"])
    if suffix == "xlsm":
        assert list_rows(next(iter_raw_chunks(source))) == [["1", "a"]]
        return
    with pytest.raises(InputError):
        list(iter_raw_chunks(source))


def test_hostile_tags_take_no_time(tmp_path: Path) -> None:
    """A megabyte of tags that never end is passed once, not once for each of them."""
    save_plain(tmp_path / "a.xlsx")
    noise = b'<c t="e" <f hidden="1" s="1" ' * 40_000
    rewrite_part(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", b"</sheetData>", noise + b"</sheetData>")
    start = time.process_time()
    with pytest.raises(InputError):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0]))
    assert time.process_time() - start < 5
