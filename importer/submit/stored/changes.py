"""What has changed on the server between two looks at it, and what a change has touched beside what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.layers.same import is_same_layer, iter_record_differences
from importer.server.listing import find_layer_id
from importer.submit.stored.findings import DERIVED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.run import WorkRow, WorkStack
    from importer.server.listing import Record


def find_before(stack: WorkStack, row: WorkRow) -> Record | None:
    """Return the record that stood at a row's position when its stack was planned, None where there was none."""
    found = [record for record in orjson.loads(stack.before or "[]") if find_layer_id(record) == row.layer_id]
    return found[0] if len(found) == 1 else None


def describe_side_effects(row: WorkRow, before: Record, after: object) -> str:
    """Return in words what a change has done to fields that weren't sent; nothing where it left them alone."""
    if not isinstance(after, dict):
        return ""
    sent = orjson.loads(row.payload)
    return "; ".join(
        f"{name} was {was!r}, is {now!r}"
        for name, was, now in iter_record_differences(before, after)
        if name not in sent and name != "sample_id"
    )


def note_stale_fields(row: WorkRow, before: Record) -> str:
    """Return a note about fields that describe the old formula, where only the formula is changed; else nothing."""
    sent = orjson.loads(row.payload)
    name = "composition_string"
    if name not in sent or is_same_layer({name: sent[name]}, before):
        return ""
    stale = [field for field in sorted(DERIVED - {"id"}) if field not in sent and before.get(field) is not None]
    if not stale:
        return ""
    return f"the formula is new; check that {', '.join(stale)} on the server still fit it: they were left as they are"


def is_stack_of(rows: Sequence[WorkRow], found: Sequence[Record]) -> bool:
    """Tell whether the layers of a stack are those of some rows and no others, by meaning."""
    by_layer = {find_layer_id(record): record for record in found}
    return len(by_layer) == len(found) == len(rows) and all(
        row.layer_id in by_layer and is_same_layer(orjson.loads(row.payload), by_layer[row.layer_id]) for row in rows
    )


def describe_changes(before: Sequence[Record], after: Sequence[Record]) -> str:
    """Return in words how the layers of a stack differ from what they were; nothing where they don't."""
    if before == after:
        return ""
    was, now = ({_read_position(record): record for record in records} for records in (before, after))
    changes = [
        *(f"layer {layer_id} is new" for layer_id in sorted(now.keys() - was.keys())),
        *(f"layer {layer_id} is gone" for layer_id in sorted(was.keys() - now.keys())),
        *(
            f"layer {layer_id} has changed ({words})"
            for layer_id in sorted(was.keys() & now.keys())
            if (words := describe_change(was[layer_id], now[layer_id]))
        ),
    ]
    if not changes and len(after) > len(now):
        return "a position has several layers"
    return ", ".join(changes)


def describe_change(before: Record, after: Record) -> str:
    """Return in words which fields of a record mean something else than they did; nothing where none does."""
    return "; ".join(f"{name} was {was!r}, is {now!r}" for name, was, now in iter_record_differences(before, after))


def _read_position(record: Record) -> int:
    number = find_layer_id(record)
    return -1 if number is None else number
