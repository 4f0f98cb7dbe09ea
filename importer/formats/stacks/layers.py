"""Stack definitions (YAML, JSON) as rows: one for each layer, with what its stack says written beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.contract import STACK_FIELDS
from importer.errors import InputError
from importer.formats.limits import MAX_STACK_LAYERS
from importer.formats.stacks.groups import REPEAT_MALFORMED, expand_layers, explain_absence
from importer.formats.stacks.models import find_model, iter_model_rows
from importer.formats.stacks.nodes import Fault, MappingNode, Node, Scalar, iter_faults, write_json
from importer.formats.stacks.order import find_order
from importer.formats.stacks.positions import CONTRADICTING_KEY, place_layers, refuse_order
from importer.formats.stacks.rows import Row
from importer.formats.stacks.structure import (
    DEFAULTS,
    KEY_NEAR_MISS,
    LAYERS,
    REPEAT,
    SAMPLE,
    SUBSTRATE_PARTLY_UNUSED,
    fold_keys,
    iter_near_keys,
    name_field,
    name_fields,
    read_cells,
)
from importer.issues import Code
from importer.layers.header_names import match_header
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.formats.stacks.order import Said

_STRUCTURE = frozenset({LAYERS, DEFAULTS, REPEAT})
_SAID_ONCE = frozenset({KEY_NEAR_MISS.code, SUBSTRATE_PARTLY_UNUSED.code})
"""Codes of what is told once a stack; other faults of a stack are those of each of its layers."""
_SAMPLE_NAME_KEY = f"{SAMPLE}.name"


NOT_A_STACK = Code(
    "not-a-stack",
    Severity.ERROR,
    "This should be a stack, but it's something else.",
    "Write a stack as keys and values: `sample_id`, or `sample`, and `layers`.",
    "stacks: [BaTiO3]",
)


def iter_rows(node: Node, outer: MappingNode | None, *, name: str) -> Iterator[Row]:
    """Yield the rows of one stack, from the substrate up, or the one row of a layer that stands alone.

    Args:
        node: the stack.
        outer: what stands beside the list of stacks that it is in: their defaults, the order of their layers.
        name: of the file, for errors.

    Raises:
        InputError: it tells the order of layers without having any.
        InputLimitError: its repeats make more layers than the bound.
    """
    if not isinstance(node, MappingNode):
        said = "This should be a stack: keys and values with `layers:`."
        yield Row(node.line, {}, [Fault(NOT_A_STACK, said, (write_json(node) or "")[:200], node.line, node.column)])
        return
    node = fold_keys(node)
    model = find_model(node)
    if model is not None:
        yield from iter_model_rows(node, model, name)
        return
    order = find_order([*_list_speakers(node), *_list_speakers(outer)])
    base, faults = _read_stack_cells(node, order)
    general = _read_defaults(outer, order, faults) | _read_defaults(node, order, faults)
    if LAYERS not in node.pairs and any(name_field(key) not in STACK_FIELDS for key in base):
        yield _finish(Row(node.line, base, [*faults, *node.faults, *refuse_order(order)]), general)
        return
    if LAYERS not in node.pairs and order is not None:
        raise InputError(f"{name}, line {order.line}: write {order.key!r} next to the `layers` that it applies to.")
    yield from _iter_stack_rows(node, (base, faults), general=general, order=order, name=name)


def _iter_stack_rows(
    node: MappingNode,
    said_of_all: tuple[dict[str, Scalar], list[Fault]],
    *,
    general: dict[str, Scalar],
    order: Said | None,
    name: str,
) -> Iterator[Row]:
    """Yield the rows of the layers of a stack."""
    base, faults = said_of_all
    faults += node.faults
    layers = node.pairs.get(LAYERS)
    rows = [] if layers is None else expand_layers(layers, name=name, most=MAX_STACK_LAYERS)
    if rows:
        rows = place_layers(rows, faults, order=order)
        faults += _refuse_id(base)
    else:
        rows = [Row(node.line, {}, [explain_absence(node)])]
    if REPEAT in node.pairs:
        said = "A stack can't be repeated. `repeat` belongs to a group within its `layers`."
        faults.append(Fault(REPEAT_MALFORMED, said, "", node.line, node.column))
    for number, row in enumerate(rows):
        if faults:
            row.faults += [fault for fault in faults if number == 0 or fault.code.code not in _SAID_ONCE]
        row.cells = _join(base, row)
        yield _finish(row, general)


def _list_speakers(node: MappingNode | None) -> list[MappingNode]:
    """Return a mapping and those within it that may say in which order layers are listed."""
    if node is None:
        return []
    inner = [node.pairs.get(key) for key in (SAMPLE, DEFAULTS)]
    return [node, *(each for each in inner if isinstance(each, MappingNode))]


def _read_defaults(node: MappingNode | None, order: Said | None, faults: list[Fault]) -> dict[str, Scalar]:
    """Return the defaults that stand in a mapping; what is wrong with them is wrong with the stack."""
    own = None if node is None else node.pairs.get(DEFAULTS)
    if not isinstance(own, MappingNode):
        return {}
    cells, found = read_cells(own)
    faults += [*iter_faults(own), *found]
    return {key: cell for key, cell in cells.items() if order is None or key != order.key}


STACK_ID_UNCLEAR = Code(
    "stack-id-unclear",
    Severity.ERROR,
    "A stack has an `id`, which may be the sample id or something else.",
    "If it is the sample id, write `sample_id:`. If not, use another key.",
    "{id: 42, layers: [{formula: GaAs}]}",
)


def _refuse_id(base: dict[str, Scalar]) -> Iterator[Fault]:
    """Yield the fault of a stack's ``id``, which would become the record id of each of its layers."""
    for key, cell in base.items():
        if name_field(key) == "id":
            said = (
                f"{key!r} next to `layers` may be the sample id or something else. If it is, write `sample_id: "
                f"{cell.text}`."
            )
            yield Fault(STACK_ID_UNCLEAR, said, (cell.text or "")[:200], cell.line, cell.column)


