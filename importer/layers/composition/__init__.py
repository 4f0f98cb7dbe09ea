"""Chemical formulas of layers: stoichiometric, parametric (solid solutions, open amounts) and doped.

Source of the notation: IUPAC Red Book 2005, IR-4 (formulas, IR-4.5 nuclides) and IR-11 (solid solutions, vacancies,
non-stoichiometry). What is sent is the user's own text; only white space around it goes, and subscripts (as
characters, ``_3``, ``_{1-x}``, ``$_3$``, ``<sub>3</sub>``) become plain characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from importer.issues import Code, Fix, Parsed, Problem
from importer.layers.composition.doubts import find_doubt
from importer.layers.composition.grammar import FormulaError, LeadingZeroError, UnknownElementError
from importer.layers.composition.marks import has_subscript_clash, lower_subscripts
from importer.layers.composition.named import is_named, make_named
from importer.layers.composition.plain_formulas import read_plain
from importer.layers.composition.reading import Kind, Reading, read_composition
from importer.layers.composition.site_sums import WHOLE_SITE, iter_site_sums, suggest_letter_o
from importer.layers.composition.slips import (
    FORMULA_ABBREVIATION,
    FORMULA_LOOKALIKE,
    FORMULA_UNREADABLE,
    find_abbreviation,
    find_capitals,
    find_placeholder,
    find_stranger,
    iter_other_cases,
    suggest_case,
)
from importer.layers.composition.suggest import (
    expand_organic,
    has_dot_before_water,
    has_number_behind_space,
    has_oxidation_number,
    has_remark_behind,
    names_several,
    split_at_space,
    suggest_formula,
    suggest_solution,
)
from importer.layers.elements import is_element, make_unknown_element
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Composition",
    "Kind",
    "find_amounts",
    "find_meaning",
    "parse_composition",
    "parse_with_care",
    "take_name",
]

_NOUGHT = re.compile(r"(?<=[A-Za-z)\]])0(?=[0-9])")
_SPACES = re.compile(r"\s{2,}")
_AMOUNTS_ALONE = re.compile(r"[A-Z][A-Za-z0-9.() ]*")
"""A formula whose amounts are all that it says: no charge, no isotope, no water of crystallisation."""
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9:()_/-]{1,30}(?: [A-Za-z0-9:()_/-]{1,30}){0,2}")
"""What may be a name: one to three words."""
_UNSOUND = (has_remark_behind, has_dot_before_water, has_oxidation_number, split_at_space, has_number_behind_space)
"""What speaks against a text that reads as a formula."""
_MAX_LENGTH = 200
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Composition:
    """A formula as understood.

    Attributes:
        text: what is sent.
        kind: exact, parametric, doped, or a name.
        amounts: element -> amount; of the host for a doped formula, empty for a parametric one and a name.
    """

    text: str
    kind: Kind
    amounts: tuple[tuple[str, float], ...] = ()


def parse_composition(text: str) -> Parsed[Composition]:
    """Return what a formula means, or why it is no chemistry."""
    amounts = read_plain(text)
    if amounts is None:
        return parse_with_care(text)
    has_sites = "." in text or "(" in text or sum(amounts.values()) >= WHOLE_SITE
    notes = tuple(iter_site_sums(text)) if has_sites else ()
    return Parsed(Composition(text, Kind.EXACT, tuple(amounts.items())), notes)


def parse_with_care(text: str) -> Parsed[Composition]:
    """Return what `parse_composition` does, whatever the text, at twenty times the cost for a plain formula."""
    plain = lower_subscripts(text)
    if len(plain) > _MAX_LENGTH:
        return Parsed(None, (_make_unreadable(text, "it is too long for one layer"),))
    if is_named(plain):
        return take_name(plain)
    if problem := _find_slip(text, plain):
        return Parsed(None, (problem,))
    try:
        reading = read_composition(plain)
    except FormulaError as error:
        return Parsed(None, (_explain(text, plain, error),))
    if reading.kind is Kind.EXACT and (doubt := find_doubt(plain)):
        return Parsed(Composition(plain, Kind.PARAMETRIC), (doubt,))
    amounts = tuple(reading.amounts.items()) if reading.kind is not Kind.PARAMETRIC else ()
    return Parsed(Composition(plain, reading.kind, amounts), tuple(_iter_notes(text, plain, reading)))


def take_name(text: str) -> Parsed[Composition]:
    """Return a material's name as it is sent: as text, with a warning."""
    return Parsed(Composition(text, Kind.NAMED), (make_named(text),))


