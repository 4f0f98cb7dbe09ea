"""ODS, XLS and columnar files: what only they have, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import io
import runpy
import struct
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from importer.errors import InputError, InputLimitError
from importer.formats.arrow import read as arrow
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.workbook import zip_package as package
from importer.formats.workbook.ods import content as ods_content
from importer.formats.workbook.typed_values import show_typed_value

BIFF5 = runpy.run_path(str(Path(__file__).parents[1] / "corpus" / "biff5.py"))
FORMATS = Path(__file__).parents[2] / "sample_data" / "formats"
ROW = "<table:table-row>%s</table:table-row>"
ONE = "<table:table-cell><text:p>1</text:p></table:table-cell>"
CONTENT = """<?xml version="1.0"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">
<office:body><office:spreadsheet><table:table table:name="S">
<table:table-row><table:table-cell><text:p>layer_id</text:p></table:table-cell>
<table:table-cell><text:p>hkl</text:p></table:table-cell></table:table-row>%s
</table:table></office:spreadsheet></office:body></office:document-content>"""


def read_ods(path: Path, rows: str) -> tuple[list[list[str | None]], list[str]]:
    """Return cells and codes of the cells' issues of an ODS with these rows below its header."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("content.xml", CONTENT % rows)
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    cells: list[list[str | None]] = chunk.frame.to_numpy(dtype=object).tolist()
    return cells, [issue.code for _, _, issue in chunk.cell_issues]


@pytest.mark.parametrize(
    ("cell", "text", "codes"),
    [
        ('office:value-type="float" office:value="1"><text:p>001</text:p>', "001", []),
        ('office:value-type="float" office:value="1.2345"><text:p>1.23</text:p>', "1.2345", []),
        ('office:value-type="float" office:value="0.7"><text:p>0,7</text:p>', "0.7", []),
        ('office:value-type="float" office:value="5020"><text:p>mp-5020</text:p>', "mp-5020", []),
        (
            'office:value-type="string"><text:p>a<text:s text:c="2"/>b<text:tab/>c</text:p><text:p>d</text:p>',
            "a  b\tc\nd",
            [],
        ),
        ('office:value-type="string"><text:p>BaTiO<text:span>3</text:span></text:p>', "BaTiO3", []),
        (
            'office:value-type="date" office:date-value="2025-11-20"><text:p>20. Nov</text:p>',
            "2025-11-20",
            ["cell-date"],
        ),
        (
            'office:value-type="date" office:date-value="2025-11-20T00:00:00"><text:p>20. Nov</text:p>',
            "2025-11-20",
            ["cell-date"],
        ),
        (
            'office:value-type="date" office:date-value="2025-11-20T10:30:00"><text:p>20. Nov</text:p>',
            "2025-11-20 10:30:00",
            ["cell-date"],
        ),
        ('office:value-type="boolean"><text:p>FALSE</text:p>', "FALSE", ["cell-boolean"]),
        ('calcext:value-type="error" office:value-type="string"><text:p>#REF!</text:p>', "#REF!", ["cell-error"]),
    ],
)
def test_ods_cells_as_shown(tmp_path: Path, cell: str, text: str, codes: list[str]) -> None:
    """An ODS cell comes as it is shown, unless less than the number is shown."""
    row = ROW % f"{ONE}<table:table-cell {cell}</table:table-cell>"
    assert read_ods(tmp_path / "a.ods", row) == ([["1", text]], codes)


