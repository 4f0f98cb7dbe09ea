"""The real command against a real sandbox process, over loopback."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.helpers.forking import CAN_FORK, Forked, get_preloaded
from tests.helpers.processes import SandboxProcess, make_environment, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

MODULE = ("-m", "importer")


class StartCli(Protocol):
    """Starts the command in the background."""

    def __call__(
        self, *arguments: str, url: str | None = None, program: Sequence[str] = MODULE
    ) -> subprocess.Popen[str]:
        """Return the process."""


class RunCli(Protocol):
    """Runs the command to its end."""

    def __call__(self, *arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
        """Return what it printed and its exit code."""


@pytest.fixture
def start_cli(tmp_path: Path) -> Iterator[StartCli]:
    """Start commands in a scratch folder; end those that still run."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, url: str | None = None, program: Sequence[str] = MODULE) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=tmp_path,
            env=make_environment(url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=30)  # bounded, for a grandchild may hold the pipes


@pytest.fixture
def start_forked(tmp_path: Path) -> Iterator[Callable[..., Forked]]:
    """Start commands as `start_cli` does, with the imports done."""
    started: list[Forked] = []

    def start(*arguments: str, url: str | None = None, program: Sequence[str] = ()) -> Forked:
        kind = "script" if program else "command"
        environment = make_environment(url)
        started.append(
            get_preloaded().start([*program, *arguments], folder=tmp_path, environment=environment, program=kind)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def run_cli(start_cli: StartCli, start_forked: Callable[..., Forked]) -> RunCli:
    """Run commands in a scratch folder to their end; forked, where the system can, for that costs a fifth."""

    def run(*arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
        process = start_forked(*arguments, url=url) if CAN_FORK else start_cli(*arguments, url=url)
        out, err = process.communicate(timeout=1200)
        return subprocess.CompletedProcess(arguments, process.wait(), out, err)

    return run


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    """A sandbox in memory, without faults."""
    with run_sandbox() as found:
        yield found
