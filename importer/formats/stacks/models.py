"""ORSO models as rows: the media of a model turned into layers from the substrate up.

By the language's rule the first medium is where the beam comes from and the last one is the substrate. Where the beam
comes through the substrate people write it the other way round; which of both it is must be told by the media at the
two ends, or the model stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from importer.contract import STACK_FIELDS
from importer.errors import InputLimitError
from importer.formats.stacks.nodes import Fault, MappingNode, Node, Scalar, iter_faults
from importer.formats.stacks.orso import MODEL_KEYS, Medium, ModelError, ModelReader
from importer.formats.stacks.positions import CONTRADICTING_KEY, LAYER_ID, LAYER_ORDER_TURNED
from importer.formats.stacks.rows import STACK_WITHOUT_LAYERS, Row
from importer.formats.stacks.structure import (
    LAYERS,
    SAMPLE,
    SUBSTRATE_PARTLY_UNUSED,
    name_field,
    read_cells,
    suggest_near,
)
from importer.issues import Code
from importer.layers.words.listing_order import join_letters
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

_GASES = frozenset(["air", "vacuum", "vac", "n2", "nitrogen", "he", "helium", "ar", "argon", "h2", "o2", "n8o2", "n4o"])
_LIQUIDS = frozenset(
    [
        "water",
        "h2o",
        "d2o",
        "hdo",
        "heavywater",
        "pbs",
        "electrolyte",
        "solvent",
        "toluene",
        "dtoluene",
        "toluened8",
        "hexane",
        "cyclohexane",
        "heptane",
        "octane",
        "decane",
        "dodecane",
        "ethanol",
        "methanol",
        "isopropanol",
        "propanol",
        "acetone",
        "acetonitrile",
        "chloroform",
        "dmso",
        "dmf",
        "thf",
        "mercury",
        "hexadecane",
        "liquid",
        "solution",
        "subphase",
        "ambient",
        "amb",
        "superphase",
        "surrounding",
        "surroundings",
        "fronting",
        "incident",
    ]
)
_SUBSTRATES = frozenset({"substrate", "sub", "subs", "wafer", "backing"})
_THINNEST_SUBSTRATE = 1000.0
_MODEL_SAMPLE = frozenset({"id", "name", "substrate", "metadata"})


class _End(IntEnum):
    """What a medium at an end of a model is, by how much it speaks for being the substrate."""

    GAS = 0
    LIQUID = 1
    UNKNOWN = 2
    SOLID = 3
    SUBSTRATE = 4


@dataclass(frozen=True, slots=True)
class _Stack:
    """A model as a stack: its substrate, its layers from the substrate up, and whether it was written so."""

    substrate: Medium
    layers: tuple[Medium, ...]
    is_turned: bool


def find_model(node: Node) -> MappingNode | None:
    """Return the model of a stack in the ORSO model language: ``sample: model: stack:``, also under ``data_source``."""
    for path in ((SAMPLE, "model"), ("data_source", SAMPLE, "model"), ("model",)):
        found: Node | None = node
        for key in path:
            found = found.pairs.get(key) if isinstance(found, MappingNode) else None
        if isinstance(found, MappingNode) and isinstance(found.pairs.get("stack"), Scalar):
            return found
        if isinstance(found, Scalar) and "|" in (found.text or ""):
            return MappingNode({"stack": found}, found.line, found.column, keys={"stack": found})
    return None


MODEL_UNREADABLE = Code(
    "model-unreadable",
    Severity.ERROR,
    "An ORSO model can't be turned into layers, or it isn't clear which end is the substrate.",
    "Write the ambient first, then the layers, and the substrate last.",
    "stack: Si | SiO2 1.5 | Fe 5 | polymer",
)

MODEL_PARTLY_UNUSED = Code(
    "model-partly-unused",
    Severity.NOTE,
    "Thicknesses, roughnesses and densities of an ORSO model aren't layer fields.",
    "",
    "stack: air | Fe 7 | Si",
)

MODEL_WITHOUT_FORMULA = Code(
    "model-without-formula",
    Severity.ERROR,
    "A medium of an ORSO model has no formula: it is a mixture, a gradient or a gas, or has only a density.",
    "Write the formula of the material under `materials`.",
    "materials: {polymer: {sld: 1e-6}}",
)


def iter_model_rows(node: MappingNode, model: MappingNode, name: str) -> Iterator[Row]:
    """Yield the layers of a stack in the ORSO model language, with what is said of its sample.

    Raises:
        InputLimitError: the model is longer than the bound.
    """
    base, faults = _read_sample(node)
    faults += [*iter_faults(node), *_iter_unknown_keys(model)]
    written = model.pairs["stack"]
    place = (written.line, written.column)
    if LAYERS in node.pairs:
        said = "The stack has both `layers` and an ORSO model. Keep one of the two."
        faults.append(Fault(CONTRADICTING_KEY, said, "", node.keys[LAYERS].line, node.keys[LAYERS].column))
    try:
        stack = _orient(ModelReader(model).expand(_text(written)), _list_words(base))
    except InputLimitError as error:
        raise InputLimitError(f"{name}, line {model.line}: {error}") from None
    except ModelError as error:
        yield Row(written.line, base, [*faults, Fault(MODEL_UNREADABLE, f"{error}.", _text(written)[:200], *place)])
        return
    faults += _note_substrate(base, stack, place)
    said = "Thicknesses, roughnesses and densities of an ORSO model aren't layer fields, so they won't be sent."
    notes = [Fault(MODEL_PARTLY_UNUSED, said, "", *place)]
    if stack.is_turned:
        said = f"The last medium of the model surrounds the sample, so {stack.substrate.name} is its substrate."
        notes.append(Fault(LAYER_ORDER_TURNED, said, "", *place))
    if not stack.layers:
        said = "This model has no layers between its ambient and its substrate."
        yield Row(model.line, base, [*faults, *notes, Fault(STACK_WITHOUT_LAYERS, said, "", *place)])
    for number, medium in enumerate(stack.layers, start=1):
        cells = {**base, LAYER_ID: Scalar(str(number), 0, 0), "formula": Scalar(medium.formula, *place)}
        row = Row(written.line, cells, [*faults, *(notes if number == 1 else ())])
        if medium.formula is None or _rank(medium, frozenset()) is _End.GAS:
            what = f"{medium.name or 'One medium'} {medium.why or 'is a gas'}"
            said = f"{what}, so there is no formula to send for it. Write one under `materials`, or remove it."
            row.faults.append(Fault(MODEL_WITHOUT_FORMULA, said, medium.name, *place))
        yield row


def _text(node: Node) -> str:
    return node.text or "" if isinstance(node, Scalar) else ""


def _read_sample(node: MappingNode) -> tuple[dict[str, Scalar], list[Fault]]:
    """Return what a file with a model says of its sample."""
    source = node.pairs.get("data_source")
    sample = (source if isinstance(source, MappingNode) else node).pairs.get(SAMPLE)
    beside = {key: value for key, value in node.pairs.items() if name_field(key) in STACK_FIELDS}
    if isinstance(sample, MappingNode):
        beside.pop(SAMPLE, None)
    cells, faults = read_cells(MappingNode(beside, node.line, node.column, keys=node.keys))
    if isinstance(sample, MappingNode):
        kept = {key: value for key, value in sample.pairs.items() if key.strip().casefold() in _MODEL_SAMPLE}
        inner, found = read_cells(MappingNode(kept, sample.line, sample.column, keys=sample.keys), prefix=f"{SAMPLE}.")
        cells, faults = inner | cells, [*found, *faults]
    return cells, faults


def _iter_unknown_keys(model: MappingNode) -> Iterator[Fault]:
    """Yield a fault for each key that a model doesn't have: what stands under it would be lost."""
    for key, place in model.keys.items():
        if key not in MODEL_KEYS and key != "comment":
            near = suggest_near(key, MODEL_KEYS)
            said = f"An ORSO model has no key {key!r}." + (f" Did you mean {near!r}?" if near else " Remove it.")
            yield Fault(MODEL_UNREADABLE, said, key[:200], place.line, place.column, near)