def test_hidden_ods_columns_are_told(tmp_path: Path) -> None:
    """Columns are declared above the rows, as often as they are repeated; those of a table in a cell don't count."""
    column = '<table:table-column table:number-columns-repeated="%d" table:visibility="%s"/>'
    columns = column % (1, "visible") + f"<table:table-column-group>{column % (16_383, 'collapse')}"
    content = CONTENT.replace('table:name="S">', f'table:name="S">{columns}</table:table-column-group>')
    nested = (
        f"<table:table-cell><text:p>1</text:p><table:table>{column % (1, 'collapse')}</table:table></table:table-cell>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as book:
        book.writestr("content.xml", content % ROW % nested)
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.ods"])[0])
    (issue,) = chunk.table_issues
    assert (issue.message, issue.where.cell) == ("1 hidden column was read too: 'hkl' (B).", "B1")


def test_ods_repeats_are_bounded(tmp_path: Path) -> None:
    """A million empty rows are nothing; a filled row repeated a billion times is refused."""
    row = '<table:table-row table:number-rows-repeated="%d"><table:table-cell>%s</table:table-cell></table:table-row>'
    cells, _ = read_ods(tmp_path / "a.ods", row % (1_000_000, "") + row % (2, "<text:p>1</text:p>"))
    assert cells == [["1", None], ["1", None]]
    with pytest.raises(InputLimitError):
        read_ods(tmp_path / "a.ods", row % (1_000_000_000, "<text:p>1</text:p>"))
    many = "<table:table-cell table:number-columns-repeated='1000000'><text:p>1</text:p></table:table-cell>"
    with pytest.raises(InputLimitError, match="columns"):
        read_ods(tmp_path / "a.ods", ROW % many)


def test_hostile_ods_content_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements nested without end, a row of many megabytes, millions of elements and odd counts end in a message."""
    cell = "<table:table-cell><text:p>%s</text:p></table:table-cell>"
    deep = cell % ("<text:span>" * 100_000 + "x" + "</text:span>" * 100_000)
    with pytest.raises(InputLimitError, match="nests its elements more than 100 deep"):
        read_ods(tmp_path / "a.ods", ROW % deep)
    with pytest.raises(InputLimitError, match="row of more than 16 MiB"):
        read_ods(tmp_path / "a.ods", ROW % (cell % "".join(map(str, range(2_800_000)))))
    for count in ("0", "-5", "x"):
        with pytest.raises(InputError, match="has damaged content"):
            read_ods(
                tmp_path / "a.ods", f"<table:table-row table:number-rows-repeated='{count}'>{ONE}</table:table-row>"
            )
    monkeypatch.setattr(ods_content, "MAX_LOOSE_ELEMENTS", 100)
    with pytest.raises(InputLimitError, match="outside of its rows"):
        read_ods(tmp_path / "a.ods", "<a/>" * 101)


def test_ods_rows_come_whole_however_the_content_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows in groups, nested tables and long sheets read the same in blocks of any size."""
    nested = "<table:table-cell><text:p>b</text:p><table:table><table:table-row/></table:table></table:table-cell>"
    rows = ROW % (ONE + nested) + f"<table:table-row-group>{ROW % (ONE * 2)}</table:table-row-group>" + ROW % ONE
    whole = read_ods(tmp_path / "a.ods", rows)
    assert whole[0] == [["1", "b"], ["1", "1"], ["1", None]]
    for size in (1, 7, 64):
        monkeypatch.setattr(package, "_BLOCK", size)
        assert read_ods(tmp_path / "a.ods", rows) == whole


def test_protected_and_foreign_ods_are_told(tmp_path: Path) -> None:
    """An encrypted ODS and a text document under its name are errors that say so."""
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("content.xml", "garbage")
        book.writestr("META-INF/manifest.xml", "<m><encryption-data/></m>")
    with pytest.raises(InputError, match="password"):
        list(iter_raw_chunks(find_sources([path])[0]))
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("x.txt", "x")
    with pytest.raises(InputError, match="isn't an ODS"):
        list(iter_raw_chunks(find_sources([path])[0]))


def test_damaged_xls_ends_in_a_message(tmp_path: Path) -> None:
    """Every way to cut an XLS short, or to overwrite a part of it, ends in layers or in a message, never in a crash."""
    data = (FORMATS / "lab_book_libreoffice.xls").read_bytes()
    path = tmp_path / "a.xls"
    damaged = [data[:length] for length in (0, 8, 300, 1000, 3000, len(data) - 900)]
    damaged += [data[:at] + b"\xff" * 64 + data[at + 64 :] for at in (40, 600, 1500, len(data) // 2)]
    for each in damaged:
        path.write_bytes(each)
        try:
            chunks = list(iter_raw_chunks(find_sources([path])[0]))
        except InputError as error:
            assert "a.xls" in str(error)  # noqa: PT017 either end is right
        else:
            assert chunks


def test_xls_whose_sectors_go_round_ends_soon(tmp_path: Path) -> None:
    """A chain of sectors without an end takes seconds and some hundred megabytes, not all there is."""
    data = bytearray(BIFF5["make_file"](bytes(60_000)))
    struct.pack_into("<I", data, 512 + 4 * 20, 19)
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.xls (takes too much memory|is damaged)"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xls"])[0]))


