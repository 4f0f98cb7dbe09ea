"""The stack that a row of a draft is of, drawn as the report draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from importer.draft.tables import find_table
from importer.model import Status
from importer.report.drawing.drawn_stacks import find_fill
from importer.report.drawing.stack_svg import DrawnLayer, DrawnStack, describe_stack, draw_stack

if TYPE_CHECKING:
    import numpy.typing as npt

    from importer.chunks import LayerChunk
    from importer.draft.draft import Draft

_GOOD = frozenset({Status.NOT_SENT})


@dataclass(frozen=True, slots=True)
class Drawing:
    """A stack, drawn and told.

    Attributes:
        label: the stack's name.
        svg: an SVG element.
        words: the same in words.
    """

    label: str
    svg: str
    words: str


def draw_stack_of(draft: Draft, table: int, position: int) -> Drawing | None:
    """Return the stack that a row is of; None where the row names none, or is no layer.

    Args:
        draft: the draft.
        table: number of the table.
        position: position of the row in it.

    Raises:
        UsageError: there is no such table.
    """
    checked = draft.checked
    chosen = find_table(draft.tables, table)
    if not 0 <= position < len(chosen.rows):
        return None
    part = chosen.find_part(position)
    if part.layers is None:
        return None
    at = _find_layer(part.layers, position - part.first, int(chosen.rows[position]))
    if at is None:
        return None
    identity = part.layers.coded["sample_id"].value_at(at)
    name = part.layers.coded["sample_name"].value_at(at)
    if identity is None and name is None:
        return None
    field, value = ("sample_id", identity) if identity is not None else ("sample_name", name)
    layers: list[DrawnLayer] = []
    substrate: str | None = None
    for _, each in checked.parts:
        if each.layers is None:
            continue
        for row in _find_rows(each.layers, field, value, is_named=identity is None).tolist():
            substrate = substrate or _text(each.layers, "substrate", row)
            layers += _make_layer(each.layers, row, is_stopped=bool(checked.stopped[each.layers.fields.start + row]))
    label = str(name) if name is not None else f"sample {identity}"
    stack = DrawnStack(label, substrate, tuple(layers), good=_GOOD)
    return Drawing(label, draw_stack(stack), describe_stack(stack))


def _find_layer(layers: LayerChunk, index: int, row: int) -> int | None:
    """Return the first layer that a row of a part yields."""
    fields = layers.fields
    if fields.raw.marks is not None:
        found = np.flatnonzero(fields.index == index)
    else:
        found = np.flatnonzero(fields.raw.rows[fields.index] == row)
    return int(found[0]) if len(found) else None


def _find_rows(layers: LayerChunk, field: str, value: object, *, is_named: bool) -> npt.NDArray[np.intp]:
    """Return the rows of a stack; one that is known by its name has no id."""
    column = layers.coded[field]
    is_same = column.take([each == value for each in column.distinct], np.bool_)
    if is_named:
        is_same &= layers.coded["sample_id"].find_absent()
    return np.flatnonzero(is_same)


def _text(layers: LayerChunk, field: str, row: int) -> str | None:
    value = layers.coded[field].value_at(row)
    return None if value is None else str(value)


def _make_layer(layers: LayerChunk, row: int, *, is_stopped: bool) -> list[DrawnLayer]:
    number = layers.coded["layer_id"].value_at(row)
    if not isinstance(number, int):
        return []
    formula = _text(layers, "composition_string", row)
    return [
        DrawnLayer(
            layer_id=number,
            status=Status.INVALID if is_stopped else Status.NOT_SENT,
            formula=formula,
            orientation=_text(layers, "orientation", row),
            space_group=_text(layers, "space_group", row),
            fill=find_fill(formula) if formula else None,
        )
    ]
