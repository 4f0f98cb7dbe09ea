"""Comparing what was sent with what the server holds: by meaning, not by text.

Whether the server normalises what it stores isn't public (``P 4 m m`` may come back as ``P4mm``), and it may fill in
fields of its own; so only the fields that were sent count.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from importer.layers.composition import parse_composition
from importer.layers.orientation import parse_orientation
from importer.layers.space_group import find_setting, parse_space_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CACHE_SIZE = 8_192


def is_same_layer(sent: Mapping[str, object], stored: Mapping[str, object]) -> bool:
    """Tell whether a stored record means the same as what was sent, in every field that was sent."""
    return next(iter_differences(sent, stored), None) is None


def iter_differences(sent: Mapping[str, object], stored: Mapping[str, object]) -> Iterator[tuple[str, object, object]]:
    """Yield field, what was sent and what is stored, for every field that was sent and means something else."""
    for name, value in sent.items():
        if not _is_same_value(name, value, stored.get(name)):
            yield name, value, stored.get(name)


def describe_differences(sent: Mapping[str, object], stored: Mapping[str, object]) -> str:
    """Return the differences in words, for people."""
    return "; ".join(
        f"{name} is {theirs!r} there, {ours!r} here" for name, ours, theirs in iter_differences(sent, stored)
    )


def _is_same_value(name: str, ours: object, theirs: object) -> bool:
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and _is_same_table(ours, theirs)
    if isinstance(ours, str):
        return isinstance(theirs, str) and (ours == theirs or _find_meaning(name, ours) == _find_meaning(name, theirs))
    if isinstance(theirs, bool) or not isinstance(theirs, int | float):
        return False
    return ours == theirs


def _is_same_table(ours: Mapping[str, object], theirs: Mapping[str, object]) -> bool:
    """Compare element tables: an element that one of them leaves out has the amount zero."""
    for symbol in {*ours, *theirs}:
        one, other = ours.get(symbol, 0), theirs.get(symbol, 0)
        if not isinstance(one, int | float) or not isinstance(other, int | float):
            return False
        if not math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12):
            return False
    return True


@lru_cache(maxsize=CACHE_SIZE)
def _find_meaning(name: str, text: str) -> object:
    """Return what makes two texts of a field mean the same; the text itself where it can't be read."""
    stripped = text.strip()
    if name == "space_group":
        symbol = parse_space_group(stripped).value
        return stripped if symbol is None else find_setting(symbol)
    if name == "orientation":
        orientation = parse_orientation(stripped).value
        return stripped if orientation is None else orientation.text
    if name == "composition_string":
        composition = parse_composition(stripped).value
        return stripped if composition is None else composition.text.replace(" ", "")
    return stripped
