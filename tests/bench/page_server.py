"""The page's server as a process of its own, asked over loopback, and what it takes: time, processor time, memory."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from tests.bench.measuring import LONGEST, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READY_SECONDS = 60.0
END_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What something took.

    Attributes:
        cpu: processor time of the server, seconds.
        wall: seconds, as whoever asks waits.
    """

    cpu: float
    wall: float


class PageServer:
    """A running `layer-importer ui`.

    Args:
        process: its process.
        address: the page's address, token and all.
        folder: the folder that it works in.
    """

    def __init__(self, process: subprocess.Popen[str], address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        self._pid = process.pid
        parts = urlsplit(address)
        self._token = parts.fragment
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LONGEST)

    def close(self) -> None:
        """Give the connection up."""
        self._connection.close()

    def ask(self, method: str, path: str, body: bytes | dict[str, object] | None = None) -> Any:  # noqa: ANN401  # JSON
        """Return what is answered, as JSON where it is.

        Raises:
            RuntimeError: it is a refusal.
        """
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._connection.request(method, path, data, headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {path} is answered {answer.status}: {said[:500]!r}")
        return json.loads(said) if answer.headers["Content-Type"] == "application/json" else said

    def drop(self, file: Path) -> tuple[dict[str, Any], float]:
        """Do what the page does with a dropped file; return the draft, and after how many seconds rows were there."""
        begun = time.perf_counter()
        stored = self.ask("PUT", f"/api/files/{quote(file.name)}", file.read_bytes())
        first = self.ask("GET", f"/api/files/{stored['id']}/first")
        shown = time.perf_counter() - begun
        draft: dict[str, Any] = self.ask("POST", "/api/drafts", {"files": [stored["id"]]})
        self.ask("GET", f"/api/drafts/{draft['id']}/rows?table=0&first=0&last=100")
        return draft, shown if first else time.perf_counter() - begun

    def measure(self, call: Callable[[], object]) -> Spent:
        """Return what the server took for something that is asked of it."""
        cpu, wall = self.cpu, time.perf_counter()
        call()
        return Spent(self.cpu - cpu, time.perf_counter() - wall)

    @property
    def cpu(self) -> float:
        """Processor time of the server so far, seconds."""
        return time.clock_gettime((~self._pid) << 3 | 2)  # clock_getcpuclockid(3) of a process, as Linux makes it

    @property
    def peak_mib(self) -> float:
        """Largest resident memory so far, MiB."""
        said = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self._pid}/status").read_text())
        return int(said[1]) / 1024 if said else float("nan")


@contextlib.contextmanager
def run_page(folder: Path) -> Iterator[PageServer]:
    """Run the page's server for a folder.

    Raises:
        RuntimeError: it ends before it is ready.
    """
    command = [sys.executable, "-m", "importer", "ui", str(folder), "--no-browser"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = process.stdout or ()
        address = next((found[0] for line in said if (found := re.search(r"http://127\.\S+#\S+", line))), None)
        if address is None:
            raise RuntimeError(f"the page's server ended with {process.wait(READY_SECONDS)} before it was ready")
        with contextlib.closing(PageServer(process, address, folder)) as server:
            yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()
