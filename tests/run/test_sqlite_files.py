"""Connections to SQLite files."""

from __future__ import annotations

import functools
import shutil
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from importer.errors import StorageError
from importer.run import InputRecord, RunFile, RunMeta, file
from importer.run.store.sqlite_files import make_engine

if TYPE_CHECKING:
    from pathlib import Path


class Watched(sqlite3.Connection):
    """A connection that tells how many are open."""

    open = 0

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        Watched.open += 1

    def close(self) -> None:
        """Close it."""
        Watched.open -= 1
        super().close()


def test_a_file_that_is_no_database_is_closed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can't be used isn't held open: on Windows nobody could move or remove it."""
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Watched))
    path = tmp_path / "a.run.sqlite"
    path.write_text("no database, and long enough to be looked at " * 100)
    with pytest.raises(sa.exc.DatabaseError):
        make_engine(path, readonly=False).connect()
    assert Watched.open == 0


def test_what_an_error_cuts_short_is_closed_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading that isn't ended, as the error's traceback keeps it, and a run file that can't be filled."""
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Watched))
    meta = RunMeta("run-key", "0", 0.0, "import", "http://127.0.0.1:9", staged=True)
    with RunFile.create(tmp_path / "r", meta) as run:
        run.add_inputs([InputRecord(number, "a", "a", "csv", "0", 1) for number in range(3)])
        rows = run.iter_inputs()
        assert next(rows).id == 0
    assert Watched.open == 0
    monkeypatch.setattr(file, "_dump_meta", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        RunFile.create(tmp_path / "s", meta)
    assert Watched.open == 0
    assert not (tmp_path / "s-lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file can't be removed")
@pytest.mark.parametrize("gone", ["", "r.sqlite"], ids=["folder", "file"])
def test_a_run_file_that_somebody_removes_is_told(tmp_path: Path, gone: str) -> None:
    """At its end, by a message; no empty file takes its place, and its lock is given back."""
    folder = tmp_path / "in"
    folder.mkdir()
    meta = RunMeta("run-key", "0", 0.0, "import", "http://127.0.0.1:9", staged=True)
    run = RunFile.create(folder / "r.sqlite", meta)
    if gone:
        (folder / gone).unlink()
    else:
        shutil.rmtree(folder)
    with pytest.raises(StorageError, match=r"removed .*r\.sqlite while it was in use.*import the file again"):
        run.close()
    assert not (folder / "r.sqlite").exists()
    folder.mkdir(exist_ok=True)
    RunFile.create(folder / "r.sqlite", meta).close()


def test_what_is_committed_reaches_the_disk(tmp_path: Path) -> None:
    """A commit syncs, on macOS through the drive's own cache too, whose plain sync stops short of it."""
    path = tmp_path / "r"
    path.touch()
    engine = make_engine(path, readonly=False)
    with engine.connect() as connection:
        names = ("synchronous", "fullfsync", "checkpoint_fullfsync")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names] == [2, 1, 1]
    engine.dispose()  # only now: it leaves a connection that is in use open, which Python 3.13 warns of
