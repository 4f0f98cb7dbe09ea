"""The real command with its run on a server: what is seen of it while it goes on, and what a dead server costs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.postgres import Cluster, find_programs, get_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

pytestmark = pytest.mark.server
STACKS, LAYERS = 30, 5
ROWS = STACKS * LAYERS
PACE = ("--settle", "0.3", "--canary", "0")


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """A server that may be killed: no other test needs it."""
    programs = find_programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL here: install Debian's package postgresql")
    cluster = Cluster(programs)
    yield cluster
    cluster.close()


def write_layers(folder: Path) -> None:
    """Write the table that is imported."""
    rows = [f"{10 + stack},{layer},SrTiO3" for stack in range(STACKS) for layer in range(1, LAYERS + 1)]
    (folder / "layers.csv").write_text("sample_id,layer_id,formula\n" + "\n".join(rows) + "\n")


def count_stored(sandbox: SandboxProcess) -> Counter[tuple[Any, Any]]:
    """Return how often the server of the API has each layer."""
    return Counter((record["sample_id"], record["layer_id"]) for record in sandbox.list_layers())


def test_a_database_that_dies_costs_no_row(
    tmp_path: Path,
    mortal: Cluster,
    sandbox: SandboxProcess,
    start_forked: Callable[..., Any],
    run_cli: Callable[..., Any],
) -> None:
    """Nothing more is sent once it is gone, which ends with 3; when it is back, `resume` stores each layer once."""
    write_layers(tmp_path)
    run = f"{mortal.address}&run=a"
    process = start_forked("import", "layers.csv", "--run", run, "--rate", "60", *PACE, url=sandbox.url)
    sandbox.wait_for_layers(ROWS // 4)
    mortal.crash()
    out, err = process.communicate(timeout=60)
    assert process.wait() == 3, out + err
    assert "can't be used" in err
    assert len(sandbox.list_writes()) < ROWS
    told = run_cli("report", run)
    assert (told.returncode, "can't be reached" in told.stderr) == (3, True)
    mortal.start()
    ended = run_cli("resume", run, *PACE, url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    stored = count_stored(sandbox)
    assert (len(stored), set(stored.values())) == (ROWS, {1})


def test_a_run_is_looked_at_while_it_goes_on(
    tmp_path: Path,
    sandbox: SandboxProcess,
    start_forked: Callable[..., Any],
    run_cli: Callable[..., Any],
) -> None:
    """A report made meanwhile adds up to all rows; a second process is kept out; a killed one's run is gone on with."""
    write_layers(tmp_path)
    run = f"{get_cluster().address}&run=looked_at"
    process = start_forked("import", "layers.csv", "--run", run, "--rate", "15", *PACE, url=sandbox.url)
    sandbox.wait_for_layers(ROWS // 4)
    told = run_cli("report", run, "--to", "now.jsonl")
    assert told.returncode in {1, 4}, told.stderr
    lines = [json.loads(line) for line in (tmp_path / "now.jsonl").read_text().splitlines()]
    statuses = Counter(line["status"] for line in lines if "status" in line)
    assert sum(statuses.values()) == ROWS
    assert 0 < statuses["created"] < ROWS
    second = run_cli("resume", run, "--allow-parallel", *PACE, url=sandbox.url)
    assert (second.returncode, "Another process is using the run" in second.stderr) == (2, True)
    process.kill()
    assert process.wait() == -9
    ended = run_cli("resume", run, *PACE, url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    stored = count_stored(sandbox)
    assert (len(stored), set(stored.values())) == (ROWS, {1})


def test_a_plan_is_read_on_workers(tmp_path: Path, sandbox: SandboxProcess, run_cli: Callable[..., Any]) -> None:
    """`plan --cluster` says what a plan made by one process says, and `apply` carries it out."""
    for part in (1, 2, 3):
        (tmp_path / f"{part}.csv").write_text(f"sample_id,layer_id,formula\n10,{part},SrTiO3\n11,{part},SrTiO3\n")
    run = f"{get_cluster().address}&run=planned_by_many"
    inputs = ("1.csv", "2.csv", "3.csv")
    alone = run_cli("plan", *inputs, "--run", "alone.run.sqlite", url=sandbox.url)
    planned = run_cli("plan", *inputs, "--run", run, "--cluster", "local:2", url=sandbox.url)
    assert (planned.returncode, alone.returncode) == (0, 0), planned.stdout + planned.stderr
    assert planned.stdout.splitlines() == alone.stdout.splitlines()
    applied = run_cli("apply", run, *PACE, url=sandbox.url)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    stored = count_stored(sandbox)
    assert (len(stored), set(stored.values())) == (6, {1})
    refused = run_cli("plan", *inputs, "--run", "other.run.sqlite", "--cluster", "local:2", url=sandbox.url)
    assert (refused.returncode, "--cluster needs a run on a PostgreSQL server" in refused.stderr) == (2, True)
