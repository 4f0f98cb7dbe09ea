"""What the named inputs stand for."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import pytest

from importer.errors import InputError, UsageError
from importer.formats import sources as sources_module
from importer.formats.read import digest_source, find_sources
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_folder_gives_its_inputs_by_name(tmp_path: Path) -> None:
    """A folder stands for its direct files of known suffix, sorted; hidden and lock files don't count."""
    for name in ("b.csv", "a.yaml", "notes.md", ".c.csv", "~$d.xlsx"):
        (tmp_path / name).write_text("x")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "e.csv").write_text("x")
    assert [(source.path.name, source.format) for source in find_sources([tmp_path])] == [
        ("a.yaml", "yaml"),
        ("b.csv", "csv"),
    ]


def test_pattern_and_file_give_each_file_once(tmp_path: Path) -> None:
    """A file that is named twice is read once."""
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").write_text("x")
    found = find_sources([tmp_path / "b.csv", str(tmp_path / "*.csv")])
    assert [source.path.name for source in found] == ["b.csv", "a.csv"]


@pytest.mark.parametrize(
    ("name", "words"), [("none.csv", "does not exist"), ("*.csv", "No file matches"), ("", "holds no input")]
)
def test_missing_inputs_are_told(tmp_path: Path, name: str, words: str) -> None:
    """A file, pattern or folder without an input is an error that names it."""
    with pytest.raises(InputError, match=words):
        find_sources([str(tmp_path / name) if name else tmp_path])


def test_unknown_suffix_asks_for_the_format(tmp_path: Path) -> None:
    """A suffix that tells nothing needs the option; with it the file is taken."""
    (tmp_path / "a.dat").write_text("x")
    with pytest.raises(InputError, match="--input-format"):
        find_sources([tmp_path / "a.dat"])
    assert find_sources([tmp_path / "a.dat"], ReadSettings(input_format="csv"))[0].format == "csv"
    with pytest.raises(UsageError, match="no input format"):
        find_sources([tmp_path / "a.dat"], ReadSettings(input_format="docx"))


def test_standard_input_needs_a_format() -> None:
    """Standard input without a format is refused before a byte of it is read."""
    with pytest.raises(UsageError, match="--input-format"):
        find_sources(["-"])


def test_standard_input_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input becomes a private file with the same bytes."""
    sources_module._make_private_folder.cache_clear()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"layer_id\n1\n")))
    (source,) = find_sources(["-"], ReadSettings(input_format="csv"))
    assert source.name == "-"
    assert source.path.read_bytes() == b"layer_id\n1\n"
    assert source.path.parent.stat().st_mode & 0o077 == 0


def test_digest_is_the_files(tmp_path: Path) -> None:
    """The digest is the SHA-256 of the bytes."""
    (tmp_path / "a.csv").write_bytes(b"abc")
    (source,) = find_sources([tmp_path / "a.csv"])
    assert digest_source(source) == hashlib.sha256(b"abc").hexdigest()
