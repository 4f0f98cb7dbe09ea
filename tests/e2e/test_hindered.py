"""Disk full, no place to write, two processes at one run, a clock that jumps back, a log cut short by a power loss."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.run import RunFile
from tests.helpers.faults import write_plan
from tests.helpers.processes import SandboxProcess, run_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.helpers.forking import Forked

    Start = Callable[..., Forked]
    Run = Callable[..., subprocess.CompletedProcess[str]]

HERE = Path(__file__).parent
LAYERS, LAYERS_A_STACK = 400, 4
FRAME = 4_096 + 24
"""Bytes of one page in the write-ahead log. Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of a hundred stacks of four layers."""
    rows = [f"{1 + n // LAYERS_A_STACK},{1 + n % LAYERS_A_STACK},SrTiO3" for n in range(LAYERS)]
    path = tmp_path / "layers.csv"
    path.write_text("sample_id,layer_id,formula\n" + "\n".join(rows) + "\n")
    return path


def hinder(start_forked: Start, kind: str, number: int, *arguments: str, url: str | None = None) -> tuple[int, str]:
    """Run the command under a hindrance; return its exit code and what it said."""
    program = [str(HERE / "hindered.py"), kind, str(number)]
    process = start_forked(*arguments, url=url, program=program)
    out, err = process.communicate(timeout=120)
    return process.wait(), out + err


def check_all_stored_once(sandbox: SandboxProcess, run: Path) -> None:
    """Each layer is on the server once, in order, and the run file says which record it is."""
    listing = sorted(sandbox.list_layers(), key=lambda record: int(record["id"]))
    positions = [(record["sample_id"], record["layer_id"]) for record in listing]
    assert len(positions) == len(set(positions)) == LAYERS
    for sample in {sample for sample, _ in positions}:
        assert [layer for found, layer in positions if found == sample] == list(range(1, LAYERS_A_STACK + 1))
    ids = {(record["sample_id"], record["layer_id"]): record["id"] for record in listing}
    with RunFile.open(run) as file:
        rows = list(file.iter_rows())
    assert len(rows) == LAYERS
    assert {row.status for row in rows} <= {"created", "unchanged"}
    assert all(row.record_id == ids[row.sample_id or 0, row.layer_id or 0] for row in rows)


def finish(run_cli: Run, table: Path, run: Path, url: str) -> None:
    """Go on as the messages say: resume, or import again where nothing had been sent."""
    for _ in range(4):
        if run.exists() and run.stat().st_size:
            ended = run_cli("resume", str(run), "--settle", "0.3", url=url)
            if ended.returncode == 2:
                run.unlink()
                continue
        else:
            run.unlink(missing_ok=True)
            ended = run_cli("import", str(table), "--run", str(run), "--settle", "0.3", url=url)
        if ended.returncode == 0:
            return
    pytest.fail(f"never finished: {ended.stdout}{ended.stderr}")


@pytest.mark.parametrize("kilobytes", [20, 160, 480])
def test_a_full_disk_ends_the_run_and_loses_nothing(
    tmp_path: Path,
    table: Path,
    start_forked: Start,
    run_cli: Run,
    sandbox: SandboxProcess,
    kilobytes: int,
) -> None:
    """Wherever the run file stops growing: exit 3 with a plain message, no duplicate, and resume finishes."""
    run = tmp_path / "r.run.sqlite"
    code, said = hinder(
        start_forked, "file-size", kilobytes * 1_024, "import", str(table), "--run", str(run), "--settle", "0.3",
        url=sandbox.url,
    )  # fmt: skip
    assert code == 3, said
    assert "disk" in said
    assert "Traceback" not in said
    positions = Counter((record["sample_id"], record["layer_id"]) for record in sandbox.list_layers())
    assert set(positions.values()) <= {1}
    finish(run_cli, table, run, sandbox.url)
    check_all_stored_once(sandbox, run)


def test_a_report_that_finds_no_room_leaves_the_old_one_whole(
    tmp_path: Path,
    table: Path,
    start_forked: Start,
    run_cli: Run,
    sandbox: SandboxProcess,
) -> None:
    """A report is written whole or not at all; the run isn't touched by the failure."""
    run, report = tmp_path / "r.run.sqlite", tmp_path / "r.jsonl"
    ended = run_cli("import", str(table), "--run", str(run), "--report", str(report), url=sandbox.url)
    assert ended.returncode == 0, ended.stderr
    before = report.read_bytes()
    assert len(before) > 60_000
    for name in ("r.jsonl", "r.csv"):
        code, said = hinder(start_forked, "file-size", 40_000, "report", str(run), "--to", str(tmp_path / name))
        assert code == 3, said
        assert "Traceback" not in said
    assert report.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["layers.csv", "r.jsonl", "r.run.sqlite"]
    check_all_stored_once(sandbox, run)


