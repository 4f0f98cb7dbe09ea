"""Killed, interrupted, resumed: each layer once, each row answered."""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.helpers.faults import write_plan
from tests.helpers.processes import SandboxProcess, run_sandbox
from tests.helpers.reports import read_answers

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.helpers.forking import Forked

MIGRATION = Path(__file__).parents[2] / "sample_data" / "valid" / "migration_2000_layers.tsv"
SIZES = [400, pytest.param(2_000, marks=pytest.mark.long)]
"""Layers: the first of the file, or all."""


@pytest.fixture(params=SIZES)
def layers(request: pytest.FixtureRequest) -> int:
    """How many layers are imported."""
    return int(request.param)


@pytest.fixture
def table(tmp_path: Path, layers: int) -> Path:
    """The file with so many layers."""
    lines = MIGRATION.read_text().splitlines(keepends=True)
    path = tmp_path / "migration.tsv"
    path.write_text("".join(lines[: 1 + layers]))
    return path


def pace(layers: int) -> tuple[str, str]:
    """Return options that have a run take two seconds at least, so that it can be met in its middle."""
    return "--rate", str(layers // 2)


def check_finished(sandbox: SandboxProcess, report: Path, layers: int) -> None:
    """Each layer is stored exactly once, in order, and the report has an answer for each row."""
    listing = sandbox.list_layers()
    positions = Counter((record["sample_id"], record["layer_id"]) for record in listing)
    assert len(positions) == layers
    assert set(positions.values()) == {1}
    order: dict[int, list[int]] = {}
    for record in sorted(listing, key=lambda record: record["id"]):
        order.setdefault(record["sample_id"], []).append(record["layer_id"])
    assert all(found == sorted(found) for found in order.values())
    answers = read_answers(report)
    assert Counter(answer["status"] for answer in answers) == {"created": layers}
    assert {answer["record_id"] for answer in answers} == {record["id"] for record in listing}


@pytest.mark.parametrize("share", [0, 0.15, 0.75])
def test_killed_in_the_middle_and_resumed(
    tmp_path: Path,
    start_forked: Callable[..., Forked],
    run_cli: Callable[..., subprocess.CompletedProcess[str]],
    sandbox: SandboxProcess,
    layers: int,
    table: Path,
    share: float,
) -> None:
    """After kill -9 at some point, resume stores what is missing, once, and answers for all rows."""
    run, report = tmp_path / "m.run.sqlite", tmp_path / "answers.jsonl"
    process = start_forked("import", str(table), "--run", str(run), *pace(layers), url=sandbox.url)
    sandbox.wait_for_layers(max(1, int(share * layers)))
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert len(sandbox.list_layers()) < layers
    ended = run_cli("resume", str(run), "--settle", "0.5", "--report", str(report), url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    check_finished(sandbox, report, layers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_middle_and_resumed(
    tmp_path: Path,
    start_forked: Callable[..., Forked],
    run_cli: Callable[..., subprocess.CompletedProcess[str]],
    sandbox: SandboxProcess,
    layers: int,
    table: Path,
    number: signal.Signals,
) -> None:
    """An interrupt ends the run with 130 and the command that goes on; nothing starts after it."""
    run, report = tmp_path / "m.run.sqlite", tmp_path / "answers.jsonl"
    process = start_forked("import", str(table), "--run", str(run), *pace(layers), url=sandbox.url)
    sandbox.wait_for_layers(layers // 20)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert f"layer-importer resume {run}" in out + err
    held = len(sandbox.list_layers())
    assert held < layers
    time.sleep(0.3)
    assert len(sandbox.list_layers()) == held
    ended = run_cli("resume", str(run), "--settle", "0.5", "--report", str(report), url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    check_finished(sandbox, report, layers)


def test_faults_of_every_kind(
    tmp_path: Path,
    layers: int,
    table: Path,
    run_cli: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """With resets, lost answers, 5xx and 429 before and after storing, each layer is still stored once, in order."""
    kinds = [
        *[f"{{kind: {kind}, when: {when}" for kind in ("reset", "close", "truncated") for when in ("before", "after")],
        *[f"{{kind: status, status: {status}, when: {when}" for status in (500, 503) for when in ("before", "after")],
        "{kind: status, status: 429, retry_after: 1",
        "{kind: garbage, when: after",
        "{kind: wrong-echo",
    ]
    plan = write_plan(tmp_path, *(f"{kind}, method: POST, on: [{5 + 17 * n}]}}" for n, kind in enumerate(kinds)))
    run, report = tmp_path / "m.run.sqlite", tmp_path / "answers.jsonl"
    with run_sandbox("--faults", plan) as sandbox:
        ended = run_cli(
            "import", str(table), "--run", str(run), "--report", str(report), "--settle", "0.5", url=sandbox.url
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert all(rule["used"] == 1 for rule in sandbox.get("/_sandbox/faults"))
        check_finished(sandbox, report, layers)
