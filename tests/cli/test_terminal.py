"""What only a terminal or an impatient person does: the key's prompt, a second Ctrl-C, a closed pipe."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING

import pytest

from tests.helpers.faults import write_plan
from tests.helpers.forking import get_preloaded
from tests.helpers.processes import make_environment, run_sandbox
from tests.helpers.terminal import run_at_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = "sample_id,layer_id,formula\n42,1,SrTiO3\n"
COMMAND = [sys.executable, "-m", "importer"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a file with one good row."""
    path = tmp_path / "log.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[str]:
    """Give the address of a sandbox that takes half a minute for each write."""
    plan = write_plan(tmp_path, "{kind: delay, seconds: 30, method: POST, probability: 1}")
    with run_sandbox("--faults", plan, keys=["key-1234"]) as sandbox:
        yield sandbox.url


def test_second_signal_leaves_at_once(source: Path, slow_server: str) -> None:
    """The first Ctrl-C waits for the answer under way; the second ends the process there and then, with 130."""
    child = get_preloaded().start(
        ["import", "log.csv", "--api-url", slow_server, "--run", "r.sqlite", "--yes"],
        folder=source.parent,
        environment=make_environment(AS_API_KEY="key-1234"),
    )
    child.wait_for("Sending")
    child.send_signal(signal.SIGINT)
    child.wait_for("Stopping")
    begun = time.monotonic()
    child.send_signal(signal.SIGINT)
    assert child.wait(20) == 130
    assert time.monotonic() - begun < 15


def test_key_is_asked_for_hidden(source: Path) -> None:
    """At a terminal without a key there is a prompt; what is typed isn't echoed, and is used as the key."""
    code, said, is_asked = run_at_terminal(
        ["import", "log.csv", "--api-url", "http://127.0.0.1:9"],
        source.parent,
        environment=make_environment(),
        prompt=b"API key for http://127.0.0.1:9 (not shown): ",  # the blank comes once the terminal's echo is off
        answer=b"key with a blank\n",
    )
    assert is_asked
    assert b"key with a blank" not in said
    assert b"The API key contains a space" in said
    assert code == 2


def test_closed_pipe_is_no_traceback(source: Path) -> None:
    """When whoever reads the output has gone away there is no traceback."""
    source.write_text(ROWS + "".join(f"{n},1,Xx2\n" for n in range(3_000)))
    child = subprocess.Popen(
        [*COMMAND, "validate", "log.csv", "--format", "csv"],
        cwd=source.parent,
        env=make_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.read(100)
    child.stdout.close()
    child.stdout = None
    _, said = child.communicate(timeout=60)
    assert b"Traceback" not in said
    assert child.returncode != 0


def test_a_page_of_the_guide_is_drawn() -> None:
    """On a terminal its tables and headings are drawn, no wider than its window."""
    terminal, inner = pty.openpty()
    environment = make_environment(COLUMNS="70", TERM="xterm-256color")
    command = [*COMMAND, "guide", "undo"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=inner) as child:
        os.close(inner)
        with os.fdopen(terminal, "rb") as stream:
            drawn = b"".join(_read_to_the_end(stream)).decode()
        assert child.wait(60) == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", drawn).splitlines()
    assert "Verify a run, and take it back" in [line.strip(" ┃│") for line in lines]  # an older rich frames it
    assert max(map(len, lines)) <= 70


def _read_to_the_end(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what comes of a terminal; its end is an error on Linux."""
    with contextlib.suppress(OSError):
        while read := stream.read1(65_536):  # type: ignore[attr-defined]  # a buffered reader
            yield read
