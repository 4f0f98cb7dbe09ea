"""Delimited text: cells as they stand, places, and what is said of damaged rows."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_CHUNK_CELLS
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.text import rows as limited
from tests.helpers.examples import scale_examples

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import RawChunk


def read_bytes(path: Path, data: bytes, *, chunk_rows: int = 1000) -> list[RawChunk]:
    """Return the chunks of a file with these bytes."""
    path.write_bytes(data)
    (source,) = find_sources([path])
    return list(iter_raw_chunks(source, chunk_rows=chunk_rows))


def list_cells(chunks: list[RawChunk]) -> list[list[str | None]]:
    """Return the cells of all rows."""
    return [row for chunk in chunks for row in chunk.frame.to_numpy(dtype=object).tolist()]


def list_codes(chunks: list[RawChunk]) -> list[tuple[str, int | None]]:
    """Return code and row of every issue, sorted."""
    issues = [issue for chunk in chunks for issue in (*chunk.table_issues, *(issue for _, issue in chunk.row_issues))]
    return sorted((issue.code, issue.where.row) for issue in issues)


def test_texts_stay_as_they_stand(tmp_path: Path) -> None:
    """No text that another reader would take for a number, a date or nothing is changed."""
    texts = ["010", "NO", "NaN", "1e3", "null", "TRUE", "2025-01-02", " 7 ", "0x1F", "-1", "inf"]
    data = "layer_id,formula\n" + "".join(f"{text},{text}\n" for text in texts)
    assert list_cells(read_bytes(tmp_path / "a.csv", data.encode())) == [[text, text] for text in texts]


def test_places_are_physical(tmp_path: Path) -> None:
    """Rows after a title, blank lines and quoted line breaks keep the line on which they start."""
    data = b'Growth log\r\n\r\nlayer_id;formula\r\n1;"a\r\nb"\r\n2;c\r\n\r\n3;d\r\n'
    (chunk,) = read_bytes(tmp_path / "a.csv", data)
    assert chunk.header_row == 3
    assert chunk.rows.tolist() == [4, 6, 8]
    assert str(chunk.place_cell(2, 1)).endswith("cell B8, column 'formula'")
    assert list_codes([chunk]) == [("blank-row", 7), ("title-row", 1)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    """Each delimiter is found, also where cells hold another one."""
    rows = [["layer_id", "formula", "note"], ["1", "Ba0,5Sr0,5TiO3", "a; b"], ["2", "SrRuO3", "c|d"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    chunks = read_bytes(tmp_path / "a.csv", text.getvalue().encode())
    assert chunks[0].header == tuple(rows[0])
    assert list_cells(chunks) == rows[1:]


def test_ragged_rows_are_named_and_not_shifted(tmp_path: Path) -> None:
    """A short and a long row are errors at their lines; their neighbours are whole."""
    chunks = read_bytes(tmp_path / "a.csv", b"layer_id,formula,hkl\n1,a\n2,b,001,x\n3,c,001\n4,d,001,,\n")
    assert list_codes(chunks) == [("ragged-row", 2), ("ragged-row", 3)]
    assert list_cells(chunks) == [["1", "a", None], ["2", "b", "001"], ["3", "c", "001"], ["4", "d", "001"]]


def test_broken_quoting_is_one_rows_fault(tmp_path: Path) -> None:
    """Text after a closing quote makes an error of that row only."""
    chunks = read_bytes(tmp_path / "a.csv", b'layer_id,formula\n1,"a"x\n2,b\n')
    assert list_codes(chunks) == [("broken-quoting", 2)]
    assert list_cells(chunks)[1] == ["2", "b"]


def test_unterminated_quote_is_the_tables_fault(tmp_path: Path) -> None:
    """A quote that is never closed is told with the line on which its row starts; later rows aren't made up."""
    chunks = read_bytes(tmp_path / "a.csv", b'layer_id,formula\n1,a\n2,"b\n3,c\n')
    assert [(issue.code, issue.where.row) for chunk in chunks for issue in chunk.table_issues] == [
        ("unterminated-quote", 3)
    ]
    assert list_cells(chunks) == [["1", "a"], [None, None]]


def test_damaged_bytes_are_shown_and_placed(tmp_path: Path) -> None:
    """A NUL and a byte that is no UTF-8 are errors at their cells, shown as escapes."""
    chunks = read_bytes(tmp_path / "a.csv", "layer_id,formula\n1,Ba\0O\n2,é".encode() + b"\xff\n3,c\n")
    assert list_codes(chunks) == [("nul-byte", 2), ("undecodable-byte", 3)]
    assert list_cells(chunks) == [["1", "Ba\\x00O"], ["2", "é\\xff"], ["3", "c"]]


def test_comments_above_and_between(tmp_path: Path) -> None:
    """Lines that begin with # are noted and not read; a column named # is a column."""
    chunks = read_bytes(tmp_path / "a.csv", b"# made by hand\nlayer_id,formula\n1,a\n# chamber opened\n2,b\n")
    assert list_codes(chunks) == [("comment-row", 1), ("comment-row", 4)]
    assert [chunk.rows.tolist() for chunk in chunks] == [[3, 5]]
    assert read_bytes(tmp_path / "b.csv", b"#,formula\n1,a\n")[0].header == ("#", "formula")


