"""A run file may come from anybody: what isn't as this tool writes it is refused in a sentence, whatever it is."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from importer import import_layers
from importer.errors import RunFileError
from importer.run import RunFile, RunMeta, soundness
from importer.settings import PlanSettings, ReadSettings, SendSettings
from tests.helpers.staging import make_stacks, stage_layers

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS key, 'x' AS value FROM c"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run file of two stacks of two layers."""
    path = tmp_path / "r.run.sqlite"
    stage_layers(path, make_stacks(2, 2))
    return path


def change(path: Path, *statements: str) -> None:
    """Change a run file as anybody could."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stack SET target_id = '1/../../../users/7/delete?x='",
        "UPDATE stack SET target_id = -1",
        "UPDATE stack SET target_id = 1.5",
        "UPDATE stack SET sample_id = x'31'",
        "UPDATE stack SET action = 'delete'",
        "UPDATE stack SET before = '{}'",
        "UPDATE stack SET sample_metadata = '[1]'",
        "UPDATE stack SET undo = 'perhaps'",
        "UPDATE row SET layer_id = 'one'",
        "UPDATE row SET state = 'gone'",
        "UPDATE row SET state = 'done'",
        "UPDATE row SET status = 'wonderful', state = 'done'",
        "UPDATE row SET status = 'created'",
        "UPDATE row SET step = 'jump'",
        "UPDATE row SET payload = 'not JSON'",
        "UPDATE row SET payload = NULL",
        "UPDATE row SET payload = '{\"layer_id\": 1, \"mp_id\": \"\\ud800\"}'",
        "UPDATE row SET raw = '5'",
        "UPDATE row SET answer = '[]'",
        "UPDATE row SET attempts = 'many'",
        "UPDATE row SET ended_at = 9e999",
        "UPDATE row SET ended_at = 'yesterday'",
        "UPDATE row SET stack_id = 77",
        "UPDATE row SET sheet_id = 77",
        "UPDATE row SET message = x'ff'",
        "UPDATE row SET message = CAST(x'ff' AS TEXT)",
        "UPDATE sheet SET header = '\"a\"'",
        "INSERT INTO event (at, kind, text) VALUES (1e300, 'a', 'b')",
        "INSERT INTO issue (code, severity, source, message) VALUES ('a', 'terrible', 'a.csv', 'b')",
        "INSERT INTO earlier VALUES (1, 1, 'x')",
        "DELETE FROM meta",
        "DROP TABLE attempt",
        "ALTER TABLE row ADD COLUMN more TEXT",
        "ALTER TABLE row ADD COLUMN more INTEGER AS (abs(-9223372036854775808))",
        "CREATE TRIGGER t AFTER UPDATE ON row BEGIN DELETE FROM row; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE extra (x)",
        "CREATE INDEX more ON row (abs(seq))",
    ],
)  # fmt: skip
def test_what_no_run_file_holds_is_refused(run: Path, statement: str) -> None:
    """One odd value, table, column, trigger or view: the file is refused by name, for reading and for writing."""
    change(run, statement)
    for readonly in (True, False):
        with pytest.raises(RunFileError, match=run.name), RunFile.open(run, readonly=readonly) as file:
            list(file.iter_rows())


def test_an_index_of_ours_on_an_expression_is_refused(run: Path) -> None:
    """An index with the name of one of ours, but code of its own, isn't used."""
    change(run, "DROP INDEX row_by_stack", "CREATE INDEX row_by_stack ON row (abs(stack_id))")
    with pytest.raises(RunFileError, match="row_by_stack"):
        RunFile.open(run)


def test_a_view_in_place_of_a_table_is_never_asked(run: Path) -> None:
    """A view that would count for ever stands where a table should be: the file is refused at once."""
    change(run, "DROP TABLE meta", f"CREATE VIEW meta AS {BOMB}")
    begun = time.monotonic()
    with pytest.raises(RunFileError, match="view 'meta'"):
        RunFile.open(run)
    assert time.monotonic() - begun < 5


def test_looking_through_a_file_ends(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes long in it, looking through a file is ended when its time is over."""
    monkeypatch.setattr(soundness, "LONGEST_LOOK", 0.0)
    monkeypatch.setattr(soundness, "_EVERY", 1)
    with pytest.raises(RunFileError, match="takes longer than"):
        RunFile.open(run)


META: dict[str, list[object]] = {
    "created_at": [1e300, -1, "today", None, True],
    "mode": ["delete", 1, None],
    "on_existing": ["burn", 5],
    "write_mode": ["x", None],
    "staged": ["yes", 1],
    "begun": [None],
    "api_url": [5, ["https://a.example"]],
    "run_key": [None, {}],
    "settings": [5, {"settle": [1]}],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in META.items() for value in values])
def test_what_it_says_of_its_run_is_looked_at(run: Path, name: str, value: object) -> None:
    """A value of another kind is refused, and the error names which."""
    with RunFile.open(run) as file:
        before = file.meta
    _write_meta(run, {**_list_meta(before), name: value})
    with pytest.raises(RunFileError, match=name):
        RunFile.open(run)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"run_key": "x"}', "\ud7ff"])
def test_a_meta_that_lacks_what_it_must_say_is_refused(run: Path, text: str) -> None:
    """No JSON, no object, and missing keys are refused in a sentence."""
    change(run, f"UPDATE meta SET value = '{text}'")  # noqa: S608  # the test's own words
    with pytest.raises(RunFileError, match=run.name):
        RunFile.open(run)


def test_what_a_later_version_says_besides_is_ignored(run: Path) -> None:
    """An extra key, in the run's own words or beside them, is no reason to refuse a file."""
    with RunFile.open(run) as file:
        before = file.meta
    _write_meta(run, {**_list_meta(before), "organisation": "ours"})
    change(run, "INSERT INTO meta VALUES ('more', 'than this version knows')")
    with RunFile.open(run, readonly=False) as file:
        assert file.meta == before


def _list_meta(meta: RunMeta) -> dict[str, object]:
    return {each.name: getattr(meta, each.name) for each in fields(meta)}


def _write_meta(run: Path, meta: dict[str, object]) -> None:
    with contextlib.closing(sqlite3.connect(run)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'run'", [json.dumps(meta)])
        connection.commit()


def test_a_table_whose_header_is_a_column_is_no_fault(tmp_path: Path) -> None:
    """Its header's number is less than nothing: a table of layers side by side can be imported."""
    (tmp_path / "a.csv").write_text("sample_id,1,1\nlayer_id,1,2\nformula,Si,Ge\n")
    (tmp_path / "m.yaml").write_text("transposed: true\n")
    read, plan = ReadSettings(mapping=tmp_path / "m.yaml"), PlanSettings(run=tmp_path / "r.sqlite")
    import_layers(tmp_path / "a.csv", read=read, plan=plan, send=SendSettings(dry_run=True))
    with RunFile.open(tmp_path / "r.sqlite") as opened:
        assert [table.header_row for table in opened.iter_tables()] == [-1]
