"""However a worksheet's XML is written, its cells are seen before the reader of values allocates what they span."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.chunks import column_letters
from importer.errors import InputError, InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.workbook.number_formats import NumberFormat
from importer.formats.workbook.xlsx.cell_tags import find_cell_tags
from importer.formats.workbook.xlsx.scan import scan_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from importer.formats.workbook.cell_facts import SheetFacts

PADDED = NumberFormat("", "", 3, 0)
FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
USUAL = (
    '<cols><col min="1" max="1" width="9"/><col min="2" max="2" hidden="1"/>'
    '<col min="9" max="16384" hidden="1"/></cols>'
    '<row r="1"><c r="A1" s="1"><v>1</v></c><c r="B1" t="e"><v>#N/A</v></c></row>'
    '<row r="2" hidden="1"><c r="A2"><f>A1+1</f></c><c r="B2" s="0"><v>2</v></c></row>'
)
WRITINGS = (
    USUAL.replace('"', "'"),
    USUAL.replace('="', ' = "'),
    USUAL.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:row", "<x:row xmlns:x='u'"),
    USUAL.replace(' r="', '\n\tr="'),
    USUAL.replace('t="', 't = "'),
    USUAL.replace('s="', 's = "'),
    USUAL.replace('r="B', 'r="b'),
    USUAL.replace('r="A2"', 'r="A0002"'),
    USUAL.replace('r="B1"', 'r="&#66;1"'),
    USUAL.replace(' r="B1"', "").replace(' r="A2"', "").replace(' r="2"', ""),
    USUAL.replace('t="e"', "t='e' x=' r=\"ZZ9\" '"),
    USUAL.replace('s="1"', 's="1" note="&lt;c r=&quot;ZZ9&quot;&gt;"'),
)


def look(rows: str) -> SheetFacts:
    """Return what a scan finds in some rows."""
    return scan_sheet(lambda: [f"<d>{rows}</d>".encode()], {1: PADDED}, name="a.xlsx, sheet 'a'")


def describe(facts: SheetFacts) -> tuple[object, ...]:
    """Return what is known of a sheet as one value."""
    formats = [(row, [(at, shown.number_format) for at, shown in cells]) for row, cells in facts.formats.iter_rows()]
    return formats, facts.errors, facts.uncached, facts.hidden, facts.hidden_columns


@pytest.mark.parametrize("rows", WRITINGS)
def test_the_same_cells_are_found_however_they_are_written(rows: str) -> None:
    """Quotes, white space, prefixes, entities, cases and addresses left out make no difference."""
    assert describe(look(rows)) == describe(look(USUAL))
    assert describe(look(USUAL)) == ([(0, [(0, PADDED)])], {(0, 1): "#N/A"}, {(1, 0)}, [1], [1, *range(8, 16_384)])


@pytest.mark.parametrize(
    "cell",
    [
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
        "<row r=\"1048576\"><c r='XFD1048576'><v>2</v></c></row>",
        '<row r="1048576"><c r = "XFD1048576"><v>2</v></c></row>',
        '<row r="1048576"><c r="xfd1048576"><v>2</v></c></row>',
        '<row r="1048576"><c r="XFD0000000001048576"><v>2</v></c></row>',
        '<row r="1048576"><c r="&#88;FD1048576"><v>2</v></c></row>',
        '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="1048576"><c><v>2</v></c></row>',
        '<row r="1"><c r="XFD1"><v>1</v></c></row><row r=\'1048576\'><c x=\' r="A1" \'><v>2</v></c></row>',
        '<row r="1048576"><c x="&gt;" y=">" r="XFD1048576"><v>2</v></c></row>',
    ],
)
def test_a_far_cell_is_refused_however_it_is_written(cell: str, tmp_path: Path) -> None:
    """A file of two kilobytes that would take half a terabyte ends in a message, not in the end of the process."""
    path = tmp_path / "a.xlsx"
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    head, _, tail = parts["xl/worksheets/sheet1.xml"].partition(b"<sheetData>")
    assert tail
    parts["xl/worksheets/sheet1.xml"] = head + b"<sheetData>" + f"{FIRST}{cell}".encode() + tail
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    with pytest.raises(InputLimitError, match="spans 17,179,869,184 cells"):
        list(iter_raw_chunks(find_sources([path])[0]))


def test_a_column_is_noted_once_however_often_it_is_told() -> None:
    """Overlapping and endless ranges, which no program writes, take no more than the columns of a sheet."""
    columns = '<col min="1" max="99999" hidden="true"/>' * 1_000 + '<col min="3" max="2" hidden="1"/>'
    assert look(f"<cols>{columns}</cols>{FIRST}").hidden_columns == list(range(16_384))


@pytest.mark.parametrize("address", ["AAAAA1", "$A$1", "A0", "1A", "A12345678", ""])
def test_an_address_that_no_sheet_has_is_refused(address: str) -> None:
    """A cell that stands nowhere is named."""
    with pytest.raises(InputError, match="has a cell at"):
        look(f'<row r="1"><c r="{address}"><v>1</v></c></row>')


@given(st.lists(st.tuples(st.integers(0, 16_383), st.integers(0, 1_048_575), st.none() | st.integers(0, 999_999))))
def test_addresses_and_styles_are_read_as_written(cells: list[tuple[int, int, int | None]]) -> None:
    """Each cell's column, row and style come out as they went in."""
    tags = []
    for column, row, style in cells:
        styled = "" if style is None else f' s="{style}"'
        tags.append(f'<c r="{column_letters(column)}{row + 1}"{styled} t="s"><v>s r="A1"</v></c>')
    found = find_cell_tags("".join(tags).encode())
    assert found is not None
    read = zip(found.columns.tolist(), found.rows.tolist(), found.styles.tolist(), strict=True)
    assert list(read) == [(column, row, -1 if style is None else style) for column, row, style in cells]
