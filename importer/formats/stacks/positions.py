"""The positions of the layers of a stack file: told by the layers, by the keys of a mapping, or by their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.contract import CONTENT_FIELDS
from importer.formats.stacks.nodes import Fault, MappingNode, Scalar, write_json
from importer.formats.stacks.order import Said
from importer.formats.stacks.structure import LAYERS, name_field, name_fields
from importer.issues import Code
from importer.layers.content import NOT_A_LAYER
from importer.layers.words.listing_order import (
    BOTTOM_LABELS,
    SUBSTRATE_LABELS,
    TOP_LABELS,
    Order,
    find_label_keys,
    find_order_keys,
    join_letters,
    read_order,
)
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from importer.formats.stacks.rows import Row

LAYER_ID = "layer_id"
_MOST_DIGITS = 10


CONTRADICTING_KEY = Code(
    "contradicting-key",
    Severity.ERROR,
    "A layer contradicts its stack.",
    "Write the sample's id, name and substrate in one place only, or make them equal.",
    "{sample_id: 42, layers: [{sample_id: 43}]}",
)


def name_positions(
    node: MappingNode,
) -> Iterator[tuple[MappingNode, tuple[int, dict[str, Scalar], list[Fault]] | None]]:
    """Yield the layers of a mapping whose keys are their positions; for another key, the row that says so."""
    for key, value in node.pairs.items():
        place = node.keys[key]
        text = key.strip()
        if not isinstance(value, MappingNode) or LAYERS in value.pairs or not (text.isascii() and text.isdigit()):
            said = f"The layers here are keyed by their numbers from the substrate up, but {key!r} isn't such a number."
            said += " Write 1, 2, 3, or a list: `- formula: BaTiO3`."
            fault = Fault(NOT_A_LAYER, said, (write_json(value) or "")[:200], place.line, place.column)
            yield node, (place.line, {}, [fault])
            continue
        layer = MappingNode(dict(value.pairs), value.line, value.column, value.size, value.keys, list(value.faults))
        own = next((name for name in value.pairs if name_field(name) == LAYER_ID), None)
        if own is None:
            layer.pairs[LAYER_ID] = Scalar(text, place.line, place.column)
            layer.keys = {**value.keys, LAYER_ID: place}
        elif (write_json(value.pairs[own]) or "").strip() != text:
            said = f"The layer is under {key!r} but has {own}: {write_json(value.pairs[own])}. Make them equal."
            layer.faults.append(Fault(CONTRADICTING_KEY, said, key[:200], place.line, place.column))
        yield layer, None


LAYER_IDS_INCOMPLETE = Code(
    "layer-ids-incomplete",
    Severity.ERROR,
    "Some layers of the stack have a layer_id, but this one doesn't.",
    "Number all layers of the stack, or none. Without numbers they count from 1 in the order of the file.",
    "layers: [{layer_id: 1}, {formula: SrRuO3}]",
)

LAYER_ORDER_UNCLEAR = Code(
    "layer-order-unclear",
    Severity.ERROR,
    "The layers may be listed from the top, but the file doesn't say so clearly.",
    "Write `order: bottom-up` or `order: top-down` next to `layers`.",
    "layers: [{name: cap, formula: Pt}, {name: buffer, formula: SrRuO3}]",
)


def place_layers(rows: list[Row], faults: list[Fault], *, order: Said | None) -> list[Row]:
    """Return the layers from the substrate up, each with its position where none of them has one.

    Args:
        rows: the layers as they stand in the file.
        faults: takes what is wrong with all of them.
        order: what the file says of their order.
    """
    # the layers of a stack have few different sets of keys, and what those tell is looked up once a set
    kinds = dict.fromkeys(tuple(row.cells) for row in rows)
    order = order or find_order_in_cells(rows, kinds)
    is_numbered = any(LAYER_ID in name_fields(kind) for kind in kinds)
    if order is None:
        faults += _suspect_order(rows)
    elif order.order is Order.UNCLEAR:
        said = f"{order.key}: {order.text} doesn't say clearly whether the layers are listed from the substrate or from"
        said += " the top. Write `order: bottom-up` or `order: top-down`."
        faults.append(Fault(LAYER_ORDER_UNCLEAR, said, order.text[:200], order.line, order.column))
    elif order.order is Order.TOP_DOWN:
        rows = _turn(rows, faults, order, is_numbered=is_numbered)
    faults += _find_substrates(rows, kinds)
    if not is_numbered:
        for number, row in enumerate(rows, start=1):
            row.cells[LAYER_ID] = Scalar(str(number), 0, 0)
        return rows
    unnumbered = {kind for kind in kinds if kind and LAYER_ID not in name_fields(kind)}
    for row in rows if unnumbered else ():
        if tuple(row.cells) in unnumbered:
            said = "Other layers of this stack have a layer_id, but this one doesn't."
            row.faults.append(Fault(LAYER_IDS_INCOMPLETE, said, "", row.line, 0))
    return rows


def find_order_in_cells(rows: list[Row], kinds: Iterable[tuple[str, ...]]) -> Said | None:
    """Return an order that a layer itself tells, as an item ``- order: top-down``: nobody knows for which layers."""
    for row in rows if any(map(find_order_keys, kinds)) else ():
        for key in find_order_keys(tuple(row.cells)):
            cell = row.cells[key]
            if cell.text and read_order(key, cell.text) is Order.TOP_DOWN:
                return Said(Order.UNCLEAR, key, cell.text, cell.line, cell.column)
    return None


def refuse_order(order: Said | None) -> Iterator[Fault]:
    """Yield the fault of a layer that stands alone and is said to be counted from the top."""
    if order is not None and order.order is not Order.BOTTOM_UP:
        said = f"{order.key}: {order.text} can't apply to a single layer. Write stacks with `layers`,"
        said += " or number the layers from the substrate up and remove that key."
        yield Fault(LAYER_ORDER_UNCLEAR, said, order.text[:200], order.line, order.column)


LAYER_ORDER_TURNED = Code(
    "layer-order-turned",
    Severity.NOTE,
    "The file lists its layers from the top. They will be sent from the substrate up.",
    "",
    "order: top-down",
)


def _turn(rows: list[Row], faults: list[Fault], order: Said, *, is_numbered: bool) -> list[Row]:
    """Return layers that are listed from the top from the substrate up; positions they have are counted again."""
    if is_numbered:
        keys = [next((key for key in row.cells if name_field(key) == LAYER_ID), None) for row in rows]
        texts = [row.cells[key].text or "" for row, key in zip(rows, keys, strict=True) if key is not None]
        numbers = [int(text) for text in map(str.strip, texts) if text.isdecimal() and len(text) < _MOST_DIGITS]
        if sorted(numbers) != list(range(min(numbers, default=1), min(numbers, default=1) + len(rows))):
            said = (
                f"{order.key}: {order.text} can't apply, because the positions of this stack aren't 1, 2, 3 and so on."
            )
            said += " Number the layers from the substrate up, and remove that key."
            faults.append(Fault(LAYER_ORDER_UNCLEAR, said, order.text[:200], order.line, order.column))
            return rows
        turn = min(numbers) + max(numbers)
        for row, key, number in zip(rows, keys, numbers, strict=True):
            if key is not None:
                cell = row.cells[key]
                row.cells[key] = Scalar(str(turn - number), cell.line, cell.column)
    said = f"{order.key}: {order.text}. The layers are listed from the top and will be sent from the substrate up."
    rows[-1].faults.append(Fault(LAYER_ORDER_TURNED, said, order.text[:200], order.line, order.column))
    return rows[::-1]


def _list_labels(row: Row) -> set[str]:
    """Return what a layer is called, as words."""
    return {join_letters(row.cells[key].text or "") for key in find_label_keys(tuple(row.cells))}


def _suspect_order(rows: list[Row]) -> Iterator[Fault]:
    """Yield the fault of layers whose own names say that they are listed from the top."""
    if len(rows) < 2:  # noqa: PLR2004
        return
    first, last = _list_labels(rows[0]), _list_labels(rows[-1])
    if LAYER_ID in name_fields(tuple(rows[0].cells)) or first & BOTTOM_LABELS or last & TOP_LABELS:
        return
    if first & TOP_LABELS or last & BOTTOM_LABELS:
        end, row, words = ("first", rows[0], first & TOP_LABELS) if first & TOP_LABELS else ("last", rows[-1], last)
        word = min(words)
        said = f"The {end} layer is called {word!r}, but layers are listed from the substrate up. Reverse the list,"
        said += " or write `order: top-down` (or `order: bottom-up` if it is right) next to `layers`."
        yield Fault(LAYER_ORDER_UNCLEAR, said, word, row.line, 0)


SUBSTRATE_IN_LAYERS = Code(
    "substrate-in-layers",
    Severity.ERROR,
    "The substrate is listed as a layer, which would make the positions of all layers wrong.",
    "Write it as `substrate:` next to `layers`, and remove it from the list.",
    "layers: [{formula: SrTiO3, role: substrate}, {formula: SrRuO3}]",
)


def _find_substrates(rows: list[Row], kinds: Iterable[tuple[str, ...]]) -> Iterator[Fault]:
    """Yield the fault of a stack that lists its substrate as a layer: all of its positions would be wrong."""
    can_be = any("substrate" in name_fields(kind) or find_label_keys(kind) for kind in kinds)
    for row in rows if can_be else ():
        fields = name_fields(tuple(row.cells))
        is_alone = "substrate" in fields and fields.isdisjoint(CONTENT_FIELDS)
        if is_alone or _list_labels(row) & SUBSTRATE_LABELS:
            said = "The substrate is listed as a layer."
            yield Fault(SUBSTRATE_IN_LAYERS, said, "", row.line, 0)
            return
