"""Chemical formulas of layers: stoichiometric, parametric (solid solutions, open amounts) and doped.

Source of the notation: IUPAC Red Book 2005, IR-4 (formulas) and IR-11 (solid solutions, non-stoichiometry). What is
sent is the user's own text; only white space around it goes, and subscript digits become digits.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from importer.fields.abbreviations import ABBREVIATIONS
from importer.fields.elements import is_element, list_symbols, make_unknown_element
from importer.fields.formula import FormulaError, UnknownElementError, read_formula
from importer.model import Parsed, Problem

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊₍₎", "0123456789-+()")
_ALLOWED_SIGNS = frozenset("·•⋅∙δΔ−–")
_DOPANT = re.compile(r"(?:[A-Z][a-z]?)(?:\s*[,+/&]\s*[A-Z][a-z]?)*")
_DOSE = re.compile(r"\(?\s*[0-9.]{1,12}\s*(?:(?:wt|at|mol)?\.?\s*%|ppm|(?:e|E)[0-9]{1,2}\s*cm-3)\s*\)?")
_CHARGE = re.compile(r"(?:\^?[0-9]?[+]|\^[0-9]?-|[0-9]?[⁺⁻])$")
_MAX_LENGTH = 200


class Kind(StrEnum):
    """How much of the composition a formula fixes."""

    EXACT = "exact"
    PARAMETRIC = "parametric"
    DOPED = "doped"


@dataclass(frozen=True, slots=True)
class Composition:
    """A formula as understood.

    Attributes:
        text: what is sent.
        kind: exact, parametric or doped.
        amounts: element -> amount; of the host for a doped formula, empty for a parametric one.
    """

    text: str
    kind: Kind
    amounts: tuple[tuple[str, float], ...] = ()


def parse_composition(text: str) -> Parsed[Composition]:
    """Return what a formula means, or why it is no chemistry."""
    plain = text.translate(_SUBSCRIPTS)
    notes = []
    if plain != text:
        notes.append(Problem("formula-subscripts", f"{text!r} is read as {plain}."))
    problem = _find_stranger(plain) or _find_abbreviation(plain)
    if problem is not None:
        return Parsed(None, (problem,))
    if len(plain) > _MAX_LENGTH:
        return _refuse(text, "it is too long for one layer")
    if match := _CHARGE.search(plain):
        notes.append(Problem("formula-charged", f"{text!r} carries a charge ({match[0]})."))
    body = _CHARGE.sub("", plain)
    try:
        composition = _read_doped(plain, body) or _read_plain(plain, body)
    except UnknownElementError as error:
        suggestion = suggest_case(body)
        if suggestion is not None:
            message = f"{text!r} reads as a formula only with other upper and lower case."
            return Parsed(None, (Problem("formula-case", message, suggestion),))
        return Parsed(None, (make_unknown_element(error.symbol),))
    except FormulaError as error:
        return _refuse(text, str(error))
    if composition.kind is not Kind.EXACT:
        notes.append(Problem(f"formula-{composition.kind}", f"{text!r} is {composition.kind}; it is sent as text."))
    return Parsed(composition, tuple(notes))


def _refuse(text: str, why: str) -> Parsed[Composition]:
    shown = text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
    return Parsed(None, (Problem("formula-unreadable", f"{shown!r} is not a formula: {why}."),))


def _read_plain(plain: str, body: str) -> Composition:
    formula = read_formula(body)
    if formula.is_open:
        return Composition(plain, Kind.PARAMETRIC)
    return Composition(plain, Kind.EXACT, tuple(formula.amounts.items()))


def _read_doped(plain: str, body: str) -> Composition | None:
    """Read ``Nb:SrTiO3``, ``SrTiO3:Nb(0.5wt%)``, ``GaAs:Si``; None where nothing is set apart by a colon."""
    left, colon, right = body.partition(":")
    if not colon:
        return None
    sides = (left.strip(), right.strip())
    for dopant, host in (sides, sides[::-1]):
        bare = _DOSE.sub("", dopant).strip()
        if _DOPANT.fullmatch(bare) and all(is_element(symbol) for symbol in re.findall(r"[A-Z][a-z]?", bare)):
            formula = read_formula(host)
            return Composition(plain, Kind.DOPED, () if formula.is_open else tuple(formula.amounts.items()))
    raise FormulaError("a colon sets a dopant apart, as in Nb:SrTiO3, and neither side is one")


def _find_stranger(text: str) -> Problem | None:
    """Return the problem of a character that no formula has, named by its code point."""
    for char in text:
        if not char.isascii() and char not in _ALLOWED_SIGNS and char not in "⁺⁻":
            name = unicodedata.name(char, "unnamed")
            message = f"{text!r} holds U+{ord(char):04X} ({name}), which no formula has: type it again by keyboard."
            return Problem("formula-lookalike", message)
        if not char.isprintable():
            return Problem("formula-lookalike", f"{text!r} holds the control character U+{ord(char):04X}.")
    return None


def _find_abbreviation(text: str) -> Problem | None:
    expansion = ABBREVIATIONS.get(text)
    if expansion is None:
        return None
    return Problem("formula-abbreviation", f"{text} is an abbreviation, not a formula; write {expansion}.", expansion)


def suggest_case(text: str) -> str | None:
    """Return the one way to write a formula's letters as elements in the right case, or None if none or several."""
    if not text.isascii() or len(text) > 40 or text != text.lower():  # noqa: PLR2004  # longer ones have many readings
        return None
    readings: list[str] = []
    _spell(text, "", readings)
    shortest = min((sum(char.isupper() for char in reading) for reading in readings), default=0)
    best = [reading for reading in readings if sum(char.isupper() for char in reading) == shortest]
    return best[0] if len(best) == 1 else None


def _spell(rest: str, done: str, readings: list[str]) -> None:
    if not rest:
        readings.append(done)
    elif len(readings) < 64:  # noqa: PLR2004  # so many readings suggest nothing
        if not rest[0].isalpha():
            _spell(rest[1:], done + rest[0], readings)
            return
        for length in (1, 2):
            symbol = rest[:length].capitalize()
            if len(rest) >= length and symbol in list_symbols():
                _spell(rest[length:], done + symbol, readings)
