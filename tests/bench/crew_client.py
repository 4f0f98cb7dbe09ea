"""One of the processes that a run takes, as a process of its own: ``crew_client.py KIND RUN URL [MORE ...]``.

It says ``ready`` when all is at hand, begins at a line on its standard input, and tells in JSON what the work took.
A run is a file or the address of one on a server.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from importer.context import Context
from importer.formats.read import find_sources
from importer.model import ServerPlace, Status
from importer.run import Answer, CrewJournal, CrewRun, End, Intent, Journal, RunFile, RunMeta, State
from importer.run.store.server import connect
from importer.settings import ApiSettings, PlanSettings, Secret, SendSettings, read_run_place
from importer.tasks.crew.join import join_run
from importer.tasks.import_layers import apply_plan, plan_layers
from importer.tasks.stage import stage_rows
from importer.tasks.staging import side_by_side
from importer.tasks.staging.join import join_staged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.model import RunPlace
    from importer.run import Entry, WorkRow
    from importer.tasks.results import Report

    Work = Callable[[], int]

KEY = "k" * 32
POLL = 0.005
"""Seconds between two looks at whether a run is open for others."""
PARTS: dict[str, float] = {}
"""Seconds that parts of the work took, by their names."""


def prepare_plan(run: RunPlace, url: str, table: str) -> Work:
    """Make a planned run of a table."""
    plan = PlanSettings(run=run)
    return lambda: plan_layers(table, api=ApiSettings(url=url, key=Secret(KEY)), plan=plan).rows


def prepare_apply(run: RunPlace, url: str, workers: str) -> Work:
    """Send a planned run, alone or as the first of several processes."""
    return lambda: _count_stored(apply_plan(run, api=ApiSettings(url=url, key=Secret(KEY)), send=_make_send(workers)))


def prepare_join(run: RunPlace, url: str, workers: str) -> Work:
    """Join those that send a run, as soon as it is open."""
    if not isinstance(run, ServerPlace):
        raise TypeError(run)
    session = connect(run, autocommit=True)

    def work() -> int:
        while session.execute("SELECT is_open FROM gate").fetchone() != (True,):
            time.sleep(POLL)
        session.close()
        return _count_stored(join_run(run, api=ApiSettings(url=url, key=Secret(KEY)), send=_make_send(workers)))

    return work


def prepare_stage(run: RunPlace, url: str, folder: str, cluster: str = "") -> Work:
    """Read a file, or the files of a folder, into a new run; with workers if some are named."""
    sources = find_sources([folder])
    meta = RunMeta(run_key="bench", tool_version="0", created_at=0.0, mode="import", api_url=url, staged=True)

    def work() -> int:
        with RunFile.create(run, meta) as file:
            stage_rows(file, sources, cluster=cluster or None, context=Context())
            return file.count_state(State.READY)

    def join(*args: object, judges_gaps: bool) -> None:
        begun = time.monotonic()
        join_staged(*args, judges_gaps=judges_gaps)  # type: ignore[arg-type]  # as they come
        PARTS["join"] = time.monotonic() - begun

    side_by_side.join_staged = join  # type: ignore[attr-defined, assignment]  # what is looked at
    return work


def prepare_groups(run: RunPlace, url: str, size: str) -> Work:
    """Write the intents and answers of a run's rows, so many rows with one commit."""
    del url
    held = ExitStack()
    journal, rows = _open_journal(run, held)

    def work() -> int:
        with held:
            ended: Sequence[Entry] = ()
            for start in range(0, len(rows), int(size)):
                group = rows[start : start + int(size)]
                journal.write(*ended, *(Intent(row.seq, time.time()) for row in group))
                ended = [entry for row in group for entry in _make_answer(row)]
            journal.write(*ended)
            return len(rows)

    return work


def prepare_journal(run: RunPlace, url: str, share: str, shares: str, threads: str) -> Work:
    """Write the intents and answers of one share of a run's rows, as so many workers do who never wait for a server."""
    del url
    held = ExitStack()
    journal, all_rows = _open_journal(run, held)
    rows = all_rows[int(share) :: int(shares)]

    def write(mine: Sequence[WorkRow]) -> None:
        ended: Sequence[Entry] = ()
        for row in mine:
            journal.write(*ended, Intent(row.seq, time.time()))
            ended = _make_answer(row)
        journal.write(*ended)

    def work() -> int:
        with held:
            with ThreadPoolExecutor(int(threads)) as pool:
                list(pool.map(write, (rows[number :: int(threads)] for number in range(int(threads)))))
            return len(rows)

    return work


def _open_journal(run: RunPlace, held: ExitStack) -> tuple[Journal, list[WorkRow]]:
    """Return a run's writer, as one process has it or one of several, and the rows that are ready."""
    if isinstance(run, ServerPlace):
        crew = held.enter_context(CrewRun.join(run, is_first=True))
        held.callback(crew.crew.say_goodbye)
        journal: Journal = CrewJournal(crew, lambda _: None)
        rows = crew.list_rows_in_state(State.READY)
    else:
        file = held.enter_context(RunFile.open(run, readonly=False))
        journal, rows = Journal(file), file.list_rows_in_state(State.READY)
    held.enter_context(journal)
    return journal, rows


def _make_answer(row: WorkRow) -> tuple[Answer, End]:
    """Return what is written of a request that was answered, as large as a real one."""
    now, answer = time.time(), row.payload.decode().replace("{", '{"id":1,', 1)
    return Answer(row.seq, 1, now, 0.05, 200, "stored", ""), End(row.seq, Status.CREATED, row.seq, 200, "", now, answer)


def _make_send(workers: str) -> SendSettings:
    return SendSettings(workers=int(workers), canary=0)  # a first stack can't be read back from this server


def _count_stored(report: Report) -> int:
    if report.counts.keys() != {Status.CREATED}:
        raise RuntimeError(f"not all went well: {report!r}")
    return report.rows


KINDS: dict[str, Callable[..., Work]] = {
    "plan": prepare_plan,
    "apply": prepare_apply,
    "join": prepare_join,
    "stage": prepare_stage,
    "groups": prepare_groups,
    "journal": prepare_journal,
}


def read_cpu() -> float:
    """Return the CPU seconds so far of this process and of those that it has waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main() -> None:
    """Prepare, wait for the word, work, and tell what it took."""
    kind, run, url, *more = sys.argv[1:]
    work = KINDS[kind](read_run_place(run), url, *more)
    print("ready", flush=True)
    sys.stdin.readline()
    begun, cpu = time.monotonic(), read_cpu()
    rows = work()
    ended = time.monotonic()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"rows": rows, "begun": begun, "ended": ended, "cpu": read_cpu() - cpu, "peak_mib": peak}
    print(json.dumps({**told, "parts": PARTS}), flush=True)


if __name__ == "__main__":
    main()
