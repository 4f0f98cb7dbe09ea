"""What processes that send one run on a server share: its pace, its end, its key."""

from __future__ import annotations

import itertools
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.crews import ServerRun, check_stored, write_layers
from tests.helpers.faults import write_plan
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.forking import Forked
    from tests.helpers.processes import SandboxProcess

    Start = Callable[..., Forked]
    RunCli = Callable[..., Any]

pytestmark = pytest.mark.server
STACKS, LAYERS = 40, 5
ROWS = STACKS * LAYERS
PACE = ("--settle", "1", "--canary", "0", "--workers", "4")
WORK = ("--settle", "1", "--workers", "4", "--json-lines")
SLOW: dict[str, object] = {"kind": "delay", "seconds": 0.05, "probability": 1, "method": "POST"}
_numbers = itertools.count()


@pytest.fixture
def run(tmp_path: Path) -> ServerRun:
    """A run that isn't there yet, and the table for it."""
    write_layers(tmp_path / "layers.csv", STACKS, LAYERS)
    return ServerRun(f"together{next(_numbers)}")


def start_two(run: ServerRun, sandbox: SandboxProcess, start: Start, *options: str) -> tuple[Forked, Forked]:
    """Start a run, and a second process that joins it."""
    first = start("import", "layers.csv", "--run", run.address, *PACE, *options, url=sandbox.url)
    run.wait_until_open()
    second = start("work", run.address, *WORK, url=sandbox.url)
    run.wait_for("SELECT 1 FROM worker WHERE pid = %s", second.pid)
    return first, second


def count_rows(process: Forked) -> int:
    """Return how many rows a process says that it has ended."""
    lines = [json.loads(line) for line in process.read()[0].splitlines()]
    return sum(line.get("event") == "row-ended" for line in lines)


def end_with(code: int, *processes: Forked) -> None:
    """See that processes end with a code."""
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.wait() == code, out + err


@pytest.mark.parametrize("grace", [0.5, pytest.param(0.2, marks=pytest.mark.long)])
def test_what_one_is_told_to_wait_all_wait(tmp_path: Path, run: ServerRun, start_forked: Start, grace: float) -> None:
    """After a Retry-After that one process gets, none sends anything before the time is over."""
    told = {"kind": "status", "status": 429, "retry_after": 2, "method": "POST", "on": [60, 130]}
    with run_sandbox("--faults", write_plan(tmp_path, told, SLOW)) as sandbox:
        first, second = start_two(run, sandbox, start_forked, "--rate", "60")
        end_with(0, first, second)
        writes = sandbox.list_writes()
        check_stored(sandbox, ROWS)
    assert 10 < count_rows(second) < ROWS - 10
    pauses = [entry["at"] for entry in writes if entry["fault"] == "status-before"]
    assert len(pauses) == 2
    for pause in pauses:
        assert [entry["at"] - pause for entry in writes if grace < entry["at"] - pause < 1.9] == []


@pytest.mark.parametrize("window", [None, pytest.param(1.3, marks=pytest.mark.long)])
def test_the_rate_is_kept_over_all(run: ServerRun, start_forked: Start, window: float | None) -> None:
    """`--rate` bounds what both processes send together; in no second is it exceeded by more than three tenths."""
    rate = 40
    with run_sandbox() as sandbox:
        first, second = start_two(run, sandbox, start_forked, "--rate", str(rate))
        end_with(0, first, second)
        times = [entry["at"] for entry in sandbox.list_writes()]
        check_stored(sandbox, ROWS)
    assert 10 < count_rows(second) < ROWS - 10
    assert times[-1] - times[0] > 0.9 * ROWS / rate
    highest = max(sum(begin <= time < begin + 1 for time in times) for begin in times)
    assert highest <= (window or 1.6) * rate


