"""Children: what they say within a time, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from importer.machine.processes import iter_lines_within, run_along, start_apart

if TYPE_CHECKING:
    from pathlib import Path


def test_lines_come_as_they_are_written_and_the_wait_is_bounded(tmp_path: Path) -> None:
    """The first line comes at once though the child goes on; after that the time is over."""
    code = "import sys; print('one', flush=True); sys.stdin.read()"
    child = start_apart([sys.executable, "-c", code], cwd=tmp_path, env=dict(os.environ))
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        lines = iter_lines_within(child.stdout, 30)
        assert next(lines).strip() == b"one"
        with pytest.raises(TimeoutError):
            list(iter_lines_within(child.stdout, 0.0))
    finally:
        child.stdin.close()
        child.wait(10)
        child.stdout.close()


def test_an_ended_child_ends_its_lines(tmp_path: Path) -> None:
    """A child that says nothing ends the wait as soon as it ends."""
    child = start_apart([sys.executable, "-c", ""], cwd=tmp_path, env=dict(os.environ))
    assert child.stdin is not None
    assert child.stdout is not None
    assert list(iter_lines_within(child.stdout, 30)) == []
    child.stdin.close()
    child.wait(10)
    child.stdout.close()


def test_the_exit_code_of_a_child_run_along_is_its_own() -> None:
    """It is waited for to its end."""
    assert run_along([sys.executable, "-c", "raise SystemExit(7)"], env=dict(os.environ)) == 7


def test_ctrl_c_ends_parent_and_child_once(tmp_path: Path) -> None:
    """A Ctrl-C at a terminal reaches both: the child ends in its own time, and the parent with its exit code."""
    child = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(print('child ends', flush=True)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    (tmp_path / "child.py").write_text(child)
    code = (
        "import os, sys\nfrom importer.machine.processes import run_along\n"
        "sys.exit(run_along([sys.executable, sys.argv[1]], env=dict(os.environ)))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "child.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        os.killpg(parent.pid, signal.SIGINT)
        out, err = parent.communicate(timeout=30)
    assert (parent.returncode, out, err) == (0, "child ends\n", "")