@pytest.mark.parametrize("place", ["/proc/r.sqlite", "layers.csv/r.sqlite", "nowhere/r.sqlite"])
def test_a_place_that_takes_no_run_file_is_told_before_anything_is_sent(
    table: Path,
    run_cli: Run,
    sandbox: SandboxProcess,
    place: str,
) -> None:
    """Without a place for the run file no write leaves, and the message says to name another one."""
    ended = run_cli("import", str(table), "--run", place, url=sandbox.url)
    assert ended.returncode in {2, 3}
    assert "--run" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert sandbox.list_writes() == []


def test_two_processes_cannot_work_on_one_run(
    tmp_path: Path,
    table: Path,
    start_forked: Start,
    run_cli: Run,
) -> None:
    """While an import is at work a resume of its run is turned away, and the import isn't disturbed."""
    run, plan = tmp_path / "r.run.sqlite", write_plan(tmp_path, "{kind: delay, seconds: 4, method: POST, on: [40]}")
    with run_sandbox("--faults", plan) as sandbox:
        process = start_forked("import", str(table), "--run", str(run), url=sandbox.url)
        sandbox.wait_for_layers(1)
        ended = run_cli("resume", str(run), url=sandbox.url)
        assert ended.returncode == 2
        assert "Another process" in ended.stderr
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
        check_all_stored_once(sandbox, run)
        assert len(sandbox.list_writes()) == LAYERS


def test_a_clock_that_jumps_back_changes_nothing(
    tmp_path: Path,
    table: Path,
    start_forked: Start,
) -> None:
    """With the wall clock set back an hour in the middle, and answers lost, waits stay as long as they were."""
    run = tmp_path / "r.run.sqlite"
    plan = write_plan(
        tmp_path,
        "{kind: reset, when: after, method: POST, on: [50, 200]}",
        "{kind: close, when: before, method: POST, on: [90]}",
    )
    with run_sandbox("--faults", plan) as sandbox:
        begun = time.monotonic()
        code, said = hinder(
            start_forked, "clock-back", 60, "import", str(table), "--run", str(run), "--settle", "0.3", url=sandbox.url
        )
        assert code == 0, said
        assert time.monotonic() - begun < 60
        check_all_stored_once(sandbox, run)


@pytest.mark.parametrize(
    ("step", "cut"), [(("after-intent", "1"), 1), (("after-intent", "9"), FRAME + 100), (("after-answer", "9"), 1)]
)
def test_a_log_cut_within_its_last_commit_is_a_legal_state(
    tmp_path: Path,
    table: Path,
    start_forked: Start,
    run_cli: Run,
    sandbox: SandboxProcess,
    step: tuple[str, str],
    cut: int,
) -> None:
    """A power loss before the last sync came through takes the last commit along; what is left is true all the same.

    The process dies right after a commit, before anyone was told of it, so that no request stands on it.
    """
    run = tmp_path / "r.run.sqlite"
    script = [str(HERE / "crash_points.py"), *step]
    process = start_forked(
        "import", str(table), "--run", str(run), "--settle", "0.3", "--canary", "0", url=sandbox.url, program=script
    )
    process.communicate(timeout=120)
    assert process.returncode == -9
    log = Path(f"{run}-wal")
    whole = count_attempts(run, tmp_path / "whole")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - cut)
    assert count_attempts(run, tmp_path / "cut") < whole or step[0] == "after-answer"
    for entry in sandbox.list_writes():
        body = json.loads(entry["body"])
        assert is_written_down(run, tmp_path / "cut", body["sample_id"], body["layer_id"])
    ended = run_cli("resume", str(run), "--settle", "0.3", url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    check_all_stored_once(sandbox, run)


def copy_run(run: Path, folder: Path) -> Path:
    """Copy a run file with its log, so that looking into it leaves it as it is."""
    folder.mkdir(exist_ok=True)
    for path in (run, Path(f"{run}-wal")):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder / run.name


def count_attempts(run: Path, folder: Path) -> int:
    """Return how many intents a run file knows of."""
    with closing(sqlite3.connect(copy_run(run, folder))) as connection:
        return int(connection.execute("SELECT sum(attempts) FROM row").fetchone()[0])


def is_written_down(run: Path, folder: Path, sample_id: int, layer_id: int) -> bool:
    """Tell whether a run file knows that a layer may have been sent."""
    query = (
        "SELECT attempts FROM row JOIN stack ON stack.id = row.stack_id WHERE stack.sample_id = ? AND row.layer_id = ?"
    )
    with closing(sqlite3.connect(folder / run.name)) as connection:
        found = connection.execute(query, (sample_id, layer_id)).fetchone()
    return bool(found and found[0])
