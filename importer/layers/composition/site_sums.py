"""Amounts of a formula that look wrong beside each other: on a site, in per cent, a nought for the letter O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.issues import Code, Fix, Problem
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

_SITE = re.compile(r"(?:[A-Z][a-z]?[0-9]?\.[0-9]{1,6}){2,8}")
_SITE_ATOM = re.compile(r"([A-Z][a-z]?)([0-9]?\.[0-9]{1,6})")
_ANIONS = frozenset({"N", "O", "F", "P", "S", "Cl", "As", "Se", "Br", "Sb", "Te", "I", "H", "C", "B"})
_INCOMPLETE = re.compile(r"(Al|Ga|In|B)(0?\.[0-9]{1,4})(Al|Ga|In)(N|P|As|Sb)")
"""A III-V alloy that gives the share of one metal only."""
_PERCENT_RUN = re.compile(r"(?:[A-Z][a-z]?[1-9][0-9]?(?![0-9.])){2,8}")
_PERCENT_ATOM = re.compile(r"([A-Z][a-z]?)([1-9][0-9]?)")
_NOUGHT = re.compile(r"(?<=[A-Za-z)\]])([1-9]?)0([1-9][0-9]?)(?![0-9.])")
SITE_SLACK = 0.05
"""How far from a whole number the amounts on a site may add up to be taken for a slip rather than for vacancies."""
_ROUNDING = 1e-6
WHOLE_SITE = 100
"""What amounts in per cent of a site add up to."""

_Atoms = list[tuple[str, str]]


FORMULA_SITE_SUM = Code(
    "formula-site-sum",
    Severity.WARNING,
    "The amounts that share a site don't add up to a whole number, or add up to 100.",
    "Check the amounts, and write fractions instead of per cent. Vacancies are fine if you mean them.",
    "In0.53Ga0.48As",
    fix=Fix.ASKED,
)


def iter_site_sums(body: str) -> Iterator[Problem]:
    """Yield the sites whose amounts miss a whole number by a little, as In0.53Ga0.48As does, or are in per cent.

    A site is a run of neighbours with decimal amounts, cations and anions apart, that isn't made of whole sites. Equal
    amounts may be rounded (three times 0.33). Source: IUPAC Red Book 2005, IR-11.3.2: atoms that share a site add up
    to its occupancy.
    """
    for run in _SITE.findall(body) if "." in body else ():
        for is_anion in (False, True):
            atoms = [(s, a) for s, a in _SITE_ATOM.findall(run) if (s in _ANIONS) is is_anion]
            atoms = _drop_whole_sites(_drop_whole_sites(atoms)[::-1])[::-1]
            total = sum(float(amount) for _, amount in atoms)
            slack = SITE_SLACK if len({amount for _, amount in atoms}) > 1 else 0
            if len(atoms) > 1 and _ROUNDING < abs(total - round(total)) <= slack:
                message = f"{_name(atoms)} add up to {total:g} on their site, not to {round(total)}."
                yield Problem(FORMULA_SITE_SUM, message)
    yield from _iter_percentages(body)
    if match := _INCOMPLETE.fullmatch(body):
        one, amount, other, anion = match.groups()
        meant = f"{one}{amount}{other}{1 - float(amount):.10g}{anion}"
        message = f"{one}{amount} and {other} add up to more than the one place that they share."
        yield Problem(FORMULA_SITE_SUM, message, meant)


def suggest_letter_o(plain: str) -> str | None:
    """Return a formula with the letter O where a nought was typed for it, as in ``Al203``; None where none was.

    A count such as 203 is taken for that slip only in a formula without oxygen and carbon.
    """
    if re.search(r"O(?![a-z])|C(?![a-z])", plain) or not _NOUGHT.search(plain) or re.fullmatch(r"H[0-9]+", plain):
        return None
    return _NOUGHT.sub(r"\1O\2", plain)


def _drop_whole_sites(atoms: _Atoms) -> _Atoms:
    """Return atoms without those in front that make up whole sites."""
    start, total = 0, 0.0
    for at, (_, amount) in enumerate(atoms, start=1):
        total += float(amount)
        if abs(total - round(total)) <= _ROUNDING:
            start, total = at, 0.0
    return atoms[start:]


def _iter_percentages(body: str) -> Iterator[Problem]:
    for run in _PERCENT_RUN.finditer(body):
        atoms = _PERCENT_ATOM.findall(run[0])
        while len(atoms) > 2 and atoms[-1][0] in _ANIONS and sum(int(amount) for _, amount in atoms) > WHOLE_SITE:  # noqa: PLR2004  # two share a site
            atoms.pop()
        end = run.start() + sum(len(symbol + amount) for symbol, amount in atoms)
        rest = body[: run.start()] + body[end:]
        is_organic = {"C", "H"} <= {symbol for symbol, _ in atoms}
        if sum(int(amount) for _, amount in atoms) == WHOLE_SITE and re.search("[A-Z]", rest) and not is_organic:
            meant = "".join(f"{symbol}{int(amount) / WHOLE_SITE:g}" for symbol, amount in atoms)
            message = (
                f"{_name(atoms)} add up to 100 next to other elements. If they are per cent of a site, write {meant}."
            )
            yield Problem(FORMULA_SITE_SUM, message, body[: run.start()] + meant + body[end:])


def _name(atoms: _Atoms) -> str:
    named = [symbol + amount for symbol, amount in atoms]
    return f"{', '.join(named[:-1])} and {named[-1]}"
