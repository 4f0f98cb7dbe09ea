"""Runs on a PostgreSQL server: sent by 1, 2 and 4 processes, against a run file, and staged; on one machine.

The server is a private one, with its defaults and a disk that is synced. What bounds the processes shows in the
processor time of each: ours, the database's, and that of the API's server.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.inputs import write_csv
from tests.bench.measuring import LONGEST, ROOT, Finding
from tests.bench.server import LATE_MS, find_modules, forget_layers, run_server
from tests.bench.stage_submit import LATE_WORKERS, make_finding, take_turns
from tests.helpers.postgres import Cluster, find_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.bench.measuring import Options

CLIENT = Path(__file__).with_name("crew_client.py")
PROCESSES = (1, 2, 4)
GROUPS = (1, 64, 500)
"""Rows written with one commit."""
FILES = 20
"""Files that are staged by workers."""
DURABLE = {"listen_addresses": "", "max_connections": "200", "log_min_messages": "fatal"}
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What some processes took together.

    Attributes:
        rows: rows that all of them saw.
        seconds: from the first one's begin to the last one's end.
        cpu: CPU seconds of each of ours.
        database: CPU seconds of PostgreSQL.
        api: CPU seconds of the API's server.
        peak_mib: of the largest of ours.
        parts: seconds that parts of the first one's work took.
    """

    rows: int
    seconds: float
    cpu: tuple[float, ...]
    database: float
    api: float
    peak_mib: float
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    @property
    def all_cpu(self) -> float:
        """CPU seconds of ours and of the database."""
        return sum(self.cpu) + self.database

    def word_cpu(self) -> str:
        """Return in words who took which share of the processors."""
        cores = (os.cpu_count() or 1) * self.seconds
        ours = " + ".join(f"{one:.1f}" for one in self.cpu)
        return f"CPU s: ours {ours}, PostgreSQL {self.database:.1f}, the API {self.api:.1f}; there were {cores:.1f}"


@dataclass(frozen=True, slots=True)
class Bench:
    """A database, an API and a scratch folder."""

    cluster: Cluster
    url: str
    folder: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def name_run(self) -> str:
        """Return the address of a run that isn't there yet."""
        return f"{self.cluster.address}&run=r{next(self.numbers)}"

    def name_file(self) -> str:
        """Return the path of a run file that isn't there yet."""
        return str(self.folder / f"r{next(self.numbers)}.sqlite")

    def work(self, *commands: Sequence[str]) -> Work:
        """Have some processes work side by side, each doing what `crew_client` can do."""
        with ExitStack() as held:
            started = [held.enter_context(_start(command)) for command in commands]
            for process in started:
                _await_ready(process)
            before = self._read_cpu()
            for process in started:
                _begin(process)
            told = [_end(process) for process in started]
            database, api = (late - early for late, early in zip(self._read_cpu(), before, strict=True))
        return Work(
            rows=told[0]["rows"],
            seconds=max(each["ended"] for each in told) - min(each["begun"] for each in told),
            cpu=tuple(each["cpu"] for each in told),
            database=database,
            api=api,
            peak_mib=max(each["peak_mib"] for each in told),
            parts=told[0]["parts"],
        )

    def _read_cpu(self) -> tuple[float, float]:
        postmaster = int((self.cluster.folder / "data" / "postmaster.pid").read_text().split()[0])
        return read_tree(postmaster), read_tree(int((self.folder / "nginx" / "nginx.pid").read_text()))


