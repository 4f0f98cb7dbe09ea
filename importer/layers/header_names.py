"""The names people give to fields in headers and keys: data, matched without regard to case, spaces and units."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from importer.contract import ALL_FIELDS, STACK_FIELDS, find_schemas
from importer.layers.elements import is_element
from importer.layers.words.header_remarks import (
    LONGEST_HEADER,
    Remark,
    has_unit_sign,
    judge_remarks,
    split_open_unit,
    split_remarks,
)
from importer.layers.words.listing_order import (
    BOTTOM_LABELS,
    END_LABELS,
    SUBSTRATE_LABELS,
    TOP_LABELS,
    find_direction,
    join_letters,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NEAR = 0.8
_SHORTEST_NEAR = 4
_NUMBER_LAST = re.compile(r"(?P<name>.*?[^\d\s_.#:-])[\s_.#:-]*(?P<number>\d{1,4})\s*", re.DOTALL)
_ORDINAL = re.compile(
    r"(?P<number>\d{1,2})(?:st|nd|rd|th|\.)[\s_-]*(?:layer|schicht)(?:[\s_.:-]+(?P<name>.+))?\s*", re.IGNORECASE
)

OWN_HEADERS = ("Import status", "Import record id", "Import message")
"""Headers of the columns that a report adds to the user's workbook; reading it again passes them over."""
REPORT_COLUMNS = (
    "source",
    "sheet",
    "row",
    "sample_id",
    "sample_name",
    "substrate",
    "layer_id",
    "status",
    "record_id",
    "http_status",
    "attempts",
    "issues",
    "message",
    "payload",
)
"""The columns of a report as a table, in their order; such a table is no input."""
OWN_SHEET = "Import summary"
"""Name of the sheet that a report adds."""
OWN_SHEETS = (OWN_SHEET, "How to fill this in", "Choices")
"""Names of the sheets that reports and templates add; reading passes them over."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of fields, normalised as headers are.

    Attributes:
        strong: name -> field.
        weak: name -> field, where no other column names the field.
        suggested: name -> field, only ever suggested: words of other scripts, which no one here has confirmed.
        layer_first: pattern of a header that begins with a layer and its number, as ``layer1_formula``.
    """

    strong: Mapping[str, str]
    weak: Mapping[str, str]
    suggested: Mapping[str, str]
    layer_first: re.Pattern[str]


def is_own_header(text: str) -> bool:
    """Tell whether a header is one of those that our own reports add to a workbook."""
    return text in OWN_HEADERS


def normalise_header(text: str) -> str:
    """Return a header's text as it is matched: compatibility form, lower case, letters, digits and ``#`` only."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST_HEADER]).casefold()
    return "".join(character for character in folded if character.isalnum() or character == "#")


@cache
def load_names() -> Names:
    """Return the names of ``schemas/columns.json``; a field's own name is always one of its names."""
    content: dict[str, Any] = orjson.loads((find_schemas() / "columns.json").read_bytes())
    strong = {normalise_header(name): name for name in ALL_FIELDS}
    for name, texts in content["fields"].items():
        strong.update({normalise_header(text): name for text in texts})
    weak = {normalise_header(text): name for name, texts in content["weak"].items() for text in texts}
    suggested = {normalise_header(text): name for name, texts in content["suggested"].items() for text in texts}
    words = "|".join(map(re.escape, content["layer_words"]))
    first = re.compile(
        rf"\s*(?:{words})[\s_.#:-]*(?P<number>\d{{1,4}})(?:(?=\D)[\s_.#:-]*(?P<name>.*))?", re.IGNORECASE | re.DOTALL
    )
    return Names(MappingProxyType(strong), MappingProxyType(weak), MappingProxyType(suggested), first)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a header says.

    Attributes:
        field: the field that its name is a name of, None for none.
        is_weak: it is one of the field's weak names.
        remark: what the unit or remark behind the name makes of the column.
    """

    field: str | None = None
    is_weak: bool = False
    remark: Remark = Remark.NONE

    @property
    def is_field(self) -> bool:
        """Whether the column is what its name says."""
        return self.field is not None and self.remark not in {Remark.OTHER, Remark.WEIGHT}


@lru_cache(maxsize=4096)
def read_header(text: str) -> Reading:
    """Return what a header says: the field that it names, and what a unit or remark makes of it."""
    name, remarks = split_remarks(text)
    whole, key = normalise_header(text), normalise_header(name)
    if whole != key and (found := _find_name(whole)) is not None and not any(map(has_unit_sign, remarks)):
        return Reading(*found, Remark.PLAIN)  # Sample (ID)
    found = _find_name(key)
    if found is None:
        return _read_open_remark(name, remarks)
    if has_unit_sign(name):
        remarks = (*remarks, "%")
        opened = split_open_unit(name)
        remarks = (opened[1], *remarks[:-1]) if opened is not None else remarks
    return Reading(*found, judge_remarks(tuple(r for r in remarks if not _is_same_field(r, found[0])), found[0]))


def _read_open_remark(name: str, remarks: tuple[str, ...]) -> Reading:
    """Return what a header says whose unit or order stands without brackets, as in ``Layer # from top``."""
    opened = split_open_unit(name) or find_direction(name)
    found = None if opened is None else _find_name(normalise_header(opened[0]))
    if opened is None or found is None:
        return Reading()
    return Reading(*found, judge_remarks((opened[1], *remarks), found[0]))


