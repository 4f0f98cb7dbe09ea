"""What the server's own log shows of a run: when requests were made, after which intents, and what they carried."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from importer.layers.schema import load_schema
from importer.run import RunFile
from importer.sandbox.app import create_app
from importer.sandbox.keys import Organisations
from importer.sandbox.store import Store
from tests.helpers.faults import write_plan
from tests.helpers.processes import SandboxProcess, run_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Run = Callable[..., subprocess.CompletedProcess[str]]
    RunSandbox = Callable[..., AbstractContextManager[Any]]

VALID = Path(__file__).parents[2] / "sample_data" / "valid"
STACKS, LAYERS, WORKERS = 40, 3, 4
GRACE = 0.5
"""Seconds for requests that were under way when another one was answered."""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of stacks."""
    rows = [f"{10 + stack},{layer},SrTiO3" for stack in range(STACKS) for layer in range(1, LAYERS + 1)]
    path = tmp_path / "layers.csv"
    path.write_text("sample_id,layer_id,formula\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("status", [429, 503])
def test_nothing_is_sent_inside_a_pause(tmp_path: Path, table: Path, run_cli: Run, status: int) -> None:
    """When one answer asks to wait, no worker begins a request before the time is over."""
    plan = write_plan(tmp_path, f"{{kind: status, status: {status}, retry_after: 3, method: POST, on: [20]}}")
    with run_sandbox("--faults", plan) as sandbox:
        ended = run_cli(
            "import", str(table), "--canary", "0", "--workers", str(WORKERS), "--settle", "0.2", url=sandbox.url
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        writes = sandbox.list_writes()
    (told,) = [entry["at"] for entry in writes if entry["status"] is None]
    times = [entry["at"] - told for entry in writes]
    assert [time for time in times if GRACE < time < 2.9] == []
    # Each other worker may have a request on its way, and begin one more before the answer is read here.
    assert sum(0 < time <= GRACE for time in times) < 2 * WORKERS
    assert sum(time >= 2.9 for time in times) > STACKS


def test_nothing_is_sent_after_a_refused_key(tmp_path: Path, table: Path, run_cli: Run) -> None:
    """After the first 401 is read no request begins; each other worker may have begun one while it was on its way."""
    plan = write_plan(tmp_path, "{kind: status, status: 401, method: POST, on: [20]}")
    run = str(tmp_path / "r.run.sqlite")
    with run_sandbox("--faults", plan) as sandbox:
        ended = run_cli("import", str(table), "--run", run, "--canary", "0", "--workers", str(WORKERS), url=sandbox.url)
        assert ended.returncode == 3, ended.stdout + ended.stderr
        assert len(sandbox.list_writes()) < 20 + 2 * WORKERS
        assert run_cli("resume", run, "--settle", "0.2", url=sandbox.url).returncode == 0
        held = [(record["sample_id"], record["layer_id"]) for record in sandbox.list_layers()]
        assert len(held) == len(set(held)) == STACKS * LAYERS


def test_one_sample_that_is_forbidden_stops_no_other(tmp_path: Path, table: Path, run_cli: Run) -> None:
    """A 403 after others were stored is that sample's own; `retry` sends it once it is allowed."""
    plan = write_plan(tmp_path, "{kind: status, status: 403, method: POST, on: [20]}")
    run = str(tmp_path / "r.run.sqlite")
    with run_sandbox("--faults", plan) as sandbox:
        ended = run_cli("import", str(table), "--run", run, "--canary", "0", "--workers", str(WORKERS), url=sandbox.url)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert run_cli("retry", run, "--only", "refused", url=sandbox.url).returncode == 0
        held = [(record["sample_id"], record["layer_id"]) for record in sandbox.list_layers()]
        assert len(held) == len(set(held)) == STACKS * LAYERS


def test_each_request_has_an_older_intent(tmp_path: Path, table: Path, run_cli: Run) -> None:
    """For each row the server saw as many requests as the run file has intents, none before the first intent."""
    plan = write_plan(tmp_path, "{kind: reset, when: before, method: POST, probability: 0.05}")
    run = tmp_path / "r.run.sqlite"
    with run_sandbox("--faults", plan) as sandbox:
        ended = run_cli("import", str(table), "--run", str(run), "--settle", "0.3", url=sandbox.url)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        writes = sandbox.list_writes()
    assert any(entry["fault"] for entry in writes)
    seen: Counter[tuple[int, int]] = Counter()
    first: dict[tuple[int, int], float] = {}
    for entry in writes:
        body = json.loads(entry["body"])
        position = (body["sample_id"], body["layer_id"])
        seen[position] += 1
        first.setdefault(position, entry["at"])
    with RunFile.open(run) as file:
        rows = list(file.iter_rows())
        sent = Counter(attempt.seq for attempt in file.iter_attempts() if not attempt.verdict.startswith("settled"))
    for row in rows:
        position = (row.sample_id or 0, row.layer_id or 0)
        assert seen[position] == row.attempts
        assert sent[row.seq] >= row.attempts
        assert row.first_sent_at is not None
        assert row.first_sent_at <= first[position]


def test_every_body_is_as_the_schemas_say(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """What leaves, by every call, fits the published schema of a layer and the server's own OpenAPI page."""
    page = create_app(Organisations({}, lambda _: Store(None))).openapi()
    parts = {"components": page["components"]}
    layer = jsonschema_rs.Draft202012Validator({"$ref": "#/components/schemas/Layer", **parts})
    target = jsonschema_rs.Draft202012Validator({"$ref": "#/components/schemas/NewTarget", **parts})
    published = jsonschema_rs.Draft202012Validator(load_schema("layer"))
    changed = tmp_path / "changed.csv"
    changed.write_text("sample_id,layer_id,formula,orientation\n7,1,SrTiO3,001\n7,2,BaTiO3,110\n")
    again = tmp_path / "again.csv"
    again.write_text(changed.read_text().replace("BaTiO3", "PbTiO3"))
    calls = [
        [str(VALID / "growth_log.csv")],
        [str(VALID / "pld_two_samples.xlsx")],
        [str(VALID / "superlattice.yaml")],
        [str(changed)],
        [str(again), "--on-existing", "update"],
        [str(changed), "--mode", "replace"],
    ]
    for number, call in enumerate(calls):
        ended = run_cli("import", *call, "--run", str(tmp_path / f"{number}.run.sqlite"), url=sandbox.url)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    kinds: Counter[str] = Counter()
    for entry in sandbox.list_writes():
        body = json.loads(entry["body"])
        layers = body
        if isinstance(body, dict):
            is_target = entry["path"] == "/target-materials/"
            (target if is_target else layer).validate(body)
            layers = body["layers"] if is_target else [body]
        for one in layers:
            layer.validate(one)
            published.validate(one)
            assert None not in one.values()
        kinds[f"{entry['method']} {entry['path']}"] += 1
    assert {"POST /target-materials/layers/", "PATCH /target-materials/layers/", "POST /target-materials/"} <= set(
        kinds
    )
    assert kinds["POST /target-materials/7/layers"] == 1


@pytest.mark.parametrize("command", [["validate"], ["import", "--dry-run"], ["plan"], ["plan", "--offline"]])
def test_what_promises_to_send_nothing_sends_nothing(
    table: Path, run_cli: Run, sandbox: SandboxProcess, command: list[str]
) -> None:  # fmt: skip
    """No check, rehearsal or plan makes a request that could change anything."""
    assert run_cli(*command, str(table), url=sandbox.url).returncode == 0
    assert sandbox.list_writes() == []
    assert sandbox.list_layers() == []
