"""Why a text is no space group, and which one was probably meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import gemmi

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[str], str | None]

_LATIN = str.maketrans("АВСЕІМРаеіРΑΒΕΙΜΡ", "ABCEIMPaeiPABEIMP")
_NO_GROUP = frozenset({"none", "n/a", "na", "nan", "null", "unknown", "tbd", "?", "-", "--", "amorphous", "glass"})
_SYSTEMS = frozenset(
    {"triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "rhombohedral", "hexagonal", "cubic"}
    | {"pseudocubic", "pseudotetragonal", "fcc", "bcc", "hcp", "perovskite", "wurtzite", "zincblende", "zinc blende"}
    | {"rocksalt", "rock salt", "spinel", "rutile", "fluorite", "corundum", "garnet", "diamond", "isotropic"}
)
_SCHOENFLIES_CLASSES = {
    "C1": (1, 1), "Ci": (2, 2), "S2": (2, 2), "C2": (3, 5), "Cs": (6, 9), "C1h": (6, 9), "C2h": (10, 15),
    "D2": (16, 24), "V": (16, 24), "C2v": (25, 46), "D2h": (47, 74), "Vh": (47, 74), "C4": (75, 80), "S4": (81, 82),
    "C4h": (83, 88), "D4": (89, 98), "C4v": (99, 110), "D2d": (111, 122), "Vd": (111, 122), "D4h": (123, 142),
    "C3": (143, 146), "C3i": (147, 148), "S6": (147, 148), "D3": (149, 155), "C3v": (156, 161), "D3d": (162, 167),
    "C6": (168, 173), "C3h": (174, 174), "C6h": (175, 176), "D6": (177, 182), "C6v": (183, 186), "D3h": (187, 190),
    "D6h": (191, 194), "T": (195, 199), "Th": (200, 206), "O": (207, 214), "Td": (215, 220), "Oh": (221, 230),
}  # fmt: skip
"""Class -> numbers of its first and last space group, which stand in the order of their Schoenflies superscripts.

