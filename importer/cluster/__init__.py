"""Workers: processes of this machine, or of Dask distributed; what they do is others' business."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from importer.cluster.address import count_local
from importer.errors import SettingsError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from importer.settings import ClusterClient

__all__ = ["Change", "Places", "PoolLostError", "TaskDiedError", "Workers", "open_pool"]
T = TypeVar("T")
R = TypeVar("R")
SLOT = "submit"
"""The resource that a worker of Dask is started with, one of it, to do what takes as long as a run."""


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """What has changed on the workers that each do the same for long.

    Attributes:
        running: workers that have it, and haven't returned.
        ended: what those returned that have ended since.
        died: what is to be said of those that were lost with it.
    """

    running: int
    ended: tuple[R, ...] = ()
    died: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """Which workers were given what each does for long; it holds over a scheduler that is lost and found again.

    Attributes:
        name: what all of the tasks are named by; no others ever are.
        patience: seconds that processes of this machine get to end in, once they are to.
        numbers: of the workers by their addresses, by which their tasks are known.
        ended: addresses of those that have returned: they aren't given it again.
    """

    name: str
    patience: float
    numbers: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)


class Workers(Protocol):
    """What does tasks side by side."""

    def iter_ends(
        self, function: Callable[[T], R], tasks: Iterable[tuple[str, T]], *, stop: threading.Event
    ) -> Iterator[R]:
        """Yield what a function of a module returns for each argument, in the order in which they end.

        Args:
            function: what is done; it may be done twice for one argument, where a worker dies.
            tasks: a name for each argument, which no other task ever has.
            stop: once set, no more are yielded.

        Raises:
            PoolLostError: the workers are gone.
            SettingsError: there are none to be had.
            TaskDiedError: a task ended several workers, or raised an error.
        """

    def iter_changes(
        self, function: Callable[[T, threading.Event], R], argument: T, *, places: Places, stop: threading.Event
    ) -> Iterator[Change[R]]:
        """Have every worker do the same for long, also those that come later; yield each look at them.

        Args:
            function: of a module, given the argument and an event that is set when it is to end. It may be done twice
                on a worker, and goes on where only this process dies and the workers aren't its own.
            argument: seen by scheduler, workers and their logs: no secrets.
            places: who was given it; the same object for one argument.
            stop: once set, the workers are told to end, and nothing more is yielded.

        Raises:
            PoolLostError: the workers are gone.
        """


class PoolLostError(Exception):
    """The scheduler can't be reached any more; what its workers were at may still be done."""


class TaskDiedError(Exception):
    """A task ended the workers that it was given to, or broke in a way that isn't its own to tell."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def open_pool(cluster: str | ClusterClient) -> AbstractContextManager[Workers]:
    """Give workers, until the block ends.

    Args:
        cluster: ``local:N``, the address of a scheduler, or a client, which stays open.

    Raises:
        SettingsError: the address can't be used, nobody answers there, or what is needed isn't installed.
    """
    if isinstance(cluster, str) and (count := count_local(cluster)) is not None:
        from importer.cluster.local import LocalPool  # noqa: PLC0415  # only who has a cluster pays for it

        return contextlib.closing(LocalPool(count))
    try:
        from importer.cluster.pool import open_given  # noqa: PLC0415  # only who has a cluster pays for it
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] not in {"distributed", "dask"}:
            raise
        raise SettingsError(
            f"--cluster {cluster} needs Dask distributed, which isn't installed. Install it with: pip install "
            "'layer-importer[cluster]'"
        ) from error
    return open_given(cluster)
