"""The marks around the atoms of a formula: subscripts, superscripts, charges, given values and doses."""

from __future__ import annotations

import re

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊₍₎ₓ", "0123456789-+()x")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SUBSCRIPT_TEXT = re.compile(r"\$?_(?:\{([^{}$]*)\}|((?:(?<=[A-Za-z)\]]_)|(?<=\$_))(?:[0-9]+(?:\.[0-9]+)?|[xyzδ])))\$?")
"""LaTeX: ``_{1-x}`` anywhere, a bare ``_3`` or ``_x`` right behind an element or a bracket only."""
_CLASH = re.compile(
    r"[0-9][₀-₉]|[₀-₉][0-9]|[0-9]<sub>[0-9]|[0-9]</sub>[0-9]|[0-9](?:\$_|\$?_\{)[0-9]|_\{[^{}]*[0-9]\}\$?[0-9]"
)
_MASS = re.compile(r"([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})(?=[A-Z])")
_CHARGE_SET_APART = re.compile(r"(?:\s*\^\{?[1-9]?[+\-−]\}?|[⁰¹²³⁴⁵⁶⁷⁸⁹]?[⁺⁻]|\s+[1-9][+\-−])$")
_CHARGE_BEHIND = re.compile(r"(?<=[)\]}])[1-9]?[+-]$")
_CHARGED_ATOM = re.compile(r"([A-Z][a-z]?)([1-9]?[+-])")
_SIGN_BEHIND = re.compile(r"[+-]$")
_VALUE_GIVEN = re.compile(r"\s*[,;]?\s*\(?\s*(?:[xyzδ]|delta)\s*(?:=|~|≈)\s*[0-9]{0,3}(?:\.[0-9]{1,6})?\s*%?\s*\)?$")
_RATIO = re.compile(
    r"(?:\s+|\s*(?=\())\(?\s*[0-9]{1,3}(?:\.[0-9]{1,3})?\s*[:/]\s*[0-9]{1,3}(?:\.[0-9]{1,3})?"
    r"\s*(?:(?:wt|at|mol)?\.?\s*%)?\s*\)?$"
)
_PER_VOLUME = r"(?:/\s*cm\^?[3³]|cm\s*\^?\{?\s*[-−]\s*3\}?|cm⁻³)"
_POWER = r"(?:[eE]\+?[0-9]{1,2}|\s*[x×·*]\s*10(?:\^?\{?[0-9]{1,2}\}?|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))"
_DOSE_TEXT = (
    r"\(?\s*[~≈]?\s*(?:[0-9.]{1,12}\s*(?:(?:wt|at|mol)?\.?\s*%|ppm"
    rf"|{_POWER}\s*{_PER_VOLUME}?)|10(?:\^\{{?[0-9]{{1,2}}\}}?|[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,2}})\s*{_PER_VOLUME})\s*\)?"
)
_DOSE = re.compile(_DOSE_TEXT)
_DOSE_BEHIND = re.compile(rf"(?:\s+|(?=\()){_DOSE_TEXT}$")


def lower_subscripts(text: str) -> str:
    """Return a formula with subscripts as plain characters, from Unicode, LaTeX and HTML."""
    plain = text.translate(_SUBSCRIPTS)
    plain = re.sub(r"(?i)<sub>([^<>]*)</sub>", r"\1", plain)
    if "_" not in plain:
        return plain
    plain = plain.replace("\\delta", "δ")
    return _SUBSCRIPT_TEXT.sub(lambda match: match[1] or match[2] or "", plain)


def has_subscript_clash(text: str) -> bool:
    """Tell whether a subscript digit stands beside a plain digit: as plain text both would be one number."""
    return bool(_CLASH.search(text))


def mark_masses(text: str) -> str:
    """Return a formula with superscript mass numbers, which stand before their element, as ``^{18}O``."""
    return _MASS.sub(lambda match: f"^{{{match[1].translate(_SUPERSCRIPTS)}}}", text)


def lower_superscripts(text: str) -> str:
    """Return a text with superscript digits as plain ones."""
    return text.translate(_SUPERSCRIPTS)


def drop_given_value(text: str) -> str:
    """Return a formula without the value of its variable behind it, ``(x=0.3)``."""
    return _VALUE_GIVEN.sub("", text)


def drop_ratio(text: str) -> str:
    """Return a formula without the ratio of its parts behind it, ``(90:10 wt%)``."""
    return _RATIO.sub("", text)


def drop_dose(text: str) -> str:
    """Return a dopant without its amount: ``0.5wt%``, ``(1e18 cm-3)``, ``5×10¹⁹``."""
    return _DOSE.sub("", text).strip()


def drop_dose_behind(text: str) -> str:
    """Return a host without the amount of its dopant behind it, ``BaSnO3 (4%)``."""
    return _DOSE_BEHIND.sub("", text).strip()


def split_charge(text: str) -> tuple[str, str]:
    """Return the atoms and the charge behind them.

    A digit before the sign is the charge's where the charge is set apart (``SO4^2-``), behind a bracket, or behind one
    atom alone (``Ti4+``); else it counts atoms (``NH4+``). Source: IUPAC Red Book 2005, IR-4.2.3.
    """
    for pattern in (_CHARGE_SET_APART, _CHARGE_BEHIND):
        if match := pattern.search(text):
            return text[: match.start()], match[0].strip()
    if match := _CHARGED_ATOM.fullmatch(text):
        return match[1], match[2]
    if match := _SIGN_BEHIND.search(text):
        return text[: match.start()], match[0]
    return text, ""


def drop_inner_charges(text: str) -> str:
    """Return a formula without the charges of its single atoms, where they are set apart (``Ba²⁺``, ``Fe^{3+}``)."""
    text = re.sub(r"\^\{?[1-9]?[+\-−]\}?|[⁰¹²³⁴⁵⁶⁷⁸⁹]?[⁺⁻]", "", text)
    return re.sub(r"(?<=[a-zA-Z])\((?:[1-9][+\-−]|I{2,3}|I?V|VI{1,3})\)", "", text)
