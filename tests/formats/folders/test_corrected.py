"""Corrected copies beside their originals: never two versions of one table in a run, and always a word about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from importer import validate
from importer.errors import InputError
from importer.formats.sources import find_sources
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "sample_id,layer_id,formula\n1,1,{}\n"


def write(folder: Path, **seconds: int) -> None:
    """Write tables that differ, each with the time of its last change; ``__`` in a name is a dot, ``_`` a hyphen."""
    for name, second in seconds.items():
        path = folder / name.replace("__", ".").replace("_", "-")
        path.write_text(TABLE.format("Si" if "corrected" in name else "Xx"))
        os.utime(path, (second, second))


def list_names(folder: Path, given: str = "") -> list[str]:
    """Return the names of the inputs of a folder, or of a pattern in it."""
    return [source.path.name for source in find_sources([str(folder / given) if given else folder])]


@pytest.mark.parametrize("pattern", ["", "*.csv"])
def test_the_last_copy_is_read_and_the_original_named(tmp_path: Path, pattern: str) -> None:
    """One of both is read: the copy, which is newer; the note says which one wasn't and why."""
    write(tmp_path, a__csv=100, a__corrected__csv=200, a__corrected_2__csv=300, b__csv=400)
    assert list_names(tmp_path, pattern) == ["a.corrected-2.csv", "b.csv"]
    checked = validate(str(tmp_path / pattern) if pattern else tmp_path)
    notes = {issue.where.source: issue.message for issue in checked.issues if issue.code == "file-passed-over"}
    assert set(notes) == {str(tmp_path / "a.csv"), str(tmp_path / "a.corrected.csv")}
    assert "a.corrected-2.csv beside it is its corrected copy" in notes[str(tmp_path / "a.csv")]


def test_the_choice_is_open(tmp_path: Path) -> None:
    """Leaving the copy out has the original read; naming a file has that file read."""
    write(tmp_path, a__csv=100, a__corrected__csv=200)
    (source,) = find_sources([tmp_path], ReadSettings(exclude=("*.corrected.csv",)))
    assert source.path.name == "a.csv"
    (source,) = find_sources([tmp_path / "a.csv"])
    assert source.path.name == "a.csv"


def test_an_original_that_was_edited_afterwards_stops_both(tmp_path: Path) -> None:
    """Nobody can tell which one is meant: neither is read, and the rest is."""
    write(tmp_path, a__csv=300, a__corrected__csv=200)
    with pytest.raises(InputError, match=r"another version of it.*--exclude"):
        validate(tmp_path)
    (tmp_path / "b.csv").write_text(TABLE.format("Si").replace("1,1", "2,1"))
    checked = validate(tmp_path)
    unread = [issue.where.source for issue in checked.issues if issue.code == "unreadable-file"]
    assert (checked.rows, checked.exit_code) == (1, 2)
    assert unread == [str(tmp_path / "a.corrected.csv"), str(tmp_path / "a.csv")]
    only = validate(tmp_path, read=ReadSettings(exclude=("a.csv",)))
    assert (only.rows, only.exit_code) == (2, 0)


def test_files_unpacked_together_are_in_no_order(tmp_path: Path) -> None:
    """A clone or an archive gives all its files about the same time, in any order: the copy counts."""
    write(tmp_path, a__csv=101, a__corrected__csv=100)
    assert list_names(tmp_path) == ["a.corrected.csv"]


def test_two_kinds_of_copies_are_refused(tmp_path: Path) -> None:
    """Each may correct something else."""
    write(tmp_path, a__csv=100, a__corrected__csv=200, a__fixed__csv=300)
    with pytest.raises(InputError, match="another version"):
        validate(tmp_path)


def test_a_copy_of_another_format_or_packed_or_alone(tmp_path: Path) -> None:
    """A copy of an XLS file is an XLSX file; a copy whose original is elsewhere is an input like others."""
    write(tmp_path, a__xls=1, a__corrected__xlsx=200, b__csv__gz=1, b__corrected__csv__gz=200)
    write(tmp_path, c__corrected__csv=200, d__yaml=300, d__corrected__csv=200)
    (tmp_path / "e").mkdir()
    write(tmp_path / "e", c__csv=100)
    assert list_names(tmp_path) == [
        "a.corrected.xlsx", "b.corrected.csv.gz", "c.corrected.csv", "d.corrected.csv", "d.yaml", "c.csv",
    ]  # fmt: skip
