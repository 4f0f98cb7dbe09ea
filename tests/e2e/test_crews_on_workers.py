"""Crews that `import --cluster` places on workers: killed, lost, without a key, and each layer is stored once."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
from typing import TYPE_CHECKING

import pytest

from importer.context import Context
from importer.events import Notice
from importer.settings import ApiSettings, PlanSettings, SendSettings
from importer.tasks.import_layers import import_layers
from tests.helpers.crews import POST_FAULTS, ServerRun, check_stored, write_layers
from tests.helpers.dask_processes import WAIT_SECONDS, Dask
from tests.helpers.environment import KEY, make_environment
from tests.helpers.faults import write_plan
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from importer.events import Event
    from tests.helpers.forking import Forked
    from tests.helpers.processes import SandboxProcess

    Start = Callable[..., Forked]
    MakeDask = Callable[..., Dask]

pytest.importorskip("distributed", reason="Dask isn't installed: pip install 'layer-importer[cluster]'")
pytestmark = pytest.mark.server
PACE = ("--settle", "1", "--canary", "0")
SLOW: dict[str, object] = {"kind": "delay", "seconds": 0.1, "probability": 1, "method": "POST"}
_numbers = itertools.count()


@pytest.fixture
def run() -> ServerRun:
    """A run that isn't there yet."""
    return ServerRun(f"placed{next(_numbers)}")


@pytest.fixture
def make_dask(tmp_path: Path) -> Iterator[MakeDask]:
    """Start a scheduler and workers that take part in sending to a sandbox; all are ended after the test."""
    made: list[Dask] = []

    def make(url: str, *, count: int = 2, key: str = KEY) -> Dask:
        environment = {**make_environment(url), "AS_API_KEY": key}
        made.append(Dask(tmp_path / "dask", count=count, slots=1, environment=environment))
        made[-1].wait_until_ready()
        return made[-1]

    yield make
    for each in made:
        each.close()


def wait_until_joined(run: ServerRun, *processes: subprocess.Popen[bytes]) -> None:
    """Wait until processes take part in a run."""
    for process in processes:
        run.wait_for("SELECT 1 FROM worker WHERE pid = %s", process.pid)


def end_well(process: Forked, run: ServerRun, sandbox: SandboxProcess, rows: int) -> str:
    """See that a run comes to a good end, with each row stored once; return what was said on the way."""
    out, err = process.communicate(timeout=300)
    assert process.wait() == 0, out + err
    check_stored(sandbox, rows)
    assert run.ask('SELECT status, count(*) FROM "row" GROUP BY status') == [("created", rows)]
    assert run.ask("SELECT count(*) FROM claim") == [(0,)]
    return " ".join(err.split())


def kill_workers(run: ServerRun, dask: Dask, kills: int) -> list[int]:
    """Kill workers one after the other, each with rows in doubt; return how many rows. A new one comes each time."""
    draw, doubts = random.Random(kills), []  # noqa: S311  # which one
    for _ in range(kills):
        chosen = draw.randrange(len(dask.workers))
        wait_until_joined(run, dask.workers[chosen])
        doubts.append(run.kill_in_doubt(dask.workers[chosen]))
        dask.workers[chosen] = dask.start_worker()
    return doubts


def kill_schedulers(run: ServerRun, dask: Dask, kills: int) -> list[int]:
    """Kill schedulers one after the other while workers have rows in doubt; new ones come each time."""
    doubts = []
    for _ in range(kills):
        wait_until_joined(run, *dask.workers)
        found = 0
        while not found:
            assert any(worker.poll() is None for worker in dask.workers)
            found = sum(run.count_doubts(worker.pid) for worker in dask.workers)
        dask.scheduler.kill()
        doubts.append(found)
        dask.scheduler.wait(WAIT_SECONDS)
        for worker in dask.workers:
            worker.wait(WAIT_SECONDS)
        dask.start_scheduler()
        dask.workers = [dask.start_worker() for _ in dask.workers]
    return doubts