def find_amounts(parsed: Parsed[Composition]) -> dict[str, int | float] | None:
    """Return element -> amount of an exact formula, whole amounts as integers.

    None where it isn't exact, or where other amounts were probably meant (``HFO2``, ``In20Ga80As``).
    """
    composition = parsed.value
    if composition is None or composition.kind is not Kind.EXACT:
        return None
    if any(problem.suggestion is not None for problem in parsed.problems):
        return None
    rounded = {symbol: round(amount, _DIGITS) for symbol, amount in composition.amounts}
    return {symbol: int(amount) if amount.is_integer() else amount for symbol, amount in rounded.items()}


def find_meaning(text: str) -> object:
    """Return the amounts of a formula that says nothing else, in whatever order; its text without blanks otherwise."""
    composition = parse_composition(text).value
    if composition is None:
        return text
    if composition.kind is Kind.EXACT and _AMOUNTS_ALONE.fullmatch(composition.text):
        return frozenset((symbol, round(amount, 9)) for symbol, amount in composition.amounts)
    return composition.text.replace(" ", "")


def _find_slip(text: str, plain: str) -> Problem | None:
    """Return what is wrong with a text by its look, with what was probably meant."""
    problem = find_placeholder(plain) or find_stranger(plain) or find_abbreviation(plain)
    if problem is None and has_remark_behind(plain):
        problem = Problem(FORMULA_UNREADABLE, f"{text!r} holds more than the formula.")
    if problem is None and (parts := split_at_space(plain)):
        meant = f"{parts[1]}:{parts[0]}" if is_element(parts[1]) else None
        why = "a space separates it into two formulas; write a dopant after a colon, and give each layer its own row"
        return _make_unreadable(text, why, meant if meant and _is_sound(meant) else None)
    if problem is None and has_number_behind_space(plain):
        why = "a number after a space would name a nuclide; write water of hydration as in CuSO4·5H2O"
        problem = _make_unreadable(text, why)
    if problem is None and has_oxidation_number(plain):
        problem = _make_unreadable(text, "it contains an oxidation number; leave that out")
    if problem is None and has_dot_before_water(plain):
        message = (
            f"{text!r} has a full stop before its water, which would be a decimal point. Write the centred dot (·)."
        )
        problem = Problem(FORMULA_UNREADABLE, message)
    if problem is None and (meant := suggest_letter_o(plain)) and _is_sound(meant):
        return Problem(FORMULA_LOOKALIKE, f"{text!r} has a zero where the letter O was probably meant.", meant)
    if problem is None and has_subscript_clash(text):
        return _make_unreadable(text, "a subscript digit is next to a plain one; write the count in one way")
    if problem is None or problem.kind is FORMULA_ABBREVIATION:
        return problem
    if problem.suggestion is not None:
        return problem if _is_sound(problem.suggestion) else replace(problem, suggestion=_suggest_further(problem))
    return replace(problem, suggestion=suggest_formula(plain, _is_sound))


FORMULA_SUBSCRIPTS = Code(
    "formula-subscripts",
    Severity.NOTE,
    "Subscripts in a formula were read as plain digits.",
    "",
    "BaTiO₃",
)

FORMULA_CHARGED = Code(
    "formula-charged",
    Severity.WARNING,
    "The formula carries a charge, which a layer doesn't have.",
    "Leave the charge out, or check the number before it.",
    "Ti4+",
)

FORMULA_ISOTOPE = Code(
    "formula-isotope",
    Severity.NOTE,
    "The formula names an isotope, but the API only knows elements.",
    "",
    "D2O",
)

FORMULA_PARAMETRIC = Code(
    "formula-parametric",
    Severity.NOTE,
    "The formula leaves an amount or a site open. It will be sent as text.",
    "Write numbers if you know the composition.",
    "La1-xSrxMnO3",
)

FORMULA_DOPED = Code(
    "formula-doped",
    Severity.NOTE,
    "The formula names a dopant with its host. It will be sent as text.",
    "",
    "Nb:SrTiO3",
)


_OPEN = {
    Kind.PARAMETRIC: (FORMULA_PARAMETRIC, "an amount or a site is left open"),
    Kind.DOPED: (FORMULA_DOPED, "a dopant and its host"),
}


