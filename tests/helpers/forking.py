"""Programs forked from a process that has everything loaded, where the system can fork."""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.helpers.environment import ROOT, make_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CAN_FORK = hasattr(os, "fork")
POLL, LONGEST_POLL = 0.004, 0.04
"""Seconds between looks at a process: the longer it runs, the fewer."""
LOADED_SECONDS = 120.0
"""Seconds that loading everything may take on a busy machine."""


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

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while the process runs."""
        if self.returncode is None:
            self.returncode = self._server.ask(wait=self.pid)["code"]
        return self.returncode

    def wait(self, timeout: float = 60.0) -> int:
        """Return the exit code, negative for a signal, when the process has ended."""
        begun = time.monotonic()
        while (code := self.poll()) is None:
            waited = time.monotonic() - begun
            if waited > timeout:
                raise subprocess.TimeoutExpired(["layer-importer"], timeout)
            time.sleep(min(POLL + waited / 20, LONGEST_POLL))
        return code

    def read(self) -> tuple[str, str]:
        """Return what the process wrote so far."""
        return self._out.read_text(), self._err.read_text()

    def read_bytes(self) -> tuple[bytes, bytes]:
        """Return the same as bytes."""
        return self._out.read_bytes(), self._err.read_bytes()

    def wait_for(self, words: str, timeout: float = 60.0) -> None:
        """Wait until the process has written the words; when it ends without them, or doesn't in time, fail."""
        until = time.monotonic() + timeout
        while words not in "".join(self.read()):
            has_ended = self.poll() is not None  # looked at first, for what it wrote last may hold the words
            is_said = words in "".join(self.read())
            assert is_said or (not has_ended and time.monotonic() < until), f"never said {words!r}: {self.read()}"
            time.sleep(LONGEST_POLL / 2)

    def communicate(self, timeout: float = 60.0) -> tuple[str, str]:
        """Return what the process wrote, when it has ended."""
        self.wait(timeout)
        return self.read()


class Preloaded:
    """The process from which all others are forked; it ends with this one, and they with it."""

    def __init__(self, *paths: Path) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="forked-", ignore_cleanup_errors=True)
        self._folder, self._started, self._lock = Path(self._kept.name), 0, threading.Lock()
        environment = make_environment()
        environment["PYTHONPATH"] = os.pathsep.join([*map(str, paths), environment["PYTHONPATH"]])
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("preloaded.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def close(self) -> None:
        """End it, and what it started and still runs."""
        self._process.communicate(timeout=LOADED_SECONDS)
        self._kept.cleanup()

    def ask(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401  # whatever JSON can carry
        """Send a request and return its answer."""
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            watchdog = threading.Timer(LOADED_SECONDS, self._process.kill)
            watchdog.start()
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
                answer: dict[str, Any] = json.loads(self._process.stdout.readline())
            finally:
                watchdog.cancel()
            return answer

    def start(
        self,
        arguments: Sequence[str],
        *,
        folder: Path = ROOT,
        environment: Mapping[str, str] | None = None,
        program: str = "command",
        given: str = "",
        is_merged: bool = False,
        terminal: str = "",
    ) -> Forked:
        """Start the command in a folder; or the sandbox; or a script, whose path is the first argument.

        Args:
            arguments: the program's arguments.
            folder: where it runs.
            environment: what it finds around it, the usual if None.
            program: ``command``, ``sandbox`` or ``script``.
            given: what it finds on standard input.
            is_merged: whether what it says of errors is among its output, as on a screen.
            terminal: path of the terminal that it sits at with all its streams; none if empty.
        """
        with self._lock:
            self._started += 1
            number = self._started
        paths = {name: self._folder / f"{number}.{name}" for name in ("input", "out", "err")}
        for path in paths.values():
            path.touch()  # here, for the process may be dead before it opens them
        if is_merged:
            paths["err"] = paths["out"]
        paths["input"].write_text(given)
        pid = self.ask(
            arguments=list(arguments),
            program=program,
            folder=str(folder),
            environment=make_environment() if environment is None else dict(environment),
            terminal=terminal,
            **{name: str(path) for name, path in paths.items()},
        )["pid"]
        return Forked(self, int(pid), paths["out"], paths["err"])


@functools.cache
def get_preloaded(*paths: Path) -> Preloaded:
    """Return the one of this test process that looks first in these folders for what it loads; start it if need be."""
    found = Preloaded(*paths)
    atexit.register(found.close)
    return found
