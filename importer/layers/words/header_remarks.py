"""Units and remarks of headers: which leave a column what its name says, and which make it something else.

A unit that isn't listed makes another column of it: ``P (W)`` is a power, no phosphorus; ``Layer (nm)`` a thickness.
The lists are data, in ``schemas/columns.json``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from importer.contract import find_schemas
from importer.layers.words.listing_order import Order, read_direction

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_HEADER = 200
_LAST_BRACKET = re.compile(r"\s*[(\[{](?P<remark>[^()\[\]{}]*)[)\]}]\s*$")
_NO_UNIT = frozenset({"", "-", "\u2013", "\u2014", "*", "/", "\u2026", "..."})
_UNIT_SIGNS = re.compile("[%\u2030\u2103\u2109]|(?<![Nn])\u00b0")
_EXAMPLE = re.compile(
    r"(?:e\.? ?g\b|z\.? ?b\b|for example|example|such as|like|beispiel|p\.? ?ex)\.?[ :,]*.+", re.IGNORECASE
)
_OPEN_UNIT = re.compile(r"(?P<name>.+?)(?:\s*[,;:/|_]\s*|\s+in\s+|\s+)(?P<unit>\S+(?:\s?%)?)\s*")
_UNIT_FIRST = re.compile(r"(?P<unit>[A-Za-z.\- ]*%|[xX])[\s_(]+(?:of\s+)?(?P<name>[A-Z][a-z]?)\)?\s*")
_MOST_REMARKS = 4


class Remark(Enum):
    """What the unit or remark of a header makes of its column."""

    NONE = "there is none"
    PLAIN = "the column is what its name says"
    AMOUNT = "amounts of atoms: at%, mol%, fractions, counts"
    WEIGHT = "amounts by weight"
    TOP_DOWN = "layers are counted from the top"
    UNCLEAR = "something is said of the order of layers, but not clearly"
    OTHER = "the column is something else"


@dataclass(frozen=True, slots=True)
class Remarks:
    """The remarks that a header may have.

    Attributes:
        anywhere: those that never matter.
        by_field: field -> those that leave a column what it is.
        amounts: units of amounts of atoms.
        weights: units of amounts by weight.
    """

    anywhere: frozenset[str]
    by_field: Mapping[str, frozenset[str]]
    amounts: frozenset[str]
    weights: frozenset[str]


@cache
def _load_remarks() -> Remarks:
    content: dict[str, Any] = orjson.loads((find_schemas() / "columns.json").read_bytes())["remarks"]
    by_field = {name: frozenset(map(_join_unit, texts)) for name, texts in content["fields"].items()}
    lists = (frozenset(map(_join_unit, content[name])) for name in ("anywhere", "amounts", "weights"))
    anywhere, amounts, weights = lists
    return Remarks(anywhere, MappingProxyType(by_field), amounts, weights)


def _join_unit(text: str) -> str:
    """Return a unit or remark as it is compared: letters, digits, ``%`` and ``#`` in lower case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum() or character in "%#")


@lru_cache(maxsize=4096)
def split_remarks(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a header without the remarks in brackets at its end, and those remarks from the left."""
    name, remarks = text[:LONGEST_HEADER], list[str]()
    while len(remarks) < _MOST_REMARKS and (match := _LAST_BRACKET.search(name)) is not None and match.start():
        remarks.insert(0, match["remark"].strip())
        name = name[: match.start()]
    return name.strip(), tuple(remarks)


def has_unit_sign(text: str) -> bool:
    """Tell whether there is a sign in a text that only units have: a per cent or degree sign."""
    return _UNIT_SIGNS.search(unicodedata.normalize("NFKC", text)) is not None


def split_open_unit(text: str) -> tuple[str, str] | None:
    """Return name and unit of a header such as ``Ba at%``, ``Ba / at.%`` or ``at% Ba``; None where no unit is known."""
    known = _load_remarks()
    for pattern in (_OPEN_UNIT, _UNIT_FIRST):
        match = pattern.fullmatch(text[:LONGEST_HEADER].strip())
        if match is not None and _join_unit(match["unit"]) in known.amounts | known.weights:
            return match["name"].strip(), match["unit"]
    return None


def judge_remarks(remarks: tuple[str, ...], field: str | None) -> Remark:
    """Return what the remarks of a header make of a column of a field; None for a column of an element."""
    found = [_judge_remark(remark, field) for remark in remarks]
    if Remark.AMOUNT in found:  # at% in the header, and % in the row of units
        found = [Remark.PLAIN if _join_unit(text) == "%" else kind for text, kind in zip(remarks, found, strict=True)]
    for kind in (Remark.OTHER, Remark.WEIGHT, Remark.UNCLEAR, Remark.TOP_DOWN, Remark.AMOUNT, Remark.PLAIN):
        if kind in found:
            return kind
    return Remark.NONE


def _judge_remark(text: str, field: str | None) -> Remark:
    known, key = _load_remarks(), _join_unit(text)
    if text.strip() in _NO_UNIT or key in known.anywhere or key in known.by_field.get(field or "element", ()):
        return Remark.PLAIN
    if field in {None, "composition_string", "element_dict"}:
        if key in known.amounts:
            return Remark.AMOUNT
        if key in known.weights:
            return Remark.WEIGHT
    if field == "layer_id" and (order := read_direction(text)) is not None:
        return {Order.TOP_DOWN: Remark.TOP_DOWN, Order.BOTTOM_UP: Remark.PLAIN, Order.UNCLEAR: Remark.UNCLEAR}[order]
    is_example = field is not None and _EXAMPLE.fullmatch(text) is not None
    return Remark.PLAIN if is_example else Remark.OTHER
