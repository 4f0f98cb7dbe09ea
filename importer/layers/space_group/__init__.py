"""Space groups: numbers and Hermann-Mauguin symbols in the spellings that people use.

Source of the symbols and settings: International Tables for Crystallography, volume A, as tabulated by gemmi; of the
full symbols of the short ones: section 1.4.1.4 there (axes named by a mirror or glide plane alone); of the symbols with
the double glide plane e (``Cmce`` for the older ``Cmca``): de Wolff et al., Acta Cryst. A48 (1992) 727.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import gemmi

from importer.issues import Code, Fix, Parsed, Problem
from importer.layers.space_group.slips import explain_symbol
from importer.model import Severity

OVERBAR = "\u0305"
MACRON = "\u0304"
_SPACING_BARS = "¯‾ˉ"
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})
_NAMED = r"(?:(?:space\s*group|s\.?\s*g\.?|spg|it|no\.?|nr\.?|number|#)[\s:.]*){0,3}"
_NUMBER = re.compile(rf"(?i){_NAMED}([0-9]{{1,3}})(?:\.0{{0,20}})?(?:\s*:\s*([12HR]))?")
_SYMBOL_THEN_NUMBER = re.compile(rf"(?i)(.+?)(?:\s*[,;]\s*|\s*[(\[]\s*|\s+(?=no|#|sg)){_NAMED}([0-9]{{1,3}})[)\]]?")
_NUMBER_THEN_SYMBOL = re.compile(
    rf"(?i){_NAMED}([0-9]{{1,3}})(?:\s*[,;:]\s*|\s*\(\s*|\s+-\s+|\s+)([a-z][^()]*|.+[^)])\)?"
)
_AXES = re.compile(r"(?i)(r\s*-?\s*3\s*[2mc]?)\s*([hr])")
_ORIGIN = re.compile(r"(?i)([^:]*[mncd])\s*([sz])")
_CHOICES = {"S": "1", "Z": "2", "H": "H", "R": "R"}
"""Choices written behind the symbol; S and Z are the Inorganic Crystal Structure Database's for origins 1 and 2."""
_FULL_TO_SHORT = (
    (re.compile(r"([PABCIF])21?/([a-enm])21?/([a-enm])21?/([a-enm])"), r"\1\2\3\4"),
    (re.compile(r"([PIF])(?:4[1-3]?|21?)/([a-dnm])-?3(?:2/([a-dnm]))?"), r"\1\2-3\3"),
    (re.compile(r"([PI])([46][1-5]?/[a-dnm])21?/([a-dnm])21?/([a-dnm])"), r"\1\2\3\4"),
    (re.compile(r"([PR])-?3(1?)2/([mc])(1?)"), r"\1-3\2\3\4"),
    # a glide plane b across the axis b can't be: the axis is c, as in the Tables of 1935 and 1952
    (re.compile(r"([PABCI])(21?/)b"), r"\g<1>11\2b"),
)
_DOUBLE_GLIDES = {39: "Aem2", 41: "Aea2", 64: "Cmce", 67: "Cmme", 68: "Ccce"}
_SCREW_IN_BRACKETS = re.compile(r"([2346])\(([1-5])\)")
_SCREW_MARK = re.compile(r"(?<=[2346])_(?=\{?\(?[1-5])|_(?=\{)")
_MAX_LENGTH = 40
_LAST = 230


def parse_space_group(text: str) -> Parsed[str]:
    """Return the short Hermann-Mauguin symbol of the setting that a text means.

    A number means its reference setting (``99`` is ``P4mm``); another setting stays what it is (``Pbnm``), and so does
    the older or newer symbol of a double glide plane; an origin or axes choice that is written (``:1 :2 :H :R``) stays
    written, none is added. Overbars, underscores, parentheses of screw axes (``P6(3)mc``), spacing, case, LaTeX, full
    symbols and old names (``Fd3m``) are understood, and a number beside the symbol where both mean the same group.
    """
    if match := _NUMBER.fullmatch(text):
        return _read_number(int(match[1]), (match[2] or "").upper())
    if len(text) > _MAX_LENGTH:
        return _refuse(f"{text[:_MAX_LENGTH]!r}... is too long for a space group.", None)
    if "_" in _SCREW_MARK.sub("", text):
        return _read_underscores(text)
    symbol = _read_symbol(text)
    if symbol is not None:
        return Parsed(symbol)
    if pair := _split_pair(text):
        return _join_pair(text, *pair)
    return _refuse(*explain_symbol(text, _clean(text), _read_symbol))


def find_number(symbol: str) -> int | None:
    """Return the number of the space group (1 to 230) that a canonical symbol names, or None."""
    group = _find_group(symbol)
    return None if group is None else int(group.number)


def find_setting(symbol: str) -> str:
    """Return what two symbols of one setting have in common: ``Cmce`` and ``Cmca`` differ in name only."""
    group = _find_group(symbol)
    return symbol if group is None else f"{group.hm}:{symbol.partition(':')[2]}"


