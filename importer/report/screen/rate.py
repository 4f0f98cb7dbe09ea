"""How fast rows are answered now, and how long the rest takes at that rate; nothing until it can be known."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.model import Outcome

WINDOW = 60.0
"""Seconds of answers over which the rate is taken."""
LEAST_SECONDS, LEAST_ANSWERS = 3.0, 20
"""No rate is told before answers have come for so long, so many of them."""
SILENCE = 3.0
"""Seconds without an answer after which all is counted again: what came before a wait says nothing of what follows."""
GRAIN = 0.25
"""Seconds of answers that are counted together, so that the window has a bounded number of entries."""
SLOW = 10.0
"""Rows a second below which a decimal says more than a whole number."""


class Rate:
    """Rows answered a second, over a moving window.

    Only rows that a request answered count: many rows in doubt end at once by one listing, which says nothing of those
    that are still to be sent.

    Args:
        clock: seconds that never jump.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begun = self._last = clock()
        self._counts: deque[tuple[float, int]] = deque()

    def begin(self) -> None:
        """Forget what was, and count from now."""
        self._begun = self._last = self._clock()
        self._counts.clear()

    def add(self, outcome: Outcome) -> None:
        """Count a row, if a request has answered it."""
        if outcome.http_status is None:
            return
        now = self._clock()
        if not self._counts or now - self._last > SILENCE:
            self.begin()
        self._last = now
        if self._counts and now - self._counts[-1][0] < GRAIN:
            since, count = self._counts[-1]
            self._counts[-1] = since, count + 1
        else:
            self._counts.append((now, 1))
        self._forget(now)

    def find(self) -> float | None:
        """Return rows a second, or None where too little is known."""
        now = self._clock()
        self._forget(now)
        answers, seconds = sum(count for _, count in self._counts), min(WINDOW, now - self._begun)
        is_known = seconds >= LEAST_SECONDS and answers >= LEAST_ANSWERS and now - self._last <= SILENCE
        return answers / seconds if is_known else None

    def describe(self, rows_left: int) -> str:
        """Return rate and time left in words; nothing where too little is known."""
        rate = self.find()
        if rate is None:
            return ""
        speed = f"{rate:,.1f} rows/s" if rate < SLOW else f"{rate:,.0f} rows/s"
        return f"{speed}, {word_seconds(max(0, rows_left) / rate)} left"

    def _forget(self, now: float) -> None:
        while self._counts and now - self._counts[0][0] > WINDOW:
            self._counts.popleft()


def word_seconds(seconds: float) -> str:
    """Return a time in the unit in which people would say it: ``40 s``, ``12 min``, ``3 h 5 min``."""
    if seconds < 100:  # noqa: PLR2004  # two digits of seconds
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60:,} h {minutes % 60} min"  # noqa: PLR2004
