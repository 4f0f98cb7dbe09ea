"""Chemical formulas of layers: stoichiometric, parametric (solid solutions, open amounts) and doped.

Source of the notation: IUPAC Red Book 2005, IR-4 (formulas, IR-4.5 nuclides) and IR-11 (solid solutions, vacancies,
non-stoichiometry). What is sent is the user's own text; only white space around it goes, and subscripts (as
characters, ``_3``, ``_{1-x}``, ``$_3$``, ``<sub>3</sub>``) become plain characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.issues import Code, Parsed, Problem
from importer.layers.composition.doubts import find_doubt
from importer.layers.composition.grammar import FormulaError
from importer.layers.composition.marks import lower_subscripts
from importer.layers.composition.named import is_named, make_named
from importer.layers.composition.plain_formulas import read_plain
from importer.layers.composition.reading import Kind, Reading, read_composition
from importer.layers.composition.site_sums import WHOLE_SITE, iter_site_sums
from importer.layers.composition.slips import find_capitals
from importer.layers.composition.why_not import MAX_LENGTH, explain, find_slip, make_unreadable
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

_AMOUNTS_ALONE = re.compile(r"[A-Z][A-Za-z0-9.() ]*")
"""A formula whose amounts are all that it says: no charge, no isotope, no water of crystallisation."""
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
    if len(plain) > MAX_LENGTH:
        return Parsed(None, (make_unreadable(text, "it is too long for one layer"),))
    if is_named(plain):
        return take_name(plain)
    if problem := find_slip(text, plain):
        return Parsed(None, (problem,))
    try:
        reading = read_composition(plain)
    except FormulaError as error:
        return Parsed(None, (explain(text, plain, error),))
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
