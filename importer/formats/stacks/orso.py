"""Stacks in the ORSO model language, by orsopy (extra ``orso``).

``air | 10 ( Si 7 | Fe 7 ) | Si`` names media from the incoming beam on: the ambient first, the substrate last. A layer
stack goes the other way round and holds neither. Source: https://www.reflectometry.org/projects/simple_model
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_MODEL_CHARACTERS, MAX_STACK_LAYERS
from importer.formats.stacks.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

try:
    from orsopy.fileio import model_building_blocks, model_language
except ImportError:  # the extra "orso" isn't installed
    _has_orsopy = False
else:
    _has_orsopy = True

AMBIENTS = frozenset({"air", "vacuum", "water", "h2o", "d2o", "n2", "he", "ar"})
"""Media that surround a sample; at the end of a stack they mean that the beam came through the substrate."""


@dataclass(frozen=True, slots=True)
class Medium:
    """One medium of a resolved model.

    Attributes:
        name: as it is written in the stack.
        formula: of its material, None where the model gives none.
        is_thick: a thickness is given.
    """

    name: str
    formula: str | None
    is_thick: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a stack of layers.

    Attributes:
        substrate: its substrate.
        layers: its layers, from the substrate up.
    """

    substrate: Medium
    layers: tuple[Medium, ...]


class _NoDensities:
    """Stands where orsopy would ask a database on the network for densities, which nobody needs here."""

    comment = "not looked up"

    def resolve_item(self, name: str) -> None:
        """Know no item."""
        del name


def find_model(node: Node) -> Mapping | None:
    """Return the model of a stack in the ORSO model language: ``sample: model: stack:``, also under ``data_source``."""
    for path in (("sample", "model"), ("data_source", "sample", "model"), ("model",)):
        found: Node | None = node
        for key in path:
            found = found.pairs.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping) and isinstance(found.pairs.get("stack"), Scalar):
            return found
    return None


def resolve_model(node: Mapping, *, name: str) -> Model:
    """Return the layers of a model.

    Raises:
        InputError: orsopy isn't installed, or can't read the model.
        InputLimitError: the stack is longer than the bound.
    """
    if not _has_orsopy:
        raise InputError(f"{name}, line {node.line}: ORSO models need orsopy: pip install 'layer-importer[orso]'.")
    if not any(isinstance(each, _NoDensities) for each in model_building_blocks.DENSITY_RESOLVERS):
        model_building_blocks.DENSITY_RESOLVERS[:] = [_NoDensities()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = _read_content(node)
            items = model_language.SampleModel(**content).resolve_stack()
        media = _expand(items, MAX_STACK_LAYERS)
    except InputLimitError as error:
        raise InputLimitError(f"{name}, line {node.line}: {error}") from None
    except RecursionError:
        raise InputError(f"{name}, line {node.line}: a sub-stack of this model holds itself.") from None
    except Exception as error:  # noqa: BLE001 orsopy lets whatever its parts raise come through
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{name}, line {node.line}: orsopy can't read this model ({said}).") from None
    return _orient(media, name, node.line)


def _read_content(node: Mapping) -> dict[str, Any]:
    """Return what names the materials of a model; thicknesses, densities and roughnesses stay behind."""
    content: dict[str, Any] = {"stack": _text(node.pairs["stack"])}
    materials = {key: _read_material(value) for key, value in _pairs(node, "materials")}
    layers = {key: _read_layer(value) for key, value in _pairs(node, "layers")}
    composits = {key: _read_composit(value) for key, value in _pairs(node, "composits")}
    sub_stacks = {key: _read_sub_stack(value) for key, value in _pairs(node, "sub_stacks")}
    parts = {"materials": materials, "layers": layers, "composits": composits, "sub_stacks": sub_stacks}
    content.update({key: part for key, part in parts.items() if part})
    if len(str(content)) > MAX_MODEL_CHARACTERS:
        raise InputLimitError(
            f"a model of more than {MAX_MODEL_CHARACTERS:,} characters: write it shorter, or as layers."
        )
    return content


def _pairs(node: Mapping, key: str) -> Iterable[tuple[str, Node]]:
    value = node.pairs.get(key)
    return value.pairs.items() if isinstance(value, Mapping) else ()


def _text(node: Node | None) -> str:
    return node.text or "" if isinstance(node, Scalar) else ""


def _read_material(node: Node) -> object:
    formula = node.pairs.get("formula") if isinstance(node, Mapping) else None
    return model_building_blocks.Material(formula=_text(formula) or None)


def _read_composit(node: Node) -> object:
    composition = node.pairs.get("composition") if isinstance(node, Mapping) else None
    keys = composition.pairs if isinstance(composition, Mapping) else {}
    return model_building_blocks.Composit(composition=dict.fromkeys(keys, 1.0))


def _read_layer(node: Node) -> Any:  # noqa: ANN401 orsopy is only there where it is installed
    pairs = node.pairs if isinstance(node, Mapping) else {}
    composition = pairs.get("composition")
    if isinstance(composition, Mapping):
        return model_building_blocks.Layer(composition=dict.fromkeys(composition.pairs, 1.0), thickness=0.0)
    material = pairs.get("material")
    if isinstance(material, Mapping):
        return model_building_blocks.Layer(material=_read_material(material), thickness=0.0)
    return model_building_blocks.Layer(material=_text(material), thickness=0.0)


def _read_sub_stack(node: Node) -> object:
    pairs = node.pairs if isinstance(node, Mapping) else {}
    times = _text(pairs.get("repetitions")) or "1"
    sequence = pairs.get("sequence")
    if isinstance(sequence, Sequence):
        return model_language.SubStack(repetitions=int(times), sequence=[_read_layer(item) for item in sequence.items])
    return model_language.SubStack(repetitions=int(times), stack=_text(pairs.get("stack")))


def _expand(items: Iterable[Any], most: int) -> list[Medium]:
    """Return the media of resolved items, repeats written out.

    Raises:
        InputLimitError: they are more than the bound.
    """
    media: list[Medium] = []
    for item in items:
        if isinstance(item, model_building_blocks.Layer):
            formula = getattr(item.material, "formula", None)
            name = str(item.original_name or getattr(item.material, "original_name", None) or formula or "")
            thickness = getattr(item.thickness, "magnitude", item.thickness)
            media.append(Medium(name, formula, bool(thickness)))
            continue
        inner = _expand(item.sequence, most)
        if item.repetitions < 1:
            raise ValueError(f"a group is repeated {item.repetitions} times")
        if len(inner) * item.repetitions + len(media) > most:
            raise InputLimitError(f"more than {MAX_STACK_LAYERS:,} layers in one stack: check its repetitions.")
        media += inner * item.repetitions
    return media


def _orient(media: list[Medium], name: str, line: int) -> Model:
    """Return the media from the substrate up, without the ambient."""
    if media and media[-1].name.lower() in AMBIENTS and media[0].name.lower() not in AMBIENTS:
        media.reverse()
    if len(media) > 1 and (media[0].name.lower() in AMBIENTS or not media[0].is_thick):
        media = media[1:]
    if not media:
        raise InputError(f"{name}, line {line}: this model has no substrate.")
    return Model(media[-1], tuple(reversed(media[:-1])))