def _list_words(base: dict[str, Scalar]) -> frozenset[str]:
    """Return what the sample itself calls its substrate."""
    cells = [cell.text for key, cell in base.items() if name_field(key) == "substrate"]
    return frozenset(join_letters(text) for text in cells if text)


def _note_substrate(base: dict[str, Scalar], stack: _Stack, place: tuple[int, int]) -> list[Fault]:
    """Give the sample the model's substrate; where it has one of another name, say that this one counts."""
    own = next((cell for key, cell in base.items() if name_field(key) == "substrate" and cell.text), None)
    found = stack.substrate.formula or stack.substrate.name
    if own is None:
        base["substrate"] = Scalar(found, *place)
        if join_letters(found) in _SUBSTRATES:
            said = (
                f"The substrate of the model is just called {found!r}. Write the sample's `substrate:`, or its formula."
            )
            return [Fault(MODEL_WITHOUT_FORMULA, said, found, *place)]
    elif join_letters(own.text or "") not in {join_letters(found), join_letters(stack.substrate.name)}:
        said = f"The sample's substrate {own.text!r} will be sent, not the model's, {found!r}."
        return [Fault(SUBSTRATE_PARTLY_UNUSED, said, found[:200], own.line, own.column)]
    return []


def _rank(medium: Medium, substrates: frozenset[str]) -> _End:
    """Return what a medium is as an end of a model."""
    words = {join_letters(text) for text in (medium.name, medium.formula) if text}
    if words & substrates:
        return _End.SUBSTRATE
    if medium.is_empty or words & _GASES:
        return _End.GAS
    if words & _LIQUIDS:
        return _End.LIQUID
    if words & _SUBSTRATES:
        return _End.SUBSTRATE
    return _End.UNKNOWN if medium.formula is None else _End.SOLID


