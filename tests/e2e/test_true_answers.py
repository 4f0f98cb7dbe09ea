"""What is told of a run is what was done: plans carried out, doubts looked up, stacks undone, records left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from importer.run import Intent, Journal, RunFile

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

    Run = Callable[..., subprocess.CompletedProcess[str]]

LOG = "sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO3\n8,1,MgO\n"


@pytest.fixture
def run_cli(run_cli: Run) -> Run:
    """Run commands with the imports done."""
    return run_cli


@pytest.fixture
def log(tmp_path: Path) -> str:
    """Give the name of an input of three rows in two stacks."""
    (tmp_path / "a.csv").write_text(LOG)
    return "a.csv"


def test_going_on_tells_what_is_only_looked_up(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess, log: str) -> None:
    """A row that a killed go left in doubt is not counted among those that are sent; its wait is named."""
    run_cli("plan", log, "--run", "p.run.sqlite", url=sandbox.url)
    with RunFile.open(tmp_path / "p.run.sqlite", readonly=False) as run, Journal(run) as journal:
        run.set_meta(replace(run.meta, begun=True))
        journal.write(Intent(0, 1.0))
    ended = run_cli("resume", "p.run.sqlite", "--settle", "1", url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (
        "Sending 2 rows in 2 stacks. First looking up 1 row in doubt from an earlier attempt in the stored list, "
        "waiting up to 1 s (--settle)." in ended.stderr
    )
    assert len(sandbox.list_layers()) == 3


def test_a_record_left_as_it_is_is_said_to_differ(
    tmp_path: Path, run_cli: Run, sandbox: SandboxProcess, log: str
) -> None:
    """Skipping what differs is success, and yet not told as if it were there with the same content."""
    run_cli("import", log, url=sandbox.url)
    (tmp_path / "b.csv").write_text(LOG.replace("BaTiO3", "PbTiO3"))
    ended = run_cli("import", "b.csv", "--on-existing", "skip", url=sandbox.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "are stored" not in ended.stdout
    assert "1 of them differs on the server and was left as it is (--on-existing skip)." in ended.stdout


def test_a_plan_promises_nothing_that_applying_holds_back(
    tmp_path: Path,
    run_cli: Run,
    sandbox: SandboxProcess,
    log: str,
) -> None:
    """A layer above a conflict is planned as held back, and applying the plan holds it back."""
    run_cli("import", log, url=sandbox.url)
    (tmp_path / "b.csv").write_text(LOG.replace("BaTiO3", "PbTiO3") + "7,3,MgO\n8,2,MgO\n")
    planned = run_cli("plan", "b.csv", "--run", "p.run.sqlite", url=sandbox.url)
    steps = [line.split()[:2] for line in planned.stdout.splitlines()]
    assert [line for line in steps if {*line[:1]} & {"create", "blocked"}] == [["create", "1"], ["blocked", "1"]]
    ended = run_cli("apply", "p.run.sqlite", url=sandbox.url)
    assert "Sending 1 row in 1 stack." in ended.stderr
    counts = [line.split()[:2] for line in ended.stdout.splitlines()]
    assert ["created", "1"] in counts
    assert ["not_sent", "1"] in counts


def test_an_undone_run_is_told_as_undone(run_cli: Run, sandbox: SandboxProcess, log: str) -> None:
    """Undoing names the stacks; the list of runs, the summary and going on say that it was undone and what to do."""
    run_cli("import", log, "--run", "r.run.sqlite", url=sandbox.url)
    ended = run_cli("undo", "r.run.sqlite", url=sandbox.url)
    assert (ended.returncode, ended.stdout) == (0, "2 stacks undone: sample 7, sample 8.\n")
    assert "r.run.sqlite: undone (2 of 2 stacks), 3 not_sent" in run_cli("runs").stdout
    shown = run_cli("report", "r.run.sqlite").stdout
    assert "undone" in shown
    assert "import the file again" in shown
    assert "resume" not in shown
    ended = run_cli("resume", "r.run.sqlite", url=sandbox.url)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "r.run.sqlite was undone (2 of 2 stacks)" in ended.stderr
    assert "import the files again" in ended.stderr
    assert run_cli("import", log, "--run", "s.run.sqlite", url=sandbox.url).returncode == 0
    assert len(sandbox.list_layers()) == 3


def test_an_undone_run_with_a_layer_held_back_is_undone_too(
    tmp_path: Path,
    run_cli: Run,
    sandbox: SandboxProcess,
) -> None:
    """A row that an invalid layer holds back is no rest that going on could send; one stack is one stack."""
    (tmp_path / "a.csv").write_text(LOG + "8,2,Xx\n8,3,MgO\n")
    run_cli("import", "a.csv", "--run", "r.run.sqlite", url=sandbox.url)
    run_cli("import", "a.csv", "--on-existing", "update", "--run", "s.run.sqlite", url=sandbox.url)
    assert run_cli("undo", "s.run.sqlite", url=sandbox.url).stdout == "No stacks undone.\n"
    assert run_cli("resume", "s.run.sqlite", url=sandbox.url).returncode == 1
    (tmp_path / "b.csv").write_text("sample_id,layer_id,formula\n9,1,MgO\n9,2,Xx\n9,3,MgO\n")
    run_cli("import", "b.csv", "--run", "t.run.sqlite", url=sandbox.url)
    assert run_cli("undo", "t.run.sqlite", url=sandbox.url).stdout == "1 stack undone: sample 9.\n"
    ended = run_cli("resume", "t.run.sqlite", url=sandbox.url)
    assert ended.returncode == 2
    assert "was undone (1 of 1 stacks)" in ended.stderr


def test_a_plan_that_is_carried_out_is_told_as_complete(run_cli: Run, sandbox: SandboxProcess, log: str) -> None:
    """Applying a plan again names the report, not a resume that would do nothing."""
    run_cli("plan", log, "--run", "p.run.sqlite", url=sandbox.url)
    assert run_cli("apply", "p.run.sqlite", url=sandbox.url).returncode == 0
    ended = run_cli("apply", "p.run.sqlite", url=sandbox.url)
    assert ended.returncode == 2
    assert "applied already: `layer-importer report p.run.sqlite` shows" in ended.stderr
    run_cli("undo", "p.run.sqlite", url=sandbox.url)
    assert "p.run.sqlite was undone" in run_cli("apply", "p.run.sqlite", url=sandbox.url).stderr


def test_a_plan_that_stopped_half_way_is_still_resumed(
    tmp_path: Path, run_cli: Run, sandbox: SandboxProcess, log: str
) -> None:
    """Applying a plan that has begun and isn't at its end names the command that goes on."""
    run_cli("plan", log, "--run", "p.run.sqlite", url=sandbox.url)
    with RunFile.open(tmp_path / "p.run.sqlite", readonly=False) as run:
        run.set_meta(replace(run.meta, begun=True))
    assert (
        "continue it with `layer-importer resume p.run.sqlite`"
        in run_cli("apply", "p.run.sqlite", url=sandbox.url).stderr
    )
