"""One run at a time for an address on one machine: the second is refused, and told who has its turn."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from tests.helpers.faults import write_plan
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.helpers.forking import Forked
    from tests.helpers.processes import SandboxProcess

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Start = Callable[..., Forked]

TABLE = "sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO3\n7,3,MgO\n"
OTHER = "sample_id,layer_id,formula\n8,1,SrTiO3\n"
PLACES = [(7, 1), (7, 2), (7, 3)]


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[SandboxProcess]:
    """A sandbox that takes seconds to answer the second write, which it has stored by then."""
    plan = write_plan(tmp_path, "{kind: delay, seconds: 3, method: POST, on: [2]}")
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text(OTHER)
    with run_sandbox("--faults", plan) as sandbox:
        yield sandbox


def start_and_hold(start_forked: Start, sandbox: SandboxProcess, *arguments: str) -> Forked:
    """Start a command, and hold it while it waits for the second answer: others may take as long as they like."""
    process = start_forked(*arguments, url=sandbox.url)
    sandbox.wait_for_layers(1)
    process.send_signal(signal.SIGSTOP)
    return process


def end(process: Forked) -> int:
    """Let a held command come to its end; return its exit code."""
    process.send_signal(signal.SIGCONT)
    return process.wait(60)


def list_places(sandbox: SandboxProcess) -> list[tuple[int, int]]:
    """Return the positions that are filled, as often as they are."""
    return sorted((record["sample_id"], record["layer_id"]) for record in sandbox.list_layers())


def test_a_second_import_is_refused_while_one_is_sending(
    tmp_path: Path, start_forked: Start, run_cli: Run, slow: SandboxProcess
) -> None:
    """The second import of a file names the first one's process and run file, sends nothing and leaves no run file."""
    first = start_and_hold(start_forked, slow, "import", "a.csv", "--run", "r.run.sqlite")
    second = run_cli("import", "a.csv", "--run", "s.run.sqlite", url=slow.url)
    assert second.returncode == 2
    assert f"process {first.pid}, run file {tmp_path / 'r.run.sqlite'}" in second.stderr
    assert "--allow-parallel" in second.stderr
    assert not (tmp_path / "s.run.sqlite").exists()
    assert (end(first), list_places(slow)) == (0, PLACES)
    again = run_cli("import", "a.csv", "--run", "s.run.sqlite", url=slow.url)
    assert (again.returncode, list_places(slow)) == (0, PLACES)


@pytest.mark.parametrize("command", ["resume", "retry", "undo", "apply"])
def test_a_copy_of_a_run_file_cant_be_gone_on_with_at_once(
    tmp_path: Path, start_forked: Start, run_cli: Run, slow: SandboxProcess, command: str
) -> None:
    """Of two copies of one run file only one is carried out; the other is refused whatever is asked of it."""
    assert run_cli("plan", "a.csv", "--run", "r.run.sqlite", url=slow.url).returncode == 0
    shutil.copy(tmp_path / "r.run.sqlite", tmp_path / "s.run.sqlite")
    first = start_and_hold(start_forked, slow, "apply", "r.run.sqlite")
    second = run_cli(command, "s.run.sqlite", url=slow.url)
    assert second.returncode == 2
    assert f"process {first.pid}" in second.stderr
    assert (end(first), list_places(slow)) == (0, PLACES)


def test_who_sends_nothing_neednt_wait(start_forked: Start, run_cli: Run, slow: SandboxProcess) -> None:
    """Plans, dry runs and checks go on beside a run that sends."""
    first = start_and_hold(start_forked, slow, "import", "a.csv", "--run", "r.run.sqlite")
    assert run_cli("plan", "b.csv", "--run", "p.run.sqlite", url=slow.url).returncode == 0
    assert run_cli("import", "b.csv", "--dry-run", "--run", "d.run.sqlite", url=slow.url).returncode == 0
    assert first.poll() is None
    assert end(first) == 0


def test_disjoint_files_may_be_sent_at_once(start_forked: Start, run_cli: Run, slow: SandboxProcess) -> None:
    """Who says that two files have nothing in common may send them side by side."""
    first = start_and_hold(start_forked, slow, "import", "a.csv", "--run", "r.run.sqlite")
    second = run_cli("import", "b.csv", "--run", "s.run.sqlite", "--allow-parallel", url=slow.url)
    assert (second.returncode, first.poll()) == (0, None)
    assert (end(first), list_places(slow)) == (0, [*PLACES, (8, 1)])


def test_a_killed_run_keeps_nobody_waiting(start_forked: Start, run_cli: Run, slow: SandboxProcess) -> None:
    """The turn ends with the process, also at ``kill -9``."""
    first = start_forked("import", "a.csv", "--run", "r.run.sqlite", url=slow.url)
    slow.wait_for_layers(1)
    first.kill()
    first.wait(30)
    ended = run_cli("resume", "r.run.sqlite", "--settle", "4", url=slow.url)
    assert (ended.returncode, list_places(slow)) == (0, PLACES)
