"""A total deadline for a request: the timeouts of requests start again with every byte that drips in."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

TICK = 0.25
"""Seconds between two looks at the requests under way: how far a deadline may be overrun."""


class Deadlines:
    """Breaks the connection of any request that is still under way at its deadline, or isn't to go on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[int, _Flight] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, seconds: float, stop: threading.Event | None = None) -> None:
        """Break this thread's request if it takes longer than so many seconds; `end` must follow.

        Args:
            seconds: the longest time for it.
            stop: breaks it as well once it is set; for reads only, as nobody would know what became of a write.
        """
        flight = _Flight(time.monotonic() + seconds, stop)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="deadlines", daemon=True)
                self._thread.start()
            self._flights[threading.get_ident()] = flight

    def end(self) -> None:
        """Note that this thread's request has ended."""
        with self._lock:
            del self._flights[threading.get_ident()]

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
                    if now >= flight.deadline or (flight.stop is not None and flight.stop.is_set()):
                        _break_connection(flight.connection)


class _Flight:
    __slots__ = ("connection", "deadline", "stop")

    def __init__(self, deadline: float, stop: threading.Event | None) -> None:
        self.deadline = deadline
        self.stop = stop
        self.connection: HTTPConnection | None = None


def _break_connection(connection: HTTPConnection | None) -> None:
    sock = getattr(connection, "sock", None)
    if isinstance(sock, socket.socket):
        # The reading thread sees the end of the stream; OSError says that it saw it already.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
