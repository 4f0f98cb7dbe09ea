"""Orientation: Miller (hkl) and Miller-Bravais (hkil) indices of the film surface.

Canonical text: indices of one digit are written together with minus signs (``001``, ``1-10``, ``10-12``); as soon as
one has two digits all are separated by a space (``0 0 12``). Brackets are left out. Source of the notation:
International Tables for Crystallography, volume A, section 1.1.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from importer.model import Parsed, Problem

_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})
_BARS = "\u0305\u0304"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "〈": "〉", "⟨": "⟩"}
_KINDS = {"[": "a direction", "<": "directions", "〈": "directions", "⟨": "directions", "{": "a family of planes"}
_COMPACT = re.compile(r"(?:-?[0-9]){3,4}")
_SEPARATED = re.compile(r"-?[0-9]{1,3}(?:(?:\s*[,;]\s*|\s+)-?[0-9]{1,3}){2,3}")
_WORDS = {
    "c-plane": "0001",
    "a-plane": "11-20",
    "m-plane": "10-10",
    "r-plane": "1-102",
    "n-plane": "11-23",
    "poly": None,
    "polycrystalline": None,
    "amorphous": None,
    "random": None,
    "textured": None,
}
_MAX_LENGTH = 60
_HKIL = 4


@dataclass(frozen=True, slots=True)
class Orientation:
    """Indices of the surface normal; ``text`` is what is sent."""

    text: str
    indices: tuple[int, ...] = ()


def parse_orientation(text: str) -> Parsed[Orientation]:
    """Return the indices that a text means, with brackets, overbars, commas, spaces or none."""
    word = re.sub(r"[\s_-]+", "-", text.strip().lower())
    if word in _WORDS:
        message = f"{text!r} is a word, not indices; it is sent as it stands."
        return Parsed(Orientation(text), (Problem("orientation-word", message, _WORDS[word]),))
    cleaned, bracket = _strip_brackets(_clean(text)) if len(text) <= _MAX_LENGTH else ("", "")
    indices = read_indices(cleaned)
    if indices is None:
        message = f"{text!r} is not a set of Miller indices: write three or four, e.g. 001, 1-10 or (0 0 0 12)."
        return Parsed(None, (Problem("orientation-not-miller", message),))
    if all(index == 0 for index in indices):
        return Parsed(None, (Problem("orientation-zero", f"{text!r} is no direction: all its indices are zero."),))
    if len(indices) == _HKIL and indices[0] + indices[1] + indices[2] != 0:
        h, k, i, l = indices  # noqa: E741  # the names of the field
        meant = make_text((h, k, -h - k, l))
        message = f"In four indices (h k i l) h + k + i must be 0; in {text!r} it is {h + k + i}."
        return Parsed(None, (Problem("orientation-hkil", message, meant),))
    problems: tuple[Problem, ...] = ()
    if bracket in _KINDS:
        message = f"{text!r} means {_KINDS[bracket]}; the indices are sent as the surface normal."
        problems = (Problem("orientation-direction", message),)
    return Parsed(Orientation(make_text(indices), indices), problems)


def make_text(indices: tuple[int, ...]) -> str:
    """Return the canonical text of indices."""
    separator = "" if all(abs(index) <= 9 for index in indices) else " "  # noqa: PLR2004  # one digit
    return separator.join(str(index) for index in indices)


def read_indices(text: str) -> tuple[int, ...] | None:
    """Return the indices written in plain characters, or None where there is no one reading."""
    if _COMPACT.fullmatch(text):
        return tuple(int(index) for index in re.findall(r"-?[0-9]", text))
    if _SEPARATED.fullmatch(text):
        return tuple(int(index) for index in re.findall(r"-?[0-9]+", text))
    spread = re.sub(r"-\s+", "-", text)
    return None if spread == text else read_indices(spread)


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.replace("¯", "\u0304")).translate(_MINUS)
    text = re.sub(rf"([0-9])[{_BARS}]", r"-\1", text)
    return re.sub(rf"\s?[{_BARS}]\s*([0-9])", r"-\1", text).strip()


def _strip_brackets(text: str) -> tuple[str, str]:
    if text and _BRACKETS.get(text[0]) == text[-1]:
        return text[1:-1].strip(), text[0]
    return text, ""
