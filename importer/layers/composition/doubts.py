"""Texts that read as formulas and most likely mean something else: sent as they stand, and nothing is derived."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from periodictable import elements

from importer.issues import Code, Fix, Problem
from importer.layers.composition.site_sums import WHOLE_SITE
from importer.layers.composition.slips import suggest_case
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMULA_DOUBTFUL = Code(
    "formula-doubtful",
    Severity.WARNING,
    "The text could be a formula but most likely means something else. It will be sent as it is, without elements.",
    "Write only the formula here. Thickness, ratio and form belong in columns of their own.",
    "MgO(2), a thickness in brackets",
    fix=Fix.ASKED,
)

_ATOM = r"[A-Z][a-z]?[0-9.]*"
_NUMBER_IN_BRACKETS = re.compile(rf"((?:{_ATOM}|\((?:{_ATOM})+\)[0-9.]*)+)\s*[(\[][0-9]{{1,4}}(?:\.[0-9]{{1,3}})?[)\]]")
_RATIO = re.compile(r".*[A-Za-z)\]]\s*\(\s*[0-9.]{1,5}\s*[/:]\s*[0-9.]{1,5}\s*\)")
_LETTER_IN_BRACKETS = re.compile(rf"((?:{_ATOM}){{2,}})\s*\(([A-NP-Z])\)")
_ACETATE = re.compile(r"\(?O?Ac\)?(?![a-z])")
_NUMBERS_FIRST = re.compile(r"(?:[0-9]{1,3}[A-Z][a-z]?){2,}")
_LETTERS = re.compile(r"[BCFHIKNOPSUVWY]{3,}")
_MOLECULES = frozenset({"KOH", "KCN", "HCN", "BCN", "KSCN", "HOF", "KNO", "VOF", "KBH", "HIO", "HOI", "KBO", "BNO"})
_LARGE = re.compile(r"([A-Z][a-z]?)([0-9]{3,9})")
LARGE_AMOUNT = 100
"""Atoms of one element alone from which on a number is a type or a code, fullerenes aside."""
UNSTABLE_FROM = 104
"""Elements that nobody makes layers of: their symbols are letters of something else (CNTs)."""


def find_doubt(text: str) -> Problem | None:
    """Return why an exact formula most likely isn't meant as one, None where nothing is odd."""
    why, meant = next(_iter_doubts(text), (None, None))
    if why is None:
        return None
    return Problem(FORMULA_DOUBTFUL, f"{text!r} will be sent as it is, without elements: {why}.", meant)


def is_unstable(symbol: str) -> bool:
    """Tell whether an element is one of those of which there are only single atoms."""
    return bool(elements.symbol(symbol).number >= UNSTABLE_FROM)


def _iter_doubts(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield what is odd about a formula, with what was probably meant."""
    if match := _NUMBER_IN_BRACKETS.fullmatch(text):
        yield "the number in brackets may be a thickness", match[1].strip()
    if _RATIO.fullmatch(text):
        yield "the numbers in brackets may be shares of its elements; write each share after its element", None
    if match := _LETTER_IN_BRACKETS.fullmatch(text):
        yield f"{match[2]} in brackets may be a dopant", f"{match[2]}:{match[1]}"
    if re.search(r"Ac(?![a-z])", text):
        meant = _ACETATE.sub("(CH3COO)", text)
        yield "Ac is actinium, and may stand for acetate", None if meant == "(CH3COO)" else meant
    if _NUMBERS_FIRST.fullmatch(text) and sum(map(int, re.findall("[0-9]+", text))) == WHOLE_SITE:
        yield "the numbers before its elements may be shares; write each share after its element", None
    if _LETTERS.fullmatch(text) and text not in _MOLECULES and suggest_case(text) in {None, text}:
        yield "letters alone are probably an abbreviation", None
    if (match := _LARGE.fullmatch(text)) and match[1] != "C" and int(match[2]) >= LARGE_AMOUNT:
        yield f"{match[2]} atoms of {match[1]} alone are probably the name of something", None
    if unstable := [symbol for symbol in re.findall(r"[A-Z][a-z]?", text) if _is_rare(symbol)]:
        yield f"{unstable[0]} is an element that exists only as single atoms", None


def _is_rare(symbol: str) -> bool:
    try:
        return is_unstable(symbol)
    except ValueError:
        return False
