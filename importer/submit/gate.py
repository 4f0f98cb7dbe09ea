"""The one gate that every worker passes just before its intent: pauses, the end of the run, and the circuit breaker.

One condition variable for all, so that a pause asked of one worker holds for every other at once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from pyrate_limiter import Limiter, Rate

from importer.errors import AbortedError, CircuitOpenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.context import Context
    from importer.settings import SendSettings

POLL = 0.2
"""Seconds after which a waiting thread looks at the stop event again, which a signal sets."""
LONGEST_PAUSE = 30.0
"""Seconds of a pause that nobody but we ask for."""
RATE_POLL = 0.01
"""Seconds between two looks at whether the rate allows another request."""


class Bound(Protocol):
    """What bounds the rate of requests."""

    def try_acquire(self, *, blocking: bool) -> bool:
        """Tell whether a request may begin now."""


class Gate:
    """Lets workers pass, makes them wait, or sends them home; safe to use from any thread.

    How many requests are under way at once adapts itself: it begins at the number of workers, is halved when the server
    is in trouble, and grows by one for each round of successes, as TCP does (RFC 5681, additive increase and
    multiplicative decrease).
    """

    def __init__(self, send: SendSettings, context: Context, *, on_pause: Callable[[float, str], None]) -> None:
        self.clock = context.clock
        self.stop = context.stop
        self.error: AbortedError | None = None
        self._condition = threading.Condition()
        self._open_at = self.clock.now()
        self._failures = 0
        self._failing_since: float | None = None
        self._pauses = 0
        self._give_up_after = send.give_up_after
        self._on_pause = on_pause
        self._widest = self._width = float(send.workers)
        self._under_way = 0
        self._limiter: Limiter | Bound | None = None if send.rate is None else Limiter(make_rate(send.rate))

    @property
    def is_closed(self) -> bool:
        """Whether nothing more may be begun."""
        return self.error is not None or self.stop.is_set()

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

    def back_off(self, first: float, *, at_least: float, reason: str, is_told: bool = True) -> None:  # noqa: ARG002  # for those who share the gate
        """Pause twice as long as at the last trouble; workers that meet the same trouble together count once.

        Args:
            first: seconds of the first pause.
            at_least: seconds that the server asks for.
            reason: for people.
            is_told: whether the server itself has said so, in an answer.
        """
        with self._condition:
            if self.clock.now() >= self._open_at:
                self._pauses += 1
            seconds = min(LONGEST_PAUSE, first * 2.0 ** min(self._pauses - 1, 16))
        self.pause(max(at_least, seconds), reason)

    def enter(self) -> bool:
        """Wait until a request may begin; tell whether it may, for a closed gate never opens again.

        Whoever entered must `leave` when the request has ended.
        """
        with self._condition:
            while not self.is_closed:
                left = self._open_at - self.clock.now()
                if left > 0:
                    self.clock.wait(self._condition, min(left, POLL))
                elif self._under_way >= max(1, int(self._width)):
                    self.clock.wait(self._condition, POLL)
                elif self._limiter is not None and not self._limiter.try_acquire(blocking=False):
                    self.clock.wait(self._condition, RATE_POLL)
                else:
                    self._under_way += 1
                    return True
            return False

    def leave(self) -> None:
        """Note that a request has ended, whatever came of it."""
        with self._condition:
            self._under_way -= 1
            self._condition.notify_all()

    def narrow(self) -> None:
        """Let half as many requests be under way: the server is in trouble."""
        with self._condition:
            self._width = max(1.0, self._width / 2)

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds, or until the gate is closed."""
        until = self.clock.now() + seconds
        with self._condition:
            while not self.is_closed and (left := until - self.clock.now()) > 0:
                self.clock.wait(self._condition, min(left, POLL))

    def count_success(self) -> None:
        """Note that the server answered as it should."""
        with self._condition:
            self._failures = self._pauses = 0
            self._failing_since = None
            self._width = min(self._widest, self._width + 1 / self._width)

    def count_failure(self, words: str) -> int:
        """Note that it didn't, and end the run when nothing has succeeded for too long; return the failures in a row.

        Time counts, not their number: many workers meet an outage of a second many times.
        """
        with self._condition:
            self._failures += 1
            now = self.clock.now()
            if self._failing_since is None:
                self._failing_since = now
            failures, seconds = self._failures, now - self._failing_since
        if seconds >= self._give_up_after:
            self.halt(
                CircuitOpenError(
                    f"Nothing has succeeded for {seconds:,.0f} s ({failures} requests failed, the last with: "
                    f"{words or 'no answer'}). The server seems to be down, so nothing more will be sent. Resume "
                    "later."
                )
            )
        return failures


def make_rate(per_second: float) -> Rate:
    """Return a rate of so many requests a second, spread over the second instead of all at its beginning."""
    at_once = max(1, round(per_second / 10))
    return Rate(at_once, max(1, round(1_000 * at_once / per_second)))
