"""How the records on the server differ from the rows of a run, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from importer.layers.same import iter_differences as iter_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.run import RunFile


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which a stored layer and a row differ.

    Attributes:
        seq: the row.
        field: the field.
        there: what the server had when the run was planned; None for nothing.
        here: what the row says.
    """

    seq: int
    field: str
    there: object
    here: object


def iter_differences(run: RunFile) -> Iterator[Difference]:
    """Yield the differences of the rows whose position was filled with something else when the run was planned."""
    stored: dict[object, dict[object, dict[str, object]]] = {}
    for stack in run.iter_work_stacks():
        if stack.before is not None:
            layers = {each.get("layer_id"): each for each in orjson.loads(stack.before) if isinstance(each, dict)}
            key = stack.target_id if stack.target_id is not None else stack.sample_id
            stored[key if key is not None else stack.sample_name] = layers
    for row in run.iter_rows():
        if row.difference is None or row.payload is None:
            continue
        own = row.sample_id if row.sample_id is not None else row.sample_name
        there = stored.get(own, {}).get(row.layer_id)
        if there is not None:
            for field, ours, theirs in iter_fields(orjson.loads(row.payload), there):
                yield Difference(row.seq, field, theirs, ours)
