"""A total deadline for a request: the timeouts of requests start anew with every byte that drips in."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import SupportsRead
    from typing_extensions import Buffer

    Sendable = SupportsRead[bytes] | Iterable[Buffer] | Buffer | str

TICK = 0.25
"""Seconds between two looks at the requests under way: how far a deadline may be overrun."""


class Deadlines:
    """Breaks the connection of any request that is still under way at its deadline."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[int, _Flight] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def watch(self, seconds: float) -> Iterator[None]:
        """Break this thread's request if it takes longer than so many seconds."""
        me = threading.get_ident()
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="deadlines", daemon=True)
                self._thread.start()
            self._flights[me] = _Flight(time.monotonic() + seconds)
        try:
            yield
        finally:
            with self._lock:
                del self._flights[me]

    def board(self, connection: HTTPConnection) -> None:
        """Take note of the connection on which this thread's request goes out."""
        flight = self._flights.get(threading.get_ident())
        if flight is not None:
            flight.connection = connection

    def close(self) -> None:
        """End the watching thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(TICK):
            now = time.monotonic()
            # Under the lock, so that the connection can't have gone back to the pool and to another request.
            with self._lock:
                for flight in self._flights.values():
                    if now >= flight.deadline:
                        _break_connection(flight.connection)


class _Flight:
    __slots__ = ("connection", "deadline")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.connection: HTTPConnection | None = None


def _break_connection(connection: HTTPConnection | None) -> None:
    sock = getattr(connection, "sock", None)
    if isinstance(sock, socket.socket):
        # The reading thread sees the end of the stream; OSError says that it saw it already.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


class WatchedAdapter(HTTPAdapter):
    """An adapter without retries whose connections tell `Deadlines` which request they carry."""

    def __init__(self, deadlines: Deadlines, *, pool_size: int) -> None:
        super().__init__(pool_connections=4, pool_maxsize=pool_size, max_retries=0, pool_block=False)

        class Plain(HTTPConnection):
            def send(self, data: Sendable) -> None:
                deadlines.board(self)
                super().send(data)

        class Secure(HTTPSConnection):
            def send(self, data: Sendable) -> None:
                deadlines.board(self)
                super().send(data)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
