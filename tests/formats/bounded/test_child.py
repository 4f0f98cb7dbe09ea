"""The process that looks at a file within bounds, where the system bounds nothing."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import NoReturn

import pytest

from importer.formats.bounded.child import bound_process


@pytest.mark.parametrize("error", [ValueError, OSError])
def test_a_system_that_refuses_bounds_is_no_error(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    """A Mac has the module and refuses one of its bounds: the others are still asked for."""
    asked = []

    def refuse(kind: str, most: tuple[int, int]) -> NoReturn:
        asked.append((kind, most))
        raise error("current limit exceeds maximum limit")

    bounds = SimpleNamespace(RLIMIT_DATA="data", RLIMIT_CPU="time", setrlimit=refuse)
    monkeypatch.setitem(sys.modules, "resource", bounds)
    bound_process(7, 3)
    assert asked == [("data", (7, 7)), ("time", (3, 3))]


def test_a_system_without_bounds_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows lacks the module."""
    monkeypatch.setitem(sys.modules, "resource", None)
    bound_process(7, 3)
