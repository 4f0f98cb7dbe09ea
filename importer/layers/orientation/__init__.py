"""Miller (hkl) and Miller-Bravais (hkil) indices of the film surface.

Canonical text: indices of one digit are written together with minus signs (``001``, ``1-10``, ``10-12``); as soon as
one has two digits all are separated by a space (``0 0 12``). Brackets are left out. Source of the notation:
International Tables for Crystallography, volume A, section 1.1.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.issues import Code, Fix, Parsed, Problem
from importer.layers.orientation.slips import explain_orientation, fill_third, match_dotted, suggest_third
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})
_BARS = "\u0305\u0304"
_SPACING_BARS = "¯‾ˉ"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "〈": "〉", "⟨": "⟩"}
_KINDS = {"[": "a direction", "<": "directions", "〈": "directions", "⟨": "directions", "{": "a family of planes"}
_COMPACT = re.compile(r"(?:-?[0-9]){3,4}")
_FOURTH_APART = re.compile(r"(?:-?[0-9]){3}\s+-?[0-9]{1,2}")
_SEPARATED = re.compile(r"-?[0-9]{1,3}(?:(?:\s*[,;]\s*|\s+)-?[0-9]{1,3}){2,3}")
_SUFFIX = re.compile(r"(.*[0-9)\]}>])\s*_?(A|B|Ga|Al|In|Zn|As|N|pc|[corthmCORTHM])")
"""Behind the indices: the polar face (A, Ga), or the cell that they refer to (pc: pseudo-cubic, o: orthorhombic)."""
_WORDS = {
    "c-plane": "0001",
    "a-plane": "11-20",
    "m-plane": "10-10",
    "r-plane": "1-102",
    "n-plane": "11-23",
    "s-plane": "10-11",
    "c-axis": "001",
    "a-axis": "100",
    "c-axis-oriented": "001",
    "poly": None,
    "polycrystal": None,
    "polycrystalline": None,
    "poly-crystalline": None,
    "nanocrystalline": None,
    "nano-crystalline": None,
    "microcrystalline": None,
    "micro-crystalline": None,
    "amorph": None,
    "amorphous": None,
    "random": None,
    "fiber": None,
    "fibre": None,
    "textured": None,
    "fiber-textured": None,
    "fibre-textured": None,
    "epi": None,
    "+c": "0001",
    "-c": "000-1",
    "+c-plane": "0001",
    "-c-plane": "000-1",
    "ga-face": "0001",
    "ga-polar": "0001",
    "al-polar": "0001",
    "zn-polar": "0001",
    "n-face": "000-1",
    "n-polar": "000-1",
    "o-polar": "000-1",
    "polar": None,
    "nonpolar": None,
    "non-polar": None,
    "semipolar": None,
    "semi-polar": None,
    "epitaxial": None,
    "single-crystal": None,
    "single-crystalline": None,
}
_MAX_LENGTH = 60
_HKIL = 4


@dataclass(frozen=True, slots=True)
class Orientation:
    """Indices of the surface normal; ``text`` is what is sent, ``indices`` is empty for a word."""

    text: str
    indices: tuple[int, ...] = ()


ORIENTATION_WORD = Code(
    "orientation-word",
    Severity.WARNING,
    "The orientation is a word, not indices. It will be sent as it is.",
    "Write indices if there are any. The suggestion shows the usual ones.",
    "c-plane",
    fix=Fix.ASKED,
)


def parse_orientation(text: str) -> Parsed[Orientation]:
    """Return the indices that a text means, with brackets, overbars, commas, spaces or none.

    The dot that stands for the third of four indices is read within brackets only, ``(11.0)``: bare, ``11.0`` could be
    any number of a spreadsheet. A letter behind the indices (``(111)A``, ``(001)pc``) stays there.
    """
    word = re.sub(r"[\s_-]+", "-", text.strip().lower())
    if word in _WORDS:
        message = f"{text!r} is a word, not indices. It will be sent as it is."
        return Parsed(Orientation(text), (Problem(ORIENTATION_WORD, message, _WORDS[word]),))
    if len(text) > _MAX_LENGTH:
        return _refuse(f"{text[:_MAX_LENGTH]!r}... is too long for Miller indices.", None)
    cleaned = _clean(text)
    suffix = ""
    if match := _SUFFIX.fullmatch(cleaned):
        cleaned, suffix = match[1].strip(), match[2]
    cleaned, bracket = _strip_brackets(cleaned)
    dotted = match_dotted(cleaned)
    indices = fill_third(dotted) if dotted and bracket else read_indices(cleaned)
    if indices is None:
        return _refuse(*explain_orientation(text, cleaned, read_indices))
    problem = _find_fault(text, indices)
    if problem is not None:
        return Parsed(None, (problem,))
    return Parsed(
        Orientation(make_text(indices) + suffix, indices), tuple(_iter_remarks(text, indices, bracket, suffix))
    )


def find_meaning(text: str) -> object:
    """Return the canonical text of some indices, the text itself where they can't be read."""
    orientation = parse_orientation(text).value
    return text if orientation is None else orientation.text


def make_text(indices: tuple[int, ...]) -> str:
    """Return the canonical text of indices."""
    separator = "" if all(abs(index) <= 9 for index in indices) else " "  # noqa: PLR2004  # one digit
    return separator.join(str(index) for index in indices)


