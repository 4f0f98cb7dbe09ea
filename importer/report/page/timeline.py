"""How a run went over time: requests, latency, retries and pauses in equal steps, for the page."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.run import EventRecord, RunFile

BINS = 60
KEPT = 500
"""Latencies of one step that are kept for its median; a sample of the first is enough for a picture."""
MAX_EVENTS = 200
_PAUSE = re.compile(r"([0-9.]+) s: ")
_OK = range(200, 300)


@dataclass(slots=True)
class Bin:
    """One step of the time: how many requests ended well, how many otherwise, how many were retries."""

    good: int = 0
    other: int = 0
    retries: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float | None:
        """Median latency in seconds, None without a request."""
        return statistics.median(self.seconds) if self.seconds else None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole time of a run.

    Attributes:
        begun: POSIX time of the first request.
        seconds: from there to the end of the last.
        steps: equal parts of that time.
        pauses: (seconds after begun, how long) of every pause.
        events: the first of what happened to the run as a whole.
        longest: the longest latency in seconds.
    """

    begun: float
    seconds: float
    steps: tuple[Bin, ...]
    pauses: tuple[tuple[float, float], ...]
    events: tuple[EventRecord, ...]
    longest: float

    @property
    def requests(self) -> int:
        """All requests whose end is known."""
        return sum(step.good + step.other for step in self.steps)

    @property
    def retries(self) -> int:
        """Requests that weren't the first of their row."""
        return sum(step.retries for step in self.steps)

    @property
    def median(self) -> float:
        """Median latency in seconds, over the requests that were kept."""
        return statistics.median([seconds for step in self.steps for seconds in step.seconds] or [0.0])


def make_timeline(run: RunFile) -> Timeline | None:
    """Return how a run went, or None where nothing was sent; two passes, so that memory doesn't grow with the run."""
    begun, ended, longest = float("inf"), float("-inf"), 0.0
    for attempt in run.iter_attempts():
        begun, ended = min(begun, attempt.begun_at), max(ended, attempt.begun_at + attempt.seconds)
        longest = max(longest, attempt.seconds)
    if begun > ended:
        return None
    width = max(ended - begun, 1e-3) / BINS
    steps = tuple(Bin() for _ in range(BINS))
    for attempt in run.iter_attempts():
        step = steps[min(BINS - 1, int((attempt.begun_at - begun) / width))]
        if attempt.http_status in _OK:
            step.good += 1
        else:
            step.other += 1
        step.retries += attempt.number > 1
        if len(step.seconds) < KEPT:
            step.seconds.append(attempt.seconds)
    pauses: list[tuple[float, float]] = []
    events: list[EventRecord] = []
    for event in run.iter_events():
        if event.kind == "pause" and (match := _PAUSE.match(event.text)):
            pauses.append((event.at - begun, float(match[1])))
        if len(events) < MAX_EVENTS:
            events.append(event)
    return Timeline(begun, max(ended - begun, 1e-3), steps, tuple(pauses), tuple(events), longest)