def test_stop_ends_all_and_resume_goes_on(run: ServerRun, start_forked: Start, run_cli: RunCli) -> None:
    """Both end with 3 and say why, nothing is sent afterwards, nobody joins; `resume` stores the rest."""
    with run_sandbox() as sandbox:
        first, second = start_two(run, sandbox, start_forked, "--rate", "10")
        sandbox.wait_for_layers(ROWS // 10)
        refused = run_cli("undo", run.address, "--yes", "--allow-parallel", url=sandbox.url)
        assert (refused.returncode, "Another process is using the run" in refused.stderr) == (2, True)
        stopped = run_cli("stop", run.address)
        assert stopped.returncode == 0, stopped.stderr
        assert "Stopping 2 processes." in stopped.stdout + stopped.stderr
        end_with(3, first, second)
        assert "stopped for all processes" in first.read()[1]
        held = len(sandbox.list_writes())
        assert held < ROWS
        late = run_cli("work", run.address, *WORK, url=sandbox.url)
        assert (late.returncode, "stopped for all processes" in late.stderr) == (3, True)
        assert len(sandbox.list_writes()) == held
        again = run_cli("stop", run.address)
        assert (again.returncode, "No process is at work" in again.stderr) == (2, True)
        ended = run_cli("resume", run.address, *PACE, url=sandbox.url)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        check_stored(sandbox, ROWS)


def test_rows_that_fail_are_counted_over_all(tmp_path: Path, run: ServerRun, start_forked: Start) -> None:
    """`--max-failed` of one process stops both when so many rows have failed, whoever sent them."""
    refused = {"kind": "status", "status": 422, "method": "POST", "probability": 0.3}
    with run_sandbox("--faults", write_plan(tmp_path, refused, SLOW)) as sandbox:
        first, second = start_two(run, sandbox, start_forked, "--max-failed", "12", "--rate", "40")
        end_with(3, first, second)
        assert all("more than --max-failed 12 allows" in process.read()[1] for process in (first, second))
    ((failed,),) = run.ask("""SELECT count(*) FROM "row" WHERE status = 'refused'""")
    assert 12 < failed <= 12 + 2 * 40  # each tells the others of its own within a second


def test_an_interrupt_ends_one_process_only(run: ServerRun, start_forked: Start, run_cli: RunCli) -> None:
    """The first ends with 130 and gives back what it had; the other ends the run, which nobody resumes meanwhile."""
    with run_sandbox() as sandbox:
        first, second = start_two(run, sandbox, start_forked, "--rate", "15")
        sandbox.wait_for_layers(ROWS // 10)
        first.send_signal(signal.SIGINT)
        end_with(130, first)
        said = first.read()[1]
        assert "1 other process goes on with this run. To help again: layer-importer work" in said, said
        assert "resume" not in said
        refused = run_cli("resume", run.address, "--allow-parallel", *PACE, url=sandbox.url)
        assert (refused.returncode, "Other processes are at work" in refused.stderr) == (2, True), refused.stderr
        end_with(0, second)
        check_stored(sandbox, ROWS)
        assert run.ask("SELECT count(*) FROM worker WHERE ended_at IS NULL") == [(0,)]
        after = run_cli("work", run.address, *WORK, url=sandbox.url)
        assert (after.returncode, len(sandbox.list_writes())) == (0, ROWS)


def test_only_a_run_that_is_being_sent_is_joined(
    tmp_path: Path, run: ServerRun, run_cli: RunCli, sandbox: SandboxProcess
) -> None:
    """Not a file, not a run that isn't there, not a plan: each is told what it is."""
    assert run_cli("plan", "layers.csv", "--run", run.address, url=sandbox.url).returncode == 0
    assert run_cli("plan", "layers.csv", "--run", "a.run.sqlite", url=sandbox.url).returncode == 0
    for place, words in (
        ("a.run.sqlite", "is a file, and one process at a time sends it"),
        (run.address, "isn't open for work"),
        (f"{run.address}_not", "There is no run"),
    ):
        told = run_cli("work", place, *WORK, url=sandbox.url)
        assert (told.returncode, words in told.stderr) == (2, True), told.stderr
    assert (tmp_path / "a.run.sqlite").exists()
    assert sandbox.list_writes() == []


def test_a_key_of_somebody_else_sends_nothing(tmp_path: Path, run: ServerRun, start_forked: Start) -> None:
    """A process whose key doesn't show what the run has stored is refused before it sends; the others go on."""
    as_other = tmp_path / "as_other.py"
    as_other.write_text(
        "import os\nfrom importer.__main__ import main\nos.environ['AS_API_KEY'] = 'key-of-lab-b'\nmain()\n"
    )
    plan = tmp_path / "plan.yaml"
    plan.write_text(json.dumps({"keys": {"key-of-lab-b": "b"}}))
    with run_sandbox("--faults", str(plan)) as sandbox:
        first = start_forked("import", "layers.csv", "--run", run.address, *PACE, "--rate", "30", url=sandbox.url)
        run.wait_until_open()
        second = start_forked("work", run.address, *WORK, url=sandbox.url, program=(str(as_other),))
        end_with(3, second)
        assert "belong to another organisation" in second.read()[1]
        end_with(0, first)
        check_stored(sandbox, ROWS)
        assert len(sandbox.list_writes()) == ROWS
