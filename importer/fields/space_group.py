"""Space groups: numbers and Hermann-Mauguin symbols in the spellings that people use.

Source of the symbols and settings: International Tables for Crystallography, volume A, as tabulated by gemmi; of the
full symbols of the short ones: section 1.4.1.4 there (axes named by a mirror or glide plane alone).
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
_SPACING_BARS = "¯‾ˉ"
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})
_NUMBER = re.compile(r"(?i)(?:no\.?|nr\.?|#|sg)?\s*([0-9]{1,3})(?:\.0{1,20})?")
_SYMBOL_THEN_NUMBER = re.compile(r"(?i)(.+?)(?:\s*[,;]\s*|\s*\(\s*|\s+(?=no|#))(?:no\.?|#)?\s*([0-9]{1,3})\)?")
_NUMBER_THEN_SYMBOL = re.compile(r"(?i)(?:no\.?|#)?\s*([0-9]{1,3})(?:\s*[,;:]\s*|\s*\(\s*|\s+)([a-z][^()]*|.+[^)])\)?")
_AXES = re.compile(r"(?i)(r\s*-?\s*3\s*[2mc]?)\s*([hr])")
_ORIGIN = re.compile(r"(?i)([^:]*[mncd])\s*([sz])")
_CHOICES = {"S": "1", "Z": "2", "H": "H", "R": "R"}
"""Choices written behind the symbol; S and Z are the Inorganic Crystal Structure Database's for origins 1 and 2."""
_FULL_TO_SHORT = (
    (re.compile(r"([PABCIF])21?/([a-enm])21?/([a-enm])21?/([a-enm])"), r"\1\2\3\4"),
    (re.compile(r"([PIF])(?:4[1-3]?|21?)/([a-dnm])-?3(?:2/([a-dnm]))?"), r"\1\2-3\3"),
    (re.compile(r"([PI])([46][1-5]?/[a-dnm])21?/([a-dnm])21?/([a-dnm])"), r"\1\2\3\4"),
    (re.compile(r"([PR])-?3(1?)2/([mc])(1?)"), r"\1-3\2\3\4"),
)
_MAX_LENGTH = 40
_LAST = 230


def parse_space_group(text: str) -> Parsed[str]:
    """Return the short Hermann-Mauguin symbol of the setting that a text means.

    A number means its reference setting (``99`` is ``P4mm``); another setting stays what it is (``Pbnm``); an origin or
    axes choice that is written (``:1 :2 :H :R``) stays written, none is added. Overbars, underscores, parentheses of
    screw axes (``P6(3)mc``), spacing, case, LaTeX, full symbols and old names (``Fd3m``) are understood, and a number
    beside the symbol where both mean the same group.
    """
    if match := _NUMBER.fullmatch(text):
        number = int(match[1])
        if 1 <= number <= _LAST:
            return Parsed(make_symbol(gemmi.get_spacegroup_reference_setting(number)))
        return _refuse(f"{text} is no space group number; they run from 1 to {_LAST}.", None)
    if len(text) > _MAX_LENGTH:
        return _refuse(f"{text[:_MAX_LENGTH]!r}... is too long for a space group.", None)
    symbol = _read_symbol(text)
    if symbol is not None:
        return Parsed(symbol)
    if pair := _split_pair(text):
        return _join_pair(text, *pair)
    suggestion = _suggest(_clean(text))
    return _refuse(f"{text!r} is not a space group: write a number from 1 to 230 or a symbol.", suggestion)


def find_number(symbol: str) -> int | None:
    """Return the number of the space group (1 to 230) that a canonical symbol names, or None."""
    group = gemmi.find_spacegroup_by_name(symbol) if symbol.isascii() and symbol else None
    return None if group is None else int(group.number)


def is_hexagonal(symbol: str) -> bool:
    """Tell whether a canonical symbol is of a trigonal or hexagonal group (143 to 194), which have four-index axes."""
    number = find_number(symbol)
    return number is not None and 143 <= number <= 194  # noqa: PLR2004  # International Tables A, table 2.1.1.1


@cache
def make_symbol(group: gemmi.SpaceGroup) -> str:
    """Return the short symbol of a setting, e.g. ``P21/c``, ``R-3c``, ``Pbnm``.

    gemmi's own short name of a rhombohedral group begins with H (hexagonal axes); the symbol of the Tables keeps R.
    Where a short name is that of several settings (``B2``), the axes are written out (``B121``).
    """
    long = str(group.hm.replace(" ", ""))
    if long.startswith("R"):
        return long
    short = str(group.short_name())
    meant = gemmi.find_spacegroup_by_name(short)
    return short if meant is not None and meant.hm == group.hm else long