def _suggest_further(problem: Problem) -> str | None:
    """Return what was meant by a suggestion that has a slip of its own: the second of ``a-IGZO``, ``n-Si(111)``."""
    meant = problem.suggestion or ""
    second = find_abbreviation(meant)
    return second.suggestion if second else suggest_formula(meant, _is_sound)


def _iter_notes(text: str, plain: str, reading: Reading) -> Iterator[Problem]:
    if plain != text:
        yield Problem(FORMULA_SUBSCRIPTS, f"{text!r} is read as {plain}.")
    if reading.charge:
        told = f"{text!r} has a charge ({reading.charge}). The atoms are read as {reading.body}."
        if reading.kind is Kind.DOPED:
            told = f"{text!r} gives its dopant a charge ({reading.charge}). The host is read as {reading.body}."
        yield Problem(FORMULA_CHARGED, told)
    if reading.isotopes:
        yield Problem(FORMULA_ISOTOPE, f"{text!r} names isotopes: {', '.join(dict.fromkeys(reading.isotopes))}.")
    if reading.kind is not Kind.EXACT:
        code, what = _OPEN[reading.kind]
        yield Problem(code, f"{text!r} is {reading.kind} ({what}). It will be sent as text.")
    if {*reading.isotopes} <= {"D"} and (capitals := find_capitals(plain)):
        yield capitals
    yield from iter_site_sums(reading.body)


def _explain(text: str, plain: str, error: FormulaError) -> Problem:
    """Return why a text is no formula, as precisely as it can be told, with what was probably meant."""
    plain = _SPACES.sub(" ", plain)
    if isinstance(error, LeadingZeroError) and _is_sound(with_o := _NOUGHT.sub("O", plain)):
        message = f"{text!r} has an amount that starts with the digit 0. The letter O was probably meant."
        return Problem(FORMULA_LOOKALIKE, message, with_o)
    if problem := _explain_letters(text, plain):
        return problem
    if names_several(plain, _is_sound):
        return _make_unreadable(text, "it names several materials; give each layer its own row")
    why, meant = str(error), suggest_formula(plain, _is_sound)
    if meant and meant in plain:
        why = "it contains more than the formula"
    elif not meant and (meant := suggest_solution(plain, _is_sound)):
        why = (
            "two formulas are joined without amounts; write the amounts of a solid solution, or give each "
            "layer its own row"
        )
    elif not meant and isinstance(error, UnknownElementError):
        problem = make_unknown_element(error.symbol)
        if error.symbol == plain and problem.suggestion:
            return problem
        return Problem(problem.kind, f"{text!r} isn't a formula: there is no element {error.symbol!r}.{_hint(text)}")
    problem = _make_unreadable(text, why, meant)
    return problem if meant else replace(problem, message=problem.message + _hint(text))


def _hint(text: str) -> str:
    """Return how a text that may be a name is listed, nothing for another text."""
    said = f" If it's the name of a material, list it in the mapping file or settings file: names: [{text}]."
    return said if _WORD.fullmatch(text) else ""


FORMULA_CASE = Code(
    "formula-case",
    Severity.ERROR,
    "The formula has the wrong capitals.",
    "Start each element symbol with a capital letter.",
    "batio3",
    fix=Fix.SURE,
)


def _explain_letters(text: str, plain: str) -> Problem | None:
    """Return what is wrong with letters that are no elements, where other letters were meant."""
    if (meant := suggest_case(plain)) and _is_sound(meant):
        return Problem(FORMULA_CASE, f"{text!r} has the wrong capitals for a formula.", meant)
    if len(found := [other for other in iter_other_cases(plain) if read_plain(other) is not None]) == 1:
        return Problem(FORMULA_CASE, f"{text!r} has the wrong capitals for a formula.", found[0])
    if (meant := expand_organic(plain)) and _is_sound(meant):
        return Problem(FORMULA_ABBREVIATION, f"{text!r} contains abbreviations of organic cations.", meant)
    return None


def _make_unreadable(text: str, why: str, suggestion: str | None = None) -> Problem:
    shown = text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
    return Problem(FORMULA_UNREADABLE, f"{shown!r} isn't a formula: {why}.", suggestion)


def _is_sound(text: str) -> bool:
    """Tell whether a text would pass as it stands."""
    if len(text) > _MAX_LENGTH or find_placeholder(text) or find_stranger(text) or find_abbreviation(text):
        return False
    if any(check(text) for check in _UNSOUND):
        return False
    try:
        reading = read_composition(text)
    except FormulaError:
        return False
    return reading.kind is not Kind.EXACT or find_doubt(text) is None
