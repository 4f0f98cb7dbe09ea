"""Which element symbols there are, and how much of each a table or formula names."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from typing import TYPE_CHECKING

from periodictable import elements

from importer.issues import Code, Fix, Parsed, Problem
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_PAIR = re.compile(r"\s*\"?([^\s:=\",;]+)\"?\s*[:=]\s*\"?([^\s:=\",;]+)\"?\s*")
_BETWEEN = re.compile(r"\s*[,;\n]\s*|(?<=[0-9])\s+(?=[A-Za-z])")
_MAX_LENGTH = 4_000
RATIO_TOLERANCE = 0.02
"""Relative difference up to which two amounts count as the same ratio: compositions are known to a percent or two."""

Amounts = dict[str, int | float]


@cache
def list_symbols() -> frozenset[str]:
    """Return the symbols of all known elements; deuterium (D) counts, the neutron and tritium (T) don't.

    Source: IUPAC Red Book 2005, IR-3.1 and IR-3.3.2. A T in a table of layers is far more often a slip (PT, BTO).
    """
    return frozenset(element.symbol for element in elements if element.number > 0) | {"D"}


def is_element(symbol: str) -> bool:
    """Tell whether a text is the symbol of an element, in its one right case."""
    return symbol in list_symbols()


@cache
def is_isotope(symbol: str, mass: int) -> bool:
    """Tell whether there is a nuclide of an element with a mass number. Source: the table of periodictable (NIST)."""
    return is_element(symbol) and symbol != "D" and mass in elements.symbol(symbol).isotopes


def share_atoms(weights: Mapping[str, int | float]) -> dict[str, float]:
    """Return atomic per cent of amounts by weight, by the standard atomic masses of periodictable (IUPAC)."""
    atoms = {symbol: weight / elements.symbol(symbol).mass for symbol, weight in weights.items()}
    total = sum(atoms.values())
    return {symbol: 100 * amount / total for symbol, amount in atoms.items()}


def parse_number(text: str) -> int | float | None:
    """Return a plain decimal number, an ``int`` where it is written as one, or None.

    Python's ``float`` isn't used to judge, for it takes ``1_000``, ``nan`` and digits of other scripts.
    """
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text) if _WHOLE.fullmatch(text) else float(text)
    return number if math.isfinite(number) else None


ELEMENT_DICT_MALFORMED = Code(
    "element-dict-malformed",
    Severity.ERROR,
    "The element amounts can't be read.",
    'Write {"Ba": 1, "Ti": 1, "O": 3} or Ba:1, Ti:1, O:3.',
    "Ba=one",
    fix=Fix.SURE,
)

ELEMENT_AMOUNT = Code(
    "element-amount",
    Severity.ERROR,
    "An element amount isn't a number from zero up, or all amounts are zero.",
    "Write plain numbers, with at least one above zero.",
    "Ba:-1, O:3",
)


def parse_element_dict(text: str) -> Parsed[Amounts]:
    """Return element -> count or fraction, from a JSON or Python object or from pairs such as ``Ba:1, Ti:1, O:3``.

    Symbols must be elements; amounts plain, finite, not negative, and not all zero (the API page: count or fraction).
    """
    pairs = _read_pairs(text) if len(text) <= _MAX_LENGTH else None
    if not pairs:
        message = f"{text[:60]!r} can't be read as element amounts."
        with_points = re.sub(r"(?<=[0-9]),(?=[0-9])", ".", text) if ";" in text else text
        meant = with_points if with_points != text and _read_pairs(with_points[:_MAX_LENGTH]) else None
        return Parsed(None, (Problem(ELEMENT_DICT_MALFORMED, message, meant),))
    problems: list[Problem] = []
    amounts: Amounts = {}
    for symbol, amount in pairs:
        number = parse_number(amount)
        if not is_element(symbol):
            problems.append(make_unknown_element(symbol))
        if symbol in amounts:
            problems.append(Problem(ELEMENT_DICT_MALFORMED, f"{symbol} is in the element amounts twice."))
        if number is None or number < 0:
            message = f"The amount of {symbol}, {amount!r}, isn't a number from zero up."
            problems.append(Problem(ELEMENT_AMOUNT, message))
            continue
        amounts[symbol] = number
    if not problems and not any(amounts.values()):
        problems.append(Problem(ELEMENT_AMOUNT, "All element amounts are zero."))
    return Parsed(None if problems else amounts, tuple(problems))


UNKNOWN_ELEMENT = Code(
    "unknown-element",
    Severity.ERROR,
    "A formula or the element amounts name an element that doesn't exist.",
    "Correct the symbol. Capitals matter: Co is cobalt, CO is carbon and oxygen.",
    "Xx2O3",
)


def make_unknown_element(symbol: str) -> Problem:
    """Return the problem of a symbol that no element has, with the other case as suggestion where that is one."""
    other = symbol[:1].upper() + symbol[1:].lower()
    suggestion = other if other != symbol and is_element(other) else None
    return Problem(UNKNOWN_ELEMENT, f"There is no element {symbol!r}.", suggestion)


def find_other_ratio(first: Amounts, second: Amounts) -> tuple[str, float, float] | None:
    """Return the element whose shares of two tables differ most, with both shares (0 to 1); None where none differ."""
    return find_other_share(list_shares(first), list_shares(second))


def find_other_share(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[str, float, float] | None:
    """Return the element whose shares differ most, with both; None where they are the same within `RATIO_TOLERANCE`."""
    if are_same_shares(one, other):
        return None
    pairs = [(symbol, one.get(symbol, 0.0), other.get(symbol, 0.0)) for symbol in {**one, **other}]
    differing = [pair for pair in pairs if not _is_close(pair[1], pair[2])]
    return max(differing, key=lambda pair: abs(pair[1] - pair[2]), default=None)


def list_shares(table: Mapping[str, int | float]) -> dict[str, float]:
    """Return element -> share of all atoms (0 to 1), without zeros.

    Deuterium is hydrogen (IUPAC Red Book 2005, IR-3.3.2).
    """
    total = sum(table.values()) or 1
    shares: dict[str, float] = {}
    for symbol, amount in table.items():
        name = "H" if symbol == "D" else symbol
        if amount:
            shares[name] = shares.get(name, 0.0) + amount / total
    return shares


def are_same_shares(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Tell whether two tables of shares are the same, within `RATIO_TOLERANCE`."""
    return one.keys() == other.keys() and all(_is_close(share, other[symbol]) for symbol, share in one.items())


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=RATIO_TOLERANCE)


def _read_pairs(text: str) -> list[tuple[str, str]] | None:
    bare = re.fullmatch(r"\{([^{}\"]*)\}", text)
    if bare and bare[1].strip():
        # as Python writes it, and as people do
        text = bare[1].replace("'", "")
    elif text.startswith("{"):
        try:
            found = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, _Pairs) or not all(isinstance(amount, str) for _, amount in found):
            return None
        return list(found)
    matches = [_PAIR.fullmatch(part) for part in _BETWEEN.split(text.strip().rstrip(",;"))]
    pairs = [(match[1], match[2]) for match in matches if match is not None]
    return pairs if len(pairs) == len(matches) else None


class _Pairs(list[tuple[str, str]]):
    """The members of a JSON object, duplicates kept, told apart from an array."""
