"""Stack definitions (YAML, JSON) as rows: one for each layer, with what its stack says written beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from importer.contract import STACK_FIELDS
from importer.errors import InputLimitError
from importer.formats.limits import MAX_STACK_LAYERS
from importer.formats.stacks.nodes import Fault, Mapping, Node, Scalar, Sequence, iter_faults, write_json
from importer.formats.stacks.orso import find_model, resolve_model
from importer.issues import Code
from importer.layers.header_names import match_header
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYERS, SAMPLE, DEFAULTS, REPEAT = "layers", "sample", "defaults", "repeat"
_STRUCTURE = frozenset({LAYERS, DEFAULTS, REPEAT})
_LAYER_ID = "layer_id"
_MODEL_SAMPLE = frozenset({"id", "name", "substrate", "metadata"})


@dataclass(slots=True)
class Row:
    """One layer, or what stands where one should.

    Attributes:
        line: the line on which it is written.
        cells: key -> value as the text of a cell; line 0 for a text that isn't in the file.
        faults: what is wrong with it.
        is_numbered: its ``layer_id`` was taken from its position.
    """

    line: int
    cells: dict[str, Scalar] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    is_numbered: bool = False


@lru_cache(maxsize=4096)
def name_field(key: str) -> str:
    """Return the field that a key names, or the key itself."""
    return match_header(key)[0] or key


@lru_cache(maxsize=4096)
def name_fields(keys: tuple[str, ...]) -> frozenset[str]:
    """Return the fields that some keys name; the layers of a file have few different sets of keys."""
    return frozenset(map(name_field, keys))


NOT_A_STACK = Code(
    "not-a-stack",
    Severity.ERROR,
    "Where a stack should stand there is something else.",
    "Write a stack as keys and values: `sample_id`, or `sample`, and `layers`.",
    "stacks: [BaTiO3]",
)

STACK_WITHOUT_LAYERS = Code(
    "stack-without-layers",
    Severity.ERROR,
    "The stack names no layer.",
    "Write its layers, from the substrate up, as a list under `layers:`.",
    "sample_id: 42",
)

REPEAT_MALFORMED = Code(
    "repeat-malformed",
    Severity.ERROR,
    "A group of layers is repeated a number of times that is no whole number of 1 or more.",
    "Write how often the group stands in the stack, e.g. `repeat: 10`.",
    "repeat: ten",
)


def iter_rows(node: Node, defaults: Mapping | None, *, name: str) -> Iterator[Row]:
    """Yield the rows of one stack, from the substrate up, or the one row of a layer that stands alone.

    Raises:
        InputLimitError: its repeats make more layers than the bound.
    """
    if not isinstance(node, Mapping):
        said = "Here a stack should stand: keys and values with `layers:`. Correct it or remove it."
        yield Row(node.line, {}, [Fault(NOT_A_STACK, said, (write_json(node) or "")[:200], node.line, node.column)])
        return
    model = find_model(node)
    if model is not None:
        yield from _iter_model_rows(node, model, name)
        return
    base, faults = _read_stack_cells(node)
    own = node.pairs.get(DEFAULTS)
    general = {} if defaults is None else _read_cells(defaults)
    if isinstance(own, Mapping):
        general |= _read_cells(own)
    if LAYERS not in node.pairs and any(name_field(key) not in STACK_FIELDS for key in base):
        yield _finish(Row(node.line, base, [*faults, *iter_faults(node)]), general)
        return
    layers = node.pairs.get(LAYERS)
    rows = [] if layers is None else _expand(layers, name=name, most=MAX_STACK_LAYERS)
    if not rows:
        said = "This stack names no layer. Write its layers, from the substrate up, as a list under `layers:`."
        rows = [Row(node.line, {}, [Fault(STACK_WITHOUT_LAYERS, said, "", node.line, node.column)])]
    else:
        _number_layers(rows)
    faults += node.faults
    if REPEAT in node.pairs:
        said = "A stack isn't repeated: `repeat` belongs to a group within its `layers`."
        faults.append(Fault(REPEAT_MALFORMED, said, "", node.line, node.column))
    for row in rows:
        row.faults += faults
        row.cells = _join(base, row)
        yield _finish(row, general)


MODEL_PARTLY_UNUSED = Code(
    "model-partly-unused",
    Severity.NOTE,
    "Thicknesses, roughnesses and densities of an ORSO model are no fields of a layer.",
    "Nothing to do.",
    "stack: air | Fe 7 | Si",
)

MODEL_WITHOUT_FORMULA = Code(
    "model-without-formula",
    Severity.ERROR,
    "A medium of an ORSO model has no formula: it is a mixture, or given by its scattering length density only.",
    "Give the material's formula under `materials`.",
    "materials: {polymer: {sld: 1e-6}}",
)


def _iter_model_rows(node: Mapping, model: Mapping, name: str) -> Iterator[Row]:
    """Yield the layers of a stack in the ORSO model language, with what is said of its sample."""
    resolved = resolve_model(model, name=name)
    source = node.pairs.get("data_source")
    sample = (source if isinstance(source, Mapping) else node).pairs.get(SAMPLE)
    base = {}
    if isinstance(sample, Mapping):
        base = {f"{SAMPLE}.{key}": cell for key, cell in _read_cells(sample).items() if key in _MODEL_SAMPLE}
    base |= {key: cell for key, cell in _read_cells(node).items() if key in STACK_FIELDS}
    written = model.pairs["stack"]
    place = (written.line, written.column)
    if f"{SAMPLE}.substrate" not in base and "substrate" not in base:
        base["substrate"] = Scalar(resolved.substrate.formula or resolved.substrate.name, *place)
    said = "Thicknesses, roughnesses and densities of an ORSO model are no fields of a layer; they are not sent."
    faults = [*iter_faults(node), Fault(MODEL_PARTLY_UNUSED, said, "", *place)]
    if not resolved.layers:
        said = "This model has no layer between its ambient and its substrate."
        yield Row(model.line, base, [*faults, Fault(STACK_WITHOUT_LAYERS, said, "", *place)])
    for number, medium in enumerate(resolved.layers, start=1):
        cells = {**base, _LAYER_ID: Scalar(str(number), 0, 0), "formula": Scalar(medium.formula, *place)}
        row = Row(written.line, cells, faults if number == 1 else [], is_numbered=True)
        if medium.formula is None:
            said = f"The model gives no formula for {medium.name or 'a mixture'}. Write one under `materials`."
            row.faults = [*row.faults, Fault(MODEL_WITHOUT_FORMULA, said, medium.name, *place)]
        yield row


def _read_stack_cells(node: Mapping) -> tuple[dict[str, Scalar], list[Fault]]:
    """Return what a stack says beside its layers: keys of ``sample`` as ``sample.name`` and so on."""
    cells: dict[str, Scalar] = {}
    faults: list[Fault] = []
    for key, value in node.pairs.items():
        if key in _STRUCTURE:
            continue
        faults += iter_faults(value)
        if key == SAMPLE and isinstance(value, Mapping):
            cells.update({f"{SAMPLE}.{inner}": cell for inner, cell in _read_cells(value).items()})
        else:
            cells[key] = _make_cell(value)
    return cells, faults


def _read_cells(node: Mapping) -> dict[str, Scalar]:
    return {key: value if type(value) is Scalar else _make_cell(value) for key, value in node.pairs.items()}


def _make_cell(node: Node) -> Scalar:
    """Return a value as the text of a cell."""
    return node if isinstance(node, Scalar) else Scalar(write_json(node), node.line, node.column)


NOT_A_LAYER = Code(
    "not-a-layer",
    Severity.ERROR,
    "Where a layer should stand there is something else.",
    "Write a layer as keys and values: `- formula: BaTiO3`.",
    "layers: [BaTiO3]",
)


def _expand(node: Node, *, name: str, most: int) -> list[Row]:
    """Return the rows of a list of layers, groups written out as often as they are repeated.

    Raises:
        InputLimitError: they are more than the bound.
    """
    if isinstance(node, Scalar) and not node.text:
        return []
    rows: list[Row] = []
    for item in node.items if isinstance(node, Sequence) else [node]:
        if isinstance(item, Mapping) and LAYERS in item.pairs:
            rows += _expand_group(item, name=name, most=most - len(rows))
        elif isinstance(item, Mapping):
            rows.append(Row(item.line, _read_cells(item), [*iter_faults(item), *_refuse_repeat(item)]))
        else:
            said = "Here a layer should stand: keys and values such as `formula: BaTiO3`."
            fault = Fault(NOT_A_LAYER, said, (write_json(item) or "")[:200], item.line, item.column)
            rows.append(Row(item.line, {}, [fault]))
        if len(rows) > most:
            raise InputLimitError(
                f"{name}, line {item.line}: more than {MAX_STACK_LAYERS:,} layers in one stack. Check `repeat`."
            )
    return rows


def _refuse_repeat(node: Mapping) -> Iterator[Fault]:
    """Yield the fault of a layer that is to be repeated, which only a group can be."""
    if REPEAT in node.pairs:
        said = "A layer isn't repeated: put it under the `layers` of a group, and `repeat` beside them."
        yield Fault(REPEAT_MALFORMED, said, (write_json(node.pairs[REPEAT]) or "")[:200], node.line, node.column)


GROUP_KEY_UNUSED = Code(
    "group-key-unused",
    Severity.ERROR,
    "A repeated group has keys beside `repeat` and `layers`, which would be lost.",
    "Write them on the layers of the group, or under `defaults`.",
    "{repeat: 10, orientation: 001, layers: [...]}",
)


def _expand_group(node: Mapping, *, name: str, most: int) -> list[Row]:
    """Return the rows of a group, ``repeat`` times over; each copy keeps the line on which its layer is written."""
    inner = _expand(node.pairs[LAYERS], name=name, most=most)
    times = node.pairs.get(REPEAT)
    text = "1" if times is None else (write_json(times) or "").strip()
    if not (text.isascii() and text.isdigit() and int(text[:12]) > 0):
        said = f"A group is repeated a whole number of times, 1 or more; {text[:60]!r} is none."
        fault = Fault(REPEAT_MALFORMED, said, text[:200], node.line, node.column)
        # what stands there stays with the layers, so that a split file that lists them has the fault as well
        kept = {} if times is None else {REPEAT: _make_cell(times)}
        rows = [Row(row.line, row.cells | kept, [*row.faults, fault]) for row in inner]
        return rows or [Row(node.line, kept, [fault])]
    count = int(text[:12])
    if count * len(inner) > most:
        raise InputLimitError(
            f"{name}, line {node.line}: more than {MAX_STACK_LAYERS:,} layers in one stack. Check `repeat`."
        )
    unused = [key for key in node.pairs if key not in {LAYERS, REPEAT}]
    faults = list(node.faults)
    if unused:
        said = f"A group has `repeat` and `layers` only; {', '.join(unused)[:100]} is not used. Write it on the layers."
        faults.append(Fault(GROUP_KEY_UNUSED, said, unused[0][:200], node.line, node.column))
    for row in inner:
        row.faults += faults
    return [Row(row.line, dict(row.cells), list(row.faults)) for _ in range(count) for row in inner]


LAYER_IDS_INCOMPLETE = Code(
    "layer-ids-incomplete",
    Severity.ERROR,
    "Some layers of the stack have a layer_id and this one has none.",
    "Number all layers of the stack, or none: then they are numbered from 1 in the order of the file.",
    "layers: [{layer_id: 1}, {formula: SrRuO3}]",
)


def _number_layers(rows: list[Row]) -> None:
    """Number the layers from 1 where none of them has a number; where only some have, the others are faulty."""
    has_id = [_LAYER_ID in name_fields(tuple(row.cells)) for row in rows]
    if not any(has_id):
        for number, row in enumerate(rows, start=1):
            row.cells[_LAYER_ID] = Scalar(str(number), 0, 0)
            row.is_numbered = True
        return
    for row, present in zip(rows, has_id, strict=True):
        if not present and row.cells:
            said = "Other layers of this stack have a layer_id, this one has none. Number all of them or none."
            row.faults.append(Fault(LAYER_IDS_INCOMPLETE, said, "", row.line, 0))


CONTRADICTING_KEY = Code(
    "contradicting-key",
    Severity.ERROR,
    "A layer says otherwise than the stack it stands in.",
    "Keep the sample's id, name and substrate in one place, or make the two equal.",
    "{sample_id: 42, layers: [{sample_id: 43}]}",
)


def _join(base: dict[str, Scalar], row: Row) -> dict[str, Scalar]:
    """Return a layer's cells with its stack's beside them; where both say something of one field they must agree."""
    if name_fields(tuple(base)).isdisjoint(name_fields(tuple(row.cells))):
        return base | row.cells
    own = {name_field(key): cell for key, cell in row.cells.items()}
    cells: dict[str, Scalar] = {}
    for key, cell in base.items():
        other = own.get(name_field(key))
        if other is None:
            cells[key] = cell
        elif other.text != cell.text:
            said = (
                f"The stack says {cell.text!r} for {key} (line {cell.line}), its layer {other.text!r}. Make them equal."
            )
            row.faults.append(Fault(CONTRADICTING_KEY, said, other.text or "", other.line, other.column))
    return cells | row.cells


def _finish(row: Row, general: dict[str, Scalar]) -> Row:
    """Add the defaults for the fields that a row doesn't name."""
    if general:
        named = name_fields(tuple(row.cells))
        row.cells |= {key: cell for key, cell in general.items() if name_field(key) not in named}
    return row
