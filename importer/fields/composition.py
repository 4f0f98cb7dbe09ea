"""Chemical formulas of layers: stoichiometric, parametric (solid solutions, open amounts) and doped.

Source of the notation: IUPAC Red Book 2005, IR-4 (formulas, IR-4.5 nuclides) and IR-11 (solid solutions,
non-stoichiometry). What is sent is the user's own text; only white space around it goes, and subscript digits (as
characters, ``_3``, ``$_{3}$``, ``<sub>3</sub>``) become digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from importer.fields.elements import is_element, make_unknown_element
from importer.fields.formula import Formula, FormulaError, LeadingZeroError, UnknownElementError, read_formula
from importer.fields.formula_slips import (
    find_abbreviation,
    find_placeholder,
    find_stranger,
    suggest_case,
    suggest_without_remark,
)
from importer.model import Parsed, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊₍₎", "0123456789-+()")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_DOPANT = re.compile(r"[A-Z][a-z]?(?:[0-9]?\.[0-9]{1,6})?(?:\s*[,+/&]\s*[A-Z][a-z]?(?:[0-9]?\.[0-9]{1,6})?)*")
_DOSE = re.compile(r"\(?\s*[0-9.]{1,12}\s*(?:(?:wt|at|mol)?\.?\s*%|ppm|(?:e|E)[0-9]{1,2}\s*cm-3)\s*\)?")
_CHARGE_SET_APART = re.compile(r"\s*\^\{?[1-9]?[+\-−]\}?$|[⁰¹²³⁴⁵⁶⁷⁸⁹]?[⁺⁻]$")
_CHARGE_BEHIND = re.compile(r"(?<=[)\]}])[1-9]?[+-]$")
_CHARGED_ATOM = re.compile(r"([A-Z][a-z]?)([1-9]?[+-])")
_SIGN_BEHIND = re.compile(r"[+-]$")
_VALUE_GIVEN = re.compile(r"\s*[,;]?\s*\(?\s*(?:[xyzδ]|delta)\s*(?:=|~|≈)\s*[0-9]{0,3}(?:\.[0-9]{1,6})?\s*%?\s*\)?$")
_DOT_HYDRATE = re.compile(r"(?<=[0-9A-Za-z)\]])\.([0-9]{0,2})H2O$")
_PART = r"(?:[0-9]{0,3}\.?[0-9]{1,4}|[xy]|\(1-[xy]\))"
_SOLUTION = re.compile(rf"(?:{_PART})\s*\(?\[?[A-Z].*")
_SOLUTION_SIGN = re.compile(rf"\s*[-−–+]\s*(?={_PART}\s*[A-Z(\[])")
_SITE = re.compile(r"(?:[A-Z][a-z]?[0-9]?\.[0-9]{1,6}){2,8}")
_SITE_ATOM = re.compile(r"([A-Z][a-z]?)([0-9]?\.[0-9]{1,6})")
_ANIONS = frozenset({"N", "O", "F", "P", "S", "Cl", "As", "Se", "Br", "Sb", "Te", "I", "H", "C", "B"})
SITE_SLACK = 0.05
"""How far from a whole number the amounts on a site may add up to be taken for a slip rather than for vacancies."""
_MAX_LENGTH = 200
_ROUNDING = 1e-6
_DIGITS = 10


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
    plain = lower_subscripts(text)
    if len(plain) > _MAX_LENGTH:
        return _refuse(text, "it is too long for one layer")
    problem = find_placeholder(plain) or find_stranger(plain) or find_abbreviation(plain) or _find_dot_hydrate(plain)
    if problem is not None:
        return Parsed(None, (problem,))
    body, charge = _split_charge(_VALUE_GIVEN.sub("", plain))
    try:
        composition, isotopes = _read_doped(plain, body) or _read_plain(plain, body)
    except LeadingZeroError:
        message = f"{text!r} has an amount that begins with the digit 0: the letter O was probably meant."
        return Parsed(None, (Problem("formula-lookalike", message, re.sub(r"(?<=[A-Za-z)\]])0(?=[0-9])", "O", plain)),))
    except UnknownElementError as error:
        return Parsed(None, (_explain_unknown(text, body, error),))
    except FormulaError as error:
        return _refuse(text, str(error), suggest_without_remark(body, _is_readable))
    notes = []
    if plain != text:
        notes.append(Problem("formula-subscripts", f"{text!r} is read as {plain}."))
    if charge:
        notes.append(Problem("formula-charged", f"{text!r} carries a charge ({charge}); the atoms are read as {body}."))
    if isotopes:
        notes.append(Problem("formula-isotope", f"{text!r} names nuclides: {', '.join(dict.fromkeys(isotopes))}."))
    if composition.kind is not Kind.EXACT:
        notes.append(Problem(f"formula-{composition.kind}", f"{text!r} is {composition.kind}; it is sent as text."))
    return Parsed(composition, (*notes, *iter_site_sums(body)))


def find_amounts(text: str) -> dict[str, int | float] | None:
    """Return element -> amount of an exact formula, whole amounts as integers; None where it isn't exact."""
    composition = parse_composition(text).value
    if composition is None or composition.kind is not Kind.EXACT:
        return None
    rounded = {symbol: round(amount, _DIGITS) for symbol, amount in composition.amounts}
    return {symbol: int(amount) if amount.is_integer() else amount for symbol, amount in rounded.items()}


