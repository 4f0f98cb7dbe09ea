"""Whole stacks or nothing, where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.rules.rows_seen import SeenRows
from importer.settings import CheckSettings, PlanSettings, SendSettings
from importer.tasks.import_layers import import_layers
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

ROWS = """sample_id,sample_name,layer_id,formula
1,,1,Si
1,,2,Xx
1,,3,Si
2,,1,Si
2,,2,GaAs
,A,1,Si
,A,,Si
3,,1,Si
3,,3,Si
"""
WHOLE = CheckSettings(whole_stacks=True)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give stacks with an invalid layer, none, one without a position, and a gap."""
    path = tmp_path / "a.csv"
    path.write_text(ROWS)
    return path


def list_stopped(checked: object) -> list[int | None]:
    """Return the lines whose stack isn't whole."""
    return [issue.where.row for issue in checked.issues if issue.code == "stack-not-whole"]  # type: ignore[attr-defined]


def test_a_stack_with_an_invalid_row_is_stopped_as_a_whole(table: Path) -> None:
    """Below the invalid row too; a row without a position, and a gap, part a stack as well; others go on."""
    assert validate(table, keep_frame=False).valid == 6
    checked = validate(table, check=WHOLE, keep_frame=False)
    assert (checked.rows, checked.valid) == (9, 2)
    assert list_stopped(checked) == [2, 4, 7, 9]


def test_an_import_stops_the_same_rows(table: Path, tmp_path: Path) -> None:
    """What a check finds, a dry run finds."""
    report = import_layers(
        table, check=WHOLE, plan=PlanSettings(run=tmp_path / "r.sqlite"), send=SendSettings(dry_run=True)
    )
    assert report.counts["not_sent"] == 2  # type: ignore[index]
    assert report.counts["invalid"] == 7  # type: ignore[index]
    found = list_stopped(report)
    assert [row for row in found if row != 9] == [2, 4, 7]


def test_stacks_without_a_position_are_remembered() -> None:
    """At first there are none."""
    assert SeenRows().unplaced == set()
