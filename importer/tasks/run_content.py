"""Whether what a run file would send is what a run of this tool would send: the file may be somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.contract import LAYER_FIELDS
from importer.errors import RunFileError
from importer.layers.schema import layer_validator
from importer.run import Action
from importer.server.listing import find_layer_id

if TYPE_CHECKING:
    from importer.run import RunFile, WorkRow, WorkStack

ROWS = 25_000
"""Rows that are looked at together."""


def check_bodies(file: RunFile) -> None:
    """Refuse a run file with a body that isn't a layer as the schema describes it, or that belongs elsewhere.

    Raises:
        RunFileError: it names the row or the stack.
    """
    for works in file.iter_work(ROWS):
        for stack, rows in works:
            words = _find_stack_fault(stack) or next(filter(None, (_find_row_fault(stack, row) for row in rows)), "")
            if words:
                raise RunFileError(
                    f"{file.place} can't be continued: {words}. It is damaged, or wasn't written by this tool. "
                    "Nothing was sent."
                )


def _find_stack_fault(stack: WorkStack) -> str:
    """Return in words why a stack can't be one that was planned; nothing where it can."""
    if stack.sample_id is not None and stack.target_id not in {None, stack.sample_id}:
        return f"its stack {stack.id} belongs to sample {stack.sample_id}, but would go to sample {stack.target_id}"
    if stack.target_id is None and stack.action is Action.REPLACE_STACK:
        return f"its stack {stack.id} would replace the layers of no sample"
    records = orjson.loads(stack.before or "[]")
    if not all(isinstance(record, dict) and find_layer_id(record) is not None for record in records):
        return f"what it says was in its stack {stack.id} before the run isn't a list of layers"
    return ""


def _find_row_fault(stack: WorkStack, row: WorkRow) -> str:
    """Return in words why the body of a row isn't that of a layer of its stack; nothing where it is, or has none."""
    if not row.payload:
        return ""
    name, layer = f"row {row.seq}", orjson.loads(row.payload)
    error = next(layer_validator().iter_errors(layer), None)
    if error is not None:
        return f"its {name} doesn't hold a valid layer ({error.message})"
    if layer["layer_id"] != row.layer_id:
        return f"its {name} would send layer {layer['layer_id']}, not layer {row.layer_id}"
    sample_id = layer.get("sample_id")
    allowed = {stack.sample_id} if stack.sample_id is not None else {None, stack.target_id}
    if sample_id not in allowed:
        return f"the layer in its {name} belongs to sample {sample_id}, not to its stack"
    return ""


def find_before_fault(stack: WorkStack) -> str:
    """Return in words why what stood in a stack can't be put back: it isn't made of layers; nothing where it can."""
    for layer in list_before(stack):
        error = next(layer_validator().iter_errors(layer), None)
        if error is not None:
            return f"the layers from before can't be put back: layer {layer['layer_id']} isn't valid ({error.message})"
    return ""


def list_before(stack: WorkStack) -> list[dict[str, object]]:
    """Return the layers that stood in a stack before the run, as they are put back: without the ids of records."""
    return [
        {
            **{name: record[name] for name in LAYER_FIELDS if name != "id" and record.get(name) is not None},
            "layer_id": find_layer_id(record),
            **({} if stack.target_id is None or "sample_id" not in record else {"sample_id": stack.target_id}),
        }
        for record in orjson.loads(stack.before or "[]")
    ]
