"""Tasks on the workers of a scheduler: handed out a window at a time, each carried out at least once."""

from __future__ import annotations

import contextlib
import itertools
from asyncio import CancelledError
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import distributed
from distributed.security import Security

from importer.cluster import PoolLostError, TaskDiedError
from importer.cluster.address import check_scheduler
from importer.errors import SettingsError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator

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
