"""Two checks side by side in one process."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from importer.tasks.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 30_000
"""More than a check remembers, so that it forgets as well."""


@pytest.fixture
def _frequent_switches() -> Iterator[None]:
    """Let threads take turns much more often than usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def write_table(path: Path, first: str, second: str) -> Path:
    """Write a table of distinct formulas, of which every twentieth can't be read and every thirtieth is suspected."""
    lines = ["sample_id,layer_id,composition_string"]
    for number in range(ROWS):
        formula = f"{first}{number}{second}{number % 7 + 1}"
        if number % 20 == 0:
            formula = f"Xx{number}{second}"
        elif number % 30 == 1:
            formula = f'"{first}{number},5{second}"'
        lines.append(f"{number},1,{formula}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.usefixtures("_frequent_switches")
@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.long)])
def test_two_checks_in_two_threads_find_what_each_finds_alone(tmp_path: Path, rounds: int) -> None:
    """No check sees, or forgets, what another one learns of its texts at the same time."""
    tables = [write_table(tmp_path / "one.csv", "Ti", "O"), write_table(tmp_path / "two.csv", "Ga", "N")]
    alone = [find(table) for table in tables]
    with ThreadPoolExecutor(len(tables)) as threads:
        together = [list(threads.map(find, tables)) for _ in range(rounds)]
    assert together == [alone] * rounds


def find(table: Path) -> tuple[int, dict[str, int]]:
    """Return how many rows of a table are valid, and how many issues of each code there are."""
    found = validate(table, keep_frame=False, keep_issues=1)
    return found.valid, dict(found.counts)
