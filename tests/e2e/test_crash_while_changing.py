"""Killed while records are patched, stacks replaced, or a run undone: the end is what was meant."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.run import RunFile

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.helpers.processes import SandboxProcess

    Start = Callable[..., subprocess.Popen[str]]
    Run = Callable[..., subprocess.CompletedProcess[str]]

SCRIPT = str(Path(__file__).with_name("crash_points.py"))
STACKS, LAYERS = 6, 3
WAYS = {"update": ["--on-existing", "update"], "replace": ["--mode", "replace"]}
AFTER, BEFORE = "SrTiO3", "ZnO"
LABELS = ["before-intent", "after-intent", "after-send", "before-answer", "after-answer", "settling"]


def write_table(path: Path, formula: str, *, layers: int = LAYERS) -> Path:
    """Write stacks of one formula."""
    rows = [f"{10 + stack},{layer},{formula}" for stack in range(STACKS) for layer in range(1, layers + 1)]
    path.write_text("sample_id,layer_id,formula\n" + "\n".join(rows) + "\n")
    return path


def run_well(run_cli: Run, *arguments: str, url: str) -> None:
    """Run a command that must end with 0."""
    ended = run_cli(*arguments, url=url)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def check_server(sandbox: SandboxProcess, formula: str) -> None:
    """The server holds each position once, all with one formula."""
    listing = sandbox.list_layers()
    positions = Counter((record["sample_id"], record["layer_id"]) for record in listing)
    assert positions == Counter((10 + stack, layer) for stack in range(STACKS) for layer in range(1, LAYERS + 1))
    assert {record["composition_string"] for record in listing} == {formula}


def crash_and_finish(
    tmp_path: Path, start_forked: Start, run_cli: Run, sandbox: SandboxProcess, *, way: str, label: str, passes: int
) -> Path:  # fmt: skip
    """Fill the server, change what is there, die at a step, go on to the end; return the run file."""
    before, after = write_table(tmp_path / "before.csv", BEFORE), write_table(tmp_path / "after.csv", AFTER)
    run_well(run_cli, "import", str(before), "--run", str(tmp_path / "before.run"), url=sandbox.url)
    run = tmp_path / "after.run"
    process = start_forked(
        "import", str(after), "--run", str(run), "--settle", "0.1", "--workers", "1", *WAYS[way],
        url=sandbox.url, program=[SCRIPT, label, str(passes)],
    )  # fmt: skip
    process.communicate(timeout=120)
    assert process.returncode == -9, "the labelled step was never reached"
    run_well(run_cli, "resume", str(run), "--settle", "0.1", url=sandbox.url)
    check_server(sandbox, AFTER)
    with RunFile.open(run) as file:
        assert {row.status for row in file.iter_rows()} <= {"updated", "created", "unchanged"}
        assert file.count_rows() == STACKS * LAYERS
    writes = len(sandbox.list_writes())
    run_well(run_cli, "resume", str(run), "--settle", "0.1", url=sandbox.url)
    assert len(sandbox.list_writes()) == writes
    return run


@pytest.mark.parametrize(("way", "label", "passes"), [("update", "after-send", 3), ("replace", "after-intent", 2)])
def test_killed_while_changing_what_is_there(
    tmp_path: Path,
    start_forked: Start,
    run_cli: Run,
    sandbox: SandboxProcess,
    way: str,
    label: str,
    passes: int,
) -> None:
    """Killed while patching or replacing, resume brings all in; killed while undoing, undo goes on."""
    run = crash_and_finish(tmp_path, start_forked, run_cli, sandbox, way=way, label=label, passes=passes)
    process = start_forked("undo", str(run), url=sandbox.url, program=[SCRIPT, "after-send", "2"])
    process.communicate(timeout=120)
    assert process.returncode == -9, "the labelled step was never reached"
    run_well(run_cli, "undo", str(run), url=sandbox.url)
    check_server(sandbox, BEFORE)


@pytest.mark.long
@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("passes", [1, 2, 4])
def test_killed_at_every_step_while_changing(
    tmp_path: Path,
    start_forked: Start,
    run_cli: Run,
    sandbox: SandboxProcess,
    way: str,
    label: str,
    passes: int,
) -> None:
    """The same at every step, early and late."""
    crash_and_finish(tmp_path, start_forked, run_cli, sandbox, way=way, label=label, passes=passes)
