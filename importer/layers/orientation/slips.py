"""Why a text is no set of Miller indices, and which were probably meant."""

from __future__ import annotations

import itertools
import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[str], tuple[int, ...] | None]

_NOTHING = frozenset({"none", "n/a", "na", "nan", "null", "unknown", "tbd", "?", "-", "--", "–", "—", "any", "mixed"})
_RUNNING = re.compile(r"\(?([0hkl]{3,4})\)?(?:\s.*)?")
_GROUP = re.compile(
    r"[(\[{<⟨〈]\s*-?[0-9][-0-9\s,;.]*[)\]}>⟩〉]|(?<![0-9.°])(?:-?[0-9]){3,4}(?![0-9.]*\s*(?:°|%|deg|nm|Å|[0-9]))"
)
_SPACED = re.compile(r"(?<![-0-9.°(\[{<])-?[0-9](?:\s+-?[0-9]){2,3}(?![0-9.]*\s*(?:°|%|deg|nm|Å|[0-9]))")
_DOTTED = re.compile(r"(-?[0-9])\s*(-?[0-9])\s*[.·•⋅∙*]\s*(-?[0-9]{1,2})")
_LONG = re.compile(r"((?:-?[0-9]){3})(-?[0-9]{2})")
_PART = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,4}|/[1-9][0-9]?)?")
_BRACKETS = "()[]{}<>⟨⟩〈〉 "
_BAR = re.compile("bar|['*\u0304\u0305]")
_MOST = 99
_THREE = 3
_HKIL = 4


def explain_orientation(text: str, cleaned: str, read: Reader) -> tuple[str, tuple[int, ...] | None]:
    """Return why a text is no set of indices, and those that were probably meant, None where none are likely.

    Args:
        text: as the person wrote it.
        cleaned: the same in plain characters, without brackets.
        read: returns the indices in a text, None where it holds none.
    """
    if text.strip().lower() in _NOTHING:
        return f"{text!r} isn't an orientation. Leave it empty if there is none or it isn't known.", None
    if match := _RUNNING.fullmatch(text.strip().lower()):
        meant = read(re.sub("[hkl]", "1", match[1])) if len(set(match[1]) - {"0"}) == 1 else None
        return f"{text!r} has a running index. Write the indices of the film's surface, e.g. 001.", meant
    if found := _find_hyphens(cleaned):
        return f"{text!r} has hyphens between its indices, which look like minus signs. Write spaces instead.", found
    groups = [match[0] for match in _GROUP.finditer(text)] or _SPACED.findall(text)
    if len(groups) > 1 and all(read(group.strip(_BRACKETS)) for group in groups):
        return f"{text!r} names several orientations. Write the one of the film's surface.", None
    return _explain_rest(text, cleaned, read, groups)


def suggest_third(indices: tuple[int, ...]) -> tuple[int, ...]:
    """Return four indices whose first three add up to zero: a bar put where one was lost, else another third index."""
    h, k, i, l = indices  # noqa: E741  # the names of the field
    for signs in sorted(itertools.product((1, -1), repeat=3), key=lambda signs: (signs.count(-1), signs)):
        first, second, third = (index * sign for index, sign in zip((h, k, i), signs, strict=True))
        if first + second + third == 0 and first >= 0:
            return (first, second, third, l)
    return (h, k, -h - k, l)


def fill_third(dotted: re.Match[str]) -> tuple[int, ...]:
    """Return the four indices that the dot form means."""
    h, k, last = (int(index) for index in dotted.groups())
    return (h, k, -h - k, last)


def match_dotted(text: str) -> re.Match[str] | None:
    """Return the match of the dot form (hk.l), None where it is none."""
    return _DOTTED.fullmatch(text)


def _explain_rest(text: str, cleaned: str, read: Reader, groups: list[str]) -> tuple[str, tuple[int, ...] | None]:
    if found := _scale_to_whole(cleaned, read):
        return f"{text!r} has indices that aren't whole numbers.", found
    usual = f"{text!r} isn't a set of Miller indices."
    if _BAR.search(text.strip("'`\"")) and "\\" not in text:
        usual = f"{text!r} has marks that may mean overbars. Write a minus sign before the index instead, as in 1-10."
    if found := _find_slip(text, cleaned, read):
        return usual, found
    if len(groups) == 1 and not _BAR.search(text.strip("'`\"")) and (found := read(groups[0].strip(_BRACKETS))):
        return f"{text!r} contains more than the indices.", found
    return usual, None


def _find_hyphens(cleaned: str) -> tuple[int, ...] | None:
    if not re.fullmatch(r"[0-9]{1,2}(?:-[0-9]{1,2}){2,3}", cleaned) or not re.search(r"-0", cleaned):
        return None
    indices = tuple(int(index) for index in cleaned.split("-"))
    is_whole = len(indices) < _HKIL or sum(indices[:3]) == 0
    return indices if is_whole and any(indices) else None


def _scale_to_whole(cleaned: str, read: Reader) -> tuple[int, ...] | None:
    """Return the whole indices of the same direction as fractional ones."""
    parts = re.split(r"\s*[,;]\s*|\s+", cleaned)
    if not 3 <= len(parts) <= _HKIL or not all(_PART.fullmatch(part) for part in parts):  # noqa: PLR2004  # three or four
        return None
    values = [Fraction(part) for part in parts]
    scale = math.lcm(*(value.denominator for value in values))
    whole = tuple(int(value * scale) for value in values)
    return whole if any(whole) and max(map(abs, whole)) <= _MOST and read(" ".join(map(str, whole))) else None


def _find_slip(text: str, cleaned: str, read: Reader) -> tuple[int, ...] | None:
    if dotted := match_dotted(cleaned):
        return fill_third(dotted)
    # 8 and 9 are rather 010 and 011, read as octal numbers
    if match := re.fullmatch(r"([1-7]|[1-9][0-9])|([1-9][0-9]{2})\.0{1,4}", cleaned):
        return read((match[1] or match[2]).zfill(3))
    if match := _LONG.fullmatch(cleaned):
        three = read(match[1]) or (0, 0, 0)
        if sum(three) == 0:
            return (*three, int(match[2]))
    lettered = re.sub("[lI]", "1", re.sub("[oO]", "0", cleaned))
    if lettered != cleaned and re.fullmatch(r"[-0-9lIoO\s,]+", cleaned) and (found := read(lettered)):
        return found
    joined = read("".join(cleaned.split())) or ()
    if " " in cleaned and len(joined) == _THREE:
        return joined
    # a bar that was typed before its digit, where a program draws it over the one before
    return read(re.sub("[\u0304\u0305](?=[0-9])", "-", text).strip("()[]{}<> "))
