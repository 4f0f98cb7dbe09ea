"""Space groups: numbers and Hermann-Mauguin symbols in the spellings that people use.

Source of the symbols and settings: International Tables for Crystallography, volume A, as tabulated by gemmi.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache

import gemmi

from importer.model import Parsed, Problem

OVERBAR = "\u0305"
MACRON = "\u0304"
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})
_NUMBER = re.compile(r"(?i)(?:no\.?|nr\.?|#|sg)?\s*([0-9]{1,3})(?:\.0+)?")
_MAX_LENGTH = 40
_LAST = 230


def parse_space_group(text: str) -> Parsed[str]:
    """Return the short Hermann-Mauguin symbol of the setting that a text means.

    A number means its reference setting (``99`` is ``P4mm``); another setting stays what it is (``Pbnm``); an origin or
    axes choice that is written (``:1 :2 :H :R``) stays written, none is added. Overbars, underscores, parentheses of
    screw axes (``P6(3)mc``), spacing, case and old names (``Fd3m``) are understood.
    """
    if match := _NUMBER.fullmatch(text):
        number = int(match[1])
        if 1 <= number <= _LAST:
            return Parsed(make_symbol(gemmi.get_spacegroup_reference_setting(number)))
        return _refuse(text, f"{text} is no space group number; they run from 1 to {_LAST}.", None)
    if len(text) <= _MAX_LENGTH:
        for spelling in _iter_spellings(text):
            symbol = _find_symbol(spelling)
            if symbol is not None:
                return Parsed(symbol)
    close = difflib.get_close_matches(_clean(text[:_MAX_LENGTH]), _list_symbols(), n=1, cutoff=0.6)
    suggestion = close[0] if close else None
    return _refuse(text, f"{text!r} is not a space group: write a number from 1 to 230 or a symbol.", suggestion)


def make_symbol(group: gemmi.SpaceGroup) -> str:
    """Return the short symbol of a setting, e.g. ``P21/c``, ``R-3c``, ``Pbnm``.

    gemmi's own short name of a rhombohedral group begins with H (hexagonal axes); the symbol of the Tables keeps R.
    """
    if group.hm.startswith("R"):
        return str(group.hm.replace(" ", ""))
    return str(group.short_name())


def list_reference_symbols() -> list[str]:
    """Return the symbols of the 230 reference settings, by number."""
    return [make_symbol(gemmi.get_spacegroup_reference_setting(number)) for number in range(1, _LAST + 1)]


def _refuse(text: str, message: str, suggestion: str | None) -> Parsed[str]:
    del text
    return Parsed(None, (Problem("unknown-space-group", message, suggestion),))


def _iter_spellings(text: str) -> list[str]:
    cleaned = _clean(text)
    swapped = re.sub(r"([1-6])-", r"-\1", cleaned)
    return [cleaned] if swapped == cleaned else [cleaned, swapped]


def _clean(text: str) -> str:
    """Return a symbol in plain characters: overbars as minus before the digit, screw axes without marks."""
    text = unicodedata.normalize("NFKC", text.replace("¯", MACRON)).translate(_MINUS)
    text = re.sub(rf"([1-6])[{OVERBAR}{MACRON}]", r"-\1", text)
    text = re.sub(rf"\s?[{OVERBAR}{MACRON}]([1-6])", r"-\1", text)
    text = re.sub(r"\(([1-5])\)", r"\1", text)
    text = text.replace("_", "")
    return re.sub(r"\s+", "", text) if not re.search(r"\s", text.strip()) else re.sub(r"\s+", " ", text.strip())


@cache
def _list_symbols() -> list[str]:
    return sorted({make_symbol(group) for group in gemmi.spacegroup_table()})


def _find_symbol(spelling: str) -> str | None:
    base, colon, choice = spelling.partition(":")
    choice = choice.strip()
    for name in (spelling, spelling.replace(" ", "")):
        group = gemmi.find_spacegroup_by_name(name) if name.isascii() and name else None
        if group is None or not base[0].isalpha():
            continue
        if not colon:
            return make_symbol(group)
        if group.ext == choice.upper():
            return f"{make_symbol(group)}:{group.ext}"
    return None
