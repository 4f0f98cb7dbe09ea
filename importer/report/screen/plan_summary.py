"""What a plan means to do, for the terminal: counts, and each row where the server differs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from importer.model import Status
from importer.report.escape import escape_text
from importer.report.screen.console import list_issue_groups
from importer.run import Step

if TYPE_CHECKING:
    from rich.console import RenderableType

    from importer.run import RowRecord, RunFile

SHOWN = 50
"""Rows with differences that are shown one by one; the report names all."""

_MEANINGS = {
    "create": "is not there yet: will be created",
    "update": "is there with other content: will be changed",
    "unchanged": "is there already: nothing to do",
    "conflict": "is there with other content: left alone",
    "invalid": "can't be sent: see its issues",
    "held back": "a layer of its stack below it does not get in",
    "not known": "planned offline: decided when the plan is applied",
}


def make_plan_summary(run: RunFile) -> RenderableType:
    """Return what a plan means to do: issues, counts, and field by field what differs."""
    counts: Counter[str] = Counter()
    differing = Table("row", "sample", "layer", "step", "difference", box=None, pad_edge=False)
    shown = 0
    is_planned = run.meta.planned
    for row in run.iter_rows():
        step = name_step(row, is_planned=is_planned)
        counts[step] += 1
        if row.difference or step == Step.CONFLICT:
            shown += 1
            if shown <= SHOWN:
                sample = row.sample_name if row.sample_name is not None else str(row.sample_id)
                held = row.message if row.held_by is not None else None
                words = escape_text("; ".join(filter(None, (held, row.difference))) or row.message)
                differing.add_row(str(row.row), escape_text(sample), str(row.layer_id), step, Text(words))
    steps = Table("step", "rows", "meaning", box=None, pad_edge=False)
    for step, meaning in _MEANINGS.items():
        if counts[step]:
            steps.add_row(step, f"{counts[step]:,}", meaning)
    parts: list[RenderableType] = [*list_issue_groups(run.iter_issues(), all_places=False), steps]
    if shown:
        parts.append(differing)
    if shown > SHOWN:
        parts.append(Text(f"and {shown - SHOWN:,} rows more that differ"))
    return Group(*parts)


def name_step(row: RowRecord, *, is_planned: bool) -> str:
    """Return what a plan means to do about a row, in a word or two."""
    if row.status is Status.INVALID:
        return "invalid"
    if row.held_by is not None:
        return "held back"
    if row.step is not None:
        return row.step.value
    return "held back" if is_planned else "not known"