def _find_name(key: str) -> tuple[str, bool] | None:
    """Return the field of a normalised name, and whether the name is a weak one."""
    names = load_names()
    if key in names.strong:
        return names.strong[key], False
    return (names.weak[key], True) if key in names.weak else None


def _is_same_field(remark: str, field: str) -> bool:
    """Tell whether a remark is another name of the same field, as in ``Formula (Summenformel)``."""
    found = None if has_unit_sign(remark) else _find_name(normalise_header(remark))
    return found is not None and found[0] == field


def match_header(text: str) -> tuple[str | None, bool]:
    """Return the field that a header names, None for no field, and whether it is one of its weak names."""
    reading = read_header(text)
    return (reading.field, reading.is_weak) if reading.is_field else (None, False)


@lru_cache(maxsize=4096)
def read_element(text: str) -> tuple[str, Remark] | None:
    """Return the element whose symbol a header begins with, and what its unit makes of the column; None for none."""
    name, remarks = split_remarks(text)
    if is_element(name):
        return name, judge_remarks(remarks, None)
    opened = split_open_unit(name)
    if opened is not None and is_element(opened[0]):
        return opened[0], judge_remarks((opened[1], *remarks), None)
    return None


@dataclass(frozen=True, slots=True)
class Group:
    """What the header of a column of a wide table says.

    Attributes:
        number: the layer's number.
        field: the field of that layer.
        remark: what a unit or remark makes of the column.
        end: ``top`` or ``bottom`` where the header says that the layer lies there.
    """

    number: int
    field: str
    remark: Remark = Remark.NONE
    end: str | None = None


@lru_cache(maxsize=4096)
def read_group(text: str) -> Group | None:
    """Return what a header says that names a field of one layer out of several; None for another.

    ``layer1_composition``, ``L1 formula``, ``Composition.1``, ``Material (layer 1)`` and ``Layer 1`` alone name the
    composition of layer 1.
    """
    text, remarks = split_remarks(text)
    name = number = None
    if (ordinal := _ORDINAL.fullmatch(text)) is not None:
        name, number = ordinal["name"] or "formula", ordinal["number"]
    elif (first := load_names().layer_first.fullmatch(text)) is not None:
        name, number = first["name"] or "formula", first["number"]
    elif remarks and (found := load_names().layer_first.fullmatch(remarks[-1])) is not None and not found["name"]:
        name, number, remarks = text, found["number"], remarks[:-1]
    elif (last := _NUMBER_LAST.fullmatch(text)) is not None:
        name, number = last["name"], last["number"]
    field = None if name is None else read_header(name).field
    if name is None or number is None or field is None or field in STACK_FIELDS:
        return None
    words = [join_letters(remark) for remark in remarks]
    ends = {"top" for word in words if word in TOP_LABELS} | {
        "bottom" for word in words if word in BOTTOM_LABELS | SUBSTRATE_LABELS
    }
    others = tuple(text for text, word in zip(remarks, words, strict=True) if word not in END_LABELS)
    kinds = {judge_remarks(others, field), read_header(name).remark}
    kind = next((kind for kind in (Remark.OTHER, Remark.WEIGHT) if kind in kinds), Remark.PLAIN)
    return Group(int(number), field, kind, ends.pop() if len(ends) == 1 else None)


def match_group(text: str) -> tuple[int, str] | None:
    """Return number and field of a header that names a field of one layer out of several; None for another."""
    group = read_group(text)
    if group is None or group.remark in {Remark.OTHER, Remark.WEIGHT}:
        return None
    return group.number, group.field


@lru_cache(16_384)
def suggest_field(text: str) -> str | None:
    """Return the field whose name a header nearly is, or is in another script; None for any other header."""
    key = normalise_header(split_remarks(text)[0])
    if key in load_names().suggested:
        return load_names().suggested[key]
    if len(key) < _SHORTEST_NEAR:
        return None
    strong = load_names().strong
    # Of a short name everything is near: "T_sub" is a temperature, not nearly "sub".
    long_names = [name for name in strong if len(name) > _SHORTEST_NEAR]
    near = difflib.get_close_matches(key, long_names, n=1, cutoff=_NEAR)
    # "Target" and "Stack" are words of their own, not slips for "target id" and "stack id"
    return strong[near[0]] if near and near[0] != f"{key}id" else None


def count_known(texts: Iterable[str]) -> int:
    """Return how many of some texts are names of fields: by it a header is told from titles and data."""
    return sum(match_header(text)[0] is not None or match_group(text) is not None for text in texts)
