"""Texts that spreadsheets and programs turn into dates and decimal numbers."""

from __future__ import annotations

import re

from importer.issues import Code, Fix, Problem
from importer.model import Severity

_MONTHS = (
    ("jan", "janv", "ene"),
    ("feb", "févr", "fev"),
    ("mar", "mär", "mrz", "mars"),
    ("apr", "avr", "abr"),
    ("may", "mai"),
    ("jun", "juin"),
    ("jul", "juil"),
    ("aug", "août", "ago"),
    ("sep", "sept"),
    ("oct", "okt"),
    ("nov",),
    ("dec", "dez", "déc", "dic"),
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_DATES = (
    re.compile(r"\d{4}-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?", re.ASCII),
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?:\d{4}|\d{2})?", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?:\d{4}|\d{2})", re.ASCII),
    re.compile(rf"(?P<day>\d{{1,2}})[-. ](?P<name>{_NAME})\.?(?:[-. ]\d{{2,4}})?", re.IGNORECASE),
    re.compile(rf"(?P<name>{_NAME})\.?[-. ](?P<day>\d{{1,4}})", re.IGNORECASE),
)
_DATE_BEGINS = re.compile(rf"\d|{_NAME}", re.IGNORECASE)
MAYBE_CHANGED = re.compile(rf"\d[.,]0$|00:00|^\d{{1,2}}[-. ](?:{_NAME})\b|^(?:{_NAME})[-. ]\d", re.IGNORECASE)
"""What tells the few names that may have been changed from the many that weren't."""
_NAME_FLOAT = re.compile(r"(?P<whole>\d+)[.,]0", re.ASCII)


DATE_MADE = Code(
    "date-made",
    Severity.ERROR,
    "The text is a date. Spreadsheets turn texts such as 11-20 into dates.",
    "Format the column as text and type the value again, or accept the suggestion.",
    "20-Nov for 11-20",
    fix=Fix.ASKED,
)


def suspect_date(text: str) -> Problem | None:
    """Return what a text was before a spreadsheet made a date of it; None where it is none."""
    for pattern in _DATES if _DATE_BEGINS.match(text) else ():
        match = pattern.fullmatch(text)
        if match is not None:
            parts = match.groupdict()
            month = _MONTH[parts["name"].lower()] if parts.get("name") else int(parts["month"])
            meant = f"{month}-{int(parts['day'])}"
            said = f"{text!r} is a date. Spreadsheets turn texts such as {meant} into dates."
            return Problem(DATE_MADE, said, meant)
    return None


NAME_CHANGED = Code(
    "name-changed",
    Severity.WARNING,
    "A sample name is a decimal number or a date. Programs turn names such as 230415 or 3-12 into these.",
    "Format the column as text and type the name again, or accept the suggestion.",
    "230415.0 for 230415, 12-Mar for 3-12",
    fix=Fix.ASKED,
)


def suspect_name(text: str) -> Problem | None:
    """Return what most likely happened to a sample's name: pandas makes floats of numbers, spreadsheets dates."""
    if (whole := _NAME_FLOAT.fullmatch(text)) is not None:
        said = f"{text!r} is a decimal number. Programs turn names such as {whole['whole']} into these."
        return Problem(NAME_CHANGED, said, whole["whole"])
    date = suspect_date(text) if MAYBE_CHANGED.search(text) else None
    return None if date is None else Problem(NAME_CHANGED, date.message, date.suggestion)
