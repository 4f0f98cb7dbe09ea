"""The names people give to fields in headers and keys: data, matched without regard to case, spaces and units."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from importer.contract import ALL_FIELDS, STACK_FIELDS, find_schemas
from importer.layers.elements import is_element

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BRACKETS = re.compile(r"\s*[(\[{][^()\[\]{}]*[)\]}]\s*$")
_NEAR = 0.8
_SHORTEST_NEAR = 4
_LONGEST_HEADER = 200
_NUMBER_LAST = re.compile(r"(?P<name>.*?[^\d\s_.#:-])[\s_.#:-]*(?P<number>\d{1,4})\s*", re.DOTALL)


OWN_HEADERS = ("Import status", "Import record id", "Import message")
"""Headers of the columns that a report adds to the user's workbook; reading it again passes them over."""
REPORT_COLUMNS = (
    "source",
    "sheet",
    "row",
    "sample_id",
    "sample_name",
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
        layer_first: pattern of a header that begins with a layer and its number, as ``layer1_formula``.
    """

    strong: Mapping[str, str]
    weak: Mapping[str, str]
    layer_first: re.Pattern[str]


def is_own_header(text: str) -> bool:
    """Tell whether a header is one of those that our own reports add to a workbook."""
    return text in OWN_HEADERS


def normalise_header(text: str) -> str:
    """Return a header's text as it is matched: compatibility form, lower case, letters, digits and ``#`` only."""
    folded = unicodedata.normalize("NFKC", text[:_LONGEST_HEADER]).casefold()
    return "".join(character for character in folded if character.isalnum() or character == "#")


@cache
def load_names() -> Names:
    """Return the names of ``schemas/columns.json``; a field's own name is always one of its names."""
    content: dict[str, Any] = orjson.loads((find_schemas() / "columns.json").read_bytes())
    strong = {normalise_header(name): name for name in ALL_FIELDS}
    for name, texts in content["fields"].items():
        strong.update({normalise_header(text): name for text in texts})
    weak = {normalise_header(text): name for name, texts in content["weak"].items() for text in texts}
    words = "|".join(map(re.escape, content["layer_words"]))
    first = re.compile(
        rf"\s*(?:{words})[\s_.#:-]*(?P<number>\d{{1,4}})(?:(?=\D)[\s_.#:-]*(?P<name>.*))?", re.IGNORECASE | re.DOTALL
    )
    return Names(MappingProxyType(strong), MappingProxyType(weak), first)


def strip_unit(text: str) -> str:
    """Return a header without a unit or remark in brackets at its end: ``Orientation (hkl)`` is ``Orientation``."""
    return _BRACKETS.sub("", text[:_LONGEST_HEADER])


def match_header(text: str) -> tuple[str | None, bool]:
    """Return the field that a header names, None for no field, and whether it is one of its weak names."""
    names = load_names()
    for key in (normalise_header(text), normalise_header(strip_unit(text))):
        if key in names.strong:
            return names.strong[key], False
        if key in names.weak:
            return names.weak[key], True
    return None, False


def match_element(text: str) -> str | None:
    """Return the element that a header names by its symbol, as in ``Ba`` or ``Ba (at%)``; None for none."""
    symbol = strip_unit(text).strip()
    return symbol if is_element(symbol) else None


def match_group(text: str) -> tuple[int, str] | None:
    """Return number and field of a header that names a field of one layer out of several; None for another.

    ``layer1_composition``, ``L1 formula`` and ``Composition.1`` name the composition of layer 1; ``Layer 1`` alone
    does so too.
    """
    text = strip_unit(text)
    first = load_names().layer_first.fullmatch(text)
    if first is not None:
        name = match_header(first["name"])[0] if first["name"] else "composition_string"
        return None if name is None or name in STACK_FIELDS else (int(first["number"]), name)
    last = _NUMBER_LAST.fullmatch(text)
    if last is not None:
        name = match_header(last["name"])[0]
        return None if name is None or name in STACK_FIELDS else (int(last["number"]), name)
    return None


def suggest_field(text: str) -> str | None:
    """Return the field whose name a header nearly is, None where none is near."""
    key = normalise_header(strip_unit(text))
    if len(key) < _SHORTEST_NEAR:
        return None
    strong = load_names().strong
    # Of a short name everything is near: "T_sub" is a temperature, not nearly "sub".
    long_names = [name for name in strong if len(name) > _SHORTEST_NEAR]
    near = difflib.get_close_matches(key, long_names, n=1, cutoff=_NEAR)
    return strong[near[0]] if near else None


def count_known(texts: Iterable[str]) -> int:
    """Return how many of some texts are names of fields: by it a header is told from titles and data."""
    return sum(match_header(text)[0] is not None or match_group(text) is not None for text in texts)
