"""A run file that somebody else wrote, or changed: it can't send the key, or anything else, where no run would."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.helpers.faults import write_plan
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

    Run = Callable[..., subprocess.CompletedProcess[str]]

TABLE = "sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO3\n8,1,MgO\n"
STRANGER = "https://api.stranger.example"


def change(path: Path, *statements: str) -> None:
    """Change a run file as anybody could."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def change_meta(path: Path, **values: object) -> None:
    """Change what a run file says of its run."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (text,) = connection.execute("SELECT value FROM meta WHERE key = 'run'").fetchone()
        connection.execute("UPDATE meta SET value = ? WHERE key = 'run'", [json.dumps({**json.loads(text), **values})])
        connection.commit()


@pytest.fixture
def plan(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> Path:
    """A plan for the sandbox, made by the real command."""
    (tmp_path / "a.csv").write_text(TABLE)
    made = run_cli("plan", "a.csv", "--mode", "replace", "--run", "r.run.sqlite", url=sandbox.url)
    assert made.returncode == 0, made.stderr
    return tmp_path / "r.run.sqlite"


def list_requests(sandbox: SandboxProcess) -> list[str]:
    """Return the paths that were asked for, without those of the tests."""
    return [entry["path"] for entry in sandbox.get("/_sandbox/log") if not entry["path"].startswith("/_sandbox")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stack SET target_id = '1/../../../users/7/delete?x='",
        "UPDATE row SET payload = json_set(payload, '$.sample_id', 1)",
        "UPDATE row SET payload = json_set(payload, '$.composition_string', 5)",
        "CREATE TRIGGER t AFTER UPDATE ON row BEGIN UPDATE row SET status = 'created'; END",
    ],
)
@pytest.mark.parametrize("command", ["apply", "resume", "undo", "verify"])
def test_a_changed_run_file_sends_nothing(
    run_cli: Run, sandbox: SandboxProcess, plan: Path, command: str, statement: str
) -> None:
    """Exit 2 and a sentence that names the file; the server gets no request at all."""
    change(plan, statement)
    before = list_requests(sandbox)
    ended = run_cli(command, plan.name, url=sandbox.url)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert plan.name in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list_requests(sandbox) == before


def test_the_list_of_runs_survives_any_file(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess, plan: Path) -> None:
    """Beside the good run every other file is named with what is wrong with it; nothing stops the list."""
    good = plan.read_bytes()
    bad = {
        "newer": ["PRAGMA user_version = 99"],
        "view": ["DROP TABLE meta", "CREATE VIEW meta AS SELECT 'run' AS key, '{}' AS value"],
        "none": ["DELETE FROM meta"],
        "words": ["UPDATE row SET state = 'gone'"],
    }
    for name, statements in bad.items():
        (tmp_path / f"{name}.run.sqlite").write_bytes(good)
        change(tmp_path / f"{name}.run.sqlite", *statements)
    (tmp_path / "time.run.sqlite").write_bytes(good)
    change_meta(tmp_path / "time.run.sqlite", created_at=1e300)
    (tmp_path / "cut.run.sqlite").write_bytes(good[:5000])
    (tmp_path / "text.run.sqlite").write_text("not a database")
    (tmp_path / "empty.run.sqlite").touch()
    (tmp_path / "link.run.sqlite").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.run.sqlite").mkdir()
    ended = run_cli("runs", url=sandbox.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    names = {*bad, "time", "cut", "text", "empty", "link", "folder", "r"}
    assert {name for name in names if any(f"{name}.run.sqlite" in line for line in lines)} == names
    assert any("plan     r.run.sqlite: 3 not_sent" in line for line in lines)
    assert any("newer.run.sqlite has run file version 99" in line for line in lines)


def test_no_command_names_a_strangers_address(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """A command that is printed to be copied never sends the key where only the run file says so."""
    (tmp_path / "a.csv").write_text(TABLE)
    run_cli("import", "a.csv", "--run", "r.run.sqlite", url=sandbox.url)
    change(tmp_path / "r.run.sqlite", "UPDATE row SET state = 'sending', status = NULL WHERE seq = 0")
    change_meta(tmp_path / "r.run.sqlite", api_url=STRANGER)
    told = run_cli("report", "r.run.sqlite", "--to", "r.html", "--to", "r.jsonl", url=sandbox.url)
    shown = run_cli("report", "r.run.sqlite", url=sandbox.url)
    refused = run_cli("resume", "r.run.sqlite", url=sandbox.url)
    texts = [told.stdout, told.stderr, shown.stdout, refused.stdout, refused.stderr, (tmp_path / "r.html").read_text()]
    assert not any("--api-url" in text for text in texts)
    assert refused.returncode == 2
    assert STRANGER in refused.stderr


def test_an_address_that_was_given_stands_in_the_command(tmp_path: Path, run_cli: Run) -> None:
    """The address that the user gave to this very command is part of the command that goes on."""
    (tmp_path / "a.csv").write_text(TABLE)
    faults = write_plan(tmp_path, "{kind: status, status: 401, method: POST, on: [1]}")
    with run_sandbox("--faults", faults) as sandbox:
        ended = run_cli("import", "a.csv", "--run", "r.run.sqlite", "--api-url", sandbox.url, url="http://127.0.0.1:9")
    assert ended.returncode == 3
    assert f"Continue with: layer-importer resume r.run.sqlite --api-url {sandbox.url}" in ended.stderr


def test_what_a_later_version_says_besides_is_ignored(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """A key that this version doesn't know is no reason to stop."""
    (tmp_path / "a.csv").write_text(TABLE)
    run_cli("plan", "a.csv", "--run", "r.run.sqlite", url=sandbox.url)
    change_meta(tmp_path / "r.run.sqlite", organisation="ours", more={"a": 1})
    ended = run_cli("apply", "r.run.sqlite", url=sandbox.url)
    assert ended.returncode == 0, ended.stderr
    assert len(sandbox.list_layers()) == 3
