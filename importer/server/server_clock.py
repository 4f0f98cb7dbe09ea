"""How far the server's clock is from ours, learnt from the ``Date`` of its answers, and how old an answer is by it."""

from __future__ import annotations

import threading


class ServerClock:
    """Learns from every answer; safe to use from many threads.

    A ``Date`` is never later than the moment at which the answer arrives, so that the greatest difference seen is
    nearest to the truth. An answer from a cache keeps its old date, and shows by it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead: float | None = None

    def note(self, server_time: float | None, arrived: float) -> None:
        """Take note of an answer's ``Date`` in POSIX seconds, and when its head arrived by the monotonic clock here."""
        if server_time is None:
            return
        with self._lock:
            ahead = server_time - arrived
            self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)

    def find_age(self, server_time: float | None, arrived: float) -> float | None:
        """Return how many seconds before its arrival an answer was made; None where that isn't known."""
        if server_time is None or self._ahead is None:
            return None
        return max(0.0, arrived + self._ahead - server_time)
