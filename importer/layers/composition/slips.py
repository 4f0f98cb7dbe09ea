"""Texts that stand where a formula should and aren't one, told by their look before they are read."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from periodictable import elements

from importer.issues import Code, Fix, Problem
from importer.layers.composition.abbreviations import ABBREVIATIONS, NAMES
from importer.layers.composition.marks import drop_dose_behind
from importer.layers.elements import list_symbols
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALLOWED_SIGNS = frozenset("·•⋅∙×δΔ−–±□⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹≈")
_PLACEHOLDERS = frozenset({"none", "n/a", "n.a.", "#n/a", "null", "nil", "unknown", "tbd", "empty", "?"})
_DASHES = frozenset({"-", "--", "–", "—"})
_ROLES = frozenset(
    {
        "air",
        "ambient",
        "barrier",
        "buffer",
        "cap",
        "capping",
        "contact",
        "electrode",
        "epoxy",
        "film",
        "glass",
        "glue",
        "metal",
        "multilayer",
        "oxide",
        "resist",
        "seed",
        "semiconductor",
        "spacer",
        "substrate",
        "superlattice",
        "surface",
        "template",
        "vacuum",
        "wafer",
        "htl",
        "htm",
        "etl",
        "etm",
        "hbl",
        "ebl",
        "hil",
        "eil",
        "arc",
        "tco",
    }
)
POLYTYPE = r"(?:1H|1T['′]?|2[HT]|3[CR]|4[HT]|6[HR]|8H|9R|12R|15R|21R)"
"""Ramsdell symbols of layered crystals and silicon carbide; ``2H`` is deuterium only within a formula."""
_PREFIX = re.compile(
    r"(?:[αβγδεζκηθσωφτ]['′]?|alpha|beta|gamma|delta|epsilon|zeta|kappa|eta|theta"  # phases
    r"|[abcdeghimnoprtuwz]|nc|mp|bl|np|[1-9]L|ML|BL"  # forms: amorphous, hexagonal, mesoporous, monolayer ...
    r"|[uµμ]c|mc|ta|zb|wz|poly"  # nanocrystalline, zinc blende ...
    r"|[np]\+{1,2}|UID|NID|uid|nid|SI|LT|HT|HP"  # doping by type, unintentional; semi-insulating; grown at low T ...
    rf"|L1[0-2]|D0[0-9]{{1,2}}|Td|{POLYTYPE})"  # Strukturbericht and Ramsdell symbols
    r"\s?[-–—‐‑−_\s]\s?(?=[A-Z(\[]|[1-9][0-9]{0,2}[A-Z])"  # dashes as people type them
)
_MAX_READINGS = 64
_SUGGESTED_LENGTH = 40
_WORD_LENGTH = 7
_UNSTABLE_FROM, _UNSTABLE = 84, frozenset({"Tc", "Pm"})
_LONG_LIVED = frozenset({"Th", "U"})
_MOLECULES = frozenset({"CO", "NO"})
_UPPER = {abbreviation.upper(): abbreviation for abbreviation in ABBREVIATIONS}


FORMULA_UNREADABLE = Code(
    "formula-unreadable",
    Severity.ERROR,
    "The composition isn't a chemical formula.",
    "Write element symbols with counts, e.g. BaTiO3, and one layer per row.",
    "5wt% Nb // SrTiO3",
    fix=Fix.ASKED,
)


def find_placeholder(text: str) -> Problem | None:
    """Return the problem of a word that stands for no formula at all, or for what a layer is there for."""
    word = re.sub(r"\s+layer$", "", text.lower())
    if word in _PLACEHOLDERS or text in _DASHES:
        message = f"{text!r} isn't a formula. Leave the composition empty if it isn't known."
    elif word in _ROLES:
        message = f"{text!r} doesn't say what the layer is made of. Write its formula, or leave it empty."
    else:
        return None
    return Problem(FORMULA_UNREADABLE, message)


FORMULA_LOOKALIKE = Code(
    "formula-lookalike",
    Severity.ERROR,
    "A formula contains a character that only looks like a letter or digit.",
    "Type the named character again on the keyboard.",
    "ВaTiO3 (Cyrillic В)",
    fix=Fix.SURE,
)

FORMULA_PREFIX = Code(
    "formula-prefix",
    Severity.ERROR,
    "A phase, form or type of doping (alpha-, h-, 4H-, p-) comes before the formula.",
    "Write only the formula. The phase belongs in space_group or mp_id, and a dopant is written as in GaN:Si.",
    "β-Ga2O3",
    fix=Fix.ASKED,
)


def is_word(text: str) -> bool:
    """Tell whether a text, or what stands before its bracket, is a word, a name or an abbreviation in any case."""
    lower = text.lower()
    words = _list_words()
    return lower in words or lower.partition("(")[0] in words


def find_stranger(text: str) -> Problem | None:
    """Return the problem of a character that no formula has, named by its code point; or of a prefix."""
    match = _PREFIX.match(text)
    body = text[match.end() :] if match else text
    for char in body:
        if not char.isascii() and char not in _ALLOWED_SIGNS:
            name = unicodedata.name(char, "unnamed")
            message = f"{text!r} contains U+{ord(char):04X} ({name}), which doesn't occur in formulas."
            return Problem(FORMULA_LOOKALIKE, message)
        if not char.isprintable():
            return Problem(FORMULA_LOOKALIKE, f"{text!r} contains the control character U+{ord(char):04X}.")
    if match:
        message = f"{text!r} has {match[0]!r} before the formula. "
        return Problem(
            FORMULA_PREFIX, f"{message}Write the phase as space_group or mp_id, and a dopant as in GaN:Si.", body
        )
    return None


FORMULA_ABBREVIATION = Code(
    "formula-abbreviation",
    Severity.ERROR,
    "The composition is an abbreviation or a name, not a formula.",
    "Write the formula. The suggestion is the usual parent compound.",
    "YBCO",
    fix=Fix.ASKED,
)


def find_abbreviation(text: str) -> Problem | None:
    """Return the problem of a usual abbreviation or name; in the wrong case it counts where it is no formula.

    Behind a dopant (``Nb:STO``) and before a remark (``PZT (001)``, ``PZT 20/80``) it is found too.
    """
    if expansion := _expand(text):
        kind = "an abbreviation" if text.upper() in _UPPER else "a name"
        return Problem(FORMULA_ABBREVIATION, f"{text} is {kind}, not a formula. Write e.g. {expansion}.", expansion)
    left, colon, right = text.partition(":")
    sides = (left.strip(), drop_dose_behind(right))
    known = [side for side in sides if _expand(side)] if colon else []
    if known:
        expanded = [_expand(side) or side for side in sides]
        word, meant = known[0], None if ":" in "".join(expanded) else ":".join(expanded)
    elif (first := re.match(r"([A-Za-z-]{2,})(?=[\s(_/\[<]|[0-9]+/[0-9]+)", text)) and _expand_word(
        first[1], text[first.end() :]
    ):
        word, rest = first[1], text[first.end() :]
        is_amount = re.search(r"[0-9]", re.sub(r"[(\[<]?[-0-9\s]{3,}[)\]>]?$", "", rest))
        meant = None if is_amount or "/" in rest else _expand_word(word, rest)
    else:
        return None
    formula = _expand(word)
    message = f"{text!r} contains {word}, which isn't a formula. Write its formula, e.g. {formula}."
    return Problem(FORMULA_ABBREVIATION, message, meant)


FORMULA_CAPITALS = Code(
    "formula-capitals",
    Severity.WARNING,
    "The formula is all in capitals and may mean other elements. It will be sent as it is.",
    "Write the suggestion if you mean that (SiO2 is silica; SIO2 is sulphur, iodine and oxygen).",
    "SIO2",
    fix=Fix.ASKED,
)


def find_capitals(text: str) -> Problem | None:
    """Return the warning of a formula in capitals throughout that reads otherwise too, as SIO2 and HFO2 do.

    CO and NO are what they are: their other readings, cobalt and nobelium, are no reason to doubt them.
    """
    if not text.isascii() or text != text.upper() or text in _MOLECULES:
        return None
    other = suggest_case(text)
    if other is None or other == text:
        return None
    message = f"{text!r} is all in capitals and may mean {other}. It will be sent as it is."
    return Problem(FORMULA_CAPITALS, message, other)


def suggest_case(text: str) -> str | None:
    """Return the one way to write a formula's letters as elements in the right case, or None if none or several.

    Only a text of one case alone is guessed at: in ``BaTio3`` the person used both.
    """
    if not text.isascii() or len(text) > _SUGGESTED_LENGTH or text not in {text.lower(), text.upper()}:
        return None
    if len(text) > _WORD_LENGTH and text.replace(" ", "").isalpha():
        return None  # a word of some language, rather
    readings: list[str] = []
    _spell(text.lower(), "", readings)
    shortest = min((sum(char.isupper() for char in reading) for reading in readings), default=0)
    best = [reading for reading in readings if sum(char.isupper() for char in reading) == shortest]
    if len(best) != 1 or (text.isalpha() and len(re.findall("[A-Z](?![a-z])", best[0])) > 1):
        return None  # letters alone that leave several elements of one letter are some abbreviation: BFMO
    return best[0]


def _expand_word(word: str, rest: str) -> str | None:
    """Return the formula of an abbreviation in its own case, or of a name before a bracket."""
    name = word.lower() if word[1:].islower() and rest.lstrip()[:1] in {"(", "[", "<"} else ""
    return ABBREVIATIONS.get(word) or _list_names().get(name)


def iter_other_cases(text: str) -> Iterator[str]:
    """Yield a text with the case of one of its letters changed, in turn."""
    if text.isascii() and len(text) <= _SUGGESTED_LENGTH and re.search("[0-9]|^[A-Z][A-Za-z]{1,4}$", text):
        for at, char in enumerate(text):
            if char.isalpha():
                yield text[:at] + char.swapcase() + text[at + 1 :]


def _expand(text: str) -> str | None:
    known = text if text in ABBREVIATIONS else None
    if known is None and (text.islower() or not re.fullmatch(r"(?:[A-Z][a-z]?)+", text)):
        known = _UPPER.get(text.upper())
    if known:
        return ABBREVIATIONS[known]
    return _list_names().get(text.lower()) if text[1:].islower() else None  # TiN isn't tin


@cache
def _list_names() -> dict[str, str]:
    """Return the names of materials and elements that are no formulas themselves -> formula."""
    named = {element.name.lower(): element.symbol for element in elements if element.number > 0}
    return {**named, **NAMES}


@cache
def _list_words() -> frozenset[str]:
    return frozenset(_PLACEHOLDERS | _ROLES | {*map(str.lower, ABBREVIATIONS)} | _list_names().keys())


@cache
def _list_usual_symbols() -> frozenset[str]:
    """Return the symbols that a layer may well have: no element without a long-lived nuclide."""
    heavy = {element.symbol for element in elements if element.number >= _UNSTABLE_FROM}
    return list_symbols() - (heavy - _LONG_LIVED) - _UNSTABLE


def _spell(rest: str, done: str, readings: list[str]) -> None:
    if not rest:
        readings.append(done)
    elif len(readings) < _MAX_READINGS:
        if not rest[0].isalpha():
            _spell(rest[1:], done + rest[0], readings)
            return
        for length in (1, 2):
            symbol = rest[:length].capitalize()
            if len(rest) >= length and symbol in _list_usual_symbols():
                _spell(rest[length:], done + symbol, readings)
