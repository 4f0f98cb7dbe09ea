"""What was probably meant by a text that isn't a formula: rewritings by rule, of which the first that reads is told."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from importer.layers.composition.abbreviations import ABBREVIATIONS
from importer.layers.composition.marks import drop_inner_charges, lower_subscripts, lower_superscripts
from importer.layers.composition.slips import POLYTYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LATIN = str.maketrans("АВЕКМНОРСТХІЅаеосрхіΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXISaeocpxiABEZHIKMNOPTYXo")
"""Letters of other scripts and the Latin ones that they look like. Source: Unicode Technical Standard 39."""
_SIGNS = str.maketrans("∗‧・･⸱∂𝛿‐‑﹣－⁄∕", "*····δδ----//")
"""Signs that are like those of formulas: other raised dots, the sign of a partial derivative, other hyphens."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_FULL_WIDTH_FROM, _FULL_WIDTH_TO = 0xFF01, 0xFF5E
_QUOTES = "\"'`´“”„‘’.,;*?!~ "  # quotation marks as people type them
_REMARK = re.compile(r"(.*\S)\s*\([^()%]*\)")
_FACE = re.compile(r"(.*[A-Za-z0-9)\]])[\s_]*[(\[{<⟨]?\s*-?[0-9](?:[\s,]*[-\u0304\u0305]?[0-9]){2,3}\s*[)\]}>⟩]?[AB]?")
_FACE_IN_BRACKETS = re.compile(r".*[A-Za-z0-9)\]]\s*[(\[{<⟨]\s*-?[0-9](?:[\s,]*-?[0-9]){2,3}\s*[)\]}>⟩][AB]?")
_POLYTYPE = re.compile(rf"(.*[A-Za-z0-9)\]])(?:\s*\({POLYTYPE}\)|\s+{POLYTYPE})")
_OXIDATION = re.compile(r"(?<=[a-zA-Z])\((?:I{2,3}|IV|VI{1,3})\)")
_SHORT_NAMES = "|".join(sorted((name for name in ABBREVIATIONS if name.isupper()), key=len, reverse=True))
_CAPITALS = re.compile(
    rf"(.*[A-Za-z0-9)\]])(?:\s*\((?:{_SHORT_NAMES})[0-9]{{0,3}}\)|\s+\((?!SCN|CNO|OCN|OOH|HCO3)[A-Z]{{3,6}}[0-9]{{0,3}}\))"
)
_ATOM_ALONE = re.compile(r"(.*[A-Z].*[A-Za-z0-9)\]])(?:\s+\([A-Z][a-z]?\)|\((?:B|[A-Z][a-z])\))")
_FORM = r"(?:[Nn][PpWwRrCcTtSs]s?|[QqDd][Dd]s?|NPLs?)"
"""Nanoparticles, wires, rods, crystals, tubes, sheets; quantum dots."""
_WORD_BEHIND = re.compile(rf"(.*[A-Za-z0-9)\]])\s+(?!SCN|OCN|CNO)(?:SI|{_FORM}|[A-Z]{{3,6}}|\((?:[np]\+{{0,2}}|i)\))")
_FORM_BEHIND = re.compile(
    rf"(.*[A-Za-z0-9)\]])[-_](?:c|mp|np|nw|nr|nc|nt|bl|ns|nf|a|m|p|n|nano[a-z]+|sheet|grid|mesh|film|anatase|rutile|amorphous|{_FORM})"
)
"""``TiO2-c``, ``TiO2-mp``, ``SnO2-np``: compact, mesoporous, nanoparticles; so the perovskite database writes them."""
_LOST_NUMBER = re.compile(r"[0-9]|[0-9.]+\s*[/:]\s*[0-9.]+")
_MARKUP = re.compile(r"\$?\\(?:ce|mathrm|rm|text|mathregular)\{(.*)\}\$?")
_MASS_BEHIND = re.compile(r"([A-Z][a-z]?)\[([0-9]{1,3})\]")
_NUMBER_BEHIND_SPACE = re.compile(r"[A-Za-z0-9)\]]\s+[0-9]{1,3}[A-Z]")
_SPACE_BETWEEN = re.compile(r"(\S*[A-Z]\S*)\s+(?=([A-Z]\S*))")
_LAST_ATOM = re.compile(r"([A-Z][a-z]?)[0-9.]*[)\]}]?[0-9.]*$")
_ENDING = frozenset({"N", "O", "F", "P", "S", "Cl", "As", "Se", "Br", "Sb", "Te", "I"})
_GOING_ON = _ENDING - {"P"} | {"H"}
_DOPED = (
    re.compile(r"(?:[0-9.]{1,8}\s*(?:wt|at|mol)?\.?\s*%\s*)?(?P<dopant>[A-Z][a-z]?)[-\s]doped\s+(?P<host>\S+)"),
    re.compile(r"(?P<host>\S+)\s+doped\s+(?:with|by)\s+(?P<dopant>[A-Z][a-z]?)"),
    re.compile(r"(?P<host>\S+)\s*\(?\s*(?P<dopant>[A-Z][a-z]?)[-\s]doped\s*\)?"),
    re.compile(r"(?P<dopant>[A-Z][a-z]?)-(?P<host>[A-Z(].*[A-Z].*)"),
    re.compile(r"(?P<host>.*[A-Z].*[A-Za-z0-9)\]])\s*\((?P<dopant>[A-Z][a-z])\)"),
)
_DOSED = (
    re.compile(r"(?P<host>\S+)\s*\(\s*(?P<dose>[0-9.]{1,8}\s*(?:wt|at|mol)?\.?\s*%)\s*(?P<dopant>[A-Z][a-z]?)\s*\)"),
    re.compile(r"(?P<host>[^\s+]+)\s*\+\s*(?P<dose>[0-9.]{1,8}\s*(?:wt|at|mol)?\.?\s*%)\s*(?P<dopant>[A-Z][a-z]?)"),
)
_ADDED_WATER = re.compile(r"(?<=[0-9A-Za-z)\]])(?:\.|\s+x\s*|\s*-\s*|\s+)([0-9]{0,2}(?:\.[0-9]{1,3})?)\s*H2O$")
_ADDED_DOT = re.compile(r"(?<=[0-9A-Za-z)\]])\.(?=[0-9]{0,2}[A-Z(])")
_PER_CENT = re.compile(r"(?<=[A-Za-z])\(?([0-9]{1,2}(?:\.[0-9]{1,3})?)\s*%\)?")
_UNCERTAINTY = re.compile(r"(?<=[0-9]\.)([0-9]{1,6})(?:\([0-9]{1,2}\)|\s*±\s*[0-9.]{1,8})")
_ORGANIC = {"MA": "(CH3NH3)", "FA": "(CH(NH2)2)", "PEA": "(C8H9NH3)"}
"""Organic cations of hybrid perovskites by the letters that the literature gives them."""
_ORGANIC_LETTERS = re.compile(r"(?:(?<![A-Z])|(?<=[FM]A))(?:PEA|MA|FA)(?![a-wyz])")
_SEVERAL = re.compile(r"(?<=[a-z])\+(?=[A-Z])|\s*(?://?|\\|\|+|;|→)\s*|\s+(?:and|or|on|\+|/|&)\s+|,\s+")
_HYPHEN = re.compile(r"\s*[-–−]\s*")  # dashes as people type them


