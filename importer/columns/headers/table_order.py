"""From which end a table counts its layers: the API counts from the substrate; a table says so, or the mapping file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role
from importer.columns.headers.element_columns import label_header
from importer.issues import Code, Problem
from importer.layers.header_names import read_group, read_header
from importer.layers.words.header_remarks import Remark
from importer.layers.words.listing_order import (
    BOTTOM_LABELS,
    SUBSTRATE_LABELS,
    TOP_LABELS,
    Order,
    find_label_keys,
    join_letters,
)
from importer.model import Severity

if TYPE_CHECKING:
    from importer.chunks import RawChunk
    from importer.columns.mapping.rules import Rules

_ROWS_LOOKED_AT = 2_000
_MOST_DIGITS = 10

LAYERS_FROM_TOP = Code(
    "layers-from-top",
    Severity.NOTE,
    "The table counts its layers from the top. They will be sent counted from the substrate.",
    "",
    "Layer (1 = surface)",
)

LAYERS_ORDER_UNCLEAR = Code(
    "table-order-unclear",
    Severity.ERROR,
    "The layers may be counted from the top, but the file doesn't say so clearly. They won't be sent.",
    "Write `order: top-down` or `order: bottom-up` in a mapping file, or `Layer (1 = top)` as the header.",
    "Layer (top)",
)


def find_table_order(
    raw: RawChunk, uses: list[tuple[ColumnUse, bool]], rules: Rules
) -> tuple[bool, dict[int, Problem]]:
    """Return whether a table counts its layers from the top, and column -> what is to be said of it for that."""
    order = rules.order or rules.number_rows
    if order is not None or raw.header_row is None:
        return order is Order.TOP_DOWN, {}
    for use, _ in uses:
        if use.field == "layer_id" and use.role is Role.FIELD and not use.by_mapping:
            header = label_header(raw, use.position)
            remark = read_header(header).remark
            if remark is Remark.TOP_DOWN:
                said = f"{header!r} counts layers from the top. They will be sent counted from the substrate."
                return True, {use.position: Problem(LAYERS_FROM_TOP, said)}
            if remark is Remark.UNCLEAR:
                said = (
                    f"{header!r} doesn't say clearly whether layer 1 is on the substrate or at the top. Write `order: "
                )
                said += "bottom-up` or `order: top-down` in a mapping file."
                return False, {use.position: Problem(LAYERS_ORDER_UNCLEAR, said)}
    is_turned, told = _find_group_order(raw, uses)
    return is_turned, told or _doubt_order(raw, uses)


def _doubt_order(raw: RawChunk, uses: list[tuple[ColumnUse, bool]]) -> dict[int, Problem]:
    """Return column -> what is to be said where the layers' roles hint that they are counted from the top."""
    layers = next((use.position for use, _ in uses if use.field == "layer_id" and use.role is Role.FIELD), None)
    samples = [use.position for use, _ in uses if use.field in {"sample_id", "sample_name"}]
    labels = [use for use, _ in uses if use.role is Role.UNUSED and find_label_keys((use.header,))]
    if layers is None or not labels:
        return {}
    stacks: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for row in range(min(len(raw.rows), _ROWS_LOOKED_AT)):
        text = (raw.columns[layers].text_at(row) or "").strip()
        if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS:
            stack = tuple((raw.columns[position].text_at(row) or "").strip() for position in samples)
            stacks.setdefault(stack, []).append((int(text), row))
    for use in labels:
        for rows in (sorted(rows) for rows in stacks.values() if len(rows) > 1):
            first, last = (join_letters(raw.columns[use.position].text_at(row) or "") for _, row in (rows[0], rows[-1]))
            if first in TOP_LABELS - BOTTOM_LABELS or last in BOTTOM_LABELS | SUBSTRATE_LABELS:
                word = f"layer {rows[0][0]} {first!r}" if first in TOP_LABELS else f"layer {rows[-1][0]} {last!r}"
                said = f"{use.header!r} calls {word}, as if layers were counted from the top. Write `order: top-down` "
                said += "(or `order: bottom-up` if they aren't) in a mapping file."
                return {use.position: Problem(LAYERS_ORDER_UNCLEAR, said)}
    return {}


def _find_group_order(raw: RawChunk, uses: list[tuple[ColumnUse, bool]]) -> tuple[bool, dict[int, Problem]]:
    """Return what the headers of a wide table say, as ``Layer 1 (top)`` and ``Layer 3 (bottom)`` do."""
    groups = {use.position: use.group for use, _ in uses if use.group is not None}
    numbers = sorted(set(groups.values()))
    found = {position: read_group(raw.header[position]) for position in groups}
    ends = {(groups[p], each.end): p for p, each in found.items() if each is not None and each.end is not None}
    if len(numbers) < 2 or not ends:  # noqa: PLR2004
        return False, {}
    down = [position for (number, end), position in ends.items() if (number, end) in _ends(numbers, "top", "bottom")]
    up = [position for (number, end), position in ends.items() if (number, end) in _ends(numbers, "bottom", "top")]
    if len(up) == len(ends):
        return False, {}
    if len(down) == len(ends):
        said = f"{raw.header[down[0]]!r} counts layers from the top. They will be sent counted from the substrate."
        return True, {down[0]: Problem(LAYERS_FROM_TOP, said)}
    position = next(iter(ends.values()))
    said = (
        f"The headers say which layers are at the top and at the bottom ({raw.header[position]!r}), but not clearly. "
    )
    said += "Write `order: bottom-up` or `order: top-down` in a mapping file."
    return False, {position: Problem(LAYERS_ORDER_UNCLEAR, said)}


def _ends(numbers: list[int], first: str, last: str) -> set[tuple[int, str]]:
    return {(numbers[0], first), (numbers[-1], last)}
