"""Stacks in the ORSO model language: the text of a stack, and the names that it uses, as media in the beam's order.

``air | 10 ( Si 7 | Fe 7 ) | Si`` names media from the incoming beam on. What no one formula stands for (a mixture, a
gradient, a scattering length density alone) is a medium without a formula, never left out.
Source: https://www.reflectometry.org/projects/simple_model
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from importer.errors import InputLimitError
from importer.formats.limits import MAX_DEPTH, MAX_MODEL_CHARACTERS, MAX_STACK_LAYERS
from importer.formats.stacks.nodes import MappingNode, Node, Scalar, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL_KEYS = ("stack", "origin", "sub_stacks", "layers", "materials", "composits", "composites", "globals", "reference")
_MATERIAL = frozenset(
    ["formula", "mass_density", "number_density", "sld", "magnetic_moment", "relative_density", "comment"]
)
_LAYER = frozenset(["thickness", "roughness", "material", "composition", "comment"])
_SUB_STACK = frozenset(["repetitions", "stack", "sequence", "sub_stack_class", "environment", "comment"])
_SPECIAL = {"vacuum": (None, "is a vacuum"), "air": (None, "is a gas"), "water": ("H2O", "")}
_GROUP = re.compile(r"(?P<times>[0-9]*)\s*\((?P<inner>.*)\)\s*(?:in\s+\S.*)?", re.DOTALL)
_LOOSE_BRACKET = re.compile(r"[(]\s|\s[(]|[)]\s|\s[)]|[|]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_ISOTOPE = re.compile(r"(?P<symbol>[A-Z][a-z]?)\[(?P<mass>[0-9]{1,3})\]")
_EMPTY_SLD = 1e-9


class ModelError(ValueError):
    """A model can't be resolved to layers; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Medium:
    """One medium of a model.

    Attributes:
        name: as it is written in the stack.
        formula: of its material, None where none stands for it.
        why: why there is none, as ``is a mixture``.
        thickness: as it is written, in the model's unit of length; 0 where none is given.
        is_empty: its scattering length density is 0, as that of air and vacuum.
    """

    name: str
    formula: str | None
    why: str = ""
    thickness: float = 0.0
    is_empty: bool = False


class ModelReader:
    """Reads the stack of one model; every method raises ModelError for what can't be read, with the reason."""

    def __init__(self, node: MappingNode) -> None:
        self._groups = {key: _read_pairs(node, key) for key in ("sub_stacks", "layers", "materials")}
        self._groups["composits"] = _read_pairs(node, "composits") | _read_pairs(node, "composites")
        self._spent = 0

    def expand(self, text: str, depth: int = 0) -> list[Medium]:
        """Return the media of a stack, groups and sub-stacks written out.

        Raises:
            InputLimitError: they are more than the bound.
        """
        self._spent += len(text) + 1
        if self._spent > MAX_MODEL_CHARACTERS:
            raise InputLimitError(
                f"a model of more than {MAX_MODEL_CHARACTERS:,} characters: write it shorter, or as layers."
            )
        if depth > MAX_DEPTH:
            raise ModelError("a sub-stack of this model holds itself, or its groups are nested too deeply")
        media: list[Medium] = []
        for item in _split_items(text):
            media += self._read_item(item, depth, most=MAX_STACK_LAYERS - len(media))
            if len(media) > MAX_STACK_LAYERS:
                raise _too_many()
        return media

    def _read_item(self, item: str, depth: int, *, most: int) -> list[Medium]:
        group = _GROUP.fullmatch(item)
        if group is not None and _is_balanced(group["inner"]):
            return _repeat(self.expand(group["inner"], depth + 1), group["times"] or "1", most=most)
        if not item or ("(" in item and _LOOSE_BRACKET.search(item)):
            raise ModelError(f"{item[:60]!r} is neither a medium nor a group such as 10 ( Si 7 | Fe 7 )")
        name, thickness = item, 0.0
        words = item.rsplit(None, 1)
        if len(words) > 1 and _NUMBER.fullmatch(words[1]):
            name, thickness = words[0], float(words[1])
        media = self._find(name, depth, most=most)
        return [replace(media[0], thickness=media[0].thickness or thickness)] if len(media) == 1 else media

    def _find(self, name: str, depth: int, *, most: int) -> list[Medium]:
        """Return what a name in a stack stands for."""
        found = [key for key, group in self._groups.items() if name in group]
        if len(found) > 1:
            raise ModelError(f"{name!r} is defined both under {found[0]} and under {found[1]}: keep one")
        if found == ["sub_stacks"]:
            return self._read_sub_stack(name, self._follow(name), depth, most=most)
        if found == ["layers"]:
            return [self._read_layer(name, self._groups["layers"][name])]
        return [self._find_material(name)]

    def _find_material(self, name: str) -> Medium:
        if name in self._groups["composits"]:
            return Medium(name, None, "is a mixture")
        if name in self._groups["materials"]:
            return _read_material(name, self._groups["materials"][name])
        if name == "environment":
            return Medium(name, None, "stands for what surrounds the layers")
        formula, why = _SPECIAL.get(name.lower(), (_write_isotopes(name), ""))
        return Medium(name, formula, why)

    def _follow(self, name: str, depth: int = 0) -> MappingNode:
        """Return a sub-stack, with what it is like and what is changed."""
        node = self._groups["sub_stacks"].get(name)
        if not isinstance(node, MappingNode):
            raise ModelError(f"the sub-stack {name!r} isn't defined by keys and values")
        if "like" not in node.pairs:
            return node
        like, but = node.pairs["like"], node.pairs.get("but")
        if depth > MAX_DEPTH or not isinstance(like, Scalar) or {*node.pairs} - {"like", "but", "comment"}:
            raise ModelError(
                f"the sub-stack {name!r} must be `like` another one, `but` for some keys, and nothing else"
            )
        changed = but.pairs if isinstance(but, MappingNode) else {}
        return MappingNode({**self._follow(like.text or "", depth + 1).pairs, **changed}, node.line, node.column)

    def _read_sub_stack(self, name: str, node: MappingNode, depth: int, *, most: int) -> list[Medium]:
        pairs = node.pairs
        kind = _text(pairs.get("sub_stack_class")) or "SubStack"
        stack, sequence = pairs.get("stack"), pairs.get("sequence")
        if kind != "SubStack" or (stack is None and sequence is None):
            return [Medium(name, None, "varies within, or isn't made of layers", _read_number(pairs.get("thickness")))]
        surplus = [key for key in pairs if key not in _SUB_STACK]
        if surplus or (stack is not None and sequence is not None):
            what = f"has the unknown key {surplus[0]!r}" if surplus else "has both `stack` and `sequence`: keep one"
            raise ModelError(f"the sub-stack {name!r} {what}")
        inner: list[Medium] = []
        if isinstance(sequence, SequenceNode):
            for item in sequence.items:
                inner += (
                    self.expand(_text(item), depth + 1) if isinstance(item, Scalar) else [self._read_layer("", item)]
                )
        else:
            inner = self.expand(_text(stack), depth + 1)
        return _repeat(inner, _text(pairs.get("repetitions")) or "1", most=most)

    def _read_layer(self, name: str, node: Node) -> Medium:
        if not isinstance(node, MappingNode):
            raise ModelError(f"the layer {name!r} isn't defined by keys and values")
        thickness, material = _read_number(node.pairs.get("thickness")), node.pairs.get("material")
        surplus = [key for key in node.pairs if key not in _LAYER]
        if surplus:
            return Medium(name, None, f"has the unknown key {surplus[0]!r}", thickness)
        if node.pairs.get("composition") is not None:
            return Medium(name, None, "is a mixture", thickness)
        if isinstance(material, MappingNode):
            found = _read_material("", material)
        else:
            found = self._find_material(_text(material) or name)
        return replace(found, name=name or found.name, thickness=thickness)


