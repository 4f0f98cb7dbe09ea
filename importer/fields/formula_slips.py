"""Texts that stand where a formula should and aren't one: what is wrong with them and what was probably meant."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from importer.fields.abbreviations import ABBREVIATIONS
from importer.fields.elements import list_symbols
from importer.model import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

_ALLOWED_SIGNS = frozenset("·•⋅∙δΔ−–⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹≈")
_LATIN = str.maketrans("АВЕКМНОРСТХІЅаеосрхіΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXISaeocpxiABEZHIKMNOPTYXo")
"""Letters of other scripts and the Latin ones that they look like. Source: Unicode Technical Standard 39."""
_PLACEHOLDERS = frozenset({"none", "n/a", "#n/a", "null", "nil", "unknown", "tbd", "empty", "-", "--", "–", "—", "?"})
_PREFIX = re.compile(r"(?:α|β|γ|δ|ε|κ|η|θ|alpha|beta|gamma|delta|epsilon|kappa|[acdhmnprtw])[-–_\s](?=[A-Z(\[])")
_REMARK = re.compile(r"(.*\S)\s*\([^()]*\)")
_FULL_WIDTH_FROM = 0xFF01
_FULL_WIDTH_TO = 0xFF5E
_SUGGESTED_LENGTH = 40
_MAX_READINGS = 64
_UPPER = {abbreviation.upper(): abbreviation for abbreviation in ABBREVIATIONS}


def find_placeholder(text: str) -> Problem | None:
    """Return the problem of a word that stands for no formula at all."""
    if text.lower() not in _PLACEHOLDERS:
        return None
    message = f"{text!r} is no formula: leave the cell empty where the composition isn't known."
    return Problem("formula-unreadable", message)


def find_stranger(text: str) -> Problem | None:
    """Return the problem of a character that no formula has, named by its code point."""
    body = _PREFIX.sub("", text, count=1) if _PREFIX.match(text) else text
    for char in body:
        if not char.isascii() and char not in _ALLOWED_SIGNS:
            name = unicodedata.name(char, "unnamed")
            message = f"{text!r} holds U+{ord(char):04X} ({name}), which no formula has: type it again by keyboard."
            return Problem("formula-lookalike", message, _suggest_latin(body))
        if not char.isprintable():
            return Problem("formula-lookalike", f"{text!r} holds the control character U+{ord(char):04X}.")
    if body != text:
        message = f"{text!r} has {text[: -len(body)]!r} before the formula: give the formula alone, and the phase as "
        return Problem("formula-prefix", f"{message}space group or Materials Project id.", body)
    return None


def find_abbreviation(text: str) -> Problem | None:
    """Return the problem of a usual abbreviation; in the wrong case it counts where it is no formula."""
    known = text if text in ABBREVIATIONS else None
    if known is None and (text.islower() or not re.fullmatch(r"(?:[A-Z][a-z]?)+", text)):
        known = _UPPER.get(text.upper())
    if known is None:
        return None
    expansion = ABBREVIATIONS[known]
    return Problem(
        "formula-abbreviation", f"{text} is an abbreviation, not a formula; write e.g. {expansion}.", expansion
    )


def suggest_without_remark(text: str, is_readable: Callable[[str], bool]) -> str | None:
    """Return the formula before a remark in brackets at the end, as in ``SrTiO3 (001)``; None where it isn't one."""
    match = _REMARK.fullmatch(text)
    return match[1] if match and is_readable(match[1]) else None


def suggest_case(text: str) -> str | None:
    """Return the one way to write a formula's letters as elements in the right case, or None if none or several.

    Only a text of one case alone is guessed at: in ``BaTio3`` the person used both.
    """
    if not text.isascii() or len(text) > _SUGGESTED_LENGTH or text not in {text.lower(), text.upper()}:
        return None
    readings: list[str] = []
    _spell(text.lower(), "", readings)
    shortest = min((sum(char.isupper() for char in reading) for reading in readings), default=0)
    best = [reading for reading in readings if sum(char.isupper() for char in reading) == shortest]
    return best[0] if len(best) == 1 else None


def _suggest_latin(text: str) -> str | None:
    plain = "".join(
        unicodedata.normalize("NFKC", char) if _FULL_WIDTH_FROM <= ord(char) <= _FULL_WIDTH_TO else char
        for char in text.translate(_LATIN)
    )
    return plain if plain.isascii() and plain != text else None


def _spell(rest: str, done: str, readings: list[str]) -> None:
    if not rest:
        readings.append(done)
    elif len(readings) < _MAX_READINGS:
        if not rest[0].isalpha():
            _spell(rest[1:], done + rest[0], readings)
            return
        for length in (1, 2):
            symbol = rest[:length].capitalize()
            if len(rest) >= length and symbol in list_symbols():
                _spell(rest[length:], done + symbol, readings)