def read_indices(text: str) -> tuple[int, ...] | None:
    """Return the indices written in plain characters, or None where there is no one reading.

    Nobody writes a minus before a nought: such a text has hyphens between its indices.
    """
    if re.search(r"-\s*0", text):
        return None
    if _COMPACT.fullmatch(text):
        return tuple(int(index) for index in re.findall(r"-?[0-9]", text))
    if _FOURTH_APART.fullmatch(text):
        three, fourth = text.split()
        return (*(int(index) for index in re.findall(r"-?[0-9]", three)), int(fourth))
    if _SEPARATED.fullmatch(text):
        return tuple(int(index) for index in re.findall(r"-?[0-9]+", text))
    spread = re.sub(r"-\s+", "-", text)
    return None if spread == text else read_indices(spread)


ORIENTATION_NOT_MILLER = Code(
    "orientation-not-miller",
    Severity.ERROR,
    "The orientation isn't a set of Miller or Miller-Bravais indices.",
    "Write three or four indices, e.g. 001, 1-10 or (0 0 0 12).",
    "up",
    fix=Fix.SURE,
)


def _refuse(message: str, meant: tuple[int, ...] | None) -> Parsed[Orientation]:
    is_one = meant is not None and any(meant)
    return Parsed(None, (Problem(ORIENTATION_NOT_MILLER, message, make_text(meant) if meant and is_one else None),))


ORIENTATION_ZERO = Code(
    "orientation-zero",
    Severity.ERROR,
    "All indices of the orientation are zero.",
    "Write the indices of the film's surface, e.g. 001.",
    "000",
)

ORIENTATION_HKIL = Code(
    "orientation-hkil",
    Severity.ERROR,
    "In four indices (h k i l) the first three must add up to zero.",
    "Correct the third index to -(h + k).",
    "(1012)",
    fix=Fix.ASKED,
)


def _find_fault(text: str, indices: tuple[int, ...]) -> Problem | None:
    if all(index == 0 for index in indices):
        return Problem(ORIENTATION_ZERO, f"{text!r} isn't a direction, because all its indices are zero.")
    if len(indices) == _HKIL and indices[0] + indices[1] + indices[2] != 0:
        message = f"In four indices (h k i l), h + k + i must be 0. In {text!r} it is {sum(indices[:3])}."
        return Problem(ORIENTATION_HKIL, message, _suggest_sum(text, indices))
    return None


def _suggest_sum(text: str, indices: tuple[int, ...]) -> str:
    """Return indices whose first three add up to zero; of ``0012`` three, the last of two digits."""
    if match := re.fullmatch(r"[(\[{<]?(00)([1-9][0-9])[)\]}>]?", text):
        return make_text((0, 0, int(match[2])))
    return make_text(suggest_third(indices))


ORIENTATION_DIRECTION = Code(
    "orientation-direction",
    Severity.NOTE,
    "Square or angle brackets mean a direction, braces a family of planes. The indices will be sent without them.",
    "",
    "[110]",
)

ORIENTATION_TWO_DIGITS = Code(
    "orientation-two-digits",
    Severity.WARNING,
    "Three indices, one of them with two digits, would be four valid indices without the spaces. They will be sent "
    "as three.",
    "Check that you mean (11 -2 0) and not (1 1 -2 0). The suggestion shows the four indices.",
    "11 -2 0",
    fix=Fix.ASKED,
)

ORIENTATION_SUFFIX = Code(
    "orientation-suffix",
    Severity.WARNING,
    "There are letters after the indices (a polar face, or the cell they refer to). They will be sent too.",
    "Leave the letters out if the plain indices are enough.",
    "(111)A",
)


def _iter_remarks(text: str, indices: tuple[int, ...], bracket: str, suffix: str) -> Iterator[Problem]:
    text_of_digits = "".join(str(index) for index in indices) if len(indices) < _HKIL else ""
    if bracket in _KINDS:
        message = f"{text!r} means {_KINDS[bracket]}. Its indices will be sent as the surface normal."
        yield Problem(ORIENTATION_DIRECTION, message)
    if (four := read_indices(text_of_digits)) and len(four) == _HKIL and sum(four[:3]) == 0:
        message = (
            f"{text!r} is read as three indices, one of them with two digits. Without the spaces it would be "
            f"{text_of_digits}."
        )
        yield Problem(ORIENTATION_TWO_DIGITS, message, text_of_digits)
    if suffix:
        message = (
            f"{text!r} has {suffix!r} after its indices. It will be sent too, although the API only describes indices."
        )
        yield Problem(ORIENTATION_SUFFIX, message)


def _clean(text: str) -> str:
    text = re.sub(r"\\[,;:! ]", " ", text.replace("$", "")).replace("\\langle", "<").replace("\\rangle", ">")
    text = re.sub(r"\{\s*\\(?:bar|overline)\s*([0-9])\s*\}", r"-\1", text)
    text = text.replace("\\{", "{").replace("\\}", "}")
    text = re.sub(r"\\(?:bar|overline)(?:\s*\{\s*([0-9])\s*\}|\s*([0-9]))", r"-\1\2", text)
    text = re.sub(r"_\{([A-Za-z]{1,2})\}", r"_\1", text)
    text = re.sub(rf"[{_SPACING_BARS}]", "-", text)
    text = unicodedata.normalize("NFKC", text).translate(_MINUS)
    text = re.sub(rf"([0-9])[{_BARS}]", r"-\1", text)
    text = re.sub(rf"\s?[{_BARS}]\s*([0-9])", r"-\1", text)
    return re.sub(r"\+(?=[0-9])", "", text).strip()


def _strip_brackets(text: str) -> tuple[str, str]:
    if text and _BRACKETS.get(text[0]) == text[-1]:
        return text[1:-1].strip(), text[0]
    return text, ""
