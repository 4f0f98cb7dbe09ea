"""A run file of an older version of the tool is brought up to date without losing anything."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from importer.errors import RunFileError
from importer.run import RunFile, tables
from importer.settings import PlanSettings, SendSettings
from importer.tasks.import_layers import import_layers

if TYPE_CHECKING:
    from pathlib import Path

ADDED = {"stack": ("before", "undo"), "row": ("step", "fingerprint", "difference", "verified", "answer")}
"""What later versions added to the tables of version 1, besides the tables ``earlier`` and ``earlier_target``."""


def read_columns(path: Path) -> dict[str, list[str]]:
    """Return the columns of every table, in alphabetical order."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(row[1] for row in connection.execute(f"PRAGMA table_info('{name}')")) for name in names}


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A run file as version 1 wrote it, with three rows."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,Xx2\n8,1,MgO\n")
    path = tmp_path / "a.run.sqlite"
    import_layers(tmp_path / "a.csv", plan=PlanSettings(run=path), send=SendSettings(dry_run=True))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table, columns in ADDED.items():
            for column in columns:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("DROP TABLE earlier")
        connection.execute("DROP TABLE earlier_target")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    return path


def test_an_older_run_file_is_brought_up_to_date(older: Path, tmp_path: Path) -> None:
    """Opened for writing it gets a new one's tables; rows and issues stay; opening it again changes nothing."""
    (tmp_path / "b.csv").write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n")
    import_layers(tmp_path / "b.csv", plan=PlanSettings(run=tmp_path / "b.run.sqlite"), send=SendSettings(dry_run=True))
    for _ in range(2):
        with RunFile.open(older, readonly=False) as run:
            assert [(row.sample_id, row.layer_id, row.status) for row in run.iter_rows()] == [
                (7, 1, "not_sent"), (7, 2, "invalid"), (8, 1, "not_sent"),
            ]  # fmt: skip
            assert [issue.code for issue in run.iter_issues()]
            assert run.list_earlier() == {}
    assert read_columns(older) == read_columns(tmp_path / "b.run.sqlite")


def test_reading_an_older_run_file_says_how_to_go_on(older: Path) -> None:
    """A reader must not change a file: it names the version and the command that brings it up to date."""
    with pytest.raises(RunFileError, match=r"version 1\. `layer-importer resume"):
        RunFile.open(older)


def test_a_newer_run_file_is_left_alone(older: Path) -> None:
    """A file of a version to come is refused, for reading and for writing, and not touched."""
    with contextlib.closing(sqlite3.connect(older)) as connection:
        connection.execute(f"PRAGMA user_version = {tables.SCHEMA_VERSION + 1}")
    before = older.read_bytes()
    for readonly in (True, False):
        with pytest.raises(RunFileError, match="Use the newer version of layer-importer"):
            RunFile.open(older, readonly=readonly)
    assert older.read_bytes() == before
