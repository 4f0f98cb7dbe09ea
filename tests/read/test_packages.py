"""The zip packages of workbooks: unusual ones that are read all the same, and those in which something could hide."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from importer.errors import InputError, InputLimitError
from importer.read import find_sources, iter_raw_chunks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
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
    with zipfile.ZipFile(stream) as package:
        return {name: package.read(name) for name in package.namelist()}


def read_parts(path: Path, parts: Parts) -> list[list[str | None]]:
    """Return the cells of the workbook that these parts make."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
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
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as package, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, data in parts.items():
                package.writestr(name, data)
            package.writestr(other, parts[SHEET])
        with pytest.raises(InputError, match="two parts of one name"):
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
    with pytest.raises(InputError, match=r"unusual encoding in its part xl/worksheets/sheet1\.xml"):
        read_parts(tmp_path / "a.xlsx", parts)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8"])
def test_document_type_is_refused_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """A document type is found whatever the encoding of its part."""
    parts = save_book()
    parts["customXml/item1.xml"] = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a/>'.encode(encoding)
    with pytest.raises(InputError, match=r"document type in customXml/item1\.xml"):
        read_parts(tmp_path / "a.xlsx", parts)