def read_tree(pid: int) -> float:
    """Return the CPU seconds so far of a process, of those that it has waited for, and of its living children.

    Source: proc_pid_stat(5).
    """
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    own = sum(map(int, text[11:15])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    total = own
    for child in children:
        try:
            total += read_tree(int(child))
        except FileNotFoundError:  # it has just ended, and counts with its parent from now on
            continue
    return total


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield the ratios of sending by several processes, of a server to a file, and of staging."""
    programs, modules = find_programs(), find_modules()
    if programs is None or modules is None:
        missing = "PostgreSQL (postgresql)" if programs is None else "nginx's JavaScript module (libnginx-mod-http-js)"
        yield Finding(stage="crew", note=f"not measured: {missing} isn't installed")
        return
    if sys.platform != "linux":
        yield Finding(stage="crew", note="not measured: the processor time of others is read from /proc")
        return
    cluster = Cluster(programs, DURABLE)
    try:
        with run_server(options.folder, modules) as url:
            bench = Bench(cluster, url, options.folder)
            yield from measure_groups(bench, options)
            yield from measure_journals(bench, options)
            yield from measure_sending(bench, options)
            yield from measure_staging(bench, options)
    finally:
        cluster.close()


def measure_groups(bench: Bench, options: Options) -> Iterator[Finding]:
    """Yield how fast one process writes intents and answers, against a run file, by the rows of a commit."""
    table = str(write_csv(options.folder / "groups.csv", max(200, options.rows // 100), bad=0))
    few = str(write_csv(options.folder / "singles.csv", max(100, options.rows // 1_000), bad=0))

    def write(name: Callable[[], str], size: int) -> Work:
        run = name()
        bench.work(["stage", run, NOWHERE, few if size == 1 else table])
        return bench.work(["groups", run, NOWHERE, str(size)])

    for size in GROUPS:
        runs = {"server": partial(write, bench.name_run, size), "file": partial(write, bench.name_file, size)}
        found = take_turns(runs, rounds=options.rounds)
        stage, floor = f"intents + answers, {size} a commit", "" if size == 1 else ">= 0.45"
        server, file = ([work.rate for work in found[name]] for name in ("server", "file"))
        yield make_finding(stage, "a run file", "rows/s", floor, server, file)
        server, file = ([work.all_cpu / work.rows * 1e6 for work in found[name]] for name in ("server", "file"))
        yield make_finding(f"{stage}, CPU with the database's", "a run file", "CPU us/row", "", server, file)


def measure_journals(bench: Bench, options: Options) -> Iterator[Finding]:
    """Yield how fast several processes write intents and answers, with no API to wait for."""
    table = str(write_csv(options.folder / "journals.csv", max(200, options.rows // 50), bad=0))

    def write(processes: int) -> Work:
        run = bench.name_run()
        staged = bench.work(["stage", run, NOWHERE, table]).rows
        shares = [["journal", run, NOWHERE, str(n), str(processes), str(LATE_WORKERS)] for n in range(processes)]
        return replace(bench.work(*shares), rows=staged)

    found = take_turns({str(n): partial(write, n) for n in PROCESSES}, rounds=options.rounds)
    yield from _compare_processes(f"intents + answers, {LATE_WORKERS} workers each", found, floor="")


def measure_sending(bench: Bench, options: Options) -> Iterator[Finding]:
    """Yield how fast several processes import to an API that takes its time, and one to a server against a file."""
    table = str(write_csv(options.folder / "sending.csv", max(200, options.rows // 100), bad=0))
    url, workers = f"{bench.url}/late", str(LATE_WORKERS)

    def send(name: Callable[[], str], processes: int) -> Work:
        run = name()
        forget_layers(options.folder)
        bench.work(["plan", run, url, table])
        return bench.work(["apply", run, url, workers], *[["join", run, url, workers]] * (processes - 1))

    runs = {"file": partial(send, bench.name_file, 1)}
    runs |= {str(n): partial(send, bench.name_run, n) for n in PROCESSES}
    found = take_turns(runs, rounds=options.rounds)
    stage = f"import at {LATE_MS} ms, {LATE_WORKERS} workers each"
    yield from _compare_processes(stage, found, floor=">= 1.8 where the cores allow it")
    server, file = ([work.rate for work in found[name]] for name in ("1", "file"))
    yield make_finding(f"{stage}, 1 process", "the same into a run file", "rows/s", ">= 0.8", server, file)


def measure_staging(bench: Bench, options: Options) -> Iterator[Finding]:
    """Yield how long staging takes on a server, against a file, and what of it joining the parts of workers takes."""
    rows = max(400, options.rows // 10)
    table, folder = str(write_csv(options.folder / "staged.csv", rows)), options.folder / "parts"
    folder.mkdir()
    for number in range(FILES):
        write_csv(folder / f"{number:02}.csv", rows // FILES, bad=0, before=number * rows)
    runs = {
        "server": lambda: bench.work(["stage", bench.name_run(), NOWHERE, table]),
        "file": lambda: bench.work(["stage", bench.name_file(), NOWHERE, table]),
        "workers": lambda: bench.work(["stage", bench.name_run(), NOWHERE, str(folder), "local:1"]),
    }
    found = take_turns(runs, rounds=options.rounds)
    stage, against, floor = f"stage {rows:,} rows on a server", "into a run file", "<= 1.3"
    server, file = ([work.seconds for work in found[name]] for name in ("server", "file"))
    yield make_finding(stage, against, "s", floor, server, file)
    server, file = ([work.all_cpu for work in found[name]] for name in ("server", "file"))
    yield make_finding(f"{stage}, the database's CPU included", against, "CPU s", floor, server, file)
    joins = [work.parts["join"] for work in found["workers"]]
    seconds = [work.seconds for work in found["workers"]]
    yield make_finding("join what workers staged, and the rules across it", "all of it", "s", "<= 0.05", joins, seconds)


def _compare_processes(stage: str, found: Mapping[str, Sequence[Work]], *, floor: str) -> Iterator[Finding]:
    """Yield the rates of several processes against those of one, and what each took."""
    one = [work.rate for work in found["1"]]
    for number in PROCESSES[1:]:
        works = found[str(number)]
        rates = [work.rate for work in works]
        finding = make_finding(f"{stage}, {number} processes", "1 process", "rows/s", floor, rates, one)
        yield replace(finding, note=works[-1].word_cpu())
    yield Finding(
        stage=f"{stage}, 1 process", ours=statistics.median(one), unit="rows/s", note=found["1"][-1].word_cpu()
    )


@contextlib.contextmanager
def _start(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Give a process of ours that has all at hand and waits for the word; it doesn't outlive the block."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, str(CLIENT), *command],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _await_ready(process: subprocess.Popen[str]) -> None:
    if process.stdout is None or process.stdout.readline() != "ready\n":
        _end(process)


def _begin(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.write("begin\n")
        process.stdin.flush()


def _end(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what a process tells at its end."""
    told, said = process.communicate(timeout=LONGEST)
    if process.returncode or not told:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {said[-2_000:]}")
    found: dict[str, Any] = json.loads(told)
    return found