@pytest.mark.parametrize(
    ("stacks", "kills"), [(60, 1), pytest.param(400, 10, marks=pytest.mark.long)], ids=["few", "many"]
)
@pytest.mark.parametrize("kill", [kill_workers, kill_schedulers], ids=["workers", "schedulers"])
def test_killed_workers_and_schedulers_cost_no_row(
    tmp_path: Path,
    run: ServerRun,
    start_forked: Start,
    make_dask: MakeDask,
    kill: Callable[[ServerRun, Dask, int], list[int]],
    stacks: int,
    kills: int,
) -> None:
    """Three processes, two of them on workers of Dask, while the server fails: none twice, none lost, all in order."""
    write_layers(tmp_path / "layers.csv", stacks, 5)
    plan = write_plan(tmp_path, *POST_FAULTS)
    with run_sandbox("--faults", plan) as sandbox:
        dask = make_dask(sandbox.url)
        options = (*PACE, "--workers", "1" if kill is kill_schedulers else "2", "--cluster", dask.address)
        first = start_forked("import", "layers.csv", "--run", run.address, *options, url=sandbox.url)
        doubts = kill(run, dask, kills)
        print(f"rows in doubt at each kill: {doubts}")  # noqa: T201  # for whoever wants the figures
        assert all(doubts)
        assert len(doubts) == kills
        said = end_well(first, run, sandbox, stacks * 5)
    assert KEY not in said + dask.read_logs()
    assert re.search(r"This run is sent on [12] workers? of the cluster as well", said)
    assert ("The scheduler of the cluster can't be reached any more" in said) == (kill is kill_schedulers)


def test_without_a_scheduler_the_run_goes_on(
    tmp_path: Path, run: ServerRun, start_forked: Start, make_dask: MakeDask
) -> None:
    """Its workers leave in order when it dies; the command that placed them doesn't take that for the run's end."""
    write_layers(tmp_path / "layers.csv", 32, 5)
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        dask = make_dask(sandbox.url, count=1)
        options = (*PACE, "--workers", "1", "--cluster", dask.address)
        first = start_forked("import", "layers.csv", "--run", run.address, *options, url=sandbox.url)
        wait_until_joined(run, *dask.workers)
        dask.scheduler.kill()
        said = end_well(first, run, sandbox, 160)
        assert "This process goes on sending" in said
        assert run.ask("SELECT count(*) FROM worker WHERE ended_at IS NULL") == [(0,)]


def test_the_command_dies_and_its_workers_end_the_run(
    tmp_path: Path, run: ServerRun, start_forked: Start, make_dask: MakeDask
) -> None:
    """When the process that placed them is killed, the workers of Dask take over what it had, and end the run."""
    write_layers(tmp_path / "layers.csv", 32, 5)
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        dask = make_dask(sandbox.url, count=1)
        options = (*PACE, "--workers", "1", "--cluster", dask.address)
        first = start_forked("import", "layers.csv", "--run", run.address, *options, url=sandbox.url)
        wait_until_joined(run, *dask.workers)
        assert run.kill_in_doubt(first)
        run.wait_for("SELECT 1 FROM gate WHERE is_checked")
        check_stored(sandbox, 160)


def test_workers_without_the_key_say_so(
    tmp_path: Path, run: ServerRun, start_forked: Start, make_dask: MakeDask
) -> None:
    """One has no key, one a key for another address: each says what it lacks and sends nothing; the others go on."""
    write_layers(tmp_path / "layers.csv", 32, 5)
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        dask = make_dask(sandbox.url, count=1)
        without = dask.start_worker(AS_API_KEY="")
        elsewhere = dask.start_worker(AS_API_ENDPOINT="http://127.0.0.1:1")
        dask.wait_until_ready()
        options = (*PACE, "--workers", "1", "--cluster", dask.address)
        first = start_forked("import", "layers.csv", "--run", run.address, *options, url=sandbox.url)
        said = end_well(first, run, sandbox, 160)
        assert "There is no API key in its environment. Set AS_API_KEY there" in said
        assert "Its key is for http://127.0.0.1:1, but the run goes to" in said
        joined = {pid for (pid,) in run.ask("SELECT pid FROM worker")}
        assert joined == {first.pid, dask.workers[0].pid}
        assert (without.poll(), elsewhere.poll()) == (None, None)


