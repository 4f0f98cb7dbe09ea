"""Several processes send one run on a server: joined, killed, stopped, and each layer is stored once all the same."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.helpers.crews import ServerRun, check_stored, write_layers
from tests.helpers.faults import write_plan
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.helpers.forking import Forked

    Start = Callable[..., Forked]

pytestmark = pytest.mark.server
PACE = ("--settle", "1", "--canary", "0", "--workers", "4")
WORK = ("--settle", "1", "--workers", "4")
_numbers = itertools.count()


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
    ("stacks", "kills"), [(80, 3), pytest.param(400, 10, marks=pytest.mark.long)], ids=["few", "many"]
)
def test_killed_processes_cost_no_row(
    tmp_path: Path, run: ServerRun, start_forked: Start, stacks: int, kills: int
) -> None:
    """Three processes, each killed with rows in doubt while the server fails: none twice, none lost, all in order."""
    write_layers(tmp_path / "layers.csv", stacks, 5)
    faults = [
        *({"kind": "reset", "when": when, "probability": 0.01} for when in ("before", "after")),
        *({"kind": "close", "when": when, "probability": 0.01} for when in ("before", "after")),
        {"kind": "status", "status": 503, "when": "after", "probability": 0.01, "times": 5},
        {"kind": "status", "status": 429, "retry_after": 1, "probability": 0.005, "times": 3},
        {"kind": "delay", "seconds": 0.05, "probability": 1},
    ]
    plan = write_plan(tmp_path, *({**fault, "method": "POST"} for fault in faults))
    with run_sandbox("--faults", plan) as sandbox:

        def start() -> Forked:
            return start_forked("work", run.address, *WORK, url=sandbox.url)

        first = start_forked("import", "layers.csv", "--run", run.address, *PACE, url=sandbox.url)
        run.wait_until_open()
        processes = [first, start(), start()]
        doubts = kill_and_replace(run, processes, start, kills, random.Random(kills))  # noqa: S311  # which one
        assert len(doubts) == kills
        end_well(*processes)
        check_stored(sandbox, stacks * 5)
        statuses = run.ask('SELECT status, count(*) FROM "row" GROUP BY status')
        assert statuses == [("created", stacks * 5)]
        assert run.ask("SELECT count(*) FROM claim") == [(0,)]


