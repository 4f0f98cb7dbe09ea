"""From issue to issue: the same as sorting all marks, from any place, in both directions, over parts and tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importer.draft import Draft, Mark, open_draft, tables
from importer.model import Severity

if TYPE_CHECKING:
    import pytest

SHEET = """sample_name,layer_id,composition_string,orientation
A,1,batio3,001
A,2,SrTiO3,001
A,2,SrTiO3,1
B,1,GaAs,110
B,2,gaas,110
Total,,,
C,1,GaAs,110
C,3,Gaas,1
"""


def find_by_sorting(draft: Draft, place: tuple[int, int, int], step: int, code: str | None) -> Mark | None:
    """Return the next mark by looking at all of them."""
    marks = [mark for table in draft.tables for mark in draft.view(table.number, 0, 1_000).marks]
    wanted = [m for m in marks if (m.issue.code == code if code else m.issue.severity is not Severity.NOTE)]
    order = sorted(wanted, key=lambda mark: (mark.table, mark.position, mark.column))
    if step < 0:
        order.reverse()
    ahead = [m for m in order if ((m.table, m.position, m.column) > place) == (step > 0)]
    ahead = [m for m in ahead if (m.table, m.position, m.column) != place]
    return next(iter([*ahead, *order]), None)


def test_next_is_what_sorting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every place, direction and code the mark that is found stands where sorting all marks puts it."""
    monkeypatch.setattr(tables, "PART_ROWS", 2)
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(SHEET)
    Path("b.csv").write_text(SHEET.replace("A,", "D,").replace("B,", "E,"))
    draft = open_draft(["a.csv", "b.csv"])
    places = [(table, row, column) for table in (0, 1) for row in range(-1, 9) for column in range(-1, 4)]
    codes = [None, "formula-case", "duplicate-layer", "layer-gap", "zeros-lost"]
    for place in places:
        for step in (1, -1):
            for code in codes:
                found = draft.find_next(*place, step=step, code=code)
                expected = find_by_sorting(draft, place, step, code)
                assert (found is None) == (expected is None), (place, step, code)
                if found is not None and expected is not None:
                    at = (found.table, found.position, found.column)
                    assert at == (expected.table, expected.position, expected.column), (place, step, code)
