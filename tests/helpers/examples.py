"""How many generated examples a test is given, and whether they are the same each time.

A plain ``pytest`` draws them from a seed of each test's own, so that what passed once passes again. ``pytest -m long``
draws other ones each time, ten times as many.
"""

from __future__ import annotations

from hypothesis import settings

SEEDED, RANDOM = "seeded", "random"
USUAL, MANY = 100, 1_000

settings.register_profile(SEEDED, deadline=None, derandomize=True, max_examples=USUAL)
settings.register_profile(RANDOM, deadline=None, max_examples=MANY)  # a busy machine is no fault of the code


def scale_examples(usual: int) -> int:
    """Return how many examples a test gets today that usually gets so many."""
    return usual * settings().max_examples // USUAL