def test_byte_order_mark_is_taken_off(tmp_path: Path) -> None:
    """The mark that Excel writes before UTF-8 isn't part of the first header."""
    assert read_bytes(tmp_path / "a.csv", b"\xef\xbb\xbflayer_id,formula\n1,a\n")[0].header == ("layer_id", "formula")


def test_chunks_join_without_a_seam(tmp_path: Path) -> None:
    """Rows come once each, in order, with only the first chunk marked as such."""
    data = "layer_id,formula\n" + "".join(f"{n},x\n" for n in range(200))
    chunks = read_bytes(tmp_path / "a.csv", data.encode(), chunk_rows=60)
    assert [cells[0] for cells in list_cells(chunks)] == [str(n) for n in range(200)]
    assert [n for chunk in chunks for n in chunk.rows.tolist()] == list(range(2, 202))
    assert [chunk.first for chunk in chunks] == [True] + [False] * (len(chunks) - 1)


def test_empty_file_is_an_error(tmp_path: Path) -> None:
    """A file without a byte, and one without text, can't be read."""
    with pytest.raises(InputError, match="empty"):
        read_bytes(tmp_path / "a.csv", b"")
    with pytest.raises(InputError, match="no table"):
        read_bytes(tmp_path / "a.csv", b"\n\n,,\n")


def test_endless_line_is_refused(tmp_path: Path) -> None:
    """A line past the bound is refused before it is held in memory."""
    with pytest.raises(InputLimitError, match="line of more than"):
        read_bytes(tmp_path / "a.csv", b"layer_id,formula\n1," + b"x" * (17 * 1024 * 1024))


def test_a_million_columns_are_refused(tmp_path: Path) -> None:
    """A line of a million cells is refused before it is cut into them, in the header and below it."""
    header = ",".join(["layer_id", *map(str, range(1_000_000))])
    for data in (header, f"layer_id,formula\n1,a\n{header}\n"):
        with pytest.raises(InputLimitError, match="columns"):
            read_bytes(tmp_path / "a.csv", data.encode())


@pytest.mark.parametrize(
    ("above", "header"),
    [
        ("", 1),
        ("Growth log\n", 2),
        ("Sample,S1,Substrate,Si\n", 2),
        ("Sample,42,Layers,5\n\nOperator,AB,Date,x\n", 4),
        ("# note\nMBE 3,,,\n", 3),
    ],
)
def test_header_below_titles(tmp_path: Path, above: str, header: int) -> None:
    """Titles, pairs of names and values, and comments above the header are told from it."""
    data = f"{above}Layer no.,Formula,Miller,d\n-,-,(hkl),nm\n1,a,001,4\n2,b,001,5\n"
    (chunk,) = read_bytes(tmp_path / "a.csv", data.encode())
    assert chunk.header_row == header
    assert chunk.rows.tolist() == [header + 2, header + 3]


def test_second_table_below_makes_no_titles_of_the_first(tmp_path: Path) -> None:
    """Rows above a second, richer header are rows, not titles; the second header is a row that can't be a layer."""
    data = b"layer_id,formula\n1,a\n2,b\nlayer_id,formula,hkl,sg\n1,a,001,99\n"
    (chunk,) = read_bytes(tmp_path / "a.csv", data)
    assert chunk.header_row == 1
    assert chunk.rows.tolist() == [2, 3, 4, 5]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=scale_examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_reads_back(tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str, end: str) -> None:
    """Whatever the cells hold, the table that was written is read back, cell for cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    table = [["layer_id", "formula", "hkl", "sg"], *[[str(n), *row] for n, row in enumerate(rows)]]
    writer.writerows(table)
    chunks = read_bytes(tmp_path / "a.csv", text.getvalue().encode())
    assert chunks[0].header == tuple(table[0])
    assert list_cells(chunks) == table[1:]
    assert list_codes(chunks) == []


@pytest.mark.parametrize("delimiter", [";", ",", "|", "\t"])
def test_a_tsv_without_tabs_is_cut_at_what_it_has(tmp_path: Path, delimiter: str) -> None:
    """A table named .tsv that was written with another delimiter is read by that, not as one column."""
    data = "layer_id,formula\n1,a\n2,b\n".replace(",", delimiter).encode()
    assert list_cells(read_bytes(tmp_path / "a.tsv", data)) == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize("columns", [600, pytest.param(12_000, marks=pytest.mark.long)])
def test_a_table_of_very_many_columns_comes_in_small_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """Twelve thousand columns come in chunks of a million cells, quoted or not, and no row is lost; fewer likewise."""
    monkeypatch.setattr(limited, "MAX_CHUNK_CELLS", MAX_CHUNK_CELLS * columns // 12_000)
    for quote in ("", '"'):
        cells = [f"{quote}{number}{quote}" for number in range(columns)]
        header = ",".join(["layer_id", "formula", *(f"c{number}" for number in range(columns))])
        data = header + "\n" + "".join(f"{row},a,{','.join(cells)}\n" for row in range(200))
        chunks = read_bytes(tmp_path / "a.csv", data.encode(), chunk_rows=10_000)
        assert max(len(chunk.rows) for chunk in chunks) < 600
        assert [chunk.columns[0].text_at(row) for chunk in chunks for row in range(len(chunk.rows))] == [
            str(number) for number in range(200)
        ]
        assert len(chunks) > (1 if quote else 2)
