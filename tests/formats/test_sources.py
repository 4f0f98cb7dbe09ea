"""What the named inputs stand for."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from importer.errors import InputError, UsageError
from importer.formats.read import digest_source, find_sources
from importer.formats.sources.copies import make_private_folder
from importer.report.tables.split import split_run
from importer.run import RunFile
from importer.settings import PlanSettings, ReadSettings, SendSettings
from importer.tasks.import_layers import import_layers


def test_folder_gives_its_inputs_by_name(tmp_path: Path) -> None:
    """A folder stands for its files of known suffix, sorted, sub-folders too; hidden and lock files don't count."""
    for name in ("b.csv", "a.yaml", "notes.md", ".c.csv", "~$d.xlsx", "._b.csv", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_text("x")
    for folder in ("deep/er", ".git", "__MACOSX"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "e.csv").write_text("x")
    (tmp_path / "round").symlink_to(tmp_path)
    assert [(source.path.name, source.format) for source in find_sources([tmp_path])] == [
        ("a.yaml", "yaml"),
        ("b.csv", "csv"),
        ("e.csv", "csv"),
    ]


@pytest.mark.parametrize("pattern", ["old", "o*", "deep/*", "*/old/*", "x.csv"])
def test_what_is_excluded_is_left_out(pattern: str, tmp_path: Path) -> None:
    """A name or pattern leaves out files, and folders with all that is in them."""
    (tmp_path / "deep" / "old").mkdir(parents=True)
    (tmp_path / "deep" / "old" / "x.csv").write_text("x")
    (tmp_path / "a.csv").write_text("x")
    read = ReadSettings(exclude=(pattern,))
    assert [source.path.name for source in find_sources([tmp_path], read)] == ["a.csv"]


def test_a_pattern_leaves_out_what_is_excluded_too(tmp_path: Path) -> None:
    """The name of a file, or of a folder in its path."""
    (tmp_path / "old").mkdir()
    for name in ("old/x.csv", "a.csv", "~$a.csv", "b.csv"):
        (tmp_path / name).write_text("x")
    read = ReadSettings(exclude=("old", "b.*"))
    assert [source.path.name for source in find_sources([f"{tmp_path}/**/*.csv"], read)] == ["a.csv"]


def test_lock_files_that_a_shell_names_are_left_out(tmp_path: Path) -> None:
    """Of several names those of lock files don't count; one alone is refused for what is in it."""
    for name in ("a.csv", "~$a.csv"):
        (tmp_path / name).write_text("x")
    assert len(find_sources([tmp_path / "~$a.csv", tmp_path / "a.csv"])) == 1
    assert len(find_sources([tmp_path / "~$a.csv"])) == 1


def test_a_file_that_cannot_be_read_is_a_source_with_its_fault(tmp_path: Path) -> None:
    """Among others an empty file, or one whose name says no format, stops nothing; alone it does, and a typo always."""
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").touch()
    (tmp_path / "c.pdf").write_text("x")
    named = [tmp_path / name for name in ("a.csv", "b.csv", "c.pdf")]
    assert [bool(source.fault) for source in find_sources(named)] == [False, True, True]
    assert [bool(source.fault) for source in find_sources([tmp_path])] == [False, True]
    with pytest.raises(InputError, match="empty"):
        find_sources([tmp_path / "b.csv"])
    with pytest.raises(InputError, match="doesn't exist"):
        find_sources([tmp_path / "a.csv", tmp_path / "typo.csv"])


def test_what_the_importer_wrote_is_no_input(tmp_path: Path) -> None:
    """Reports, marked workbooks, split and mapping files of a folder are passed over, each with a note."""
    table = tmp_path / "a.csv"
    table.write_text("sample_id,layer_id,formula\n1,1,Si\n1,2,Xx\n")
    run = import_layers([table], plan=PlanSettings(run=tmp_path / "r.sqlite"), send=SendSettings(dry_run=True))
    for name in ("answers.csv", "answers.jsonl", "answers.xlsx", "answers.html", "answers.parquet"):
        run.write(tmp_path / name)
    with RunFile.open(run.run_path) as opened:
        split_run(opened, tmp_path)
    (tmp_path / "lab.mapping.yaml").write_text("order: top-down\n")
    (tmp_path / "b.valid.csv").write_text("sample_id,layer_id,formula\n2,1,Si\n")
    (source, other) = find_sources([tmp_path])
    assert (source.path.name, other.path.name) == ("a.csv", "b.valid.csv")
    noted = {Path(note.where.source).name for note in source.notes}
    assert noted == {
        "answers.csv", "answers.jsonl", "answers.xlsx", "answers.parquet",
        "a.valid.csv", "a.invalid.csv", "a.not-in.csv", "lab.mapping.yaml", tmp_path.name,
    }  # fmt: skip
    assert [each.path.name for each in find_sources([tmp_path / "answers.csv"])] == ["answers.csv"]


def test_pattern_and_file_give_each_file_once(tmp_path: Path) -> None:
    """A file that is named twice is read once."""
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").write_text("x")
    found = find_sources([tmp_path / "b.csv", str(tmp_path / "*.csv")])
    assert [source.path.name for source in found] == ["b.csv", "a.csv"]


@pytest.mark.parametrize(
    ("name", "words"), [("none.csv", "doesn't exist"), ("*.csv", "No file matches"), ("", "has no input")]
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
    with pytest.raises(UsageError, match="isn't an input format"):
        find_sources([tmp_path / "a.dat"], ReadSettings(input_format="docx"))


def test_standard_input_needs_a_format() -> None:
    """Standard input without a format is refused before a byte of it is read."""
    with pytest.raises(UsageError, match="--input-format"):
        find_sources(["-"])


def test_standard_input_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input becomes a private file with the same bytes."""
    make_private_folder.cache_clear()
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