def _read_stack_cells(node: MappingNode, order: Said | None) -> tuple[dict[str, Scalar], list[Fault]]:
    """Return what a stack says beside its layers: keys of ``sample`` as ``sample.name`` and so on."""
    beside = MappingNode({}, node.line, node.column, keys=node.keys)
    cells: dict[str, Scalar] = {}
    faults: list[Fault] = []
    for key, value in node.pairs.items():
        if key in _STRUCTURE or (order is not None and key == order.key):
            continue
        faults += iter_faults(value)
        if key == SAMPLE and isinstance(value, MappingNode):
            inner, found = read_cells(value, prefix=f"{SAMPLE}.")
            cells |= {name: cell for name, cell in inner.items() if order is None or name != f"{SAMPLE}.{order.key}"}
            faults += found
        else:
            beside.pairs[key] = value
    own, found = read_cells(beside)
    return cells | own, [*faults, *found, *(iter_near_keys(beside) if LAYERS in node.pairs else ())]


def _join(base: dict[str, Scalar], row: Row) -> dict[str, Scalar]:
    """Return a layer's cells with its stack's beside them; where both say something of one field they must agree."""
    own_names = name_fields(tuple(row.cells))
    base_names = name_fields(tuple(base))
    if "sample_name" in own_names and not {"sample_name", "sample_id"}.isdisjoint(base_names):
        base, row.cells = _part_names(base, row.cells)
        own_names, base_names = name_fields(tuple(row.cells)), name_fields(tuple(base))
    if base_names.isdisjoint(own_names):
        return base | row.cells
    own = {name_field(key): cell for key, cell in row.cells.items()}
    cells: dict[str, Scalar] = {}
    for key, cell in base.items():
        other = own.get(name_field(key))
        if other is None:
            cells[key] = cell
        elif other.text != cell.text:
            said = f"{key} is {cell.text!r} in the stack (line {cell.line}), but {other.text!r} in this layer."
            row.faults.append(Fault(CONTRADICTING_KEY, said, other.text or "", other.line, other.column))
    return cells | row.cells


def _part_names(base: dict[str, Scalar], own: dict[str, Scalar]) -> tuple[dict[str, Scalar], dict[str, Scalar]]:
    """Return both with the names of layers (``name: buffer``) under keys that can't be taken for the sample's."""
    weak = ("sample_name", True)
    base = {_SAMPLE_NAME_KEY if match_header(key) == weak else key: cell for key, cell in base.items()}
    return base, {f"{LAYERS}.{key}" if match_header(key) == weak else key: cell for key, cell in own.items()}


def _finish(row: Row, general: dict[str, Scalar]) -> Row:
    """Add the defaults for the fields that a row doesn't name."""
    if general:
        named = name_fields(tuple(row.cells))
        row.cells |= {key: cell for key, cell in general.items() if name_field(key) not in named}
    return row