def _read_material(name: str, node: Node) -> Medium:
    """Return the medium of a material; without formula and density it is what its name says."""
    if isinstance(node, Scalar):
        return Medium(name, _write_isotopes(node.text or name) or None, "has no formula")
    pairs = node.pairs if isinstance(node, MappingNode) else {}
    formula, sld = _text(pairs.get("formula")), pairs.get("sld")
    if formula:
        return Medium(name or formula, _write_isotopes(formula))
    if "composition" in pairs:
        return Medium(name, None, "is a mixture")
    if sld is not None:
        is_empty = isinstance(sld, Scalar | MappingNode) and abs(_read_number(sld, missing=1.0)) < _EMPTY_SLD
        return Medium(name, None, "is given by its scattering length density only", is_empty=is_empty)
    surplus = [key for key in pairs if key not in _MATERIAL]
    why = f"has the unknown key {surplus[0]!r}" if surplus else "has no formula"
    return Medium(name, None if surplus or not name else _write_isotopes(name), why)


def _split_items(text: str) -> Iterator[str]:
    """Yield what stands between the bars of a stack that are in no bracket."""
    depth = start = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
        if character == "|" and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    if depth:
        raise ModelError("its brackets don't match")
    yield text[start:].strip()


def _is_balanced(text: str) -> bool:
    """Tell whether no bracket is closed before it is opened, as in ``La)1(Sr``."""
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _repeat(media: list[Medium], times: str, *, most: int) -> list[Medium]:
    times = times.strip()
    if not (times.isascii() and times.isdigit() and int(times[:12]) > 0):
        raise ModelError(f"a group is repeated {times[:60]!r} times, which must be a whole number of 1 or more")
    if len(media) * int(times[:12]) > most:
        raise _too_many()
    return media * int(times[:12])


def _too_many() -> InputLimitError:
    return InputLimitError(f"more than {MAX_STACK_LAYERS:,} layers in one stack: check its repetitions.")


def _read_pairs(node: MappingNode, key: str) -> dict[str, Node]:
    value = node.pairs.get(key)
    if value is None or (isinstance(value, Scalar) and not value.text):
        return {}
    if not isinstance(value, MappingNode):
        raise ModelError(f"{key!r} must hold names and what they stand for")
    return value.pairs


def _text(node: Node | None) -> str:
    return (node.text or "").strip() if isinstance(node, Scalar) else ""


def _read_number(node: Node | None, missing: float = 0.0) -> float:
    """Return a number that stands alone or as the magnitude of a value with a unit."""
    if isinstance(node, MappingNode):
        node = node.pairs.get("magnitude") or node.pairs.get("real")
    text = _text(node)
    return float(text) if _NUMBER.fullmatch(text) else missing


def _write_isotopes(formula: str) -> str:
    """Return a formula with ORSO's ``Fe[57]`` as the usual ``57Fe``."""
    return _ISOTOPE.sub(lambda m: f"{'^' if m.start() else ''}{m['mass']}{m['symbol']}", formula)
