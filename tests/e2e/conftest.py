"""The real command against a real sandbox process, over loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Protocol, Self

import pytest

from tests.helpers.processes import LONGEST, ROOT, SandboxProcess, make_environment, read_line, run_sandbox

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
def run_cli(start_cli: StartCli) -> RunCli:
    """Run commands in a scratch folder to their end."""

    def run(*arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
        process = start_cli(*arguments, url=url)
        out, err = process.communicate(timeout=1200)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


class Forked:
    """A forked process, with the part of ``subprocess.Popen`` that the tests use."""

    def __init__(self, server: Preloaded, pid: int, out: Path, err: Path) -> None:
        self._server, self.pid, self._out, self._err = server, pid, out, err
        self.returncode: int | None = None

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process is known to have ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process as ``kill -9`` does."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float = 60.0) -> int:
        """Return the exit code, negative for a signal, when the process has ended."""
        if self.returncode is None:
            code = self._server.ask(wait=self.pid, timeout=timeout)["code"]
            if code is None:
                raise subprocess.TimeoutExpired(["layer-importer"], timeout)
            self.returncode = int(code)
        return self.returncode

    def communicate(self, timeout: float = 60.0) -> tuple[str, str]:
        """Return what the process wrote, when it has ended."""
        self.wait(timeout)
        return self._out.read_text(), self._err.read_text()


class Preloaded:
    """The process from which all others are forked; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "e2e" / "preloaded.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**make_environment(None), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self._started: list[Forked] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """End every process that still runs."""
        for process in self._started:
            if process.returncode is None:
                process.kill()
        self._process.communicate(timeout=30)

    def ask(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever JSON can carry
        """Send a request and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        seconds = LONGEST + request.get("timeout", 0.0)
        answer: dict[str, Any] = json.loads(read_line(self._process, self._process.stdout, seconds=seconds))
        return answer

    def start(self, arguments: Sequence[str], *, folder: Path, url: str | None, script: Sequence[str] = ()) -> Forked:
        """Start the command, or a script around it, in a folder."""
        number = len(self._started)
        out, err = (self._folder / f"{number}.{name}" for name in ("out", "err"))
        for path in (out, err):
            path.touch()  # here, for the process may be dead before it opens them
        pid = self.ask(
            arguments=[*script, *arguments],
            script=bool(script),
            folder=str(folder),
            environment=make_environment(url),
            out=str(out),
            err=str(err),
        )["pid"]
        forked = Forked(self, int(pid), out, err)
        self._started.append(forked)
        return forked


@pytest.fixture(scope="session")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preloaded]:
    """The process from which commands are forked, with everything loaded."""
    with Preloaded(tmp_path_factory.mktemp("preloaded")) as found:
        yield found


@pytest.fixture
def start_forked(tmp_path: Path, preloaded: Preloaded) -> Iterator[Callable[..., Forked]]:
    """Start commands as `start_cli` does, with the imports done."""
    started: list[Forked] = []

    def start(*arguments: str, url: str | None = None, program: Sequence[str] = ()) -> Forked:
        started.append(preloaded.start(arguments, folder=tmp_path, url=url, script=program))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def run_forked(start_forked: Callable[..., Forked]) -> RunCli:
    """Run commands to their end as `run_cli` does, with the imports done."""

    def run(*arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
        process = start_forked(*arguments, url=url)
        out, err = process.communicate(timeout=1200)
        return subprocess.CompletedProcess(arguments, process.wait(), out, err)

    return run


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    """A sandbox in memory, without faults."""
    with run_sandbox() as found:
        yield found
