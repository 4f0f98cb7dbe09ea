"""Processes of this machine as workers: started for one reading, and ended with it; nobody else can reach them."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeVar

from importer.cluster import Change, TaskDiedError
from importer.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from importer.cluster import Places

T = TypeVar("T")
R = TypeVar("R")
MOST_DEATHS = 4
"""Processes that one task may end, before it is taken for the cause; Dask's schedulers have the same."""
_LOOK_SECONDS = 0.5
"""Seconds after which whoever waits looks whether it should stop."""
_END_SECONDS = 10
_SPAWN = multiprocessing.get_context("spawn")
"""A fork would have our threads, locks and connections in it, standing still; a fresh process has none of them."""


@dataclass(slots=True)
class _Worker:
    """A process.

    Attributes:
        process: itself.
        pipe: our end of what we talk with it by.
        key: of the task that it is at.
        is_ready: whether it has said that it runs.
    """

    process: SpawnProcess
    pipe: Connection
    key: str | None = None
    is_ready: bool = False


class LocalPool:
    """Processes of this machine.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._workers: list[_Worker] = []
        try:
            for _ in range(count):
                self._start()
        except BaseException:
            self.close()
            raise

    def iter_ends(
        self, function: Callable[[T], R], tasks: Iterable[tuple[str, T]], *, stop: threading.Event
    ) -> Iterator[R]:
        """Yield what a function of a module returns for each argument, in the order in which they end.

        Args:
            function: what is done; it is done again for an argument whose process died.
            tasks: a name for each argument, which no other task has.
            stop: once set, no more are yielded.

        Raises:
            SettingsError: processes can't be started.
            TaskDiedError: a task ended several processes, or raised an error.
        """
        rest, again = iter(tasks), list[tuple[str, T]]()
        given, deaths = dict[str, T](), Counter[str]()
        while not stop.is_set():
            for worker in self._workers:
                task = None if worker.key is not None else again.pop() if again else next(rest, None)
                if task is not None:
                    worker.key, given[task[0]] = task
                    with contextlib.suppress(OSError):  # it has died, which is seen when it is listened to
                        worker.pipe.send((False, function, task[1]))
            if not given:
                return
            for worker, kind, found in self._listen():
                key = worker.key
                if kind == "ready" or key is None:
                    continue
                worker.key, argument = None, given.pop(key)
                if kind == "end":
                    yield found
                    continue
                deaths[key] += 1
                if kind == "error" or deaths[key] == MOST_DEATHS:
                    raise TaskDiedError(key, found)
                again.append((key, argument))

    def iter_changes(
        self, function: Callable[[T, threading.Event], R], argument: T, *, places: Places, stop: threading.Event
    ) -> Iterator[Change[R]]:
        """Have each process do the same for long, and then end; see `importer.cluster.Workers`.

        One that dies isn't replaced. When this process dies, the others end what they do in order.
        """
        running = [*self._workers]
        for worker in running:
            with contextlib.suppress(OSError):  # it has died, which is seen when it is listened to
                worker.pipe.send((True, function, argument))
        yield Change(len(running))
        while not stop.is_set():
            ended, died = self._take_ends(running)
            yield Change(len(running), tuple(ended), tuple(died))
            if not running:
                stop.wait(_LOOK_SECONDS)
        for worker in running:
            with contextlib.suppress(OSError):
                worker.pipe.send(None)
        until = time.monotonic() + places.patience
        while running and time.monotonic() < until:
            self._take_ends(running)

    def _take_ends(self, running: list[_Worker]) -> tuple[list[Any], list[str]]:
        """Return what those returned that have ended, and what is to be said of those that died; they aren't kept."""
        ended, died = [], []
        for worker, kind, found in _hear(running):
            if kind == "ready":
                continue
            running.remove(worker)
            if kind == "end":
                ended.append(found)
            else:
                worker.process.join(_END_SECONDS)
                died.append(found if kind == "error" else f"it ended with {worker.process.exitcode}")
        return ended, died

    def _listen(self) -> Iterator[tuple[_Worker, str, Any]]:
        """Yield which processes say what; for those that died, another one is there by then."""
        for worker, kind, found in _hear(self._workers):
            if kind == "death":
                self._replace(worker)
                yield worker, kind, f"{MOST_DEATHS} processes ended, the last one with {worker.process.exitcode}"
            else:
                yield worker, kind, found

    def close(self) -> None:
        """End the processes; what they were at is left undone."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.pipe.close()
            worker.process.join(_END_SECONDS)
        self._workers.clear()

    def _start(self) -> None:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=serve, args=(theirs,), name="layer-importer worker", daemon=True)
        with contextlib.closing(theirs), _without_interrupt():
            try:
                process.start()
            except (OSError, AssertionError) as error:  # no process left, or ours mustn't have any
                ours.close()
                raise SettingsError(f"The processes of --cluster local:N can't be started ({error}).") from error
        self._workers.append(_Worker(process, ours))

    def _replace(self, worker: _Worker) -> None:
        """Start another process for one that died.

        Raises:
            SettingsError: it died while it started, as the next one would.
        """
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join(_END_SECONDS)
        if not worker.is_ready:
            raise SettingsError(
                f"The processes of --cluster local:N can't be started (one ended with {worker.process.exitcode}). A "
                'script that starts them needs `if __name__ == "__main__":`, because they load it.'
            )
        self._start()


def _hear(workers: Sequence[_Worker]) -> Iterator[tuple[_Worker, str, Any]]:
    """Yield which processes say what within a moment, also that they died."""
    by_pipe = {worker.pipe: worker for worker in workers}
    for pipe in wait([*by_pipe], _LOOK_SECONDS):
        worker = by_pipe[pipe]  # type: ignore[index]  # only pipes were given
        try:
            kind, found = worker.pipe.recv()
        except (EOFError, OSError):
            yield worker, "death", None
        else:
            worker.is_ready = True
            yield worker, kind, found


@contextlib.contextmanager
def _without_interrupt() -> Iterator[None]:
    """Give a block in which processes are started that never see Ctrl-C, which is pressed for all of a terminal.

    Ours ends them when it has heard of it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where `serve` has to do
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(pipe: Connection) -> None:
    """Do what comes through a pipe, until its other end is closed: the life of a process.

    Args:
        pipe: gives whether it takes long, a function and its argument; takes ``ready`` at first, then what is returned,
            or the error's words. What takes long is the last, and is told to end by whatever comes after it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        pipe.send(("ready", None))
        is_last = False
        while not is_last:
            is_last, answer = _answer(pipe.recv_bytes(), pipe)
            pipe.send_bytes(answer)


def _answer(asked: bytes, pipe: Connection) -> tuple[bool, bytes]:
    is_long = False
    try:
        is_long, function, argument = pickle.loads(asked)  # noqa: S301  # our own process sent it
        found = function(argument, _hear_end(pipe)) if is_long else function(argument)
        return is_long, pickle.dumps(("end", found))
    except Exception as error:  # noqa: BLE001  # told by whoever gave the task
        return is_long, pickle.dumps(("error", " ".join(str(error).split()) or type(error).__name__))


def _hear_end(pipe: Connection) -> threading.Event:
    """Return what is set when this process is to end in order: it is told so, by whom it belongs to or by the system.

    Whom it belongs to may also have died.
    """
    stop = threading.Event()

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            pipe.recv_bytes()
        stop.set()

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())
    threading.Thread(target=listen, name="listen", daemon=True).start()
    return stop
