"""The one gate that every worker passes just before its intent: pauses, the end of the run, and the circuit breaker.

One condition variable for all, so that a pause that one worker is told to make holds for every other at once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from importer.errors import AbortedError, CircuitOpenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.clock import Clock

POLL = 0.2
"""Seconds after which a waiting thread looks at the stop event again, which a signal sets."""


class Gate:
    """Lets workers pass, makes them wait, or sends them home; safe to use from any thread."""

    def __init__(
        self,
        *,
        clock: Clock,
        stop: threading.Event,
        max_failures: int,
        on_pause: Callable[[float, str], None],
    ) -> None:
        self.clock = clock
        self.stop = stop
        self.error: AbortedError | None = None
        self._condition = threading.Condition()
        self._open_at = clock.now()
        self._failures = 0
        self._max_failures = max_failures
        self._on_pause = on_pause

    @property
    def is_closed(self) -> bool:
        """Whether nothing more may be begun."""
        return self.error is not None or self.stop.is_set()

    @property
    def failures(self) -> int:
        """Failures one after the other, over all workers."""
        return self._failures

    def halt(self, error: AbortedError) -> None:
        """End the run; the first reason counts."""
        with self._condition:
            if self.error is None:
                self.error = error
            self._condition.notify_all()

    def pause(self, seconds: float, reason: str) -> None:
        """Let no worker pass for so many seconds from now."""
        with self._condition:
            until = self.clock.now() + seconds
            if until <= self._open_at:
                return
            self._open_at = until
        self._on_pause(seconds, reason)

    def wait_turn(self) -> bool:
        """Wait until the gate is open; tell whether it is, for a closed gate never opens again."""
        with self._condition:
            while not self.is_closed:
                left = self._open_at - self.clock.now()
                if left <= 0:
                    return True
                self.clock.wait(self._condition, min(left, POLL))
            return False

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds, or until the gate is closed."""
        until = self.clock.now() + seconds
        with self._condition:
            while not self.is_closed and (left := until - self.clock.now()) > 0:
                self.clock.wait(self._condition, min(left, POLL))

    def count_success(self) -> None:
        """Note that the server answered as it should."""
        with self._condition:
            self._failures = 0

    def count_failure(self, words: str) -> None:
        """Note that it didn't; too many one after the other end the run."""
        with self._condition:
            self._failures += 1
            failures = self._failures
        if failures >= self._max_failures:
            self.halt(
                CircuitOpenError(
                    f"{failures} requests failed one after the other, the last with: {words or 'no answer'}. "
                    "The server seems to be down; nothing more is sent."
                )
            )