def list_reference_symbols() -> list[str]:
    """Return the symbols of the 230 reference settings, by number."""
    return [make_symbol(gemmi.get_spacegroup_reference_setting(number)) for number in range(1, _LAST + 1)]


def _refuse(message: str, suggestion: str | None) -> Parsed[str]:
    return Parsed(None, (Problem("unknown-space-group", message, suggestion),))


def _read_symbol(text: str) -> str | None:
    for spelling in _list_spellings(text):
        symbol = _find_symbol(spelling)
        if symbol is not None:
            return symbol
    return None


def _split_pair(text: str) -> tuple[str, int] | None:
    """Return symbol and number where both are written, as in ``Fm-3m (225)``, ``225: Fm-3m``."""
    if match := _SYMBOL_THEN_NUMBER.fullmatch(text):
        return match[1], int(match[2])
    if match := _NUMBER_THEN_SYMBOL.fullmatch(text):
        return match[2], int(match[1])
    return None


def _join_pair(text: str, symbol: str, number: int) -> Parsed[str]:
    found = _read_symbol(symbol)
    if found is not None and find_number(found) == number:
        return Parsed(found)
    if found is None:
        return _refuse(f"{text!r} is not a space group: {symbol!r} is no symbol.", _suggest(_clean(symbol)))
    message = f"{text!r} names two space groups: {found} is number {find_number(found)}, not {number}."
    return _refuse(message, found)


def _list_spellings(text: str) -> list[str]:
    cleaned = _clean(text)
    compact = cleaned.replace(" ", "")
    spellings = [cleaned, re.sub(r"([1-6])-", r"-\1", compact)]
    for plain in tuple(spellings):
        if match := _AXES.fullmatch(plain) or _ORIGIN.fullmatch(plain):
            spellings.insert(0, f"{match[1]}:{_CHOICES[match[2].upper()]}")
    compact = compact[:1].upper() + compact[1:].lower()
    spellings += [shape.sub(short, compact) for shape, short in _FULL_TO_SHORT if shape.fullmatch(compact)]
    return list(dict.fromkeys(spellings))


def _clean(text: str) -> str:
    """Return a symbol in plain characters: overbars as minus before the digit, screw axes without marks."""
    text = re.sub(r"\\(?:bar|overline)\s*\{?\s*([1-6])\s*\}?", r"-\1", text.replace("$", ""))
    text = re.sub(r"_?\{\s*([^{}]*?)\s*\}", r"\1", text)
    text = re.sub(r"(?i)</?(?:sub|i)>", "", text)
    text = re.sub(rf"[{_SPACING_BARS}]", "-", text)
    text = unicodedata.normalize("NFKC", text).translate(_MINUS)
    text = re.sub(rf"([1-6])[{OVERBAR}{MACRON}]", r"-\1", text)
    text = re.sub(rf"\s?[{OVERBAR}{MACRON}]([1-6])", r"-\1", text)
    text = re.sub(r"([1-6])\s?bar", r"-\1", text)
    text = re.sub(r"\(([1-5])\)", r"\1", text)
    text = text.replace("_", "").strip()
    return re.sub(r"\s+", " ", text)


@cache
def _list_symbols() -> list[str]:
    return sorted({make_symbol(group) for group in gemmi.spacegroup_table()})


def _suggest(cleaned: str) -> str | None:
    """Return the symbol most like a text: one that differs in one character, a reference setting before others."""
    compact = cleaned.replace(" ", "")
    if len(compact) <= 2:  # noqa: PLR2004  # such short texts are all alike
        return None
    near = [known for known in list_reference_symbols() if _is_slip(known, compact)]
    if near:
        # A digit is mistaken for a digit rather than for a letter.
        return min(near, key=lambda known: sum(a.isdigit() != b.isdigit() for a, b in zip(known, compact, strict=True)))
    for known in (list_reference_symbols(), _list_symbols()):
        close = difflib.get_close_matches(compact, known, n=1, cutoff=0.6)
        if close:
            return close[0]
    return None


def _is_slip(known: str, text: str) -> bool:
    return len(known) == len(text) and sum(a != b for a, b in zip(known, text, strict=True)) == 1


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