def _orient(media: list[Medium], substrates: frozenset[str]) -> _Stack:
    """Return the media from the substrate up, without the ambient.

    Raises:
        ModelError: the ends don't tell which of them is the substrate.
    """
    first, last = _rank(media[0], substrates), _rank(media[-1], substrates)
    if len(media) == 1:
        return _Stack(media[0], (), is_turned=False)
    is_turned = first > last
    if first is last and not (first >= _End.SOLID and media[0].thickness and not media[-1].thickness):
        raise _doubt(media, "both may be solids" if first >= _End.SOLID else "neither end is a solid")
    if is_turned and (last is _End.SOLID or (last is _End.UNKNOWN and first is _End.SOLID)):
        raise _doubt(media, f"the last medium should be the substrate, but {media[0].name} says otherwise")
    if is_turned:
        first, media = last, media[::-1]
    ambient, substrate = media[0], media[-1]
    if 0 < substrate.thickness < _THINNEST_SUBSTRATE:
        raise _doubt(media, f"{substrate.name} would be the substrate, but is {substrate.thickness:g} thick")
    is_thin = 0 < ambient.thickness < _THINNEST_SUBSTRATE
    if (first >= _End.SOLID and not ambient.thickness) or (first is _End.LIQUID and is_thin):
        raise _doubt(media, f"{ambient.name} would be what surrounds the sample")
    has_ambient = first < _End.UNKNOWN or (first is _End.UNKNOWN and not ambient.thickness)
    return _Stack(substrate, tuple(reversed(media[1 if has_ambient else 0 : -1])), is_turned)


def _doubt(media: list[Medium], reason: str) -> ModelError:
    return ModelError(
        f"It isn't clear which end of this model, {media[0].name} or {media[-1].name}, is the substrate: {reason}. "
        "Write the ambient first, e.g. air, and the substrate last, without a thickness"
    )