def lower_subscripts(text: str) -> str:
    """Return a formula with subscript digits as digits: as characters, in LaTeX, in HTML."""
    plain = text.translate(_SUBSCRIPTS)
    plain = re.sub(r"(?i)<sub>([^<>]*)</sub>", r"\1", plain)
    return re.sub(r"\$?_(?:\{([^{}$]*)\}|([0-9]))\$?", lambda match: match[1] or match[2] or "", plain)


def iter_site_sums(body: str) -> Iterator[Problem]:
    """Yield the sites whose amounts miss a whole number by a little, as In0.53Ga0.48As does.

    A site is a run of neighbours with decimal amounts, cations and anions apart. Equal amounts may be rounded (three
    times 0.33). Source: IUPAC Red Book 2005, IR-11.3.2: atoms that share a site add up to its occupancy.
    """
    for run in _SITE.findall(body):
        for is_anion in (False, True):
            atoms = [(s, a) for s, a in _SITE_ATOM.findall(run) if (s in _ANIONS) is is_anion]
            total = sum(float(amount) for _, amount in atoms)
            slack = SITE_SLACK if len({amount for _, amount in atoms}) > 1 else 0
            if len(atoms) > 1 and _ROUNDING < abs(total - round(total)) <= slack:
                named = " and ".join(symbol + amount for symbol, amount in atoms)
                message = f"{named} share a site and add up to {total:g}, not {round(total)}: check the amounts."
                yield Problem("formula-site-sum", message)


def _refuse(text: str, why: str, suggestion: str | None = None) -> Parsed[Composition]:
    shown = text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
    return Parsed(None, (Problem("formula-unreadable", f"{shown!r} is not a formula: {why}.", suggestion),))


def _explain_unknown(text: str, body: str, error: UnknownElementError) -> Problem:
    suggestion = suggest_case(body)
    if suggestion is not None:
        return Problem("formula-case", f"{text!r} reads as a formula only with other upper and lower case.", suggestion)
    suggestion = suggest_without_remark(body, _is_readable)
    if suggestion is not None:
        message = f"{text!r} holds more than the formula: give the formula alone."
        return Problem("formula-unreadable", message, suggestion)
    return make_unknown_element(error.symbol)


def _is_readable(text: str) -> bool:
    """Tell whether a text is a formula as it stands, doped ones included."""
    try:
        return bool(_read_doped(text, text) or _read_plain(text, text))
    except FormulaError:
        return False


def _find_dot_hydrate(plain: str) -> Problem | None:
    match = _DOT_HYDRATE.search(plain)
    if match is None:
        return None
    meant = f"{plain[: match.start()]}·{match[1]}H2O"
    message = f"{plain!r} has a full stop before its water, which reads as a decimal point; write the centred dot."
    return Problem("formula-unreadable", message, meant)


def _split_charge(text: str) -> tuple[str, str]:
    """Return the atoms and the charge behind them.

    A digit before the sign is the charge's where the charge is set apart (``SO4^2-``), behind a bracket, or behind one
    atom alone (``Ti4+``); else it counts atoms (``NH4+``). Source: IUPAC Red Book 2005, IR-4.2.3.
    """
    for pattern in (_CHARGE_SET_APART, _CHARGE_BEHIND):
        if match := pattern.search(text):
            return text[: match.start()], match[0].strip()
    if match := _CHARGED_ATOM.fullmatch(text):
        return match[1], match[2]
    if match := _SIGN_BEHIND.search(text):
        return text[: match.start()], match[0]
    return text, ""


def _read_plain(plain: str, body: str) -> tuple[Composition, tuple[str, ...]]:
    body = body.translate(_SUPERSCRIPTS)
    formula = _read_solution(body) if _SOLUTION.fullmatch(body) else None
    formula = formula or read_formula(body)
    if formula.is_open:
        return Composition(plain, Kind.PARAMETRIC), formula.isotopes
    return Composition(plain, Kind.EXACT, tuple(formula.amounts.items())), formula.isotopes


def _read_solution(body: str) -> Formula | None:
    """Read ``0.67PbMg1/3Nb2/3O3-0.33PbTiO3``, ``(1-x)BiFeO3-xBaTiO3``; None where it has one part only."""
    parts = _SOLUTION_SIGN.split(body)
    if len(parts) == 1:
        return None
    whole = Formula()
    for part in parts:
        match = re.match(rf"({_PART})\s*", part)
        if match is None:
            return None
        is_open = not re.fullmatch(r"[0-9.]+", match[1])
        whole.add(read_formula(part[match.end() :]), 1.0 if is_open else float(match[1]))
        whole.is_open = whole.is_open or is_open
    return whole


def _read_doped(plain: str, body: str) -> tuple[Composition, tuple[str, ...]] | None:
    """Read ``Nb:SrTiO3``, ``SrTiO3:Nb(0.5wt%)``, ``GaAs:Si``; None where nothing is set apart by a colon.

    Where both sides may be the dopant (``Si:H``) no host amounts are known.
    """
    left, colon, right = body.partition(":")
    if not colon:
        return None
    sides = (left.strip(), right.strip())
    hosts = [host for dopant, host in (sides, sides[::-1]) if _is_dopant(dopant)]
    if not hosts:
        raise FormulaError("a colon sets a dopant apart, as in Nb:SrTiO3, and neither side is one")
    formula = read_formula(hosts[0])
    is_known = len(hosts) == 1 and not formula.is_open
    return Composition(plain, Kind.DOPED, tuple(formula.amounts.items()) if is_known else ()), formula.isotopes


def _is_dopant(text: str) -> bool:
    bare = _DOSE.sub("", text).strip()
    return bool(_DOPANT.fullmatch(bare)) and all(is_element(symbol) for symbol in re.findall(r"[A-Z][a-z]?", bare))
