"""A client as a process of its own, that tells in JSON what sending took: ``submit_client.py KIND RUN URL WORKERS``.

Every kind sends the same layers, those of a planned run file. What is measured begins when all are at hand and ends
when the last answer is; for the importer it is all of ``apply``, from opening the run file to its written report.
"""

from __future__ import annotations

import json
import queue
import resource
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import requests
from requests.adapters import HTTPAdapter

from importer.model import Status
from importer.report.files import write_report
from importer.run import Journal, RunFile
from importer.settings import ApiSettings, PlanSettings, Secret, SendSettings, WriteMode
from importer.tasks import connection as connect
from importer.tasks.import_layers import apply_plan, plan_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.run import Entry

PATH = "/target-materials/layers/"
KEY = "k" * 32
TIMEOUT = 60


def list_bodies(run: Path) -> list[bytes]:
    """Return the bodies of a run's rows that are to be sent, in input order."""
    with RunFile.open(run) as file:
        return [row.payload.encode() for row in file.iter_rows() if row.payload is not None]


def run_pool(items: Sequence[Any], work: Callable[[Any], None], *, workers: int) -> int:
    """Do some work for each item in a pool of threads; return the number of items."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)

    def run() -> None:
        while True:
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            work(item)

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(items)


def open_session(workers: int) -> requests.Session:
    """Return a session with a connection for each thread."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=workers))
    session.headers["X-API-KEY"] = KEY
    return session


def prepare_json(run: Path, url: str, workers: int) -> Callable[[], int]:
    """Threads that call ``session.post(json=...)``: no journal, no report."""
    layers, session = [json.loads(body) for body in list_bodies(run)], open_session(workers)

    def post(layer: dict[str, Any]) -> None:
        answer = session.post(url + PATH, json=layer, timeout=TIMEOUT)
        answer.raise_for_status()
        answer.json()["id"]

    return lambda: run_pool(layers, post, workers=workers)


def prepare_prepared(run: Path, url: str, workers: int) -> Callable[[], int]:
    """Threads that send one prepared request with exchanged body and length: no journal, no report."""
    bodies, session = list_bodies(run), open_session(workers)
    headers = {"Content-Type": "application/json"}
    template = session.prepare_request(requests.Request("POST", url + PATH, headers=headers))

    def send(body: bytes) -> None:
        request = template.copy()
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        answer = session.send(request, timeout=TIMEOUT)
        answer.raise_for_status()
        answer.json()["id"]

    return lambda: run_pool(bodies, send, workers=workers)


def prepare_loop(run: Path, url: str, workers: int) -> Callable[[], int]:
    """What a user would write: ``requests.post`` for each row of a table."""
    del workers
    frame = pd.DataFrame([json.loads(body) for body in list_bodies(run)])

    def work() -> int:
        for _, row in frame.iterrows():
            layer = json.loads(row.to_json())
            answer = requests.post(url + PATH, headers={"X-API-KEY": KEY}, json=layer, timeout=TIMEOUT)
            answer.raise_for_status()
        return len(frame)

    return work


def prepare_import(run: Path, url: str, workers: int, *, is_checked: bool = True) -> Callable[[], int]:
    """The importer: everything that ``apply`` does, and a report."""
    report = run.with_suffix(".csv")
    report.unlink(missing_ok=True)

    def work() -> int:
        # A first stack can't be read back from this server.
        send = SendSettings(workers=workers, canary=0, final_check=is_checked)
        result = apply_plan(run, api=ApiSettings(url=url, key=Secret(KEY)), send=send)
        with RunFile.open(run) as file:
            write_report(file, report)
        if not result.counts.keys() <= {Status.CREATED, Status.UPDATED}:
            raise RuntimeError(f"not all went well: {result!r}")
        return result.rows

    return work


def prepare_unchecked(run: Path, url: str, workers: int) -> Callable[[], int]:
    """The importer without the look at the stored list in the end."""
    return prepare_import(run, url, workers, is_checked=False)


class NoJournal(Journal):
    """A journal that writes nothing: what remains is the submitter alone."""

    def write(self, *entries: Entry) -> bool:
        """Forget the entries."""
        del entries
        return True


def prepare_unjournalled(run: Path, url: str, workers: int) -> Callable[[], int]:
    """The importer's submitter, without a journal; no run could be resumed."""
    connect.Journal = NoJournal  # type: ignore[attr-defined]
    send = SendSettings(workers=workers, canary=0)
    rows = len(list_bodies(run))

    def work() -> int:
        apply_plan(run, api=ApiSettings(url=url, key=Secret(KEY)), send=send)
        return rows

    return work


KINDS = {
    "json": prepare_json,
    "prepared": prepare_prepared,
    "loop": prepare_loop,
    "import": prepare_import,
    "unchecked": prepare_unchecked,
    "unjournalled": prepare_unjournalled,
}


def read_cpu() -> float:
    """Return the CPU seconds of this process so far, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Plan a run, or send one and tell what it took."""
    kind, run, url, workers = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    if kind in {"plan", "plan-replace"}:
        mode = WriteMode.REPLACE if kind == "plan-replace" else WriteMode.LAYERS
        plan = PlanSettings(write_mode=mode, run=run)
        plan_layers(Path(sys.argv[5]), api=ApiSettings(url=url, key=Secret(KEY)), plan=plan)
        return
    work = KINDS[kind](run, url, workers)
    begun, cpu = time.perf_counter(), read_cpu()
    sent = work()
    told = {"sent": sent, "seconds": time.perf_counter() - begun, "cpu": read_cpu() - cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**told, "peak_mib": peak}))


if __name__ == "__main__":
    main()
