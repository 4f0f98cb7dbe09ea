"""Corrected copies of XLS, XLSB and ODS workbooks: XLSX workbooks with the same texts in the same places."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.copies import Deletion, Edit, Place, choose_suffix, describe_copy, read_places, write_copy
from importer.errors import UsageError
from importer.formats.read import find_sources, iter_raw_chunks

FORMATS = Path(__file__).parents[3] / "sample_data" / "formats"
BOOKS = sorted(path for path in FORMATS.iterdir() if path.suffix in {".xls", ".xlsb", ".ods"})


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.name)
def test_the_texts_stay_in_their_places(tmp_path: Path, path: Path) -> None:
    """The copy reads as the workbook does, but for the edited cell and the deleted row, and says what it is."""
    (source,) = find_sources([path])
    raw = next(iter_raw_chunks(source))
    rows, column = [int(row) for row in raw.rows], raw.letters[0]
    was = raw.columns[0].text_at(0)
    edit = Edit(rows[0], column, was, "=1+1", raw.sheet)
    to = tmp_path / f"fixed{choose_suffix(source)}"
    (note,) = write_copy(source, to, edits=[edit], deleted=[Deletion(row, raw.sheet) for row in rows[1:][-1:]])
    assert "rewritten as an XLSX workbook" in note
    copy = describe_copy(source, to)
    assert copy.format == "xlsx"
    place = Place(raw.sheet, rows[0], column)
    assert read_places(copy, [place]) == {place: "=1+1"}
    again = next(iter_raw_chunks(copy))
    assert (again.header, again.rows.tolist()) == (raw.header, rows[:1] + rows[1:-1])


def test_the_suffix_is_xlsx(tmp_path: Path) -> None:
    """A copy with the old suffix would be no such file."""
    (source,) = find_sources([BOOKS[0]])
    with pytest.raises(UsageError, match=r"end in \.xlsx"):
        write_copy(source, tmp_path / f"fixed{BOOKS[0].suffix}")
