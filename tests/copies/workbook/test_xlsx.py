"""Corrected copies of workbooks: touched cells change, every other cell, part and attribute stays."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from importer.chunks import Source
from importer.copies import Deletion, Edit, write_copy
from importer.errors import UsageError
from importer.formats.read import iter_raw_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

HEADER = ("Sample", "Layer", "Composition")
SHEET = "xl/worksheets/sheet1.xml"


def make_book(
    folder: Path, change: Callable[[Worksheet], object] | None = None, *, parts: dict[str, str] | None = None
) -> Source:
    """Return a workbook of three layers, changed by a function, and in its parts by patterns and what replaces them."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Growths"
    for row in (HEADER, ("W1", 1, "batio3"), ("W1", 2, "SrTiO3"), ("W2", 1, "a & b")):
        sheet.append(row)
    sheet["C2"].font = Font(bold=True)
    book.create_sheet("Notes")["A1"] = "untouched"
    if change is not None:
        change(sheet)
    stream = io.BytesIO()
    book.save(stream)
    path = folder / "growths.xlsx"
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry).decode("utf-8", "surrogateescape")
            for pattern, replacement in (parts or {}).items():
                data = re.sub(pattern, replacement, data)
            new.writestr(entry, data.encode("utf-8", "surrogateescape"))
    return Source(str(path), path, "xlsx")


def fix(source: Source, edits: Iterable[Edit] = (), deleted: Iterable[int] = ()) -> Path:
    """Return a corrected copy of a workbook."""
    to = source.path.with_name("fixed.xlsx")
    write_copy(source, to, edits=edits, deleted=[Deletion(row, "Growths") for row in deleted])
    return to


def list_rows(path: Path) -> list[tuple[int, tuple[str | None, ...]]]:
    """Return the rows of the first table as the importer reads them."""
    rows = []
    for raw in iter_raw_chunks(Source(str(path), path, "xlsx", sheet="Growths")):
        columns = [column.cells.tolist() for column in raw.columns]
        rows += [(row, tuple(cells)) for row, *cells in zip(raw.rows.tolist(), *columns, strict=True)]
    return rows


def read_parts(path: Path) -> dict[str, bytes]:
    """Return the parts of a package."""
    with zipfile.ZipFile(path) as package:
        return {entry.filename: package.read(entry) for entry in package.infolist()}


def test_only_the_touched_cell_changes(tmp_path: Path) -> None:
    """Its style stays; other parts are the same bytes in the same order, the sheet differs in one element."""
    source = make_book(tmp_path)
    to = fix(source, [Edit(2, 2, "batio3", "BaTiO3 <&>", "Growths")])
    before, after = read_parts(source.path), read_parts(to)
    assert list(before) == list(after)
    assert [name for name in before if before[name] != after[name]] == [SHEET]
    cell = re.compile(rb'<c r="C2"[^>]*>.*?</c>')
    assert cell.sub(b"", before[SHEET]) == cell.sub(b"", after[SHEET])
    book = openpyxl.load_workbook(to)
    assert book["Growths"]["C2"].value == "BaTiO3 <&>"
    assert book["Growths"]["C2"].font.bold
    assert book["Growths"]["C4"].value == "a & b"


@pytest.mark.parametrize(
    ("edit", "meant"),
    [
        (Edit(2, 1, "1", "7", "Growths"), 7),
        (Edit(2, 1, "1", "007", "Growths"), "007"),
        (Edit(2, 1, "1", "", "Growths"), None),
        (Edit(2, 2, "batio3", "1", "Growths"), "1"),
        (Edit(2, 2, "batio3", "=1+1", "Growths"), "=1+1"),
        (Edit(2, 2, "batio3", " x\ny ", "Growths"), " x\ny "),
        (Edit(1, 2, "Composition", "Formula", "Growths"), None),
    ],
)
def test_values_keep_their_kind(tmp_path: Path, edit: Edit, meant: object) -> None:
    """A number takes the place of a number, and a text is a text, also one that looks like a formula."""
    cell = openpyxl.load_workbook(fix(make_book(tmp_path), [edit]))["Growths"][edit.cell]
    assert cell.value == (meant if edit.row > 1 else "Formula")
    assert cell.data_type != "f"


