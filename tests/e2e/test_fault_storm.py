"""Thousands of layers through a server that fails in every way it can, before and after storing."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.run import RunFile
from tests.helpers.faults import write_plan
from tests.helpers.processes import SandboxProcess, run_sandbox
from tests.helpers.stores import BOTH, FILE, find_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.model import RunPlace

ROOT = Path(__file__).parents[2]
KINDS = (
    "{kind: status, status: 500, when: before",
    "{kind: status, status: 500, when: after",
    "{kind: status, status: 502, when: after",
    "{kind: status, status: 503, when: before, retry_after: 0",
    "{kind: status, status: 504, when: after",
    "{kind: status, status: 429, retry_after: 0",
    "{kind: status, status: 408, when: after",
    "{kind: reset, when: before",
    "{kind: reset, when: after",
    "{kind: close, when: before",
    "{kind: close, when: after",
    "{kind: truncated, when: after",
    "{kind: cut-head, when: after",
    "{kind: garbage, when: before",
    "{kind: garbage, when: after",
    "{kind: wrong-echo",
    "{kind: late, seconds: 0.2",
    "{kind: delay, seconds: 0.05",
)
LAYERS_A_STACK = 5


def write_layers(path: Path, stacks: int) -> int:
    """Write a table of stacks; return how many layers it has."""
    rows = [f"{10 + stack},{layer},SrTiO3" for stack in range(stacks) for layer in range(1, LAYERS_A_STACK + 1)]
    path.write_text("sample_id,layer_id,formula\n" + "\n".join(rows) + "\n")
    return len(rows)


def check_storm(sandbox: SandboxProcess, run_path: RunPlace, layers: int) -> None:
    """No duplicate, none lost, order kept, each row told truly, no write without an intent."""
    listing = sandbox.list_layers()
    positions = Counter((record["sample_id"], record["layer_id"]) for record in listing)
    assert (len(positions), set(positions.values())) == (layers, {1})
    order: dict[int, list[int]] = {}
    for record in sorted(listing, key=lambda record: int(record["id"])):
        order.setdefault(record["sample_id"], []).append(record["layer_id"])
    assert all(found == sorted(found) for found in order.values())
    with RunFile.open(run_path) as run:
        rows = list(run.iter_rows())
    assert len(rows) == layers
    assert {row.status for row in rows} == {"created"}
    assert {row.record_id for row in rows} == {record["id"] for record in listing}
    posts = Counter(
        (body["sample_id"], body["layer_id"])
        for body in (json.loads(entry["body"]) for entry in sandbox.list_writes() if entry["method"] == "POST")
    )
    assert all(posts[row.sample_id, row.layer_id] <= row.attempts for row in rows)


def weather_storm(run: Callable[..., Any], folder: Path, *, stacks: int, seed: int, each: float, store: str) -> None:
    """Import through a storm, go on until done, and check what the server and the run file hold."""
    layers = write_layers(folder / "layers.csv", stacks)
    times = max(4, layers // 100)
    plan = write_plan(
        folder, *(f"{kind}, method: POST, probability: {each}, times: {times}}}" for kind in KINDS), seed=seed
    )
    path = find_place(store, folder / "r.run.sqlite")
    options = ["--settle", "0.6", "--canary", "0"]
    with run_sandbox("--store", str(folder / "store.sqlite"), "--faults", plan) as sandbox:
        ended = run("import", "layers.csv", "--run", str(path), *options, url=sandbox.url)
        for _ in range(6):
            if ended.returncode == 0:
                break
            ended = run("resume", str(path), *options, url=sandbox.url)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        used = sandbox.get("/_sandbox/faults")
        assert sum(rule["used"] for rule in used) > layers // 40
        assert min(rule["used"] for rule in used) >= layers // 2_000
        check_storm(sandbox, path, layers)


@pytest.mark.parametrize("store", BOTH)
def test_a_storm_of_faults(tmp_path: Path, run_cli: Callable[..., Any], store: str) -> None:
    """With every kind of fault at random, going on until done stores each layer exactly once."""
    weather_storm(run_cli, tmp_path, stacks=60, seed=1, each=0.008, store=store)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_long_storm_of_faults(tmp_path: Path, start_forked: Callable[..., Any], seed: int) -> None:
    """The same with 10,000 layers; only the first pause is shorter, for the pauses were nine tenths of the time."""

    def run(*arguments: str, url: str) -> Any:  # noqa: ANN401  # what is like a completed process
        process = start_forked(*arguments, url=url, program=[str(Path(__file__).with_name("impatient.py")), "0.02"])
        out, err = process.communicate(timeout=1200)
        return subprocess.CompletedProcess(arguments, process.wait(), out, err)

    weather_storm(run, tmp_path, stacks=2_000, seed=seed, each=0.006, store=FILE)


def test_a_server_that_is_killed_and_comes_back(
    tmp_path: Path, run_cli: Callable[..., Any], start_forked: Callable[..., Any]
) -> None:
    """A server killed in the middle and started again on what it had stored makes no duplicate and loses nothing."""
    layers = write_layers(tmp_path / "layers.csv", 60)
    run, store = tmp_path / "r.run.sqlite", str(tmp_path / "store.sqlite")
    with run_sandbox("--store", store) as sandbox:
        url = sandbox.url
        process = start_forked("import", "layers.csv", "--run", str(run), "--settle", "0.5", "--canary", "0", url=url)
        sandbox.wait_for_layers(layers // 5)
    time.sleep(0.5)
    with run_sandbox("--store", store, "--port", str(sandbox.port)) as sandbox:
        assert sandbox.url == url
        process.communicate(timeout=120)
        ended = process
        for _ in range(4):
            if ended.returncode == 0:
                break
            ended = run_cli("resume", str(run), "--settle", "0.5", "--canary", "0", url=url)
        assert ended.returncode == 0
        check_storm(sandbox, run, layers)
