"""Positions and ids: whole numbers that a server's 64-bit field takes."""

from __future__ import annotations

import re

from importer.issues import Code, Fix, Parsed, Problem
from importer.layers.words.listing_order import SUBSTRATE_LABELS, join_letters
from importer.model import Severity

MAX_INTEGER = 2**63 - 1
_SHOWN = 60

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_NAMED = re.compile(r"(?i)(?:layer|lyr|sample|s|l|n|no\.?|nr\.?|id|#)?\s*[#:=_-]?\s*([0-9]{1,19})(?:st|nd|rd|th|\.)?")
_WHOLE_DECIMAL = re.compile(r"([+-]?[0-9]{1,40})\.0{1,20}")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:[.,'\u2019 \u00a0\u2009\u202f][0-9]{3})+")


INTEGER_FROM_DECIMAL = Code(
    "integer-from-decimal",
    Severity.NOTE,
    "A whole number was written with a decimal point (3.0), as spreadsheets do. It is read as the whole number.",
    "",
    "3.0",
)

NUMBER_GROUPED = Code(
    "number-grouped",
    Severity.ERROR,
    "A position or id has a separator before three digits, which may mark thousands or decimals.",
    "Write only digits, without a separator.",
    "1,000 or 1.042",
    fix=Fix.ASKED,
)

NOT_AN_INTEGER = Code(
    "not-an-integer",
    Severity.ERROR,
    "A position or id isn't a whole number.",
    "Write only digits, e.g. 3.",
    "2.5",
    fix=Fix.SURE,
)

INTEGER_OUT_OF_RANGE = Code(
    "integer-out-of-range",
    Severity.ERROR,
    "A position or id is below zero, or too large for the server's 64-bit field.",
    "Write the number that you mean.",
    "-1",
)


def parse_integer(text: str) -> Parsed[int]:
    """Return the whole number that a text means.

    ``3.0``, as spreadsheets write it, is 3 and noted. Python's own ``int`` isn't used to judge, for it takes
    ``1_000`` and digits of other scripts. The bound is that of a signed 64-bit field; positions and record ids
    count from zero up.
    """
    problems: tuple[Problem, ...] = ()
    if _GROUPED.fullmatch(text):
        meant = "".join(filter(str.isdigit, text))
        said = f"{text!r} may be {meant} with a thousands separator, or a number with decimals."
        return Parsed(None, (Problem(NUMBER_GROUPED, said, meant),))
    digits = text
    if match := _WHOLE_DECIMAL.fullmatch(text):
        digits = match[1]
        problems = (Problem(INTEGER_FROM_DECIMAL, f"{text} is read as the whole number {int(digits)}."),)
    if not _WHOLE.fullmatch(digits):
        named = _NAMED.fullmatch(text) if text.isascii() and len(text) <= _SHOWN else None
        message = f"{text[:_SHOWN]!r} isn't a whole number."
        if join_letters(text) in SUBSTRATE_LABELS:
            message = f"{message} A substrate has no number: name it beside the layers upon it, and delete this row."
        return Parsed(None, (Problem(NOT_AN_INTEGER, message, named and named[1]),))
    number = int(digits)
    if number < 0:
        return Parsed(None, (Problem(INTEGER_OUT_OF_RANGE, f"{text} is below zero. Counting starts at 0 or 1."),))
    if number > MAX_INTEGER:
        return Parsed(
            None, (Problem(INTEGER_OUT_OF_RANGE, f"{text} is larger than the largest possible id {MAX_INTEGER}."),)
        )
    return Parsed(number, problems)
