"""Sending, measured against what else could send the same layers, over a server that answers at once or after 50 ms."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.bench.inputs import iter_rows, write_csv
from tests.bench.measuring import LONGEST, ROOT, Finding, compare
from tests.bench.server import LATE_MS, LAYER_PATH, find_modules, forget_layers, run_server
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.bench.measuring import Options

T = TypeVar("T")
KEY = "k" * 32
"""The key of `submit_client`, which can't be imported here: it is a program."""
CLIENT = Path(__file__).with_name("submit_client.py")
FAST_WORKERS, LATE_WORKERS = 8, 32
"""Requests under way at once: at 0 ms the importer's default, at 50 ms as many as one key may well have."""
LOOP_ROWS = 60
"""Rows of the loop, which needs a second for twenty."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending some layers took."""

    sent: int
    seconds: float
    cpu: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Layers a second."""
        return self.sent / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU time a layer, microseconds, of the client alone."""
        return self.cpu / self.sent * 1e6


@dataclass(frozen=True, slots=True)
class Bench:
    """A server and a scratch folder."""

    url: str
    folder: Path
    stores: bool = True
    """The server is the one of `run_server`, which keeps what was sent until told to forget it."""

    def plan(self, name: str, rows: int, *, late: bool = False) -> Path:
        """Return a planned run file of so many rows."""
        table = write_csv(self.folder / f"{name}.csv", rows, bad=0)
        path = self.folder / f"{name}.run"
        self.plan_table(table, path, late=late)
        return path

    def plan_table(self, table: Path, run: Path, *, kind: str = "plan", late: bool = False) -> None:
        """Make a planned run file of a table, of which nothing is stored yet."""
        self._forget()
        self._call(kind, run, self._address(late=late), 1, str(table))

    def _address(self, *, late: bool) -> str:
        return f"{self.url}/late" if late else self.url

    def send(self, kind: str, plan: Path, *, late: bool = False) -> Sending:
        """Send the layers of a planned run in one of the ways of `submit_client`."""
        run = plan.with_name(f"{plan.stem}-{kind}.run")
        shutil.copy(plan, run)
        workers = LATE_WORKERS if late else FAST_WORKERS
        self._forget()
        return Sending(**json.loads(self._call(kind, run, self._address(late=late), workers)))

    def _forget(self) -> None:
        if self.stores:
            forget_layers(self.folder)

    def _call(self, kind: str, run: Path, url: str, workers: int, *more: str) -> str:
        command = [sys.executable, str(CLIENT), kind, str(run), url, str(workers), *more]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False)
        if done.returncode:
            raise RuntimeError(f"{kind} ended with {done.returncode}: {done.stderr[-2_000:]}")
        return done.stdout

    def call_wrk(self, body: bytes, seconds: int) -> float:
        """Return the answers a second that wrk gets at 50 ms with as many connections."""
        script = self.folder / "post.lua"
        headers = 'wrk.headers["Content-Type"] = "application/json"\nwrk.headers["X-API-KEY"] = "k"\n'
        script.write_text(f'wrk.method = "POST"\nwrk.body = {json.dumps(body.decode())}\n{headers}')
        options = ["-t1", f"-c{LATE_WORKERS}", f"-d{seconds}s", "-s", str(script)]
        command = ["wrk", *options, f"{self.url}/late{LAYER_PATH}"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=True).stdout
        found = re.search(r"Requests/sec:\s*([0-9.]+)", told)
        if found is None:
            raise RuntimeError(f"wrk said: {told}")
        time.sleep(4 * LATE_MS / 1_000)  # what wrk left under way is stored by now, and forgotten before the next plan
        return float(found[1])


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield the rates and CPU times of sending, and how they grow with the rows."""
    modules = find_modules()
    if modules is None:
        yield Finding(stage="submit", note="nginx with its JavaScript module isn't installed (libnginx-mod-http-js)")
        return
    with run_server(options.folder, modules) as url:
        bench = Bench(url, options.folder)
        yield from measure_at_once(bench, options)
        yield from measure_late(bench, options)
        yield from measure_growth(bench, options)
    yield from measure_whole_stacks(options)


def measure_at_once(bench: Bench, options: Options) -> Iterator[Finding]:
    """Yield how sending compares when the server takes no time: the client is all that counts."""
    plan = bench.plan("at-once", max(200, options.rows // 100))
    kinds = ("json", "import", "prepared", "unjournalled", "unchecked")
    found = take_turns({kind: partial(bench.send, kind, plan) for kind in kinds}, rounds=options.rounds)
    rates = {kind: [sending.rate for sending in sendings] for kind, sendings in found.items()}
    cpus = {kind: [sending.cpu_us for sending in sendings] for kind, sendings in found.items()}
    against = (
        ("json", "threads calling session.post(json=...)", ">= 1.25"),
        ("prepared", "threads sending prepared requests", ">= 0.85"),
        ("unjournalled", "the same without journal and report", ">= 0.9"),
        ("unchecked", "the same without the look at the stored list in the end", ">= 0.95"),
    )
    stage = f"submit at 0 ms, {FAST_WORKERS} workers"
    for kind, words, floor in against:
        yield make_finding(stage, words, "rows/s", floor, rates["import"], rates[kind])
    for kind, words, floor in (
        ("json", against[0][1], "<= 0.8"),
        ("prepared", against[1][1], ""),
        ("unchecked", against[3][1], "<= 1.05"),
    ):
        yield make_finding("submit, client CPU", words, "CPU us/row", floor, cpus["import"], cpus[kind])


def measure_late(bench: Bench, options: Options) -> Iterator[Finding]:
    """Yield how sending compares when the server takes 50 ms: keeping all workers at work is all that counts."""
    plan = bench.plan("late", max(200, options.rows // 50), late=True)
    few = bench.plan("loop", min(LOOP_ROWS, max(5, options.rows // 1_000)), late=True)
    where = f"submit at {LATE_MS} ms, {LATE_WORKERS} workers"
    runs: dict[str, Callable[[], float]] = {
        "import": lambda: bench.send("import", plan, late=True).rate,
        "prepared": lambda: bench.send("prepared", plan, late=True).rate,
        "loop": lambda: bench.send("loop", few, late=True).rate,
    }
    if shutil.which("wrk") is not None:
        seconds = max(1, min(20, options.rows // 20_000))
        runs["wrk"] = lambda: bench.call_wrk(b'{"sample_id":42,"layer_id":1,"composition_string":"BaTiO3"}', seconds)
    found = take_turns(runs, rounds=options.rounds)
    ours = found["import"]
    yield make_finding(where, "threads sending prepared requests", "rows/s", ">= 0.95", ours, found["prepared"])
    if "wrk" in found:
        yield make_finding(where, "wrk, as many connections", "rows/s", ">= 0.96", ours, found["wrk"])
    else:
        yield Finding(stage=where, against="wrk", note="wrk isn't installed")
    yield make_finding(where, "requests.post in a loop over iterrows()", "rows/s", ">= 20", ours, found["loop"])


def measure_growth(bench: Bench, options: Options) -> Iterator[Finding]:
    """Yield how CPU time a row and peak memory grow from a thousand rows to a hundred thousand."""
    sizes = sorted({max(100, options.rows // part) for part in (1_000, 100, 10)})
    found = {}
    for size in sizes:
        plan = bench.plan(f"growth-{size}", size)
        found[size] = bench.send("import", plan)
    for small, large in itertools.pairwise(sizes):
        one, other = found[small], found[large]
        stage, words = f"submit {large:,} rows", f"{small:,} rows"
        yield make_finding(stage, words, "CPU us/row", "<= 1.2", [other.cpu_us], [one.cpu_us])
        yield make_finding(f"{stage}, peak memory", words, "MiB", "<= 1.2", [other.peak_mib], [one.peak_mib])


def measure_whole_stacks(options: Options) -> Iterator[Finding]:
    """Yield how many requests the sandbox saw for how many stacks: new ones, and ones replaced as a whole."""
    rows = max(50, min(2_000, options.rows // 100))
    with run_sandbox(keys=[KEY]) as sandbox:
        url = sandbox.url
        bench, seen = Bench(url, options.folder, stores=False), 0
        for name, kind, orientation in (("created", "plan", "001"), ("replaced", "plan-replace", "110")):
            table, run = options.folder / f"{name}.csv", options.folder / f"{name}.run"
            stacks = write_named_stacks(table, rows, orientation=orientation)
            bench.plan_table(table, run, kind=kind)
            bench.send("import", run)
            log = urllib.request.Request(f"{url}/_sandbox/log", headers={"X-API-KEY": KEY})  # noqa: S310  # loopback
            with urllib.request.urlopen(log, timeout=60) as answer:  # noqa: S310  # the same
                requests = sum(entry["method"] != "GET" for entry in json.load(answer))
            stage = f"submit stacks as a whole, {name}"
            yield make_finding(stage, "stacks", "requests", "= 1", [float(requests - seen)], [float(stacks)])
            seen = requests


def write_named_stacks(path: Path, rows: int, *, orientation: str) -> int:
    """Write a table of about so many layers of samples that have names, not numbers; return how many samples."""
    names = set()
    with path.open("w", encoding="utf-8") as file:
        file.write("sample_name,substrate,layer_id,composition_string,orientation\n")
        for sample, layer, formula, *_ in iter_rows(rows, bad=0):
            names.add(sample)
            file.write(f"S{sample},SrTiO3,{layer},{formula},{orientation}\n")
    return len(names)


def take_turns(runs: Mapping[str, Callable[[], T]], *, rounds: int) -> dict[str, list[T]]:
    """Run several things in turn, A B A B ..., and return what each came to."""
    found: dict[str, list[T]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(run())
    return found


def make_finding(stage: str, against: str, unit: str, floor: str, ours: list[float], theirs: list[float]) -> Finding:
    """Return the medians of two figures and of their ratios, round by round."""
    one, other, ratio = compare(ours, theirs)
    return Finding(stage=stage, against=against, ours=one, theirs=other, unit=unit, ratio=ratio, floor=floor)
