"""Comparing what was sent with what the server holds: by meaning, not by text.

Whether the server normalises what it stores isn't public (``P 4 m m`` may come back as ``P4mm``), and it may fill in
fields of its own; so only the fields that were sent count.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from importer.contract import LAYER_FIELDS
from importer.layers.elements import parse_element_dict, parse_number
from importer.layers.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CACHE_SIZE = 8_192
ROUNDING = 5e-4
"""Difference between a fraction and one that a server has rounded to three digits."""


def is_same_layer(sent: Mapping[str, object], stored: Mapping[str, object]) -> bool:
    """Tell whether a stored record means the same as what was sent, in every field that was sent."""
    return next(iter_differences(sent, stored), None) is None


def iter_differences(sent: Mapping[str, object], stored: Mapping[str, object]) -> Iterator[tuple[str, object, object]]:
    """Yield field, what was sent and what is stored, for every field that was sent and means something else."""
    for name, value in sent.items():
        theirs = stored.get(name)
        # Nearly all texts come back as they were sent.
        if not (type(value) is str and value == theirs) and not _is_same_value(name, value, theirs):
            yield name, value, theirs


def iter_record_differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[tuple[str, object, object]]:
    """Yield field, what it was and what it is, for every field of a layer that two records tell differently.

    A field that is absent is one that is null.
    """
    for name in LAYER_FIELDS:
        was, now = before.get(name), after.get(name)
        if (was is None) != (now is None) or (was is not None and not _is_same_value(name, was, now)):
            yield name, was, now


def is_same_record(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Tell whether two records mean the same in every field of a layer."""
    return next(iter_record_differences(before, after), None) is None


def describe_differences(sent: Mapping[str, object], stored: Mapping[str, object]) -> str:
    """Return the differences in words, for people."""
    return "; ".join(
        f"{name} is {theirs!r} there but {ours!r} here" for name, ours, theirs in iter_differences(sent, stored)
    )


def _is_same_value(name: str, ours: object, theirs: object) -> bool:
    if isinstance(ours, dict):
        amounts = parse_element_dict(theirs).value if isinstance(theirs, str) else theirs
        return isinstance(amounts, dict) and _is_same_table(ours, amounts)
    if isinstance(ours, str):
        text = _write_number(theirs)
        return text is not None and (ours == text or _find_meaning(name, ours) == _find_meaning(name, text))
    number = _read_amount(theirs)
    return number is not None and ours == number


def _write_number(value: object) -> str | None:
    """Return a text as it is, and a whole number as a text: servers may take a space group or mp_id for a number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _is_same_table(ours: Mapping[str, object], theirs: Mapping[str, object]) -> bool:
    """Compare element tables: an element that one of them leaves out has the amount zero.

    Amounts may be texts, or fractions of the whole on one side and counts on the other.
    """
    one, other = _read_table(ours), _read_table(theirs)
    if one is None or other is None:
        return False
    tolerance = 1e-12
    if _has_fractions(one) != _has_fractions(other):
        one, other = (
            {symbol: amount / sum(table.values()) for symbol, amount in table.items()} for table in (one, other)
        )
        tolerance = ROUNDING
    return all(
        math.isclose(one.get(symbol, 0), other.get(symbol, 0), rel_tol=1e-9, abs_tol=tolerance)
        for symbol in {*one, *other}
    )


def _read_table(table: Mapping[str, object]) -> dict[str, float] | None:
    amounts = {symbol: _read_amount(amount) for symbol, amount in table.items()}
    read = {symbol: amount for symbol, amount in amounts.items() if amount is not None}
    return read if len(read) == len(amounts) and math.isfinite(sum(read.values())) else None


def _has_fractions(table: Mapping[str, float]) -> bool:
    """Tell whether amounts are fractions of the whole: they add up to one, and aren't one atom alone."""
    return math.isclose(sum(table.values()), 1, abs_tol=ROUNDING * len(table)) and any(
        amount % 1 for amount in table.values()
    )


def _read_amount(value: object) -> int | float | None:
    """Return a number that is written as a number, or as a text: ``3``, ``0.6``, ``3/5``."""
    if isinstance(value, str):
        above, slash, below = value.strip().partition("/")
        number, divisor = parse_number(above.strip()), parse_number(below.strip()) if slash else 1
        if number is None or not divisor:
            return None
        return number / divisor if slash else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


@lru_cache(maxsize=CACHE_SIZE)
def _find_meaning(name: str, text: str) -> object:
    """Return what makes two texts of a field mean the same; the text itself where it can't be read."""
    return FIELDS[name].find_meaning(text.strip()) if name in FIELDS else text.strip()
