"""A run file comes into being at once, and becomes one of the next version at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

import pytest

from importer.errors import RunFileError, StorageError
from importer.run import RunFile, RunMeta, file, tables

if TYPE_CHECKING:
    from pathlib import Path

META = RunMeta("run-key", "0", 0.0, "import", "http://127.0.0.1:9", staged=True)


def die(*_: object) -> NoReturn:
    """Take the place of a kill: nothing after this point happens."""
    raise KeyboardInterrupt


def test_a_run_file_cut_short_in_the_making_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies while it makes a run file leaves nothing that passes for one."""
    path = tmp_path / "r"
    monkeypatch.setattr(file, "_dump_meta", die)
    with pytest.raises(KeyboardInterrupt):
        RunFile.create(path, META)
    with pytest.raises(RunFileError, match="isn't a run file"):
        RunFile.open(path)


def test_a_migration_cut_short_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails in its middle leaves the file of the version that it was."""
    path = tmp_path / "r"
    RunFile.create(path, META).close()
    number = tables.SCHEMA_VERSION
    monkeypatch.setattr(tables, "SCHEMA_VERSION", number + 1)
    monkeypatch.setitem(tables.MIGRATIONS, number, ("ALTER TABLE row ADD COLUMN extra TEXT", "not a statement"))
    with pytest.raises(StorageError):
        RunFile.open(path, readonly=False)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (number,)
        assert "extra" not in {column[1] for column in connection.execute("PRAGMA table_info(row)")}