def find_meaning(text: str) -> object:
    """Return the setting that a text means, the text itself where it can't be read."""
    symbol = parse_space_group(text).value
    return text if symbol is None else find_setting(symbol)


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


@cache
def list_reference_symbols() -> tuple[str, ...]:
    """Return the symbols of the 230 reference settings, by number."""
    groups = (gemmi.get_spacegroup_reference_setting(number) for number in range(1, _LAST + 1))
    return tuple(_DOUBLE_GLIDES.get(group.number) or make_symbol(group) for group in groups)


UNKNOWN_SPACE_GROUP = Code(
    "unknown-space-group",
    Severity.ERROR,
    "The space group is neither a number from 1 to 230 nor a Hermann-Mauguin symbol.",
    "Write the short symbol, e.g. P4mm or Pm-3m, or a number.",
    "P5mm",
    fix=Fix.ASKED,
)


def _refuse(message: str, suggestion: str | None) -> Parsed[str]:
    return Parsed(None, (Problem(UNKNOWN_SPACE_GROUP, message, suggestion),))


def _find_group(symbol: str) -> gemmi.SpaceGroup | None:
    return gemmi.find_spacegroup_by_name(symbol) if symbol.isascii() and symbol else None


def _read_number(number: int, choice: str) -> Parsed[str]:
    if not 1 <= number <= _LAST:
        return _refuse(f"{number} isn't a space group number. They go from 1 to {_LAST}.", None)
    symbol = list_reference_symbols()[number - 1]
    if not choice:
        return Parsed(symbol)
    found = _find_symbol(f"{symbol}:{choice}")
    if found is None:
        return _refuse(f"Space group {number} ({symbol}) has no setting {choice!r} of origin or axes.", symbol)
    return Parsed(found)


def _read_underscores(text: str) -> Parsed[str]:
    """Read a symbol with underscores other than those of screw axes: they are spaces, unless they may be overbars."""
    text_without = _SCREW_MARK.sub("", text)
    spaced = _read_symbol(text_without.replace("_", " "))
    barred = _read_symbol(re.sub(r"_\s?(?=[1346])", "-", text_without).replace("_", " "))
    if spaced is None:
        if barred is None:
            return _refuse(*explain_symbol(text, _clean(text), _read_symbol))
        return _refuse(f"{text!r} isn't a space group. Write an overbar as a minus sign.", barred)
    if barred is not None and find_number(barred) != find_number(spaced):
        message = f"{text!r} may mean {spaced} or {barred}. Write an overbar as a minus sign, and leave out spaces."
        return _refuse(message, None)
    return Parsed(spaced)


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
        return _refuse(*explain_symbol(text, _clean(symbol), _read_symbol))
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
    text = text.replace("$", "")
    text = re.sub(r"\{\s*\\(?:bar|overline)\s*([1-6])\s*\}", r"-\1", text)
    text = re.sub(r"\\(?:bar|overline)(?:\s*\{\s*([1-6])\s*\}|\s*([1-6]))", r"-\1\2", text)
    text = re.sub(r"_?\{\s*([^{}]*?)\s*\}", r"\1", text)
    text = re.sub(r"(?i)</?(?:sub|i)>", "", text)
    text = re.sub(rf"[{_SPACING_BARS}]", "-", text)
    text = unicodedata.normalize("NFKC", text).translate(_MINUS)
    text = re.sub(rf"([1-6])[{OVERBAR}{MACRON}]", r"-\1", text)
    text = re.sub(rf"\s?[{OVERBAR}{MACRON}]([1-6])", r"-\1", text)
    text = re.sub(r"([1-6])\s?bar", r"-\1", text)
    text = re.sub(r"-?\s?\bbar\s?([1346])|-?bar\s?([1346])", r"-\1\2", text)
    text = re.sub(r"[(\[](-[1346])[)\]]", r"\1", text)
    text = _SCREW_IN_BRACKETS.sub(lambda match: match[1] + match[2] if match[2] < match[1] else match[0], text)
    text = text.replace("_", "").strip()
    return re.sub(r"\s+", " ", text)


def _find_symbol(spelling: str) -> str | None:
    base, colon, choice = spelling.partition(":")
    choice = choice.strip()
    for name in (spelling, spelling.replace(" ", "")):
        group = _find_group(name)
        if group is None or not base[0].isalpha():
            continue
        symbol = _keep_double_glide(base, group)
        if not colon:
            return symbol
        if group.ext == choice.upper():
            return f"{symbol}:{group.ext}"
    return None


def _keep_double_glide(base: str, group: gemmi.SpaceGroup) -> str:
    """Return the symbol of a setting, with the double glide plane e where it was written."""
    written = base.replace(" ", "")
    written = written[:1].upper() + written[1:].lower()
    return written if "e" in written else make_symbol(group)
