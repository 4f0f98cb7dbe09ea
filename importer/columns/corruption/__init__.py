"""Damage that spreadsheets, YAML readers and CSV exports do to texts.

A suspicion is a problem with a suggestion. Nothing is changed unless the user asks for it by the problem's code.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from importer.columns.corruption.dates import MAYBE_CHANGED, suspect_date, suspect_name
from importer.contract import TEXT_FIELDS
from importer.errors import UsageError
from importer.issues import Code, Fix, Problem, list_fixable
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
_SCIENTIFIC = re.compile(r"(?P<digits>\d(?:[.,]\d+)?)E(?P<power>[+-]\d{1,3})", re.ASCII)
_FEW_DIGITS = re.compile(r"\d{1,2}", re.ASCII)
_NEGATIVE = re.compile(r"-\d{1,2}", re.ASCII)
_COMMA = re.compile(r"(?<=\d),(?=\d)", re.ASCII)
_FORMULA_COMMA = re.compile(r"(?:[A-Z][a-z]?|[()])\d+,\d+", re.ASCII)
_WORDS = {"nan": "NaN", "inf": "InF", "-inf": "InF", "false": "NO", "infinity": "InF"}
_MINUS = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_TEXT_FIELDS = frozenset(TEXT_FIELDS)
_SCIENTIFIC_FIELDS = _TEXT_FIELDS | {"sample_name"}
_NAME_FIELDS = frozenset({"sample_name", "substrate"})
SUSPECT_FIELDS = _TEXT_FIELDS | _NAME_FIELDS
"""The fields whose texts may be suspected."""
_KNOWN_TEXTS = 20_000


def choose_repairs(codes: Iterable[str]) -> frozenset[str]:
    """Return the codes whose suggestions are to be taken.

    Raises:
        UsageError: one of them is no code of damage that can be repaired.
    """
    chosen = frozenset(codes)
    if chosen and (unknown := chosen - list_fixable()):
        said = ", ".join(sorted(unknown))
        raise UsageError(f"{said} can't be repaired. These can: {', '.join(sorted(list_fixable()))}.")
    return chosen


class Suspicions:
    """What most likely happened to the texts of a table; kept from chunk to chunk, so that each is looked at once."""

    def __init__(self) -> None:
        self._fields = {field: _Suspected(field) for field in SUSPECT_FIELDS}

    def find(self, field: str, texts: Sequence[str]) -> dict[str, Problem]:
        """Return text -> what most likely happened to it, for those of a field's distinct texts that are suspected."""
        if field in _NAME_FIELDS:
            # Names are as many as samples: most of them are told from the rest by a glance.
            texts = [text for text in texts if "#" in text or "E" in text or MAYBE_CHANGED.search(text)]
        known = self._fields[field]
        if len(known) + len(texts) > _KNOWN_TEXTS:
            known.clear()
        found = zip(texts, map(known.__getitem__, texts), strict=True)
        return {text: problem for text, problem in found if problem is not None}


class _Suspected(dict[str, Problem | None]):
    """Text of a field -> what most likely happened to it, None for nothing; found when it is asked for first."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self._field = field

    def __missing__(self, text: str) -> Problem | None:
        """Look at a text that isn't known."""
        problem = self[text] = suspect_text(self._field, text)
        return problem


ERROR_TEXT = Code(
    "error-text",
    Severity.ERROR,
    "The text is an error of a spreadsheet formula.",
    "Type the value that you mean.",
    "#NAME?",
)


def suspect_text(field: str, text: str) -> Problem | None:
    """Return what most likely happened to a text of a field, None where nothing seems to have."""
    text = text.strip()
    if field in SUSPECT_FIELDS and text in _ERRORS:
        return Problem(ERROR_TEXT, f"{text} is an error of a spreadsheet formula.")
    if field in _TEXT_FIELDS and (found := suspect_date(text)) is not None:
        return found
    if field == "sample_name" and (found := suspect_name(text)) is not None:
        return found
    if field in _SCIENTIFIC_FIELDS and (found := _suspect_scientific(text)) is not None:
        return found if field == "sample_name" else replace(found, suggestion=None)
    found = None
    if field == "orientation":
        found = _suspect_orientation(text)
    elif field == "composition_string":
        found = _suspect_formula(text)
    return found or (_suspect_signs(field, text) if field in _TEXT_FIELDS and not text.isascii() else None)


INVISIBLE_CHARACTER = Code(
    "invisible-character",
    Severity.WARNING,
    "A text contains an invisible character, such as a zero-width space from a web page.",
    "Type the text again, or accept the suggestion.",
    "0\\u200b01 for 001",
    fix=Fix.SURE,
)

