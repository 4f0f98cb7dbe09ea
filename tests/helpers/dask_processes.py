"""A scheduler and workers of Dask, processes of their own on this machine, each ended by its own id."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.helpers.environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WAIT_SECONDS = 60
_LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


class Dask:
    """A scheduler and workers; none of them is started again when it dies.

    Args:
        folder: for what they say.
        count: workers at the beginning.
        slots: what each worker may do for long.
        environment: of all of them; this process's if None.
        scheduling: more options of the scheduler.
    """

    def __init__(
        self,
        folder: Path,
        *,
        count: int = 2,
        slots: int = 0,
        environment: Mapping[str, str] | None = None,
        scheduling: tuple[str, ...] = (),
    ) -> None:
        self._folder, self._slots, self._scheduling = folder, slots, scheduling
        self._environment = {**(os.environ if environment is None else environment)}
        self._environment["DASK_DISTRIBUTED__WORKER__DAEMON"] = "False"
        self._processes: list[subprocess.Popen[bytes]] = []
        folder.mkdir(exist_ok=True)
        self.scheduler = self._start("scheduler", "--port", "0", "--no-show", *scheduling)
        self.address = self._find_address()
        self.workers = [self.start_worker() for _ in range(count)]

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        # What sends is loaded before the scheduler knows the worker: else a run may be over by then.
        sending = ("--resources", f"submit={self._slots}", "--preload", "importer.tasks.crew.placed")
        slots = sending if self._slots else ()
        words = (self.address, "--nthreads", "1", "--no-nanny", "--death-timeout", "20", *slots)
        return self._start("worker", *words, **environment)

    def start_scheduler(self) -> None:
        """Start another scheduler at the address of the first."""
        self.scheduler = self._start(
            "scheduler", "--port", self.address.rpartition(":")[2], "--no-show", *self._scheduling
        )

    def wait_until_ready(self) -> None:
        """Wait until the scheduler knows all workers that were started."""
        for number in range(1, len(self._processes)):
            log = self._folder / f"{number}.log"
            for _ in range(WAIT_SECONDS * 10):
                if "Registered to:" in log.read_text(encoding="utf-8"):
                    break
                time.sleep(0.1)
            else:
                pytest.fail(log.read_text(encoding="utf-8"))

    def read_logs(self) -> str:
        """Return what all of them said."""
        return "\n".join(path.read_text("utf-8") for path in sorted(self._folder.glob("*.log")))

    def close(self) -> None:
        """End all that was started."""
        for process in self._processes:
            process.kill()
            process.wait(WAIT_SECONDS)

    def _start(self, kind: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{len(self._processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *_LOCAL, *words],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**self._environment, **environment},
            )
        self._processes.append(process)
        return process

    def _find_address(self) -> str:
        log = self._folder / "0.log"
        for _ in range(WAIT_SECONDS * 10):
            for line in log.read_text(encoding="utf-8").splitlines():
                if "Scheduler at:" in line:
                    return line.rpartition(" ")[2].strip()
            time.sleep(0.1)
        pytest.fail(log.read_text(encoding="utf-8"))