def suggest_formula(text: str, is_sound: Callable[[str], bool]) -> str | None:
    """Return what was probably meant by a text, a formula that reads as it stands; None where nothing is likely."""
    return next((meant for meant in _iter_rewritings(text) if meant != text and is_sound(meant)), None)


def has_remark_behind(text: str) -> bool:
    """Tell whether something stands behind a formula that would read as more atoms of it.

    A face (``Si(111)``), a polytype (``MoS2 (2H)``), an abbreviation (``BiFeO3 (BFO)``), a phase or dopant
    (``TiO2(B)``, ``ZnO (Al)``): nobody sets one atom, or capitals only, apart in brackets at the end of a formula.
    """
    patterns = (_FACE_IN_BRACKETS, _POLYTYPE, _CAPITALS, _ATOM_ALONE, _WORD_BEHIND)
    return any(pattern.fullmatch(text) for pattern in patterns)


def split_at_space(text: str) -> tuple[str, str] | None:
    """Return two formulas that a space parts, as in ``BaTiO3 SrTiO3``, ``SrTiO3 Nb``; None where it is one formula.

    A space within a formula (``Ba Ti O3``, ``Ba TiO3``) parts none: cations come before anions (IUPAC Red Book 2005,
    IR-4.4.2), so that a cation behind the anion of a compound begins another one.
    """
    for match in _SPACE_BETWEEN.finditer(text) if ":" not in text else ():
        before, behind = match[1], match[2]
        last, first = _LAST_ATOM.search(before), re.match("[A-Z][a-z]?", behind)
        is_compound = len(set(re.findall("[A-Z][a-z]?", before))) > 1 and before.count("(") == before.count(")")
        if is_compound and last and first and last[1] in _ENDING and first[0] not in _GOING_ON:
            return text[: match.end(1)], text[match.start(2) :]
    return None


def has_dot_before_water(text: str) -> bool:
    """Tell whether a full stop stands where the centred dot of a hydrate should, as in ``CuSO4.5H2O``."""
    match = re.search(r"(?<=[0-9A-Za-z)\]])\.[0-9]{0,2}H2O$", text)
    return match is not None and not re.search(r"[·•⋅∙*×]\s*[0-9]*$", text[: match.start()])