Source: International Tables A, section 1.4.1.2, and the headings of the space-group tables.
"""
_SCHOENFLIES = re.compile(r"([CDSTOV][1-6]?[ivdhs]?)\s*[\^-]?\s*([0-9]{1,2})?")
_POINT_GROUPS = frozenset(
    {"2/m", "222", "mm2", "mmm", "-4", "4/m", "422", "4mm", "-42m", "-4m2", "4/mmm", "-3", "32", "3m", "-3m", "-6"}
    | {"6/m", "622", "6mm", "-6m2", "-62m", "6/mmm", "23", "m-3", "m3", "432", "-43m", "m-3m", "m3m"}
)
_PEARSON = re.compile(r"[amothc][PABCIFRS][0-9]{1,3}")
_HALL = re.compile(r"-?[PABCIRSTF](?: [-1-6abcnuvwd*'\"=^]{1,6}){1,4}(?: \([-0-9 ]{5,9}\))?")
_SEVERAL = re.compile(r"(?i)\s+or\s+|\s+and\s+|\s*[,;|&→]\s*|\s*->\s*|\s+[/=]\s+|\s*[()]\s*|/(?=[A-Z]?[A-Z][-a-z0-9])")
_CHOICE = re.compile(r"(?i)(.+?)\s*[(,]?\s*(?:origin|choice|setting|\s){1,6}([12])\s*\)?")
_AXES = re.compile(r"(?i)(r.+?)\s*[(,]?\s*(hex|rhomb)[a-z]*\.?\s*(?:axes|setting)?\s*\)?")
_CUTS = re.compile(r"[\s(),;\"'`?~.\[\]]+")
_SHORT = 2


def explain_symbol(text: str, cleaned: str, read: Reader) -> tuple[str, str | None]:
    """Return why a text is no space group, and the symbol that was probably meant, None where nothing is likely.

    Args:
        text: as the person wrote it.
        cleaned: the symbol in it in plain characters.
        read: returns the canonical symbol of a text, None where it is none.
    """
    word = text.strip().lower()
    if word in _NO_GROUP:
        return f"{text!r} isn't a space group. Leave it empty if there is none or it isn't known.", None
    if word in _SYSTEMS:
        return f"{text!r} is a crystal system or a type of structure, not a space group.", None
    for explain in (_explain_foreign, _explain_schoenflies, _explain_class, _explain_several, _explain_hall):
        if found := explain(text, cleaned, read):
            return found
    if "'" in text.strip("'") and (meant := read(text.replace("'", ""))):
        return f"{text!r} has primes, as magnetic groups do. Write the space group of the lattice.", meant
    meant = _find_choice(text, read) or _find_alone(text, read)
    usual = f"{text!r} isn't a space group."
    return usual, meant or suggest_symbol(cleaned)


def suggest_symbol(cleaned: str) -> str | None:
    """Return the symbol most like a text: with the minus, slash or screw axis that it lacks, else with one slip."""
    compact = cleaned.replace(" ", "")
    if len(compact) <= _SHORT:
        return None
    known = _list_symbols()
    bare = _skeleton(compact)
    alike = (symbol for symbol in known if _skeleton(symbol) == bare)
    if found := next(alike, None) or next((symbol for symbol in known if _lacks_screw(symbol, compact)), None):
        return found
    near = [symbol for symbol in known if _is_slip(symbol, compact)]
    if near:
        # A digit is mistaken for a digit rather than for a letter.
        return min(
            near, key=lambda symbol: sum(a.isdigit() != b.isdigit() for a, b in zip(symbol, compact, strict=True))
        )
    close = difflib.get_close_matches(compact, known, n=1, cutoff=0.6)
    return close[0] if close else None


def _explain_foreign(text: str, _cleaned: str, read: Reader) -> tuple[str, str | None] | None:
    """Explain a letter of another script, which looks just like the right one."""
    strange = next((char for char in text if char.isalpha() and char in "АВСЕІМРаеіΑΒΕΙΜΡ"), None)
    if strange is None:
        return None
    name = unicodedata.name(strange)
    message = (
        f"{text!r} contains U+{ord(strange):04X} ({name}), which doesn't occur in symbols. Type it again on "
        "the keyboard."
    )
    return message, read(text.translate(_LATIN))


def _explain_schoenflies(text: str, _cleaned: str, read: Reader) -> tuple[str, str | None] | None:
    plain = unicodedata.normalize("NFKC", re.sub(r"(?i)</?su[bp]>|[_{}$\s]", "", text))
    match = _SCHOENFLIES.fullmatch(plain)
    if match is None or match[1] not in _SCHOENFLIES_CLASSES:
        return None
    first, last = _SCHOENFLIES_CLASSES[match[1]]
    number = first - 1 + int(match[2] or 0)
    if match[2] and first <= number <= last and (meant := read(_symbol_of(number))):
        return f"{text!r} is a Schoenflies symbol. Write the Hermann-Mauguin symbol, {meant}.", meant
    message = (
        f"{text!r} is a point group in Schoenflies notation. Write the space group, one of numbers {first} to {last}."
    )
    return message, None


def _explain_class(text: str, cleaned: str, _read: Reader) -> tuple[str, str | None] | None:
    compact = cleaned.replace(" ", "")
    if compact in _POINT_GROUPS:
        return f"{text!r} is a point group. Add the letter of the lattice (P, I, F, ...) and the glide planes.", None
    if _PEARSON.fullmatch(compact):
        return f"{text!r} is a Pearson symbol, not a space group.", None
    return None


def _explain_several(text: str, _cleaned: str, read: Reader) -> tuple[str, str | None] | None:
    parts = [part for part in _SEVERAL.split(text) if part.strip()]
    found = [read(part.strip()) for part in parts]
    if len(parts) > 1 and all(found):
        return f"{text!r} names several space groups. Write the one of this layer.", None
    return None


def _explain_hall(text: str, cleaned: str, _read: Reader) -> tuple[str, str | None] | None:
    """Explain Hall's notation. Source: S. R. Hall, Acta Cryst. A37 (1981) 517."""
    symbol = re.sub(r"(?i)^hall\s*:?\s*", "", cleaned).replace("_", "")
    if not _HALL.fullmatch(symbol):
        return None
    group = _find_by_hall(symbol)
    if group is None:
        return None
    meant = str(group.short_name()).replace("H", "R")
    return f"{text!r} is a Hall symbol. Write the Hermann-Mauguin symbol, {meant}.", meant


def _find_by_hall(symbol: str) -> gemmi.SpaceGroup | None:
    try:
        return gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(symbol))
    except (RuntimeError, ValueError):
        return None


def _find_choice(text: str, read: Reader) -> str | None:
    if match := _CHOICE.fullmatch(text):
        return read(f"{match[1]}:{match[2]}")
    if match := _AXES.fullmatch(text):
        return read(f"{match[1].strip(' (')}:{match[2][0].replace('r', 'R').replace('h', 'H')}")
    return None


def _find_alone(text: str, read: Reader) -> str | None:
    """Return the one symbol that stands among other words."""
    found = {symbol for part in _CUTS.split(text) if len(part) > _SHORT and (symbol := read(part))}
    return found.pop() if len(found) == 1 else None


def _symbol_of(number: int) -> str:
    return str(gemmi.get_spacegroup_reference_setting(number).short_name()).replace("H", "R")


@cache
def _list_symbols() -> tuple[str, ...]:
    """Return all symbols, those of reference settings first."""
    reference = [_symbol_of(number) for number in range(1, 231)]
    others = sorted(str(group.short_name()).replace("H", "R") for group in gemmi.spacegroup_table())
    return tuple(dict.fromkeys((*reference, *others)))


def _skeleton(symbol: str) -> str:
    return re.sub(r"[-/]", "", symbol).lower()


def _lacks_screw(known: str, text: str) -> bool:
    """Tell whether a text is a symbol without the second digit of its screw axis, as P6mc is P63mc."""
    return any(
        known[:at] + known[at + 1 :] == text and known[at - 1].isdigit() and known[at].isdigit()
        for at in range(1, len(known))
    )


def _is_slip(known: str, text: str) -> bool:
    return len(known) == len(text) and sum(a != b for a, b in zip(known, text, strict=True)) == 1
