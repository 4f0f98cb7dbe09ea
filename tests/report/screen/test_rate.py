"""The rate that progress tells: over a moving window, and never before it is known."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from importer.events import RowEnded, SubmitStarted
from importer.model import Outcome, Status
from importer.report.screen.progress import BarWatcher, LineWatcher
from importer.report.screen.rate import GRAIN, LEAST_ANSWERS, LEAST_SECONDS, SILENCE, WINDOW, Rate, word_seconds
from tests.helpers.clock import FakeClock

ANSWERED = Outcome(0, Status.CREATED, http_status=200)
SETTLED = Outcome(0, Status.CREATED)


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that is turned by hand."""
    return FakeClock(100.0)


def test_no_rate_is_told_before_it_is_known(clock: FakeClock) -> None:
    """Four answers in no time are no rate, and a few in a long time are none either."""
    rate = Rate(clock.now)
    for _ in range(4):
        rate.add(ANSWERED)
    clock.advance(LEAST_SECONDS)
    assert rate.describe(5_996) == ""
    for _ in range(LEAST_ANSWERS):
        rate.add(ANSWERED)
    assert rate.describe(5_996).startswith("8.0 rows/s, ")
    rate.begin()
    for _ in range(6_000):
        rate.add(ANSWERED)
    assert rate.find() is None


def test_the_rate_is_that_of_the_window(clock: FakeClock) -> None:
    """A slow beginning is forgotten once it lies before the window, and so is a rate when answers stay out."""
    rate = Rate(clock.now)
    for step in range(1_000):
        clock.advance(0.1)
        for _ in range(1 if step < 300 else 10):
            rate.add(ANSWERED)
    assert rate.find() == pytest.approx(100, rel=0.02)
    assert rate.describe(1_000) == "100 rows/s, 10 s left"
    assert len(rate._counts) <= WINDOW / GRAIN + 1
    clock.advance(2 * WINDOW)
    assert rate.describe(1_000) == ""


def test_the_rate_is_not_that_of_a_wait(clock: FakeClock) -> None:
    """A first stack that went alone, then a look-up's wait, then many rows: the wait is no part of their rate."""
    rate = Rate(clock.now)
    for _ in range(10):
        rate.add(ANSWERED)
    clock.advance(8)
    for _ in range(42):
        rate.add(ANSWERED)
        clock.advance(0.001)
    assert rate.find() is None
    for _ in range(4_000):
        rate.add(ANSWERED)
        clock.advance(0.001)
    assert rate.find() == pytest.approx(1_000, rel=0.05)
    clock.advance(SILENCE + 1)
    assert rate.find() is None


def test_rows_settled_by_a_listing_are_no_rate(clock: FakeClock) -> None:
    """Thousands of rows in doubt that end at once don't make the rest seem quick."""
    rate = Rate(clock.now)
    clock.advance(30)
    for _ in range(3_500):
        rate.add(SETTLED)
    assert rate.find() is None


def test_piped_lines_leave_out_a_rate_that_is_not_known(clock: FakeClock) -> None:
    """After a long wait five rows have ended: no nought rows a second, no hours left."""
    stream = io.StringIO()
    watch = LineWatcher(Console(file=stream, width=200), every=5.0, clock=clock.now)
    watch(SubmitStarted(5_996, 624))
    clock.advance(30)
    for _ in range(5):
        watch(RowEnded(ANSWERED))
    assert "1 of 5,996 rows\n" in stream.getvalue()
    for _ in range(595):
        clock.advance(0.02)
        watch(RowEnded(ANSWERED))
    assert "505 of 5,996 rows; 50 rows/s, 2 min left" in stream.getvalue()


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, ""), (4.0, "50 rows/s, 95 s left")])
def test_the_bar_shows_a_rate_once_it_is_known(clock: FakeClock, seconds: float, shown: str) -> None:
    """Answers at once draw no rate; after some seconds of them the bar has rate and time left."""
    stream = io.StringIO()
    with BarWatcher(Console(file=stream, force_terminal=True, width=160, color_system=None), clock=clock.now) as watch:
        watch(SubmitStarted(4_950, 624))
        for _ in range(200):
            watch(RowEnded(ANSWERED))
            clock.advance(seconds / 200)
    assert "200/4950" in stream.getvalue()
    assert ("rows/s" in stream.getvalue()) == bool(shown)
    assert shown in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (99.0, "99 s"), (720.0, "12 min"), (36_218.0, "10 h 4 min")]
)
def test_a_time_is_worded_in_its_unit(seconds: float, words: str) -> None:
    """Long times aren't told in seconds."""
    assert word_seconds(seconds) == words
