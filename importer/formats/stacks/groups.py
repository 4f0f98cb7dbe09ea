"""Lists of layers as rows: groups written out as often as they are repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.contract import CONTENT_FIELDS
from importer.errors import InputLimitError
from importer.formats.limits import MAX_STACK_LAYERS
from importer.formats.stacks.nodes import (
    Fault,
    MappingNode,
    Node,
    Scalar,
    SequenceNode,
    is_flat,
    iter_faults,
    write_json,
)
from importer.formats.stacks.positions import name_positions
from importer.formats.stacks.rows import STACK_WITHOUT_LAYERS, Row
from importer.formats.stacks.structure import (
    LAYERS,
    REPEAT,
    find_repeats,
    fold_keys,
    make_cell,
    name_fields,
    read_cells,
    suggest_key,
)
from importer.issues import Code
from importer.layers.content import NOT_A_LAYER
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

REPEAT_MALFORMED = Code(
    "repeat-malformed",
    Severity.ERROR,
    "The number of repeats of a group isn't a whole number of 1 or more.",
    "Write how often the group is repeated, e.g. `repeat: 10`.",
    "repeat: ten",
)


def expand_layers(node: Node, *, name: str, most: int) -> list[Row]:
    """Return the rows of a list of layers, groups written out as often as they are repeated.

    Raises:
        InputLimitError: they are more than the bound.
    """
    if isinstance(node, Scalar) and not node.text:
        return []
    if isinstance(node, MappingNode):
        node = fold_keys(node)
        if LAYERS not in node.pairs and name_fields(tuple(node.pairs)).isdisjoint(CONTENT_FIELDS):
            named = [_read_layer(item) if fault is None else Row(*fault) for item, fault in name_positions(node)]
            for row in named:
                row.faults += node.faults
            return named
    rows: list[Row] = []
    for item in node.items if isinstance(node, SequenceNode) else [node]:
        inner = fold_keys(item) if isinstance(item, MappingNode) else item
        if isinstance(inner, MappingNode) and LAYERS in inner.pairs:
            rows += _expand_group(inner, name=name, most=most - len(rows))
        elif isinstance(inner, MappingNode):
            rows.append(_read_layer(inner))
        else:
            said = "This should be a layer: keys and values such as `formula: BaTiO3`."
            fault = Fault(NOT_A_LAYER, said, (write_json(item) or "")[:200], item.line, item.column)
            rows.append(Row(item.line, {}, [fault]))
        if len(rows) > most:
            raise InputLimitError(
                f"{name}, line {item.line}: more than {MAX_STACK_LAYERS:,} layers in one stack. Check `repeat`."
            )
    return rows


def _read_layer(node: MappingNode) -> Row:
    """Return the row of one layer; that it is to be repeated, which only a group can be, is a fault."""
    cells, faults = read_cells(node)
    row = Row(node.line, cells, [*(node.faults if is_flat(node) else iter_faults(node)), *faults])
    for key in find_repeats(tuple(node.pairs)):
        said = "A single layer can't be repeated. Put it under the `layers` of a group, with `repeat` next to them."
        value = (write_json(node.pairs[key]) or "")[:200]
        row.faults.append(Fault(REPEAT_MALFORMED, said, value, node.line, node.column))
    return row


def _expand_group(node: MappingNode, *, name: str, most: int) -> list[Row]:
    """Return the rows of a group, ``repeat`` times over; each copy keeps the line on which its layer is written."""
    inner = expand_layers(node.pairs[LAYERS], name=name, most=most)
    times = node.pairs.get(REPEAT)
    text = "1" if times is None else (write_json(times) or "").strip()
    if not (text.isascii() and text.isdigit() and int(text[:12]) > 0):
        said = f"`repeat` must be a whole number of 1 or more, not {text[:60]!r}."
        fault = Fault(REPEAT_MALFORMED, said, text[:200], node.line, node.column)
        # what is written there stays with the layers, so that a split file that lists them has the fault as well
        kept = {} if times is None else {REPEAT: make_cell(times)}
        rows = [Row(row.line, row.cells | kept, [*row.faults, fault]) for row in inner]
        return rows or [Row(node.line, kept, [fault])]
    count = int(text[:12])
    if count * len(inner) > most:
        raise InputLimitError(
            f"{name}, line {node.line}: more than {MAX_STACK_LAYERS:,} layers in one stack. Check `repeat`."
        )
    faults = [*node.faults, *_refuse_group_keys(node)]
    if not inner:
        return [Row(node.line, {}, [*faults, explain_absence(node)])]
    for row in inner:
        row.faults += faults
    return [Row(row.line, dict(row.cells), list(row.faults)) for _ in range(count) for row in inner]


GROUP_KEY_UNUSED = Code(
    "group-key-unused",
    Severity.ERROR,
    "A repeated group has keys other than `repeat` and `layers`. They would be lost.",
    "Write them in the layers of the group, or under `defaults`.",
    "{repeat: 10, orientation: 001, layers: [...]}",
)


def _refuse_group_keys(node: MappingNode) -> Iterator[Fault]:
    """Yield the fault of a group that has other keys than a group's, for they would be lost."""
    unused = [key for key in node.pairs if key not in {LAYERS, REPEAT}]
    if unused:
        near = next((suggest_key(key) for key in unused if suggest_key(key)), None)
        hint = f" Did you mean {near!r}?" if near else ""
        said = f"A group has only `repeat` and `layers`; {', '.join(unused)[:100]} isn't used.{hint}"
        said += "" if near else " Write it in the layers."
        yield Fault(GROUP_KEY_UNUSED, said, unused[0][:200], node.line, node.column, near)


def explain_absence(node: MappingNode) -> Fault:
    """Return the fault of a stack without layers; a key that is nearly ``layers`` is named."""
    near = next((key for key in node.pairs if suggest_key(key) == LAYERS), None)
    line, column, said = node.line, node.column, "This stack has no layers."
    if near is not None:
        line, column = node.keys[near].line, node.keys[near].column
        said += f" Is {near!r} meant to be `layers:`?"
    return Fault(STACK_WITHOUT_LAYERS, said, near or "", line, column, None if near is None else LAYERS)
