"""Whatever becomes of the screen, the terminal or the next step: the run's files are written, its answer is true."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.helpers.faults import write_plan
from tests.helpers.processes import make_environment, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.forking import Forked
    from tests.helpers.processes import SandboxProcess

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Start = Callable[..., Forked]

TABLE = "sample_id,layer_id,formula\n7,1,SrTiO3\n7,2,BaTiO3\n7,3,MgO\n"
BLOCKED = "sample_id,layer_id,formula\n7,1,Xx2\n7,2,BaTiO3\n7,3,MgO\n"
IMPORT = f"{sys.executable} -m importer import a.csv --run r.run.sqlite --report r.csv"


STREAMS = (
    ("", "| true"), ("", "| head -n 1"), ("2>&1", "| true"), (">&-", ""), ("2>&-", ""), ("<&- >&- 2>&-", ""),
    (">/dev/full", ""), ("2>/dev/full", ""),
)  # fmt: skip
OPTIONS = ("--verbose", "--json-lines")


@pytest.mark.parametrize(
    ("streams", "reader", "option"),
    [  # each with one of the options, and with both among the long tests
        pytest.param(*each, option, marks=[pytest.mark.long] if (number + turn) % 2 else [])
        for number, each in enumerate(STREAMS)
        for turn, option in enumerate(OPTIONS)
    ],
)
def test_a_screen_that_is_gone_costs_nothing(
    tmp_path: Path, sandbox: SandboxProcess, streams: str, reader: str, option: str
) -> None:
    """Closed, full, or with its reader gone: all layers are stored, the report is whole, the exit code is the run's."""
    (tmp_path / "a.csv").write_text(TABLE)
    command = f"{{ {IMPORT} {option} {streams}; echo $? >code; }} {reader}"
    environment = make_environment(sandbox.url)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, timeout=60, check=False)  # noqa: S607
    assert (tmp_path / "code").read_text().strip() == "0"
    assert len(sandbox.list_layers()) == 3
    assert (tmp_path / "r.csv").read_text().count("created") == 3


def test_a_terminal_that_is_closed_ends_a_run_in_order(tmp_path: Path, start_forked: Start) -> None:
    """SIGHUP stops a run as SIGTERM does: what is under way is written down, reports too, and the exit code is 130."""
    plan = write_plan(tmp_path, "{kind: delay, seconds: 3, method: POST, on: [2]}")
    (tmp_path / "a.csv").write_text(TABLE)
    with run_sandbox("--faults", plan) as sandbox:
        process = start_forked("import", "a.csv", "--run", "r.run.sqlite", "--report", "r.csv", url=sandbox.url)
        sandbox.wait_for_layers(1)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert "created" in (tmp_path / "r.csv").read_text()
        process = start_forked("resume", "r.run.sqlite", "--settle", "0.2", url=sandbox.url)
        process.communicate(timeout=60)
        assert (process.returncode, len(sandbox.list_layers())) == (0, 3)


def test_resume_isnt_advised_where_it_cant_help(tmp_path: Path, run_cli: Run, sandbox: SandboxProcess) -> None:
    """Rows above an invalid layer name that layer; going on is advised nowhere, on the screen or in the report."""
    (tmp_path / "a.csv").write_text(BLOCKED)
    ended = run_cli("import", "a.csv", "--run", "r.run.sqlite", "--report", "r.html", url=sandbox.url)
    assert ended.returncode == 1
    assert "resume" not in ended.stdout + ended.stderr
    assert "layer 1 below it is invalid" in ended.stdout
    assert "correct that layer" in ended.stdout


@pytest.mark.parametrize("command", ["apply", "resume", "retry", "undo", "verify"])
def test_the_file_is_looked_at_before_the_key_is_asked_for(tmp_path: Path, run_cli: Run, command: str) -> None:
    """Without a key, what is told is that the run file can't be gone on with, not that there is no key."""
    (tmp_path / "r.run.sqlite").write_text("not a database")
    ended = run_cli(command, "r.run.sqlite")
    assert ended.returncode == 2
    assert "r.run.sqlite isn't a run file" in ended.stderr
    assert "API key" not in ended.stderr
