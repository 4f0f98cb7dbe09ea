"""Processes that tests start: the sandbox, the command's environment, and output that is waited for, never for ever."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.helpers.environment import KEY, ROOT, make_environment
from tests.helpers.forking import CAN_FORK, Forked, get_preloaded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["KEY", "ROOT", "SandboxProcess", "make_environment", "read_line", "read_url", "run_sandbox"]

LONGEST = 60.0
"""Seconds that a line of output, or a state of the server, is waited for."""
MOMENT = 0.02


def read_line(
    process: subprocess.Popen[str], stream: IO[str] | None, words: str = "", *, seconds: float = LONGEST
) -> str:
    """Return the next line that holds the words; when it doesn't come in time, end the process and fail the test."""
    assert stream is not None
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.start()
    read: list[str] = []
    try:
        for line in stream:
            read.append(line)
            if words in line:
                return line
    finally:
        watchdog.cancel()
    pytest.fail(f"no line with {words!r} came within {seconds:g} s, but {''.join(read)!r}")


def read_url(url: str, path: str) -> list[dict[str, Any]]:
    """Return the JSON that a path of a sandbox answers."""
    request = urllib.request.Request(url + path, headers={"X-API-KEY": KEY})  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  # loopback
        found: list[dict[str, Any]] = json.load(response)
        return found


@dataclass(frozen=True)
class SandboxProcess:
    """A running sandbox: its address and its process."""

    url: str
    process: Forked | subprocess.Popen[str]

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rsplit(":", 1)[1])

    def get(self, path: str) -> list[dict[str, Any]]:
        """Return the JSON that a path answers."""
        return read_url(self.url, path)

    def list_layers(self) -> list[dict[str, Any]]:
        """Return the listing."""
        return self.get("/target-materials/")

    def list_writes(self) -> list[dict[str, Any]]:
        """Return the requests that weren't reads, in the order in which they came."""
        writes = [entry for entry in self.get("/_sandbox/log") if entry["method"] != "GET"]
        return sorted(writes, key=lambda entry: float(entry["at"]))

    def wait_for_layers(self, number: int) -> None:
        """Wait until so many layers are stored."""
        until = time.monotonic() + LONGEST
        while len(self.list_layers()) < number:
            assert time.monotonic() < until, f"the server never held {number} layers"
            time.sleep(MOMENT)

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self.process.kill()
        self.process.wait(10)


@contextmanager
def run_sandbox(*options: str, keys: Collection[str] = ()) -> Iterator[SandboxProcess]:
    """Start a sandbox process, on a free port unless told otherwise; it ends with the block.

    Args:
        options: options of the sandbox.
        keys: keys that it takes beside `KEY`.
    """
    arguments = ["--port", "0", "--keys", "-", *options]
    given = "\n".join((KEY, *keys))
    process = _fork_sandbox(arguments, given) if CAN_FORK else _start_sandbox(arguments, given)
    try:
        yield SandboxProcess(_read_address(process), process)
    finally:
        process.kill()
        process.wait(10)


def _fork_sandbox(arguments: list[str], given: str) -> Forked:
    return get_preloaded().start(arguments, program="sandbox", given=given)


def _start_sandbox(arguments: list[str], given: str) -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", "importer.sandbox", *arguments], subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=make_environment(), cwd=ROOT)
    assert process.stdin is not None
    with process.stdin as stream:
        stream.write(given)
    return process


def _read_address(process: Forked | subprocess.Popen[str]) -> str:
    if not isinstance(process, Forked):
        return read_line(process, process.stdout, "listening on").split()[-1]
    until = time.monotonic() + LONGEST
    while not (out := process.read()[0]).endswith("\n"):
        assert process.poll() is None, f"the sandbox ended: {process.read()}"
        assert time.monotonic() < until, f"the sandbox never listened: {process.read()}"
        time.sleep(MOMENT)
    return out.split()[-1]
