"""Why a text is no formula, as precisely as it can be told, and what was probably meant."""

from __future__ import annotations

import re
from dataclasses import replace

from importer.issues import Code, Fix, Problem
from importer.layers.composition.doubts import find_doubt
from importer.layers.composition.grammar import FormulaError, LeadingZeroError, UnknownElementError
from importer.layers.composition.marks import has_subscript_clash
from importer.layers.composition.plain_formulas import read_plain
from importer.layers.composition.reading import Kind, read_composition
from importer.layers.composition.site_sums import suggest_letter_o
from importer.layers.composition.slips import (
    FORMULA_ABBREVIATION,
    FORMULA_LOOKALIKE,
    FORMULA_UNREADABLE,
    find_abbreviation,
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

MAX_LENGTH = 200
"""Characters of a formula at the most."""
_NOUGHT = re.compile(r"(?<=[A-Za-z)\]])0(?=[0-9])")
_SPACES = re.compile(r"\s{2,}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9:()_/-]{1,30}(?: [A-Za-z0-9:()_/-]{1,30}){0,2}")
"""What may be a name: one to three words."""
_UNSOUND = (has_remark_behind, has_dot_before_water, has_oxidation_number, split_at_space, has_number_behind_space)
"""What speaks against a text that reads as a formula."""

FORMULA_CASE = Code(
    "formula-case",
    Severity.ERROR,
    "The formula has the wrong capitals.",
    "Start each element symbol with a capital letter.",
    "batio3",
    fix=Fix.SURE,
)


def find_slip(text: str, plain: str) -> Problem | None:
    """Return what is wrong with a text by its look, with what was probably meant."""
    problem = find_placeholder(plain) or find_stranger(plain) or find_abbreviation(plain)
    if problem is None and has_remark_behind(plain):
        problem = Problem(FORMULA_UNREADABLE, f"{text!r} holds more than the formula.")
    if problem is None and (parts := split_at_space(plain)):
        meant = f"{parts[1]}:{parts[0]}" if is_element(parts[1]) else None
        why = "a space separates it into two formulas; write a dopant after a colon, and give each layer its own row"
        return make_unreadable(text, why, meant if meant and _is_sound(meant) else None)
    if problem is None and has_number_behind_space(plain):
        why = "a number after a space would name a nuclide; write water of hydration as in CuSO4·5H2O"
        problem = make_unreadable(text, why)
    if problem is None and has_oxidation_number(plain):
        problem = make_unreadable(text, "it contains an oxidation number; leave that out")
    if problem is None and has_dot_before_water(plain):
        message = (
            f"{text!r} has a full stop before its water, which would be a decimal point. Write the centred dot (·)."
        )
        problem = Problem(FORMULA_UNREADABLE, message)
    if problem is None and (meant := suggest_letter_o(plain)) and _is_sound(meant):
        return Problem(FORMULA_LOOKALIKE, f"{text!r} has a zero where the letter O was probably meant.", meant)
    if problem is None and has_subscript_clash(text):
        return make_unreadable(text, "a subscript digit is next to a plain one; write the count in one way")
    if problem is None or problem.kind is FORMULA_ABBREVIATION:
        return problem
    if problem.suggestion is not None:
        return problem if _is_sound(problem.suggestion) else replace(problem, suggestion=_suggest_further(problem))
    return replace(problem, suggestion=suggest_formula(plain, _is_sound))


def _suggest_further(problem: Problem) -> str | None:
    """Return what was meant by a suggestion that has a slip of its own: the second of ``a-IGZO``, ``n-Si(111)``."""
    meant = problem.suggestion or ""
    second = find_abbreviation(meant)
    return second.suggestion if second else suggest_formula(meant, _is_sound)


def explain(text: str, plain: str, error: FormulaError) -> Problem:
    """Return why a text is no formula, as precisely as it can be told, with what was probably meant."""
    plain = _SPACES.sub(" ", plain)
    if isinstance(error, LeadingZeroError) and _is_sound(with_o := _NOUGHT.sub("O", plain)):
        message = f"{text!r} has an amount that starts with the digit 0. The letter O was probably meant."
        return Problem(FORMULA_LOOKALIKE, message, with_o)
    if problem := _explain_letters(text, plain):
        return problem
    if names_several(plain, _is_sound):
        return make_unreadable(text, "it names several materials; give each layer its own row")
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
    problem = make_unreadable(text, why, meant)
    return problem if meant else replace(problem, message=problem.message + _hint(text))


def _hint(text: str) -> str:
    """Return how a text that may be a name is listed, nothing for another text."""
    said = f" If it's the name of a material, list it in the mapping file or settings file: names: [{text}]."
    return said if _WORD.fullmatch(text) else ""


def _explain_letters(text: str, plain: str) -> Problem | None:
    """Return what is wrong with letters that are no elements, where other letters were meant."""
    if (meant := suggest_case(plain)) and _is_sound(meant):
        return Problem(FORMULA_CASE, f"{text!r} has the wrong capitals for a formula.", meant)
    if len(found := [other for other in iter_other_cases(plain) if read_plain(other) is not None]) == 1:
        return Problem(FORMULA_CASE, f"{text!r} has the wrong capitals for a formula.", found[0])
    if (meant := expand_organic(plain)) and _is_sound(meant):
        return Problem(FORMULA_ABBREVIATION, f"{text!r} contains abbreviations of organic cations.", meant)
    return None


def make_unreadable(text: str, why: str, suggestion: str | None = None) -> Problem:
    """Return that a text is no formula, with the reason."""
    shown = text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"
    return Problem(FORMULA_UNREADABLE, f"{shown!r} isn't a formula: {why}.", suggestion)


def _is_sound(text: str) -> bool:
    """Tell whether a text would pass as it stands."""
    if len(text) > MAX_LENGTH or find_placeholder(text) or find_stranger(text) or find_abbreviation(text):
        return False
    if any(check(text) for check in _UNSOUND):
        return False
    try:
        reading = read_composition(text)
    except FormulaError:
        return False
    return reading.kind is not Kind.EXACT or find_doubt(text) is None