def test_an_empty_cell_is_made_where_it_belongs(tmp_path: Path) -> None:
    """A cell that isn't in the file at all gets a text, in the order of the columns."""

    def leave_out(sheet: Worksheet) -> None:
        sheet["B3"].value = None
        sheet["D1"].value, sheet["D3"].value = "Orientation", "001"

    source = make_book(tmp_path, leave_out)
    to = fix(source, [Edit(3, 1, None, "2", "Growths"), Edit(4, 3, None, "110", "Growths")])
    assert list_rows(to)[1:] == [(3, ("W1", "2", "SrTiO3", "001")), (4, ("W2", "1", "a & b", "110"))]


def test_a_deleted_row_is_emptied(tmp_path: Path) -> None:
    """Rows below keep their numbers."""
    assert [row for row, _ in list_rows(fix(make_book(tmp_path), deleted=[3]))] == [2, 4]


@pytest.mark.parametrize(
    ("edits", "deleted", "meant", "merged"),
    [
        ([Edit(2, 0, "W1", "W9", "Growths"), Edit(3, 0, "W1", "W9", "Growths")], [], ["W9", "W9", "W2"], True),
        ([Edit(3, 0, "W1", "W9", "Growths")], [], ["W1", "W9", "W2"], False),
        ([], [2], ["W1", "W2"], False),
        ([], [3], ["W1", "W2"], True),
        ([Edit(2, 2, "batio3", "BaTiO3", "Growths")], [], ["W1", "W1", "W2"], True),
    ],
)
def test_merged_cells(tmp_path: Path, edits: list[Edit], deleted: list[int], meant: list[str], *, merged: bool) -> None:
    """The text of merged cells goes on holding for the rows that are left; cells that differ are unmerged."""
    source = make_book(tmp_path, lambda sheet: sheet.merge_cells("A2:A3"))
    to = fix(source, edits, deleted)
    assert [cells[0] for _, cells in list_rows(to)] == meant
    assert bool(openpyxl.load_workbook(to)["Growths"].merged_cells.ranges) is merged


def test_one_of_several_merged_ranges_goes(tmp_path: Path) -> None:
    """The others stay, and are counted."""

    def merge(sheet: Worksheet) -> None:
        sheet.append(("W3", 1, "Si"))
        sheet.append(("", 2, "SiO2"))
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("A5:A6")

    to = fix(make_book(tmp_path, merge), [Edit(3, 0, "W1", "W9", "Growths")])
    assert b'<mergeCells count="1">' in read_parts(to)[SHEET]
    assert [str(each) for each in openpyxl.load_workbook(to)["Growths"].merged_cells.ranges] == ["A5:A6"]
    assert [cells[0] for _, cells in list_rows(to)] == ["W1", "W9", "W2", "W3", "W3"]


CHAIN = {
    r"</Types>": '<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.calcChain+xml"/></Types>',
    r'(<Relationship [^>]*worksheets/sheet1.xml"[^>]*/>)': r'\1<Relationship Id="rId99" Type="http://schemas.openxmlformats'
    r'.org/officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/>',
    r'<c r="C2"[^>]*>.*?</c>': '<c r="C2" t="str"><f>"batio"&amp;3</f><v>batio3</v></c>',
}


def test_the_chain_of_calculations_goes_with_a_formula(tmp_path: Path) -> None:
    """A chain that names a cell without a formula makes programs call the file damaged."""
    source = make_book(tmp_path, parts=CHAIN)
    with zipfile.ZipFile(source.path, "a") as package:
        package.writestr("xl/calcChain.xml", '<calcChain xmlns="http://x"><c r="C2" i="1"/></calcChain>')
    parts = read_parts(fix(source, [Edit(2, 2, "batio3", "BaTiO3", "Growths")]))
    assert "xl/calcChain.xml" not in parts
    assert not any(b"calcChain" in data for data in parts.values())
    (tmp_path / "fixed.xlsx").unlink()
    kept = read_parts(fix(source, [Edit(3, 2, "SrTiO3", "SrTiO2", "Growths")]))
    assert "xl/calcChain.xml" in kept


