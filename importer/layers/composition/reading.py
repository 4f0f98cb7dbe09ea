"""The characters of a formula as what they say: amounts, a solid solution, a dopant and its host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from importer.layers.composition.grammar import Formula, FormulaError, read_formula
from importer.layers.composition.marks import (
    drop_dose,
    drop_dose_behind,
    drop_given_value,
    drop_ratio,
    mark_masses,
    split_charge,
)
from importer.layers.elements import is_element

_DOPANT_CHARGE = r"(?P<charge>[1-9]?\+|[⁰¹²³⁴⁵⁶⁷⁸⁹]?⁺|\^\{?[1-9]?\+\}?)"
_DOPANT_ATOM = rf"(?:[0-9]?\.[0-9]{{1,6}}\s?|[xy])?(?P<symbol>[A-Z][a-z]?){_DOPANT_CHARGE}?(?:[0-9]?\.[0-9]{{1,6}})?"
_DOPANT = re.compile(_DOPANT_ATOM)
_DOPANT_SIGN = re.compile(r"\s*[,+/&]\s*(?=[A-Z])")
_PART = r"(?:[0-9]{0,3}\.?[0-9]{1,4}|[xy]|\(1-[xy]\))"
_SOLUTION = re.compile(rf"(?:{_PART})\s*\(?\[?[A-Z].*")
_SOLUTION_SIGN = re.compile(rf"\s*[-−–+]\s*(?={_PART}\s*[A-Z(\[])")
_SURFACE = re.compile(r"(?<=[CN0-9])T(?:_?x|_\{x\})$")
"""The groups on the surface of an MXene, ``Ti3C2Tx``."""
_SPACES = re.compile(r"\s{2,}")


class Kind(StrEnum):
    """How much of the composition a formula fixes."""

    EXACT = "exact"
    PARAMETRIC = "parametric"
    DOPED = "doped"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the characters of a formula were read as: its class, and the notes that it calls for."""

    kind: Kind
    amounts: dict[str, float]
    body: str
    charge: str = ""
    isotopes: tuple[str, ...] = ()


def read_composition(plain: str) -> Reading:
    """Return a formula as understood.

    Raises:
        FormulaError: it is none.
    """
    plain = _SPACES.sub(" ", plain)  # runs of spaces would cost the patterns below their cube
    if ":" in plain:
        return _read_doped(drop_given_value(plain))
    body, charge = split_charge(drop_given_value(plain))
    body, surface = _SURFACE.subn("", mark_masses(body))
    formula = _read_solution(body) if _SOLUTION.fullmatch(body) else None
    formula = formula or read_formula(body)
    kind = Kind.PARAMETRIC if formula.is_open or surface else Kind.EXACT
    return Reading(kind, formula.amounts, body, charge, formula.isotopes)


def _read_solution(body: str) -> Formula | None:
    """Read ``0.67PbMg1/3Nb2/3O3-0.33PbTiO3``, ``(1-x)BiFeO3-xBaTiO3``; None where it has one part only."""
    parts = _SOLUTION_SIGN.split(body)
    if len(parts) == 1:
        return None
    whole = Formula()
    for part in parts:
        match = re.match(rf"({_PART})\s*", part)
        if match is None:
            return None
        is_open = not re.fullmatch(r"[0-9.]+", match[1])
        whole.add(read_formula(part[match.end() :]), 1.0 if is_open else float(match[1]))
        whole.is_open = whole.is_open or is_open
    return whole


def _read_doped(text: str) -> Reading:
    """Read ``Nb:SrTiO3``, ``SrTiO3:Nb(0.5wt%)``, ``GaAs:Si``, ``Eu3+:Y2O3``; two compounds leave their amounts open.

    Where both sides may be the dopant (``Si:H``) no host amounts are known.
    """
    left, _, right = drop_ratio(text).partition(":")
    if ":" in right:
        raise FormulaError("it has more than one colon; several dopants are written as in Er,Yb:Y3Al5O12")
    sides = (left.strip(), right.strip())
    found = [(charge, host) for dopant, host in (sides, sides[::-1]) if (charge := _read_dopant(dopant)) is not None]
    if not found:
        bare = [read_formula(drop_dose(side)) for side in sides]
        return Reading(Kind.PARAMETRIC, {}, text, isotopes=sum((one.isotopes for one in bare), ()))
    charge, host = found[0]
    formula = read_formula(mark_masses(drop_dose_behind(host)))
    is_known = len(found) == 1 and not formula.is_open
    return Reading(Kind.DOPED, formula.amounts if is_known else {}, host, charge, formula.isotopes)


def _read_dopant(text: str) -> str | None:
    """Return the charge that a dopant is written with, empty for none; None where a text is no dopant."""
    atoms = [_DOPANT.fullmatch(atom) for atom in _DOPANT_SIGN.split(re.sub(r"^\(([^()]*)\)$", r"\1", drop_dose(text)))]
    if not all(atom and is_element(atom["symbol"]) for atom in atoms):
        return None
    return ", ".join(atom["charge"] for atom in atoms if atom and atom["charge"])