def has_number_behind_space(text: str) -> bool:
    """Tell whether a whole number stands between a blank and an element, ``CaSO4 2H2O``: it would read as a nuclide."""
    return ":" not in text and bool(_NUMBER_BEHIND_SPACE.search(text)) and not re.search(r"[-−–+·•⋅∙*×]", text)


def has_oxidation_number(text: str) -> bool:
    """Tell whether an oxidation number stands behind an element, ``Fe(III)``: it would read as iodine and vanadium."""
    return bool(_OXIDATION.search(text))


def expand_organic(text: str) -> str | None:
    """Return a formula with organic cations written out, None where it names none."""
    if not re.search(r"Pb|Sn|Bi|I(?![a-z])|Br|Cl", text):
        return None  # a list of cations is no formula yet
    found = _ORGANIC_LETTERS.sub(lambda match: _ORGANIC[match[0]], text)
    return None if found == text else found


def names_several(text: str, is_sound: Callable[[str], bool]) -> bool:
    """Tell whether a text names several materials, as ``SrTiO3/LaAlO3`` does."""
    bare = re.sub(r"^[(\[]|[)\]][0-9]*$", "", text)
    for whole in (text, bare):
        parts = [part.strip() for part in _SEVERAL.split(whole)]
        if len(parts) > 1 and all(is_sound(part) or is_sound(part.strip("()[] ")) for part in parts):
            return True
    return False


def suggest_solution(text: str, is_sound: Callable[[str], bool]) -> str | None:
    """Return ``A-B`` as the solid solution ``(1-x)A-xB``, where both are compounds; else None."""
    parts = _HYPHEN.split(text)
    if len(parts) != 2 or not all(re.search(r"[A-Z].*[A-Z]", part) and is_sound(part) for part in parts):  # noqa: PLR2004  # A and B
        return None
    return f"(1-x){parts[0]}-x{parts[1]}"


def _iter_rewritings(text: str) -> Iterator[str]:
    yield _latinise(text)
    yield text.strip(_QUOTES)
    yield lower_subscripts(_MARKUP.sub(r"\1", text))
    yield _MASS_BEHIND.sub(r"\2\1", text)
    yield from _iter_doped(text)
    yield _ADDED_WATER.sub(r"·\1H2O", text)
    yield _ADDED_DOT.sub("·", text)
    yield _PER_CENT.sub(lambda match: f"{float(match[1]) / 100:g}", text)
    yield _UNCERTAINTY.sub(r"\1", text)
    yield drop_inner_charges(text)
    yield re.sub(r"^([A-Z][a-z]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})$", lambda m: lower_superscripts(m[2]) + m[1], text)
    yield lower_superscripts(text)
    yield re.sub(r"(?<=[0-9])\s*[-–−]\s*(?=\()", "", text)  # dashes as people type them
    yield text.replace("X", "x")
    yield re.sub(r"(?<![A-Z])AI", "Al", text)
    yield re.sub(r"\([A-Z][a-z]?(?:/[A-Z][a-z]?)+\)", lambda match: match[0].replace("/", ","), text)
    together, gaps = re.subn(r"(?<=[A-Za-z])\s+(?=[0-9])", "", text)
    if gaps > 1:
        yield together
    yield from _iter_without_remark(text)


def _iter_doped(text: str) -> Iterator[str]:
    for pattern in _DOPED:
        if match := pattern.fullmatch(text):
            yield f"{match['dopant']}:{match['host']}"
    for pattern in _DOSED:
        if (match := pattern.fullmatch(text)) and match["dopant"] not in match["host"]:
            yield f"{match['host']}:{match['dopant']}({match['dose']})"


def _iter_without_remark(text: str) -> Iterator[str]:
    for pattern in (_FACE, _POLYTYPE, _CAPITALS, _WORD_BEHIND, _FORM_BEHIND, _REMARK):
        if match := pattern.fullmatch(text):
            yield ABBREVIATIONS.get(match[1], match[1])
    if match := re.fullmatch(r"(?:[a-z][a-z-]*\s+)+([A-Z(]\S*)", text):
        yield match[1]
    first, space, rest = text.partition(" ")
    if _LOST_NUMBER.fullmatch(rest):
        return  # of NH 3 or NiCr 80/20 nothing may go
    if space and not re.search(r"(?:^|[\s:(%])[A-Z]", rest) and "doped" not in rest and "%" not in rest:
        yield first.rstrip(_QUOTES)


def _latinise(text: str) -> str:
    plain = _INVISIBLE.sub("", text.translate(_LATIN).translate(_SIGNS)).replace("\u00a0", " ")
    return "".join(_plain_char(char) for char in plain)


def _plain_char(char: str) -> str:
    """Return a full-width character or a fraction in plain characters, any other as it is."""
    plain = unicodedata.normalize("NFKC", char)
    if _FULL_WIDTH_FROM <= ord(char) <= _FULL_WIDTH_TO or "\u2044" in plain:
        return plain.replace("\u2044", "/")
    return char
