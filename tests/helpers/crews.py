"""Runs on a server that several processes send: looked at from outside, in its tables and in the log of the sandbox."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tests.helpers.postgres import get_cluster

if TYPE_CHECKING:
    import subprocess

    from tests.helpers.forking import Forked
    from tests.helpers.processes import SandboxProcess

LONGEST = 60.0
"""Seconds that something is waited for."""
MOMENT = 0.01
POST_FAULTS: tuple[dict[str, object], ...] = (
    {"kind": "reset", "when": "before", "probability": 0.01, "method": "POST"},
    {"kind": "reset", "when": "after", "probability": 0.01, "method": "POST"},
    {"kind": "close", "when": "before", "probability": 0.01, "method": "POST"},
    {"kind": "close", "when": "after", "probability": 0.01, "method": "POST"},
    {"kind": "status", "status": 503, "when": "after", "probability": 0.01, "times": 5, "method": "POST"},
    {"kind": "status", "status": 429, "retry_after": 1, "probability": 0.005, "times": 3, "method": "POST"},
    {"kind": "delay", "seconds": 0.15, "probability": 1, "method": "POST"},
)
"""What the server does to some writes while processes are killed; each takes long enough to be killed in."""
_DOUBTS = """
    SELECT count(*) FROM "row" JOIN claim USING (stack_id) JOIN worker ON worker.id = claim.owner
    WHERE worker.pid = %s AND "row".state = 'sending'
"""
_SETTLER = """
    SELECT w.pid FROM worker w JOIN pg_locks mine
      ON (mine.classid::bigint << 32) | mine.objid::bigint = hashtextextended(%s::text || w.id, 0)
    JOIN pg_locks lock ON lock.pid = mine.pid
      AND (lock.classid::bigint << 32) | lock.objid::bigint = hashtextextended(%s, 0)
    WHERE mine.locktype = 'advisory' AND lock.locktype = 'advisory' AND lock.granted
"""
_CUT = """
    SELECT pg_terminate_backend(l.pid) FROM worker w JOIN pg_locks l
      ON l.locktype = 'advisory' AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(%s::text || w.id, 0)
    WHERE w.pid = %s
"""


def write_layers(path: Path, stacks: int, layers: int) -> None:
    """Write a table of stacks that are numbered from 10."""
    rows = [f"{10 + stack},{layer},SrTiO3" for stack in range(stacks) for layer in range(1, layers + 1)]
    path.write_text("sample_id,layer_id,formula\n" + "\n".join(rows) + "\n")


@dataclass(frozen=True)
class ServerRun:
    """A run on this test process's server."""

    name: str

    @property
    def address(self) -> str:
        """What commands take."""
        return f"{get_cluster().address}&run={self.name}"

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database something of the run; nothing is found as long as it isn't there."""
        options = f"-csearch_path=run_{self.name}"
        with psycopg.connect(get_cluster().address, autocommit=True, options=options) as connection:
            try:
                cursor = connection.execute(query.encode(), values)
            except psycopg.errors.UndefinedTable:
                return []
            return cursor.fetchall() if cursor.description else []

    def wait_for(self, query: str, *values: object) -> None:
        """Wait until a query finds something."""
        until = time.monotonic() + LONGEST
        while not self.ask(query, *values):
            assert time.monotonic() < until, f"never found: {query}"
            time.sleep(MOMENT)

    def wait_until_open(self) -> None:
        """Wait until others may join."""
        self.wait_for("SELECT 1 FROM gate WHERE is_open")

    def count_doubts(self, pid: int) -> int:
        """Return how many rows in doubt a process has."""
        return int(self.ask(_DOUBTS, pid)[0][0])

    def find_settler(self) -> int:
        """Return the number of the process that settles for all; 0 where none does."""
        found = self.ask(_SETTLER, f"run_{self.name}/worker-", f"run_{self.name}/settler")
        return int(found[0][0]) if found else 0

    def cut_lock(self, pid: int) -> None:
        """End the session by which others see that a process lives; its other sessions stay."""
        cut = self.ask(_CUT, f"run_{self.name}/worker-", pid)
        assert cut == [(True,)]

    def kill_in_doubt(self, process: Forked | subprocess.Popen[bytes]) -> int:
        """Kill a process at a moment at which rows of it are in doubt; return how many. 0 if it ended by itself."""
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            if process.poll() is not None:
                return 0
            process.send_signal(signal.SIGSTOP)
            doubts = self.count_doubts(process.pid)
            if doubts:
                process.kill()
                process.wait()
                return doubts
            process.send_signal(signal.SIGCONT)
            time.sleep(MOMENT)
        raise AssertionError("the process never had a row in doubt")


def wait_until_stopped(process: Forked) -> None:
    """Wait until a process stands still."""
    until = time.monotonic() + LONGEST
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < until, "the process never stood still"
        time.sleep(MOMENT)


def count_stored(sandbox: SandboxProcess) -> Counter[tuple[Any, Any]]:
    """Return how often the server of the API has each layer."""
    return Counter((record["sample_id"], record["layer_id"]) for record in sandbox.list_layers())


def check_stored(sandbox: SandboxProcess, rows: int) -> None:
    """Each layer is stored once, and in the order of its stack."""
    listing = sandbox.list_layers()
    positions = Counter((record["sample_id"], record["layer_id"]) for record in listing)
    assert (len(positions), set(positions.values())) == (rows, {1})
    order: dict[int, list[int]] = {}
    for record in sorted(listing, key=lambda record: record["id"]):
        order.setdefault(record["sample_id"], []).append(record["layer_id"])
    assert all(layers == sorted(layers) for layers in order.values())
