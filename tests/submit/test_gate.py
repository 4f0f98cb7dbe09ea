"""The gate by itself: how many pass, how fast, and when nobody does."""

from __future__ import annotations

import time

import pytest

from importer.context import Context
from importer.errors import CircuitOpenError
from importer.settings import SendSettings
from importer.submit.gate import LONGEST_PAUSE, Gate, make_rate
from tests.helpers.clock import FakeClock


def make(width: int = 8, *, give_up_after: float = 600.0) -> tuple[Gate, FakeClock, list[float]]:
    """Return a gate, its clock and the pauses that it tells of."""
    clock, told = FakeClock(0.0), list[float]()
    gate = Gate(
        SendSettings(give_up_after=give_up_after, workers=width),
        Context(clock=clock),
        on_pause=lambda seconds, _: told.append(seconds),
    )
    return gate, clock, told


def count_passing(gate: Gate) -> int:
    """Return how many may be under way at once."""
    passed = 0
    while gate._under_way < int(gate._width):
        assert gate.enter()
        passed += 1
    for _ in range(passed):
        gate.leave()
    return passed


def test_trouble_halves_and_success_adds_one() -> None:
    """The width is halved at trouble, never below one, and grows by one for each round of successes, to its start."""
    gate, _, _ = make(8)
    assert count_passing(gate) == 8
    widths = []
    for _ in range(5):
        gate.narrow()
        widths.append(count_passing(gate))
    assert widths == [4, 2, 1, 1, 1]
    for width in (1, 2, 3):
        for _ in range(width + 1):
            gate.count_success()
        assert count_passing(gate) == width + 1
    for _ in range(200):
        gate.count_success()
    assert count_passing(gate) == 8


def test_a_pause_holds_for_whoever_comes() -> None:
    """Nobody passes before the pause is over; a shorter one within it changes nothing and isn't told."""
    gate, clock, told = make()
    gate.pause(5.0, "429")
    gate.pause(1.0, "503")
    assert gate.enter()
    assert clock.now() >= 5.0
    assert told == [5.0]


def test_back_off_doubles_once_for_trouble_that_many_meet() -> None:
    """Workers that meet the same trouble lengthen the pause once; the next trouble doubles it, up to a bound."""
    gate, clock, told = make()
    for _ in range(3):
        gate.back_off(0.5, at_least=0.0, reason="503")
    clock.advance(1.0)
    gate.back_off(0.5, at_least=0.0, reason="503")
    assert told == [0.5, 1.0]
    for _ in range(12):
        clock.advance(100.0)
        gate.back_off(0.5, at_least=0.0, reason="503")
    assert told[-1] == LONGEST_PAUSE
    clock.advance(100.0)
    gate.back_off(0.5, at_least=70.0, reason="429")
    assert told[-1] == 70.0
    gate.count_success()
    clock.advance(100.0)
    gate.back_off(0.5, at_least=0.0, reason="503")
    assert told[-1] == 0.5


def test_a_time_without_success_opens_the_circuit() -> None:
    """Failures for so long close the gate for good, however many; a success between them begins the time anew."""
    gate, clock, _ = make(give_up_after=60.0)
    for _ in range(1_000):
        gate.count_failure("down")
    clock.advance(59.0)
    gate.count_failure("down")
    gate.count_success()
    clock.advance(59.0)
    assert gate.count_failure("down") == 1
    clock.advance(59.0)
    assert gate.count_failure("down") == 2
    assert gate.enter()
    clock.advance(1.0)
    gate.count_failure("down")
    assert isinstance(gate.error, CircuitOpenError)
    assert not gate.enter()


@pytest.mark.parametrize(("per_second", "at_once", "milliseconds"), [(20, 2, 100), (0.5, 1, 2_000), (1_000, 100, 100)])
def test_a_rate_is_spread_over_the_second(per_second: float, at_once: int, milliseconds: int) -> None:
    """A rate lets a tenth of a second's requests go at once, or one."""
    rate = make_rate(per_second)
    assert (rate.limit, rate.interval) == (at_once, milliseconds)


def test_a_rate_bounds_what_passes() -> None:
    """In a window of the rate no more pass than it allows, though nobody waits for anything else."""
    gate = Gate(
        SendSettings(workers=50, rate=100.0), Context(clock=FakeClock()), on_pause=lambda *_: None
    )  # fmt: skip
    begun, passed = time.monotonic(), list[float]()
    for _ in range(31):
        assert gate.enter()
        passed.append(time.monotonic() - begun)
    assert passed[30] - passed[0] >= 0.25
