"""The gate of one of several processes: what the server asks of one holds for all."""

from __future__ import annotations

import contextlib
import math
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from importer.errors import AbortedError, ImporterError, SideEffectError
from importer.submit.gate import LONGEST_PAUSE, Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.clock import Clock
    from importer.context import Context
    from importer.run import Pace
    from importer.run.store.crew_store import Passed
    from importer.settings import SendSettings

RESERVED_PART = 20
"""One part in so many of a second's requests is reserved at once: a journey to the database for each would be dear."""
LAPSE = 0.1
"""Seconds after which a time that was reserved and not used is given up, or several would be used at once."""


class ReservedTimes:
    """The rate of all processes together: send times, reserved a few at once. Used with the gate's lock held."""

    def __init__(self, pace: Pace, rate: float, clock: Clock) -> None:
        self._pace, self._rate, self._clock = pace, rate, clock
        self._number = math.ceil(rate / RESERVED_PART)
        self._times: deque[float] = deque()

    def try_acquire(self, *, blocking: bool) -> bool:
        """Tell whether a request may begin now; it never waits."""
        del blocking
        now = self._clock.now()
        while self._times and self._times[0] < now - LAPSE:
            self._times.popleft()
        if not self._times:
            first = now + self._pace.reserve(self._number, self._rate)
            self._times.extend(first + number / self._rate for number in range(self._number))
            now = self._clock.now()
        if self._times[0] > now:
            return False
        self._times.popleft()
        return True


class CrewGate(Gate):
    """A gate that also takes part in the pace of all processes of a run.

    What the server says (a pause, trouble, that it is well again) is shared. What one process alone meets, as a
    network that is gone, a key that is refused or being lost from sight, stops only this one.
    """

    def __init__(
        self, send: SendSettings, context: Context, pace: Pace, *, on_pause: Callable[[float, str], None]
    ) -> None:
        super().__init__(replace(send, rate=None), context, on_pause=on_pause)
        self._pace = pace
        self._all_failures = 0

    def read_rate(self) -> None:
        """Take over the rate that all processes keep together."""
        rate = self._pace.read().rate
        self._limiter = None if rate is None else ReservedTimes(self._pace, rate, self.clock)

    def note(self, passed: Passed) -> None:
        """Take over what was seen of the gate of all."""
        if passed.error is not None:
            self.halt(AbortedError(passed.error))
        with self._condition:
            self._all_failures = passed.failures
            self._open_at = max(self._open_at, self.clock.now() + passed.pause)

    def halt(self, error: AbortedError) -> None:
        """End this process's part; where every further request of anybody could do the same harm, end the run."""
        super().halt(error)
        if isinstance(error, SideEffectError):
            with contextlib.suppress(ImporterError):  # a run that can't be written is sent by nobody
                self._pace.stop(str(error))

    def back_off(self, first: float, *, at_least: float, reason: str, is_told: bool = True) -> None:
        """Pause all processes where the server has said so, this one where a connection was lost."""
        if not is_told:
            super().back_off(first, at_least=at_least, reason=reason)
            return
        self.pause(self._pace.back_off(first, at_least=at_least, at_most=LONGEST_PAUSE), reason)

    def count_success(self) -> None:
        """Note that the server answered as it should."""
        super().count_success()
        if self._all_failures:
            self._all_failures = 0
            self._pace.forget_failures()
