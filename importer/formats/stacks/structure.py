"""The keys that make a stack file's structure, in whatever capitals, and its values as the texts of cells."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import cast

from importer.formats.stacks.nodes import (
    DUPLICATE_KEY,
    Fault,
    MappingNode,
    Node,
    Scalar,
    SequenceNode,
    is_flat,
    write_json,
)
from importer.issues import Code
from importer.layers.header_names import match_header
from importer.model import Severity

STACKS, LAYERS, SAMPLE, DEFAULTS, REPEAT = "stacks", "layers", "sample", "defaults", "repeat"
_KEYS = (STACKS, LAYERS, SAMPLE, DEFAULTS, REPEAT)
_REPEAT_WORDS = frozenset({"times", "repetitions", "repetition", "repeats", "repeated", "periods", "multiplicity"})
_STRUCTURED_FIELDS = frozenset({"element_dict", "sample_metadata", "orientation"})
_NEAR = 0.8


@lru_cache(maxsize=4096)
def name_field(key: str) -> str:
    """Return the field that a key names, or the key itself."""
    return match_header(key)[0] or key


@lru_cache(maxsize=4096)
def name_fields(keys: tuple[str, ...]) -> frozenset[str]:
    """Return the fields that some keys name; the layers of a file have few different sets of keys."""
    return frozenset(map(name_field, keys))


@lru_cache(maxsize=4096)
def find_repeats(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of some keys ask for a repeat."""
    return tuple(key for key in keys if key == REPEAT or key.strip().casefold() in _REPEAT_WORDS)