@pytest.mark.parametrize("formula", ['<f t="shared" ref="C2:C3" si="0">B2</f>', '<f t="array" ref="C2:C3">B2:B3</f>'])
def test_a_formula_that_others_need_stays(tmp_path: Path, formula: str) -> None:
    """The cell that holds a formula of several cells isn't changed alone."""
    other = '<f t="shared" si="0"/>' if "shared" in formula else ""
    source = make_book(
        tmp_path,
        parts={
            r'<c r="C2"[^>]*>.*?</c>': f'<c r="C2" t="str">{formula}<v>batio3</v></c>',
            r'<c r="C3"[^>]*>.*?</c>': f'<c r="C3" t="str">{other}<v>SrTiO3</v></c>',
        },
    )
    with pytest.raises(UsageError, match="other cells need too"):
        fix(source, [Edit(2, 2, "batio3", "BaTiO3", "Growths")])
    assert not source.path.with_name("fixed.xlsx").exists()


def test_a_header_of_a_table_stays(tmp_path: Path) -> None:
    """A header that the workbook's table names too isn't changed in the sheet alone; its cells are."""

    def add_table(sheet: Worksheet) -> None:
        sheet.add_table(Table(displayName="T1", ref="A1:C4"))

    source = make_book(tmp_path, add_table)
    with pytest.raises(UsageError, match="header of the table 'T1'"):
        fix(source, [Edit(1, 2, "Composition", "Formula", "Growths")])
    assert list_rows(fix(source, [Edit(2, 2, "batio3", "BaTiO3", "Growths")]))[0][1][2] == "BaTiO3"


PREFIXED = {
    r"<(/?)(worksheet|sheetData|row|c|v)\b": r"<\1x:\2",
    r'<x:worksheet xmlns="([^"]*)"': r'<x:worksheet xmlns="\1" xmlns:x="\1"',
}
RICH = "<!-- > --><is><r><t>bat</t></r><r><t>io3</t></r></is>"


@pytest.mark.parametrize(
    "parts",
    [
        {r'<c r="[A-Z]+\d+"': "<c"},
        {r'<c r="([A-Z]+\d+)"': r"<c r='\1'"},
        {r"<row r=\"\d+\"": "<row"},
        {r'<c r="C2"[^>]*>.*?</c>': f'<c r="C2" t="inlineStr">{RICH}</c>'},
        {r'<c r="C2"[^>]*>.*?</c>': "<c t='inlineStr' q='>' r='C2'><is><t>batio3</t></is></c >"},
        PREFIXED,
    ],
    ids=["no addresses", "apostrophes", "no row numbers", "rich text", "odd tags", "prefixes"],
)
def test_unusual_xml(tmp_path: Path, parts: dict[str, str]) -> None:
    """Whatever way of writing XML allows, the right cell changes."""
    to = fix(make_book(tmp_path, parts=parts), [Edit(2, 2, "batio3", "BaTiO3", "Growths")])
    assert list_rows(to) == [(2, ("W1", "1", "BaTiO3")), (3, ("W1", "2", "SrTiO3")), (4, ("W2", "1", "a & b"))]


@pytest.mark.parametrize("text", ["a\x07b", "x" * 40_000, "\ufffe"])
def test_what_no_cell_can_hold(tmp_path: Path, text: str) -> None:
    """A text that a workbook can't hold is refused by its cell."""
    with pytest.raises(UsageError, match=r"C2.*no cell can hold"):
        fix(make_book(tmp_path), [Edit(2, 2, "batio3", text, "Growths")])


def test_macros_stay(tmp_path: Path) -> None:
    """A workbook with macros keeps them, and its suffix."""
    source = make_book(tmp_path)
    path = source.path.with_suffix(".xlsm")
    source.path.rename(path)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"\0macros")
    source = Source(str(path), path, "xlsx")
    with pytest.raises(UsageError, match="xlsm"):
        write_copy(source, tmp_path / "fixed.xlsx", edits=[])
    write_copy(source, tmp_path / "fixed.xlsm", edits=[Edit(2, 2, "batio3", "BaTiO3", "Growths")])
    assert read_parts(tmp_path / "fixed.xlsm")["xl/vbaProject.bin"] == b"\0macros"