def test_xls_under_another_name(tmp_path: Path) -> None:
    """A CSV under the name of an XLS is told as that."""
    (tmp_path / "a.xls").write_text("layer_id,formula\n1,a\n")
    with pytest.raises(InputError, match="isn't an old Excel workbook"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.xls"])[0]))


@pytest.mark.parametrize(
    ("value", "text", "code"),
    [
        ("010", "010", None),
        (None, None, None),
        (1.0, "1", None),
        (0.1, "0.1", None),
        (float("nan"), None, None),
        (7, "7", None),
        ({"Ba": 1.0, "O": None}, '{"Ba":"1"}', None),
        ([0, 0, 1], '["0","0","1"]', None),
        (True, "TRUE", "cell-boolean"),
        (dt.date(2025, 11, 20), "2025-11-20", "cell-date"),
    ],
)
def test_typed_values_become_text(value: object, text: str | None, code: str | None) -> None:
    """Each type has its text; dates and truth values are odd."""
    shown, problem = show_typed_value(value)
    assert (shown, problem and problem.code) == (text, code)


def test_arrow_chunks_and_damage(tmp_path: Path) -> None:
    """Rows come in chunks with their positions; a cut-off file is an error."""
    frame = pd.DataFrame({"layer_id": range(50), "formula": ["a"] * 50})
    for path in (tmp_path / "a.parquet", tmp_path / "a.feather"):
        stream = io.BytesIO()
        (frame.to_parquet if path.suffix == ".parquet" else frame.to_feather)(stream)
        path.write_bytes(stream.getvalue())
        chunks = list(iter_raw_chunks(find_sources([path])[0], chunk_rows=20))
        assert [n for chunk in chunks for n in chunk.rows.tolist()] == list(range(1, 51))
        path.write_bytes(stream.getvalue()[:-20])
        with pytest.raises(InputError, match="Write the file again"):
            list(iter_raw_chunks(find_sources([path])[0]))


def write_parquet(path: Path, column: pa.Array) -> None:
    """Write a file of one column beside the layers' numbers."""
    numbers = pa.array([str(number) for number in range(len(column))])
    parquet.write_table(pa.table({"layer_id": numbers, "formula": column}), path, compression="zstd")


def test_parquet_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of some kilobytes that unpacks to hundreds of megabytes ends in a message, whichever bound is met."""
    path = tmp_path / "a.parquet"
    write_parquet(path, pa.array(["a" * 80_000_000]))
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(arrow, "MAX_BATCH_BYTES", 50_000_000)
    with pytest.raises(InputLimitError, match=r"unpacks to more than fits in memory.*smaller row groups"):
        list(iter_raw_chunks(find_sources([path])[0]))
    monkeypatch.setattr(arrow, "MAX_BATCH_BYTES", 500_000_000)
    with pytest.raises(InputLimitError, match=r"row 1: more than 16 MiB in one row"):
        list(iter_raw_chunks(find_sources([path])[0]))
    monkeypatch.setattr(arrow, "MAX_ARROW_BYTES", 100_000_000)
    with pytest.raises(InputLimitError, match=r"too large to read|takes too much memory"):
        list(iter_raw_chunks(find_sources([path])[0]))


def test_parquet_comes_in_parts_that_python_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of long texts, repeated ones and lists come in smaller chunks, none lost, each with its number."""
    columns = [
        pa.array(["a" * 3000] * 50),
        pa.array(["a" * 3000] * 50).dictionary_encode(),
        pa.array([["x"] * 900] * 50),
        pa.array([1] * 50).dictionary_encode(),
    ]
    monkeypatch.setattr(arrow, "MAX_PART_BYTES", 20_000)
    for column in columns:
        write_parquet(tmp_path / "a.parquet", column)
        chunks = list(iter_raw_chunks(find_sources([tmp_path / "a.parquet"])[0]))
        assert [number for chunk in chunks for number in chunk.rows.tolist()] == list(range(1, 51))
        assert [text for chunk in chunks for text in chunk.frame[0]] == [str(number) for number in range(50)]
        assert (len(chunks) > 5) is (column.type != columns[3].type)
    monkeypatch.setattr(arrow, "MAX_CHUNK_CELLS", 20)
    assert [len(chunk.rows) for chunk in iter_raw_chunks(find_sources([tmp_path / "a.parquet"])[0])] == [10] * 5


def test_a_small_file_whose_dictionary_expands_is_refused_at_once(tmp_path: Path) -> None:
    """A long text that stands a million times in a few kilobytes isn't written out, not even batch by batch."""
    rows = 300_000
    long = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int8)), pa.array(["x" * 10_000]))
    feather.write_feather(pa.table({"formula": long}), str(tmp_path / "a.feather"))
    assert (tmp_path / "a.feather").stat().st_size < 200_000
    with pytest.raises(InputLimitError, match="times its size"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.feather"])[0]))