def test_an_interrupt_ends_what_was_placed(
    tmp_path: Path, run: ServerRun, start_forked: Start, make_dask: MakeDask
) -> None:
    """Ctrl-C ends this command's process and those on its workers in order; one that joined by itself goes on."""
    write_layers(tmp_path / "layers.csv", 32, 5)
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        dask = make_dask(sandbox.url, count=1)
        options = (*PACE, "--workers", "1", "--cluster", dask.address)
        first = start_forked("import", "layers.csv", "--run", run.address, *options, url=sandbox.url)
        wait_until_joined(run, *dask.workers)
        second = start_forked("work", run.address, "--settle", "1", "--workers", "1", url=sandbox.url)
        run.wait_for("SELECT 1 FROM worker WHERE pid = %s", second.pid)
        first.send_signal(signal.SIGINT)
        _, err = first.communicate(timeout=60)
        assert first.wait() == 130, err
        assert re.search(
            r"other process(es are| is) at work on this run and may go on to its end", " ".join(err.split())
        )
        run.wait_for("SELECT 1 FROM worker WHERE pid = %s AND ended_at IS NOT NULL", dask.workers[0].pid)
        assert second.poll() is None
        end_well(second, run, sandbox, 160)
        assert dask.workers[0].poll() is None


def test_a_client_of_ones_own_sends(tmp_path: Path, run: ServerRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """From Python the crews may be placed on the workers of a client, which stays open."""
    distributed = pytest.importorskip("distributed")
    write_layers(tmp_path / "layers.csv", 32, 5)
    told: list[Event] = []
    with (
        run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox,
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", resources={"submit": 1}
        ) as workers,
        distributed.Client(workers, set_as_default=False) as client,
    ):
        monkeypatch.setenv("AS_API_KEY", KEY)
        monkeypatch.setenv("AS_API_ENDPOINT", sandbox.url)
        report = import_layers(
            tmp_path / "layers.csv",
            api=ApiSettings(url=sandbox.url, key=KEY),
            plan=PlanSettings(run=run.address, cluster=client),
            send=SendSettings(settle=1, workers=1),
            context=Context(watch=told.append),
        )
        assert report.counts == {"created": 160}
        check_stored(sandbox, 160)
        assert run.ask("SELECT count(*) FROM worker") == [(2,)]
        assert client.submit(abs, -1).result(WAIT_SECONDS) == 1
    assert any(isinstance(event, Notice) and "sent on 1 worker of the cluster as well" in event.text for event in told)


@pytest.mark.parametrize(
    "ending", ["loss", "death", *(pytest.param(rest, marks=pytest.mark.long) for rest in ("end", "interrupt"))]
)
def test_processes_of_this_machine_send(tmp_path: Path, run: ServerRun, start_forked: Start, ending: str) -> None:
    """``local:2`` places a crew in each of two processes, one of which may be lost; none outlives the command."""
    write_layers(tmp_path / "layers.csv", 40, 5)
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        options = (*PACE, "--workers", "2", "--cluster", "local:2")
        first = start_forked("import", "layers.csv", "--run", run.address, *options, url=sandbox.url)
        run.wait_for("SELECT 1 FROM worker HAVING count(*) = 3")
        others = [pid for (pid,) in run.ask("SELECT pid FROM worker WHERE pid <> %s", first.pid)]
        if ending == "interrupt":
            first.send_signal(signal.SIGINT)
            assert first.wait(60) == 130
        elif ending == "death":
            first.kill()
            first.wait()
        else:
            if ending == "loss":
                os.kill(others.pop(), signal.SIGKILL)
            said = end_well(first, run, sandbox, 200)
            assert "sent on 2 workers of the cluster as well: 2 requests at once in each of 3 processes." in said
            assert ("A worker doesn't send any more: it ended with -9" in said) == (ending == "loss")
        run.wait_for("SELECT 1 FROM worker WHERE pid = ANY(%s) AND ended_at IS NOT NULL", others)
        run.wait_for(
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM worker WHERE pid = ANY(%s) AND ended_at IS NULL)", others
        )
