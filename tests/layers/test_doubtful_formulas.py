"""Texts that read as formulas and mean something else; and suggestions that keep all chemistry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.issues import is_error
from importer.layers.composition import find_amounts, parse_composition, parse_with_care
from importer.rules.row_rules import find_mismatch

DOUBTFUL = [
    ("FeCoB(3)", "FeCoB"),
    ("Ru (0.9)", "Ru"),
    ("AuSn (80/20)", None),
    ("CuZn(60/40)", None),
    ("GaAs(C)", "C:GaAs"),
    ("InSb(S)", "S:InSb"),
    ("Mn(OAc)2", "Mn(CH3COO)2"),
    ("ZnAc2", "Zn(CH3COO)2"),
    ("60Cu40Zn", None),
    ("PVB", None),
    ("SCOPV", None),
    ("Y123", None),
    ("CTs", None),
]
STOPPED = [
    ("MgSO4 7H2O", "MgSO4·7H2O"),
    ("ZnO NR", "ZnO"),
    ("PbS QDs", "PbS"),
    ("GaAs (p)", "GaAs"),
    ("SnO2-c", "SnO2"),
    ("TiO2-mp", "TiO2"),
    ("np-NiO", "NiO"),
    ("2L-WSe2", "WSe2"),
    ("g-C3N4", "C3N4"),
    ("SrTIO3", "SrTiO3"),
    ("Hfo2", "HfO2"),
    ("a-ITO", "In2O3:Sn"),
    ("\\ce{LaAlO3}", "LaAlO3"),
    ("sapphire (11-20)", "Al2O3"),
    ("Ni[58]", "58Ni"),
    ("AZO-np", "ZnO:Al"),
    ("ZnO-nanorods", "ZnO"),
    ("anatase TiO2", "TiO2"),
    ("graphene fluoride", None),
    ("CH 4", None),
    ("CuNi 90/10", None),
    ("ETL", None),
    ("CsMAFA", None),
]
SOUND = [
    "Ti3C2Tx",
    "Nb2CTx",
    "Sc3N@C80",
    "Y2O3:0.02Eu",
    "(1-x)BaO·xTiO2",
    "10B4C",
    "57Fe",
    "Al(0.3)Ga(0.7)As",
    "KOH",
    "C60",
]


@pytest.mark.parametrize(("text", "meant"), DOUBTFUL)
def test_what_most_likely_is_something_else_is_sent_with_a_warning(text: str, meant: str | None) -> None:
    """Nothing is derived from it, and no element table is said to disagree with it."""
    parsed = parse_composition(text)
    assert parsed.value is not None
    assert parsed.value.text == text
    assert [(problem.code, problem.suggestion) for problem in parsed.problems] in (
        [("formula-doubtful", meant)],
        [("formula-named", meant)],
    )
    assert find_amounts(parsed) is None
    assert find_mismatch(parsed, {"Xe": 1}) is None


@pytest.mark.parametrize(("text", "meant"), STOPPED)
def test_what_cannot_be_meant_is_stopped_with_the_one_likely_text(text: str, meant: str | None) -> None:
    """A suggestion never leaves a number or an element out."""
    parsed = parse_composition(text)
    assert parsed.value is None
    assert [problem.suggestion for problem in parsed.problems] == [meant]
    assert meant is None or parse_composition(meant).value is not None


@pytest.mark.parametrize("text", SOUND)
def test_what_is_chemistry_has_no_warning(text: str) -> None:
    """The doubts leave usual notations alone."""
    parsed = parse_composition(text)
    assert parsed.value is not None
    assert not any(problem.kind.severity.value == "warning" or is_error(problem) for problem in parsed.problems)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Hf30Zr70O2", "Hf0.3Zr0.7O2"),
        ("In40Ga60N", "In0.4Ga0.6N"),
        ("Ga0.1AlN", "Ga0.1Al0.9N"),
        ("In0.2GaAs", "In0.2Ga0.8As"),
    ],
)
def test_shares_of_a_site_are_doubted(text: str, meant: str) -> None:
    """Per cent beside counts, and a share without its rest, are warnings with what was probably meant."""
    parsed = parse_composition(text)
    assert [(problem.code, problem.suggestion) for problem in parsed.problems] == [("formula-site-sum", meant)]
    assert find_amounts(parsed) is None


@given(st.sampled_from(["NH", "CH", "SiCl", "WF", "H", "TiO", "BaTiO"]), st.integers(2, 9), st.integers(1, 2))
def test_no_suggestion_drops_a_count_behind_a_blank(formula: str, count: int, blanks: int) -> None:
    """``CH 4`` may be CH4; it is never CH."""
    problems = parse_with_care(f"{formula}{blanks * chr(32)}{count}").problems
    assert all(problem.suggestion != formula for problem in problems)
