"""Output files are there whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from importer.errors import StorageError, UsageError
from importer.report.output import open_output

if TYPE_CHECKING:
    from pathlib import Path


def test_file_is_whole_and_as_the_umask_says(tmp_path: Path) -> None:
    """A file that was written to its end has its bytes, the mode of any new file, and nothing beside it."""
    (tmp_path / "any").touch()
    mode = (tmp_path / "any").stat().st_mode
    (tmp_path / "any").unlink()
    path = tmp_path / "answers.csv"
    with open_output(path) as stream:
        stream.write(b"all of it")
    assert path.read_bytes() == b"all of it"
    assert path.stat().st_mode == mode
    assert list(tmp_path.iterdir()) == [path]


def test_failing_block_leaves_the_old_file(tmp_path: Path) -> None:
    """An error on the way leaves what stood there, and no scrap."""
    path = tmp_path / "answers.csv"
    path.write_text("old")

    def write_half() -> None:
        with open_output(path) as stream:
            stream.write(b"half of i")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_failing_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that can't sync is a StorageError, and nothing stands at the path."""

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device", descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    path = tmp_path / "answers.csv"

    def write() -> None:
        with open_output(path) as stream:
            stream.write(b"x")

    with pytest.raises(StorageError, match="No space left"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_symbolic_link_is_replaced_not_followed(tmp_path: Path) -> None:
    """A link at the path doesn't lead the bytes elsewhere."""
    target, path = tmp_path / "elsewhere", tmp_path / "answers.csv"
    target.write_text("untouched")
    path.symlink_to(target)
    with open_output(path) as stream:
        stream.write(b"new")
    assert target.read_text() == "untouched"
    assert not path.is_symlink()


def test_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    """A folder that isn't there is named, before anything is written."""
    with pytest.raises(UsageError, match="no folder"), open_output(tmp_path / "none" / "answers.csv"):
        pass


def test_folder_as_file_is_a_usage_error(tmp_path: Path) -> None:
    """A folder given as the file is named."""
    with pytest.raises(UsageError, match="is a folder"), open_output(tmp_path):
        pass