MINUS_CHANGED = Code(
    "minus-changed",
    Severity.NOTE,
    "A text contains a dash or minus sign that word processors put in place of the keyboard's minus.",
    "Check that you mean a minus, then type it or accept the suggestion.",
    "1\u221210 for 1-10",
    fix=Fix.SURE,
)


def _suspect_signs(field: str, text: str) -> Problem | None:
    """Return what is odd about a text's dashes and about characters that can't be seen within it."""
    invisible = _INVISIBLE.search(text)
    if invisible is not None and field != "composition_string":  # of formulas their reader tells it
        said = f"{text!r} contains the invisible character {_name_character(invisible.group())}."
        return Problem(INVISIBLE_CHARACTER, said, _INVISIBLE.sub("", text))
    minus = _MINUS.search(text)
    if minus is not None:
        meant = _MINUS.sub("-", text)
        said = f"{text!r} has {_name_character(minus.group())} in place of the keyboard's minus: {meant}."
        return Problem(MINUS_CHANGED, said, meant)
    return None


def _name_character(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'no name')})"


SCIENTIFIC_MADE = Code(
    "scientific-made",
    Severity.WARNING,
    "The text is a number in scientific notation. Spreadsheets turn texts such as 1e3 into these.",
    "Format the column as text and type the value again, or accept the suggestion.",
    "1.00E+03 for 1e3",
    fix=Fix.ASKED,
)


def _suspect_scientific(text: str) -> Problem | None:
    match = _SCIENTIFIC.fullmatch(text)
    if match is None:
        return None
    whole, _, part = match["digits"].replace(",", ".").partition(".")
    power = int(match["power"])
    meant = f"{whole}e{power}" if not part.strip("0") else None
    hint = f" Did you mean {meant}?" if meant else ""
    said = f"{text!r} is a number in scientific notation. Spreadsheets turn texts such as 1e3 into these.{hint}"
    return Problem(SCIENTIFIC_MADE, said, meant)


OCTAL_READ = Code(
    "octal-read",
    Severity.ERROR,
    "The orientation is probably an octal number that a YAML program has converted.",
    'Write it in quotes, e.g. "010", or accept the suggestion.',
    "8 for 010",
    fix=Fix.SURE,
)

ZEROS_LOST = Code(
    "zeros-lost",
    Severity.ERROR,
    "The orientation has only one or two digits. A spreadsheet probably dropped the leading zeros.",
    "Format the column as text and type the value again, or accept the suggestion.",
    "1 for 001",
    fix=Fix.SURE,
)

BRACKETS_LOST = Code(
    "brackets-lost",
    Severity.ERROR,
    "The orientation is a negative number. Spreadsheets turn digits in round brackets into these.",
    "Format the column as text and type the value again, or accept the suggestion.",
    "-1 for (001)",
    fix=Fix.SURE,
)


def _suspect_orientation(text: str) -> Problem | None:
    if _FEW_DIGITS.fullmatch(text):
        if int(text) in {8, 9}:
            meant = f"{int(text):03o}"
            said = f"{text!r} may be {meant}, which a YAML program has read as an octal number."
            return Problem(OCTAL_READ, said, meant)
        if set(text) <= set("0123") and int(text):
            meant = text.zfill(3)
            return Problem(
                ZEROS_LOST, f"{text!r} may be {meant}, with its leading zeros dropped by a spreadsheet.", meant
            )
    if _NEGATIVE.fullmatch(text):
        meant = text[1:].zfill(3)
        said = f"{text!r} may be ({meant}), which a spreadsheet has read as a negative number."
        return Problem(BRACKETS_LOST, said, meant)
    return None


WORD_CHANGED = Code(
    "word-changed",
    Severity.WARNING,
    "The formula is a word that programs use for numbers or truth values.",
    "Type the formula again, or accept the suggestion.",
    "inf for InF",
    fix=Fix.SURE,
)

DECIMAL_COMMA = Code(
    "decimal-comma",
    Severity.WARNING,
    "The formula has decimal commas.",
    "Write decimal points, or accept the suggestion.",
    "Ba0,5Sr0,5TiO3",
    fix=Fix.SURE,
)


def _suspect_formula(text: str) -> Problem | None:
    if text.lower() in _WORDS and text not in _WORDS.values():
        meant = _WORDS[text.lower()]
        said = f"{text!r} may have been {meant} until a program read it as a number or as true or false."
        return Problem(WORD_CHANGED, said, meant)
    if _FORMULA_COMMA.search(text):
        meant = _COMMA.sub(".", text)
        return Problem(DECIMAL_COMMA, f"{text!r} has decimal commas instead of points.", meant)
    return None
