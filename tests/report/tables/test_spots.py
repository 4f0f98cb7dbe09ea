"""Line and character of a cell of a delimited text, as annotations and SARIF have them."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer import import_layers, validate
from importer.formats.digest import ReadText, mark_file
from importer.formats.text.spots import Spot, find_spots
from importer.report.findings import Findings, find_in_run
from importer.report.tables.places import iter_spotted
from importer.run import RunFile
from importer.settings import PlanSettings, ReadSettings, SendSettings
from importer.tasks.validate import read_check
from tests.helpers.examples import scale_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = st.text(st.sampled_from('aé,;"\n\r\t #𝄞\u2028'), max_size=6)


def list_spots(found: Findings) -> set[tuple[str, int | None, int | None]]:
    """Return code, line and column of each issue."""
    return {(issue.code, line, column) for issue, line, column in iter_spotted(found)}


def write_record(cells: list[str], delimiter: str) -> tuple[str, list[int]]:
    """Return a record as RFC 4180 has it, and the character at which the text of each cell begins."""
    record, starts = "", []
    for number, cell in enumerate(cells):
        record += delimiter if number else ""
        is_quoted = any(character in cell for character in f'"\r\n{delimiter}')
        blanks = 0 if is_quoted or not cell.strip() else len(cell) - len(cell.lstrip())
        starts.append(len(record) + blanks)
        record += '"' + cell.replace('"', '""') + '"' if is_quoted else cell
    return record, starts


@settings(max_examples=scale_examples(60), deadline=None)
@given(
    rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=5),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_cell_is_found_where_it_was_written(
    rows: list[list[str]], end: str, delimiter: str, encoding: str
) -> None:
    """Whatever is quoted, broken over lines or beyond the basic plane: line and character are those of the file."""
    top = [["sample", "layer", "formula"]] * 3
    text, wanted = "", {}
    for cells in [*top, *rows]:
        record, starts = write_record(cells, delimiter)
        line = 1 + len(re.findall("\r\n|\r|\n", text))
        for column, (start, cell) in enumerate(zip(starts, cells, strict=True)):
            before = text + record[:start]
            lines = re.split("\r\n|\r|\n", before)
            wanted[line, column] = Spot(len(lines), len(lines[-1]) + 1, cell)
        text += record + end
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_bytes(text.encode(encoding))
        read = ReadText("a.csv", path, "csv", mark=mark_file(path, name="a.csv"))
        found = find_spots(read, wanted)
    told = {place: (spot.line, spot.column) for place, spot in found.items()}
    assert told.items() <= {place: (spot.line, spot.column) for place, spot in wanted.items()}.items()
    if not any(cell.startswith("#") for cells in rows for cell in cells) and delimiter != "\t":
        assert {place for place, spot in wanted.items() if spot.text.strip()} <= found.keys()


TABLE = 'sample_id,layer_id,formula,notes\n1,1,Si,"a\nb"\n1,x, Xx,\n"1\n",3,Zz9,\n'


def test_a_check_tells_line_and_character(tmp_path: Path) -> None:
    """A record below quoted line breaks counts lines as an editor does; a cell below one stands on its own line."""
    (tmp_path / "a.csv").write_text(TABLE)
    assert list_spots(read_check(validate(tmp_path / "a.csv")).findings) >= {
        ("unused-column", 1, 28),
        ("not-an-integer", 4, 3),
        ("unknown-element", 4, 6),
        ("unknown-element", 6, 5),
    }


@pytest.mark.parametrize("change", ["other text", "another file", "gone"])
def test_a_file_that_has_changed_has_lines_only(tmp_path: Path, change: str) -> None:
    """A column that may be wrong isn't told, nor does a missing file stop the report."""
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    found = read_check(validate(path)).findings
    if change == "gone":
        path.unlink()
    elif change == "another file":
        path.unlink()
        path.write_text(TABLE.replace("x, Xx", "xx,Xx"))
    else:
        path.write_text(TABLE.replace("x, Xx", "xx,Xx"))
        os.utime(path, ns=(1, 1))
    spots = list_spots(found)
    assert ("not-an-integer", 4, None) in spots
    assert {column for _, _, column in spots} == {None}


def iter_run(path: Path, *, read: ReadSettings = ReadSettings()) -> Iterator[Findings]:
    """Give what a dry run of a file has found."""
    run = path.with_suffix(".run.sqlite")
    import_layers(path, read=read, plan=PlanSettings(run=run), send=SendSettings(dry_run=True))
    with RunFile.open(run) as opened:
        yield find_in_run(opened)


def test_a_run_tells_line_and_character_as_a_check_does(tmp_path: Path) -> None:
    """The run file knows the digest of its inputs, by which the same file is known again, and another one too."""
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    for found in iter_run(path):
        assert list_spots(found) == list_spots(read_check(validate(path)).findings)
        path.write_text(TABLE.replace("Zz9", "Zz8"))
        assert {column for _, _, column in list_spots(found)} == {None}


def test_a_run_tells_no_column_where_the_text_is_another(tmp_path: Path) -> None:
    """A run file doesn't say how a mapping file had its inputs read: what isn't found so has a line only."""
    path, mapping = tmp_path / "a.csv", tmp_path / "m.yaml"
    path.write_text("sample_id;layer_id;formula\n1;1;Xx\n1;2;Si\n")
    mapping.write_text("delimiter: ','\ncolumns: {'sample_id;layer_id;formula': composition_string}\n")
    read = ReadSettings(mapping=mapping)
    told = {line for _, line, column in list_spots(read_check(validate(path, read=read)).findings) if column == 1}
    assert told >= {2, 3}
    for found in iter_run(path, read=read):
        assert {column for _, line, column in list_spots(found) if line in {2, 3}} == {None}


def test_fields_that_run_down_have_the_line_of_their_cell(tmp_path: Path) -> None:
    """The number of a layer there is that of a column: it was told as a line of the file."""
    path, mapping = tmp_path / "a.csv", tmp_path / "m.yaml"
    path.write_text("sample_id,1,1\nlayer_id,1,2\nformula,Si,Xx\n")
    mapping.write_text("transposed: true\n")
    read = ReadSettings(mapping=mapping)
    assert ("unknown-element", 3, 12) in list_spots(read_check(validate(path, read=read)).findings)
    for found in iter_run(path, read=read):
        assert ("unknown-element", 3, 12) in list_spots(found)
        assert not [line for code, line, _ in list_spots(found) if code == "duplicate-position"]


@pytest.mark.parametrize(
    ("delimiter", "text", "spot"),
    [
        ("blanks", 'sample_id layer_id formula\n  1   1  "Si"\n  1   2  Xx\n', (3, 10)),
        ("fixed", "sample_id  layer_id  formula\n1          1         Si\n1          2         Xx\n", (3, 22)),
        ("fixed", "sample_id  layer_id  formula\n1          1         Si\n1\t   2         Xx\n", (3, None)),
    ],
)  # fmt: skip
def test_columns_of_blanks_have_characters_too(
    tmp_path: Path, delimiter: str, text: str, spot: tuple[int, int | None]
) -> None:
    """Cells that blanks separate are found; in a line with tabs nobody knows where an editor shows them."""
    path = tmp_path / "a.csv"
    path.write_text(text)
    found = read_check(validate(path, read=ReadSettings(delimiter=delimiter))).findings
    assert ("unknown-element", *spot) in list_spots(found)
