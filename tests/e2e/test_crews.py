"""Several processes send one run on a server: joined, killed, stopped, and each layer is stored once all the same."""

from __future__ import annotations

import itertools
import random
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.crews import POST_FAULTS, ServerRun, check_stored, count_stored, wait_until_stopped, write_layers
from tests.helpers.faults import write_plan
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.helpers.forking import Forked
    from tests.helpers.processes import SandboxProcess

    Start = Callable[..., Forked]

pytestmark = pytest.mark.server
PACE = ("--settle", "1", "--canary", "0", "--workers", "4")
ALONE = (*PACE[:-1], "1")
"""Slow enough that another one has time to join."""
WORK = ("--settle", "1", "--workers", "4")
STANDING = str(Path(__file__).with_name("standing_still.py"))
_numbers = itertools.count()


STACKS = 40
SLOW: dict[str, object] = {"kind": "delay", "seconds": 0.05, "probability": 1, "method": "POST"}


@pytest.fixture
def run() -> ServerRun:
    """A run that isn't there yet."""
    return ServerRun(f"crew{next(_numbers)}")


def end_well(*processes: Forked) -> None:
    """See that processes come to a good end."""
    for process in processes:
        out, err = process.communicate(timeout=240)
        assert process.wait() == 0, out + err


def kill_and_replace(
    run: ServerRun, processes: list[Forked], start: Callable[[], Forked], kills: int, draw: random.Random
) -> list[int]:
    """Kill processes one after the other, each with rows in doubt; a new one joins each time."""
    doubts = []
    for _ in range(kills):
        chosen = draw.randrange(len(processes))
        found = run.kill_in_doubt(processes[chosen])
        assert found, processes[chosen].read()
        doubts.append(found)
        processes[chosen] = start()
    return doubts


@pytest.mark.parametrize(
    ("stacks", "kills"), [(100, 3), pytest.param(400, 10, marks=pytest.mark.long)], ids=["few", "many"]
)
def test_killed_processes_cost_no_row(
    tmp_path: Path, run: ServerRun, start_forked: Start, stacks: int, kills: int
) -> None:
    """Three processes, each killed with rows in doubt while the server fails: none twice, none lost, all in order."""
    write_layers(tmp_path / "layers.csv", stacks, 5)
    plan = write_plan(tmp_path, *POST_FAULTS)
    with run_sandbox("--faults", plan) as sandbox:

        def start() -> Forked:
            return start_forked("work", run.address, *WORK, url=sandbox.url)

        first = start_forked("import", "layers.csv", "--run", run.address, *PACE, url=sandbox.url)
        run.wait_until_open()
        processes = [first, start(), start()]
        doubts = kill_and_replace(run, processes, start, kills, random.Random(kills))  # noqa: S311  # which one
        print(f"rows in doubt at each kill: {doubts}")  # noqa: T201  # for whoever wants the figures
        assert len(doubts) == kills
        end_well(*processes)
        check_stored(sandbox, stacks * 5)
        statuses = run.ask('SELECT status, count(*) FROM "row" GROUP BY status')
        assert statuses == [("created", stacks * 5)]
        assert run.ask("SELECT count(*) FROM claim") == [(0,)]


def test_a_killed_settler_is_replaced(tmp_path: Path, run: ServerRun, start_forked: Start) -> None:
    """The process that reads the stored list for all dies while it does so: another settles the same rows, once."""
    write_layers(tmp_path / "layers.csv", STACKS, 5)
    lost: dict[str, object] = {"kind": "close", "when": "after", "method": "POST", "on": [30, 60, 90]}
    slow_list: dict[str, object] = {"kind": "delay", "seconds": 3, "method": "GET", "probability": 1}
    with run_sandbox("--faults", write_plan(tmp_path, lost, slow_list, SLOW)) as sandbox:
        first = start_forked("import", "layers.csv", "--run", run.address, *ALONE, url=sandbox.url)
        run.wait_until_open()
        processes = {first.pid: first}
        for _ in range(2):
            other = start_forked("work", run.address, "--settle", "1", "--workers", "1", url=sandbox.url)
            processes[other.pid] = other
        run.wait_for("SELECT 1 FROM worker HAVING count(*) = 3")
        # Due for longer than a settlement waits for others: the list, which takes 3 s, is being read.
        run.wait_for("SELECT 1 FROM parked WHERE since < clock_timestamp() - interval '2.5 s'")
        settler = processes.pop(run.find_settler())
        settler.send_signal(signal.SIGSTOP)
        assert run.ask("SELECT count(*) > 0 FROM parked") == [(True,)]
        settler.kill()
        settler.wait()
        end_well(*processes.values())
        check_stored(sandbox, STACKS * 5)
        assert run.ask('SELECT status, count(*) FROM "row" GROUP BY status') == [("created", STACKS * 5)]
        assert run.ask("SELECT count(*) FROM parked") == [(0,)]


def send_beside_one_that_stands_still(
    run: ServerRun, sandbox: SandboxProcess, start: Start, *, first: tuple[str, ...] = ()
) -> tuple[int, int, Forked]:
    """Have a process stand still with requests before it, be lost from sight, and wake when the others have ended.

    Returns the first process's exit code, the rows in doubt when the other was lost, and the other one, ended.
    """
    begun = start("import", "layers.csv", "--run", run.address, *ALONE, url=sandbox.url, program=first)
    run.wait_until_open()
    other = start("work", run.address, *WORK, url=sandbox.url, program=(STANDING, "stand"))
    run.wait_for("SELECT 1 FROM worker WHERE pid = %s", other.pid)
    wait_until_stopped(other)
    doubts = run.count_doubts(other.pid)
    run.cut_lock(other.pid)
    code = begun.wait(240)
    other.send_signal(signal.SIGCONT)
    other.wait(60)
    return code, doubts, other


def test_a_process_lost_from_sight_sends_nothing_twice(
    tmp_path: Path, run: ServerRun, start_forked: Start, run_cli: Callable[..., Any]
) -> None:
    """It wakes and sends its requests after the others have ended: no layer twice, for they held its rows back."""
    write_layers(tmp_path / "layers.csv", STACKS, 5)
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        code, doubts, other = send_beside_one_that_stands_still(run, sandbox, start_forked)
        assert doubts == 4
        assert code == 4
        assert (other.returncode, "lost sight of this one" in other.read()[1]) == (3, True), other.read()
        assert set(count_stored(sandbox).values()) == {1}
        ended = run_cli("resume", run.address, *PACE, url=sandbox.url)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        check_stored(sandbox, STACKS * 5)


def test_without_the_hold_rule_layers_are_stored_twice(tmp_path: Path, run: ServerRun, start_forked: Start) -> None:
    """The same where a process that isn't seen counts as dead: what it sends on waking is there already."""
    write_layers(tmp_path / "layers.csv", STACKS, 5)
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        code, doubts, _ = send_beside_one_that_stands_still(run, sandbox, start_forked, first=(STANDING, "trusting"))
        assert doubts == 4
        assert code in {0, 1, 4}
        assert max(count_stored(sandbox).values()) == 2
