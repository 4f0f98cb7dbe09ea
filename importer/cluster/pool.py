"""Tasks on the workers of a scheduler: handed out a window at a time, each carried out at least once."""

from __future__ import annotations

import contextlib
import itertools
import threading
from asyncio import CancelledError
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import distributed
from distributed.security import Security

from importer.cluster import SLOT, Change, PoolLostError, TaskDiedError
from importer.cluster.address import check_scheduler
from importer.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from importer.cluster import Places
    from importer.settings import ClusterClient

_Future: TypeAlias = "distributed.Future[Any]"
T = TypeVar("T")
R = TypeVar("R")
WINDOW = 256
"""Tasks that the scheduler has at once: it keeps the arguments of all of them."""
CONNECT_SECONDS = 20
_LOOK_SECONDS = 0.5
"""Seconds after which whoever waits looks whether it should stop."""
_LOST = ("cancelled", "lost")
_SLOT_SECONDS = 2.0
"""Seconds between two looks at which workers there are."""
_ALIVE = ("init", "running", "paused")
"""States of a worker that isn't about to end."""


class Pool:
    """The workers of a scheduler."""

    def __init__(self, client: distributed.Client) -> None:
        self._client = client

    def iter_ends(
        self, function: Callable[[T], R], tasks: Iterable[tuple[str, T]], *, stop: threading.Event
    ) -> Iterator[R]:
        """Yield what a function of a module returns for each argument, in the order in which they end.

        Args:
            function: what is done; it may be done twice for one argument, where a worker dies.
            tasks: a name for each argument, which no other task ever has. Arguments are seen by scheduler, workers
                and their logs: no secrets.
            stop: once set, no more are yielded.

        Raises:
            PoolLostError: the scheduler is gone.
            TaskDiedError: a task ended several workers, or raised an error.
        """
        rest, running = iter(tasks), dict[_Future, str]()
        try:
            while not stop.is_set():
                for key, argument in itertools.islice(rest, WINDOW - len(running)):
                    # Not by its content, and never a second time for what it raises: it was stored, or not.
                    future = self._client.submit(function, argument, key=key, pure=False, retries=0)
                    running[future] = key
                if not running:
                    return
                for future in self._wait([*running]):
                    yield _take(future, running.pop(future))
        finally:
            with contextlib.suppress(Exception):  # a scheduler that is gone needs no telling
                self._client.cancel([*running])

    def iter_changes(
        self, function: Callable[[T, threading.Event], R], argument: T, *, places: Places, stop: threading.Event
    ) -> Iterator[Change[R]]:
        """Have every worker that has a slot for it do the same for long; see `importer.cluster.Workers`.

        Each has a task of its own, bound to it: one that dies isn't mourned, and one that comes is given its own. A
        task goes on if this process, or its connection, is lost.

        Raises:
            PoolLostError: the scheduler is gone.
        """
        running: dict[str, _Future] = {}
        try:
            while not stop.is_set():
                yield self._look(running, places, (function, argument))
                stop.wait(_SLOT_SECONDS)
        finally:
            if stop.is_set():
                with contextlib.suppress(Exception):  # a scheduler that is gone can't tell them
                    self._client.cancel([*running.values()], force=True)

    def _look(self, running: dict[str, _Future], places: Places, task: tuple[Any, ...]) -> Change[Any]:
        slots = self._list_slots()
        ended: list[Any] = []
        died = []
        for address, future in [*running.items()]:
            status = future.status
            if status in _LOST:
                raise _word_lost()
            if status == "pending" and address in slots:
                continue
            del running[address]
            if status == "pending":  # the worker is gone
                self._client.cancel([future], force=True)
                continue
            places.ended.add(address)
            try:
                ended.append(_take(future, address))
            except TaskDiedError as error:
                died.append(f"{address}: {error}")
        for address in slots:
            if address in running or address in places.ended:
                continue
            number = places.numbers.setdefault(address, len(places.numbers))
            running[address] = self._client.submit(
                _do_along,
                *task,
                key=f"{places.name}-{number}",
                workers=[address],
                resources={SLOT: 1},
                pure=False,
                retries=0,
            )
        with self._client.as_current():
            distributed.fire_and_forget([*running.values()])  # else it would end with this process
        return Change(len(running), tuple(ended), tuple(died))

    def _list_slots(self) -> dict[str, None]:
        """Return the addresses of the workers that take what is done for long, in their order."""
        if self._client.status != "running":
            raise _word_lost()
        try:
            workers = self._client.scheduler_info()["workers"]
        except (CancelledError, distributed.CancelledError, OSError, TimeoutError, AttributeError) as error:
            raise _word_lost() from error  # without a scheduler the client has None in its place
        return {address: None for address, found in workers.items() if found.get("resources", {}).get(SLOT, 0) >= 1}

    def _wait(self, running: list[_Future]) -> Iterable[_Future]:
        try:
            with self._client.as_current():
                ended = distributed.wait(running, timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            ended = set()
        except (CancelledError, distributed.CancelledError, OSError) as error:
            raise _word_lost() from error
        if self._client.status != "running":
            raise _word_lost()
        return list(ended)


def _do_along(function: Callable[[T, threading.Event], R], argument: T) -> R:
    """Do on a worker what takes long, until it is over, its task isn't wanted any more, or the worker is about to end.

    Dask itself ends no task that runs, and a worker that has lost its scheduler ends within some seconds.
    """
    worker = distributed.get_worker()
    key, stop, is_over = worker.get_current_task(), threading.Event(), threading.Event()

    def look() -> None:
        while not is_over.wait(_LOOK_SECONDS):
            task = worker.state.tasks.get(key)
            if worker.status.name not in _ALIVE or task is None or task.state == "cancelled":
                stop.set()
                return

    watch = threading.Thread(target=look, name="task", daemon=True)
    watch.start()
    try:
        return function(argument, stop)
    finally:
        is_over.set()


def _take(future: distributed.Future[R], key: str) -> R:
    if future.status in _LOST:
        raise _word_lost()
    try:
        return future.result()
    except (CancelledError, distributed.CancelledError) as error:
        raise _word_lost() from error
    except Exception as error:
        raise TaskDiedError(key, " ".join(str(error).split())) from error


def _word_lost() -> PoolLostError:
    return PoolLostError("The scheduler of the cluster can't be reached any more.")


@contextlib.contextmanager
def open_given(cluster: str | ClusterClient) -> Iterator[Pool]:
    """Give workers; see `importer.cluster.open_pool`."""
    if isinstance(cluster, distributed.Client):
        check_client(cluster)
        yield Pool(cluster)
        return
    if not isinstance(cluster, str):
        raise SettingsError(f"cluster must be an address or a client of Dask distributed, not {cluster!r:.100}.")
    with connect(cluster) as client:
        yield Pool(client)


def check_client(client: distributed.Client) -> None:
    """Refuse a client that can't be waited for, or whose connection others could use.

    Raises:
        SettingsError: it says which.
    """
    if client.asynchronous:
        raise SettingsError("cluster must be a client that isn't asynchronous: Client(..., asynchronous=False).")
    address = (client.scheduler.address if client.scheduler is not None else None) or ""
    if not address.startswith("inproc://"):
        check_scheduler(address)


def connect(address: str) -> distributed.Client:
    """Return a client of the scheduler at an address.

    Raises:
        SettingsError: nobody answers there, or TLS isn't set up here.
    """
    try:
        if address.startswith("tls:") and Security().get_connection_args("client").get("ssl_context") is None:
            raise SettingsError(
                f"The scheduler {address} can't be used: Dask's settings name no certificates. Set ca-file, cert and "
                "key of distributed.comm.tls: https://distributed.dask.org/en/stable/tls.html"
            )
        return distributed.Client(address, set_as_default=False, timeout=CONNECT_SECONDS, name="layer-importer")
    except (OSError, RuntimeError, TimeoutError, ValueError) as error:
        raise SettingsError(
            f"The scheduler {address} can't be reached ({' '.join(str(error).split())}). See that it runs there, and "
            "that Dask has the right certificates here."
        ) from error
