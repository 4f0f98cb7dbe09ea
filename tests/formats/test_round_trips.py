"""Any table of texts, written in any dialect, encoding and format, reads back cell for cell at its places."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from importer.chunks import column_letters
from importer.formats.read import find_sources, iter_raw_chunks
from tests.helpers.examples import scale_examples

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import RawChunk

HEADER = ["layer_id", "formula", "orientation", "mp_id"]
ANY = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=8)
TRICKY = st.sampled_from(
    ["010", "NO", "on", "1e3", "~", "null", " x ", "=1+1", "2025-01-02", "TRUE", "#x", "'", '"', "-", "{}"]
)
QUICK = settings(max_examples=scale_examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]


def make_rows(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    """Return tables whose first column numbers the rows."""
    rows = st.lists(st.lists(st.one_of(texts, TRICKY), min_size=3, max_size=3), min_size=1, max_size=6)
    return rows.map(lambda given: [[str(number), *row] for number, row in enumerate(given, start=1)])


def read_file(path: Path) -> RawChunk:
    """Return the one chunk of a file."""
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    return chunk


def list_cells(chunk: RawChunk) -> list[list[str]]:
    """Return the cells, empty text for none."""
    return [[cell or "" for cell in row] for row in chunk.frame.to_numpy(dtype=object).tolist()]


@given(
    rows=make_rows(st.one_of(ANY, st.sampled_from(["a\nb", "a\r\nb", "a,b;c|d\te"]))),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
)
@QUICK
def test_csv_reads_back(
    tmp_path: Path, rows: list[list[str]], delimiter: str, end: str, encoding: str, quoting: int
) -> None:
    """Each dialect and Unicode encoding gives the same cells, and the line on which each row starts."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([HEADER, *rows])
    (tmp_path / "a.csv").write_bytes(text.getvalue().encode(encoding))
    chunk = read_file(tmp_path / "a.csv")
    assert chunk.header == tuple(HEADER)
    assert list_cells(chunk) == rows
    starts, at = [], 1
    for row in [HEADER, *rows]:
        starts.append(at)
        at += 1 + sum(cell.replace("\r\n", "\n").count("\n") for cell in row)
    assert chunk.rows.tolist() == starts[1:]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman"])
@given(rows=make_rows(st.sampled_from(["für", "Größe", "40 °C", "5 µm", "é", "Å", "plain"])))
@QUICK
def test_older_encodings_read_back(tmp_path: Path, rows: list[list[str]], encoding: str) -> None:
    """The characters that lab tables have come back from each older encoding, if there are some to judge by."""
    text = "\n".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in [HEADER, *rows])
    assume(sum(not character.isascii() for character in text) > 3)
    assume(any(letter in text for letter in "üößé"))
    (tmp_path / "a.csv").write_bytes(f"{text}\n".encode(encoding))
    assert list_cells(read_file(tmp_path / "a.csv")) == rows


@given(rows=make_rows(ANY))
@QUICK
def test_xlsx_text_cells_read_back(tmp_path: Path, rows: list[list[str]]) -> None:
    """Cells that hold text come back as that text, at their addresses; blanks alone are no text, as in Excel."""
    assume(not any("_x" in cell or cell.startswith("=") for row in rows for cell in row))
    assume(not any(cell and not cell.strip(" \t\r\n") for row in rows for cell in row))
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate([HEADER, *rows], start=1):
        for column, cell in enumerate(row, start=1):
            made = sheet.cell(number, column)
            made.value = cell
            made.data_type = "s"
    book.save(tmp_path / "a.xlsx")
    chunk = read_file(tmp_path / "a.xlsx")
    assert list_cells(chunk) == rows
    places = [[chunk.place_cell(row, column).cell for column in range(4)] for row in range(len(rows))]
    assert places == [[f"{column_letters(column)}{row + 2}" for column in range(4)] for row in range(len(rows))]


@given(rows=make_rows(ANY), style=st.sampled_from(["double", "single"]))
@QUICK
def test_yaml_reads_back(tmp_path: Path, rows: list[list[str]], style: str) -> None:
    """Quoted scalars come back as their text, each at its line."""
    assume(not any("\x7f" <= character <= "\x9f" for row in rows for cell in row for character in cell))
    assume(not any(character in "\u2028\u2029\ufeff" for row in rows for cell in row for character in cell))

    def quote(text: str) -> str:
        return json.dumps(text, ensure_ascii=False) if style == "double" else "'" + text.replace("'", "''") + "'"

    lines = ["- {" + ", ".join(f"{k}: {quote(c)}" for k, c in zip(HEADER, row, strict=True)) + "}\n" for row in rows]
    (tmp_path / "a.yaml").write_text("".join(lines), encoding="utf-8")
    chunk = read_file(tmp_path / "a.yaml")
    assert list_cells(chunk) == rows
    assert chunk.rows.tolist() == list(range(1, len(rows) + 1))


@given(rows=make_rows(ANY), is_ascii=st.booleans())
@QUICK
def test_json_lines_read_back(tmp_path: Path, rows: list[list[str]], *, is_ascii: bool) -> None:
    """Each line comes back as it was written, whichever way its characters are."""
    text = "".join(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=is_ascii) + "\n" for row in rows)
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    chunk = read_file(tmp_path / "a.jsonl")
    assert list_cells(chunk) == rows
    assert chunk.rows.tolist() == list(range(1, len(rows) + 1))
