"""The real command against a real sandbox process, over loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

ROOT = Path(__file__).parents[2]
KEY = "e2e-key-27182818284"
MODULE = ("-m", "importer")


def _read_url(url: str, path: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(url + path, headers={"X-API-KEY": KEY})  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  # loopback
        found: list[dict[str, Any]] = json.load(response)
        return found


@dataclass(frozen=True)
class SandboxProcess:
    """A running sandbox: its address and its process."""

    url: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> list[dict[str, Any]]:
        """Return the JSON that a path answers."""
        return _read_url(self.url, path)

    def list_layers(self) -> list[dict[str, Any]]:
        """Return the listing."""
        return self.get("/target-materials/")


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


def make_environment(url: str | None) -> dict[str, str]:
    """Return an environment with nothing of the caller's but the path to Python and to the package."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    found = {**kept, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1", "COLUMNS": "120"}
    return found if url is None else {**found, "AS_API_ENDPOINT": url, "AS_API_KEY": KEY}


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
        process.communicate()


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
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
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


@contextmanager
def _run_sandbox(*options: str) -> Iterator[SandboxProcess]:
    command = [sys.executable, "-m", "importer.sandbox", "--port", "0", *options]
    environment = make_environment(None)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "listening on" in line, line
            yield SandboxProcess(line.split()[-1], process)
        finally:
            process.kill()
            process.wait(10)


@pytest.fixture
def run_sandbox() -> Callable[..., AbstractContextManager[SandboxProcess]]:
    """Start sandbox processes; each ends with its block."""
    return _run_sandbox


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    """A sandbox in memory, without faults."""
    with _run_sandbox() as found:
        yield found


@pytest.fixture
def read_url() -> Callable[[str, str], list[dict[str, Any]]]:
    """Read the JSON that a path of a sandbox answers."""
    return _read_url
