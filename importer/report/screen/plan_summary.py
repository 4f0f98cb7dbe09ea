"""What a plan means to do, for the terminal: counts, new target materials, and each row that would change something."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import orjson
from rich.console import Group
from rich.table import Table
from rich.text import Text

from importer.model import Status
from importer.report.escape import escape_text, shorten_text
from importer.report.screen.issue_blocks import list_issue_blocks
from importer.run import Step

if TYPE_CHECKING:
    from rich.console import RenderableType

    from importer.run import RowRecord, RunFile

SHOWN = 50
"""Rows with differences that are shown one by one; the report names all."""

_MEANINGS = {
    "create": "not on the server yet: will be created",
    "update": "on the server with other content: will be updated",
    "unchanged": "already on the server: nothing to do",
    "conflict": "on the server with other content: left alone",
    "invalid": "can't be sent: see the issues",
    "blocked": "a lower layer of its stack can't be stored",
    "not known": "planned offline: decided when you apply the plan",
}


def make_plan_summary(run: RunFile) -> RenderableType:
    """Return what a plan means to do: issues, counts, new target materials, and field by field what would change."""
    counts: Counter[str] = Counter()
    differing = Table("row", "sample", "layer", "step", "difference", box=None, pad_edge=False)
    shown = 0
    is_planned = run.meta.planned
    for row in run.iter_rows():
        step = name_step(row, is_planned=is_planned)
        counts[step] += 1
        if row.difference or step in {Step.CONFLICT, Step.CREATE}:
            shown += 1
            if shown <= SHOWN:
                sample = row.sample_name if row.sample_name is not None else str(row.sample_id)
                held = row.message if row.held_by is not None else None
                fields = word_fields(row) if step == Step.CREATE else row.difference
                words = escape_text("; ".join(filter(None, (held, fields))) or row.message)
                differing.add_row(str(row.row), escape_text(sample), str(row.layer_id), step, Text(words))
    steps = Table("step", "rows", "meaning", box=None, pad_edge=False)
    for step, meaning in _MEANINGS.items():
        if counts[step]:
            steps.add_row(step, f"{counts[step]:,}", meaning)
    parts: list[RenderableType] = [*list_issue_blocks(run.iter_issues(), by_code=True), steps]
    if new := word_new_targets(run):
        parts.append(Text(new))
    if shown:
        parts.append(differing)
    if shown > SHOWN:
        parts.append(Text(f"and {shown - SHOWN:,} more rows to be created, updated or left alone"))
    return Group(*parts)


def word_fields(row: RowRecord) -> str:
    """Return the fields that a new layer would have, each with its value, without those that say where it belongs."""
    found = orjson.loads(row.payload or "{}")
    return ", ".join(f"{name} {value!r}" for name, value in found.items() if name not in {"sample_id", "layer_id"})


def word_new_targets(run: RunFile) -> str:
    """Return in words which target materials would be made; nothing where none would."""
    labels = run.list_new_targets()
    if not labels:
        return ""
    named = ", ".join(shorten_text(label) for label in labels[:SHOWN])
    more = f" and {len(labels) - SHOWN:,} more" if len(labels) > SHOWN else ""
    return f"{len(labels):,} new target materials: {named}{more}"


def name_step(row: RowRecord, *, is_planned: bool) -> str:
    """Return what a plan means to do about a row, in a word or two."""
    if row.status is Status.INVALID:
        return "invalid"
    if row.held_by is not None:
        return "blocked"
    if row.step is not None:
        return row.step.value
    return "blocked" if is_planned else "not known"
