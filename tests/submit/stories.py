"""Stories told without hypothesis: by their number, the same each time, for breaking the protocol on purpose."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.submit.test_protocol_machine import ProtocolMachine

GOES = 5
"""Goes of one story at the most."""


def tell_story(kind: type[ProtocolMachine], number: int) -> None:
    """Tell one story to its end.

    Raises:
        AssertionError: something that must hold in it doesn't.
    """
    draw = random.Random(f"story {number}")  # noqa: S311  # stories, not secrets
    machine = kind()
    is_told = False
    try:
        machine.stage(draw.randrange(2**32))
        for _ in range(draw.randint(1, GOES)):
            machine.go(draw.randrange(2**32))
            machine.check()
        is_told = True
    finally:
        machine.end(is_told=is_told)


def find_first_broken(kind: type[ProtocolMachine], numbers: Iterable[int]) -> int | None:
    """Return the number of the first story in which something doesn't hold; None where all holds in all."""
    for number in numbers:
        try:
            tell_story(kind, number)
        except AssertionError:
            return number
    return None
