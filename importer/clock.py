"""Time: the machine's, or a test's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading


class Clock(Protocol):
    """Time as the stages see it; tests put their own in its place."""

    def now(self) -> float:
        """Return seconds that never jump."""

    def time(self) -> float:
        """Return POSIX time, for the record."""

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on a condition that is held, so many seconds at the most."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()

    def time(self) -> float:
        """Return POSIX time, for the record."""
        return time.time()

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on a condition that is held, so many seconds at the most."""
        condition.wait(seconds)
