"""The one clock of the tests: it stands still unless somebody waits, or turns it by hand."""

from __future__ import annotations

import threading

MOMENT = 0.0002
"""Seconds for which a wait lets other threads have its condition."""


class FakeClock:
    """A clock that only waiting advances, or a test by hand; it never goes back, whichever thread waits."""

    def __init__(self, seconds: float = 1_000.0) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the seconds."""
        with self._lock:
            return self._seconds

    def time(self) -> float:
        """Return the seconds."""
        return self.now()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._seconds += seconds

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Let time pass, and other threads have the condition for a moment."""
        self.advance(seconds)
        condition.wait(MOMENT)
