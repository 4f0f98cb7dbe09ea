"""Workers stage a run as one process does, also if some of them, or the scheduler of Dask, die on the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from importer.context import Context
from importer.events import Notice
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks.stage import RunRequest, stage_run
from importer.tasks.staging import side_by_side
from tests.helpers.dask_processes import WAIT_SECONDS, Dask
from tests.helpers.postgres import get_cluster
from tests.helpers.run_content import read_content
from tests.helpers.stores import read_server_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from importer.events import Event
    from importer.model import RunPlace, ServerPlace

pytest.importorskip("distributed", reason="Dask isn't installed: pip install 'layer-importer[cluster]'")
pytestmark = pytest.mark.server
FILES = 24


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    """A cluster that is ended after the test."""
    folder = tmp_path / "dask"
    folder.mkdir()
    made = Dask(folder)
    yield made
    made.close()


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files with samples that cross them, a few to a batch."""
    monkeypatch.setattr(side_by_side, "FEWEST_FILES", 2)
    monkeypatch.setattr(side_by_side, "MOST_FILES", 2)
    monkeypatch.setattr("importer.cluster.pool.CONNECT_SECONDS", 3)
    folder = tmp_path / "inputs"
    folder.mkdir()
    for number in range(FILES):
        rows = [f"S{(number + at) % FILES},Si,{at + 1},SrTiO3\n" for at in range(30)]
        text = "sample_name,substrate,layer_id,formula\n" + "".join(rows)
        (folder / f"{number:02}.csv").write_text(text, encoding="utf-8")
    return folder


def make_place(name: str) -> ServerPlace:
    """Return where no run is."""
    return read_server_place(f"{get_cluster().address}&run=dask_{name}")


def stage(inputs: Path, place: RunPlace, cluster: Any, told: list[Event] | None = None) -> dict[str, Any]:  # noqa: ANN401  # an address or a client
    """Stage a dry run, and return all that it holds."""
    plan = PlanSettings(run=place, cluster=cluster)
    request = RunRequest(
        (inputs,), api=None, read=ReadSettings(), check=CheckSettings(), plan=plan, send=SendSettings()
    )
    with stage_run(request, mode="dry-run", context=Context(watch=(told if told is not None else []).append)):
        pass
    return read_content(place)


def hold_batches(place: ServerPlace) -> tuple[psycopg.Connection, threading.Thread]:
    """Have workers stand still in the middle of their batches, until the connection is closed.

    Sheets can't be written while the table is locked: whoever is at a batch has begun it, and can't end it.
    """
    connection = psycopg.connect(get_cluster().address)

    def lock() -> None:
        for _ in range(WAIT_SECONDS * 20):
            try:
                connection.execute(f'LOCK TABLE "run_{place.name}".sheet IN EXCLUSIVE MODE'.encode())
            except psycopg.errors.UndefinedTable:
                connection.rollback()
                time.sleep(0.05)
            except psycopg.errors.InvalidSchemaName:
                connection.rollback()
                time.sleep(0.05)
            else:
                return

    thread = threading.Thread(target=lock)
    thread.start()
    return connection, thread


def wait_for_batches(place: ServerPlace, count: int) -> None:
    """Wait until so many workers stand still in a batch."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY \"sheet\"%'"
    with psycopg.connect(get_cluster().address, autocommit=True) as connection:
        for _ in range(WAIT_SECONDS * 20):
            found = connection.execute(query.encode()).fetchone()
            if found is not None and found[0] >= count:
                return
            time.sleep(0.05)
    pytest.fail(f"{place} wasn't begun by {count} workers")


@pytest.mark.parametrize("killed", ["worker", "scheduler"])
def test_what_dies_while_staging_leaves_no_trace(tmp_path: Path, inputs: Path, dask: Dask, killed: str) -> None:
    """Of two workers in a batch one is killed, or their scheduler: the run is the one that a single process makes."""
    place, found = make_place(killed), dict[str, Any]()
    told: list[Event] = []
    lock, locking = hold_batches(place)

    def run() -> None:
        found.update(stage(inputs, place, dask.address, told))

    staging = threading.Thread(target=run)
    staging.start()
    try:
        locking.join(WAIT_SECONDS)
        wait_for_batches(place, 2)
        victim = dask.workers[0] if killed == "worker" else dask.scheduler
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait(WAIT_SECONDS)
    finally:
        lock.close()
        staging.join(2 * WAIT_SECONDS)
    alone = stage(inputs, tmp_path / "alone.run.sqlite", None)
    assert found == alone
    assert len(found["row"]) == FILES * 30
    assert any(isinstance(event, Notice) for event in told) == (killed == "scheduler")


def test_processes_of_this_machine(tmp_path: Path, inputs: Path) -> None:
    """``local:2`` starts two processes; one of them is killed within a batch, which another one stages."""
    place, found = make_place("local"), dict[str, Any]()
    lock, locking = hold_batches(place)
    staging = threading.Thread(target=lambda: found.update(stage(inputs, place, "local:2")))
    staging.start()
    try:
        locking.join(WAIT_SECONDS)
        wait_for_batches(place, 2)
        multiprocessing.active_children()[0].kill()
    finally:
        lock.close()
        staging.join(2 * WAIT_SECONDS)
    assert found == stage(inputs, tmp_path / "alone.run.sqlite", None)
    assert not multiprocessing.active_children()


def test_a_client_of_ones_own(tmp_path: Path, inputs: Path) -> None:
    """From Python the workers may be those of a client, which stays open: what they stage is what one process does."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as workers,
        distributed.Client(workers, set_as_default=False) as client,
    ):
        found = stage(inputs, make_place("client"), client)
        assert client.submit(abs, -1).result(WAIT_SECONDS) == 1
    assert found == stage(inputs, tmp_path / "alone.run.sqlite", None)