@lru_cache(maxsize=4096)
def _list_renames(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    folded = [(key, key.strip().casefold()) for key in keys]
    return tuple((key, word) for key, word in folded if word in _KEYS and word != key)


def fold_keys(node: MappingNode) -> MappingNode:
    """Return a mapping whose structural keys are in lower case; ``Layers`` beside ``layers`` is a fault."""
    listed = _list_renames(tuple(node.pairs))
    if not listed:
        return node
    renames = dict(listed)
    if isinstance(node.pairs.get(next((key for key in renames if renames[key] == SAMPLE), "")), Scalar):
        renames = {key: word for key, word in renames.items() if word != SAMPLE}
    if not renames:
        return node
    folded = MappingNode({}, node.line, node.column, node.size, {}, list(node.faults))
    for key, value in node.pairs.items():
        word, place = renames.get(key, key), node.keys[key]
        if word in folded.pairs:
            said = f"{key!r} and {folded.keys[word].text!r} are the same key, which appears twice."
            folded.faults.append(Fault(DUPLICATE_KEY, said, (write_json(value) or "")[:200], place.line, place.column))
            continue
        folded.pairs[word], folded.keys[word] = value, place
    return folded


def is_stacks_key(key: Node) -> bool:
    """Tell whether a key names the list of stacks."""
    return isinstance(key, Scalar) and (key.text or "").strip().casefold() == STACKS


@lru_cache(maxsize=4096)
def suggest_key(key: str) -> str | None:
    """Return the structural key that a key nearly is, None where none is near or the key has a meaning."""
    word = key.strip().casefold()
    if word in _KEYS or match_header(key)[0] is not None:
        return None
    if word in _REPEAT_WORDS:
        return REPEAT
    return suggest_near(word, _KEYS)


def suggest_near(key: str, keys: tuple[str, ...]) -> str | None:
    """Return the one of some keys that a key nearly is, None where none is near."""
    near = difflib.get_close_matches(key.strip().casefold()[:60], keys, n=1, cutoff=_NEAR)
    return near[0] if near else None


KEY_NEAR_MISS = Code(
    "key-near-miss",
    Severity.WARNING,
    "A key is almost one of the keys of a stack file, but not quite, so it isn't used.",
    "Rename it if the suggestion is right.",
    "defualts: {orientation: 001}",
)


def iter_near_keys(node: MappingNode) -> list[Fault]:
    """Return a warning for each key that is nearly one of the structure's."""
    faults = []
    for key in node.pairs:
        near = suggest_key(key)
        if near is not None:
            place = node.keys[key]
            said = f"The key {key!r} isn't known here, so it isn't used. Did you mean {near!r}?"
            faults.append(Fault(KEY_NEAR_MISS, said, key[:200], place.line, place.column, near))
    return faults


VALUE_NOT_TEXT = Code(
    "value-not-text",
    Severity.ERROR,
    "A field has a list or a mapping instead of one text.",
    "Write only the text.",
    "formula: [BaTiO3, SrTiO3]",
)


def read_cells(node: MappingNode, prefix: str = "") -> tuple[dict[str, Scalar], list[Fault]]:
    """Return the values of a mapping as cells, and the faults of those whose field takes one text only."""
    if not prefix and is_flat(node):
        return cast("dict[str, Scalar]", dict(node.pairs)), []
    cells: dict[str, Scalar] = {}
    faults: list[Fault] = []
    for key, value in node.pairs.items():
        name = prefix + key
        if type(value) is Scalar:
            cells[name] = value
            continue
        cells[name] = make_cell(value)
        field = name_field(name)
        if field == "orientation":
            cells[name] = _write_indices(value)
        elif field == "substrate" and isinstance(value, MappingNode):
            cells[name] = _name_substrate(value, faults)
        elif match_header(name) == ("sample_name", True) and isinstance(value, MappingNode):
            # `growth: {temperature: 600}` tells of a growth, it isn't its name
            del cells[name]
            cells.update({f"{name}.{inner}": make_cell(within) for inner, within in value.pairs.items()})
        elif match_header(name)[0] is not None and field not in _STRUCTURED_FIELDS:
            kind = "a list" if isinstance(value, SequenceNode) else "a mapping"
            near = suggest_near(key, _KEYS)
            said = f"{key!r} is {kind}, but {field} must be one text. "
            said += f"Did you mean {near!r}?" if near else "Write only the text."
            faults.append(Fault(VALUE_NOT_TEXT, said, (cells[name].text or "")[:200], value.line, value.column))
    return cells, faults


def make_cell(node: Node) -> Scalar:
    """Return a value as the text of a cell."""
    return node if isinstance(node, Scalar) else Scalar(write_json(node), node.line, node.column)


def _write_indices(node: Node) -> Scalar:
    """Return indices that YAML takes for a list or mapping as they are written: ``[001]``, ``[0, 0, 1]``, ``{001}``."""
    if isinstance(node, SequenceNode) and all(isinstance(item, Scalar) for item in node.items):
        texts = [item.text or "" for item in node.items if isinstance(item, Scalar)]
        return Scalar(f"[{', '.join(texts)}]", node.line, node.column)
    if isinstance(node, MappingNode) and all(
        isinstance(value, Scalar) and not value.text for value in node.pairs.values()
    ):
        return Scalar(f"{{{', '.join(node.pairs)}}}", node.line, node.column)
    return make_cell(node)


SUBSTRATE_PARTLY_UNUSED = Code(
    "substrate-partly-unused",
    Severity.WARNING,
    "Only part of the substrate's description will be sent.",
    "Write it all as one text, e.g. `substrate: SrTiO3 (001)`.",
    "substrate: {formula: SrTiO3, orientation: 001}",
)


def _name_substrate(node: MappingNode, faults: list[Fault]) -> Scalar:
    """Return the one text of a substrate that is written as a mapping, such as ``{formula: SrTiO3, miscut: 0.1}``."""
    named = [key for key in node.pairs if name_field(key) == "composition_string"]
    named = named or [key for key in node.pairs if name_field(key) in {"sample_name", "substrate"}]
    value = node.pairs[named[0]] if len(named) == 1 else None
    if not isinstance(value, Scalar) or not value.text:
        said = "The substrate must be one text, but this mapping has no single key `formula`."
        faults.append(Fault(VALUE_NOT_TEXT, said, (write_json(node) or "")[:200], node.line, node.column))
        return make_cell(node)
    unused = [key for key in node.pairs if key not in named]
    if unused:
        said = f"Only {named[0]!r} of the substrate will be sent, not {', '.join(unused)[:100]}."
        faults.append(Fault(SUBSTRATE_PARTLY_UNUSED, said, unused[0][:200], node.line, node.column))
    return value
