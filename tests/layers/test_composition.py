"""Formulas as labs write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.issues import is_error
from importer.layers.composition import Kind, parse_composition
from importer.layers.composition.abbreviations import ABBREVIATIONS

EXACT = [
    # text, element -> amount; plain compounds: IUPAC Red Book 2005, IR-4.2
    ("BaTiO3", {"Ba": 1, "Ti": 1, "O": 3}),
    ("NO", {"N": 1, "O": 1}),
    ("NaN3", {"Na": 1, "N": 3}),
    ("NaN", {"Na": 1, "N": 1}),
    ("Co", {"Co": 1}),
    ("CO", {"C": 1, "O": 1}),
    ("C60", {"C": 60}),
    ("Y3Fe5O12", {"Y": 3, "Fe": 5, "O": 12}),
    ("CsPbBr3", {"Cs": 1, "Pb": 1, "Br": 3}),
    ("CH3NH3PbI3", {"C": 1, "H": 6, "N": 1, "Pb": 1, "I": 3}),
    ("Ba1Ti1O3", {"Ba": 1, "Ti": 1, "O": 3}),
    ("Ba Ti O3", {"Ba": 1, "Ti": 1, "O": 3}),
    ("Ni80Fe20", {"Ni": 80, "Fe": 20}),
    ("Co40Fe40B20", {"Co": 40, "Fe": 40, "B": 20}),
    # brackets in any nesting: IR-4.2.3, IR-2.2
    ("Ca(OH)2", {"Ca": 1, "O": 2, "H": 2}),
    ("{[Fe(CN)6]4}3", {"Fe": 12, "C": 72, "N": 72}),
    ("[(CH3)4N]2[CoCl4]", {"C": 8, "H": 24, "N": 2, "Co": 1, "Cl": 4}),
    ("(GeTe)2(Sb2Te3)1", {"Ge": 2, "Te": 5, "Sb": 2}),
    ("Cu(In0.7Ga0.3)Se2", {"Cu": 1, "In": 0.7, "Ga": 0.3, "Se": 2}),
    ("(Bi0.5Sb0.5)2Te3", {"Bi": 1, "Sb": 1, "Te": 3}),
    # decimals and fractions: IR-11.3.2; LiNi1/3Mn1/3Co1/3O2 as in the battery literature (NMC 111)
    ("Al0.3Ga0.7As", {"Al": 0.3, "Ga": 0.7, "As": 1}),
    ("La0.7Sr0.3MnO3", {"La": 0.7, "Sr": 0.3, "Mn": 1, "O": 3}),
    ("PbZr.52Ti.48O3", {"Pb": 1, "Zr": 0.52, "Ti": 0.48, "O": 3}),
    ("Li6.4La3Zr1.4Ta0.6O12", {"Li": 6.4, "La": 3, "Zr": 1.4, "Ta": 0.6, "O": 12}),
    ("PbMg1/3Nb2/3O3", {"Pb": 1, "Mg": 1 / 3, "Nb": 2 / 3, "O": 3}),
    ("LiNi1/3Mn1/3Co1/3O2", {"Li": 1, "Ni": 1 / 3, "Mn": 1 / 3, "Co": 1 / 3, "O": 2}),
    ("LiNi0.33Mn0.33Co0.33O2", {"Li": 1, "Ni": 0.33, "Mn": 0.33, "Co": 0.33, "O": 2}),
    ("Y(0.15)Zr(0.85)O(1.93)", {"Y": 0.15, "Zr": 0.85, "O": 1.93}),
    # solid solutions with numbers: relaxor literature, e.g. PMN-PT
    ("(PbMg1/3Nb2/3O3)0.67(PbTiO3)0.33", {"Pb": 1, "Mg": 0.67 / 3, "Nb": 1.34 / 3, "O": 3, "Ti": 0.33}),
    ("0.5BiFeO3-0.5BaTiO3", {"Bi": 0.5, "Fe": 0.5, "Ba": 0.5, "Ti": 0.5, "O": 3}),
    # addition compounds: IR-4.4.3.5
    ("CuSO4·5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
    ("CuSO4*5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
    ("3BaO·2TiO2", {"Ba": 3, "O": 7, "Ti": 2}),
]
NOTED = [
    # text, what is sent, class, codes
    ("BaTiO₃", "BaTiO3", Kind.EXACT, ["formula-subscripts"]),
    ("BaTiO_3", "BaTiO3", Kind.EXACT, ["formula-subscripts"]),
    ("Ba_{0.5}Sr$_{0.5}$TiO$_3$", "Ba0.5Sr0.5TiO3", Kind.EXACT, ["formula-subscripts"]),
    ("BaTiO<sub>3</sub>", "BaTiO3", Kind.EXACT, ["formula-subscripts"]),
    # IR-11.3.2: sites with alternatives; IR-11.4: open amounts
    ("(La,Sr)MnO3", "(La,Sr)MnO3", Kind.PARAMETRIC, ["formula-parametric"]),
    ("Cu(In,Ga)Se2", "Cu(In,Ga)Se2", Kind.PARAMETRIC, ["formula-parametric"]),
    ("La1-xSrxMnO3", "La1-xSrxMnO3", Kind.PARAMETRIC, ["formula-parametric"]),
    ("LaxSr1-xMnO3", "LaxSr1-xMnO3", Kind.PARAMETRIC, ["formula-parametric"]),
    ("Al(x)Ga(1-x)As", "Al(x)Ga(1-x)As", Kind.PARAMETRIC, ["formula-parametric"]),
    ("YBa2Cu3O7-x", "YBa2Cu3O7-x", Kind.PARAMETRIC, ["formula-parametric"]),
    ("YBa2Cu3O7-δ", "YBa2Cu3O7-δ", Kind.PARAMETRIC, ["formula-parametric"]),
    ("YBa2Cu3O7−δ", "YBa2Cu3O7−δ", Kind.PARAMETRIC, ["formula-parametric"]),
    ("Bi2Sr2CaCu2O8+delta", "Bi2Sr2CaCu2O8+delta", Kind.PARAMETRIC, ["formula-parametric"]),
    ("Ba1-xSrxTiO3 (x=0.3)", "Ba1-xSrxTiO3 (x=0.3)", Kind.PARAMETRIC, ["formula-parametric"]),
    ("(1-x)BiFeO3-xBaTiO3", "(1-x)BiFeO3-xBaTiO3", Kind.PARAMETRIC, ["formula-parametric"]),
    # doping as substrate makers and the semiconductor literature write it
    ("Nb:SrTiO3", "Nb:SrTiO3", Kind.DOPED, ["formula-doped"]),
    ("SrTiO3:Nb(0.5wt%)", "SrTiO3:Nb(0.5wt%)", Kind.DOPED, ["formula-doped"]),
    ("0.5wt% Nb:SrTiO3", "0.5wt% Nb:SrTiO3", Kind.DOPED, ["formula-doped"]),
    ("GaAs:Si", "GaAs:Si", Kind.DOPED, ["formula-doped"]),
    ("GaAs:Si (1e18 cm-3)", "GaAs:Si (1e18 cm-3)", Kind.DOPED, ["formula-doped"]),
    ("Er,Yb:Y3Al5O12", "Er,Yb:Y3Al5O12", Kind.DOPED, ["formula-doped"]),
    ("SrTiO3:Nb0.01", "SrTiO3:Nb0.01", Kind.DOPED, ["formula-doped"]),
    # nuclides: IR-3.3 and IR-4.5
    ("D2O", "D2O", Kind.EXACT, ["formula-isotope"]),
    ("13C", "13C", Kind.EXACT, ["formula-isotope"]),
    ("¹³C", "¹³C", Kind.EXACT, ["formula-isotope"]),
    ("Ba[13C]O3", "Ba[13C]O3", Kind.EXACT, ["formula-isotope"]),
    # charges: IR-4.2.3
    ("Ti4+", "Ti4+", Kind.EXACT, ["formula-charged"]),
    ("SO4^2-", "SO4^2-", Kind.EXACT, ["formula-charged"]),
    # sites that miss their occupancy: IR-11.3.2
    ("In0.53Ga0.48As", "In0.53Ga0.48As", Kind.EXACT, ["formula-site-sum"]),
    ("GaAs0.51P0.48", "GaAs0.51P0.48", Kind.EXACT, ["formula-site-sum"]),
]
REFUSED = [
    # text, code, suggestion
    ("Xx2O3", "unknown-element", None),
    ("Uuo", "formula-unreadable", None),
    ("batio3", "formula-case", "BaTiO3"),
    ("BATIO3", "formula-case", "BaTiO3"),
    ("AU", "formula-case", "Au"),
    ("YBCO", "formula-abbreviation", "YBa2Cu3O7"),
    ("ybco", "formula-abbreviation", "YBa2Cu3O7"),
    ("SmBCO", "formula-abbreviation", "SmBa2Cu3O7"),
    ("PZT", "formula-abbreviation", "PbZr0.52Ti0.48O3"),
    ("LSMO", "formula-abbreviation", "La0.7Sr0.3MnO3"),
    ("ITO", "formula-abbreviation", "In2O3:Sn"),
    ("MAPbI3", "formula-abbreviation", "CH3NH3PbI3"),
    ("ВaTiO3", "formula-lookalike", "BaTiO3"),
    ("ＢaTiO3", "formula-lookalike", "BaTiO3"),
    ("BaTi03", "formula-lookalike", "BaTiO3"),
    ("Si02", "formula-lookalike", "SiO2"),
    ("Ba\x07", "formula-lookalike", None),
    ("β-Ga2O3", "formula-prefix", "Ga2O3"),
    ("alpha-Al2O3", "formula-prefix", "Al2O3"),
    ("p-GaN", "formula-prefix", "GaN"),
    ("a-Si:H", "formula-prefix", "Si:H"),
    ("CuSO4.5H2O", "formula-unreadable", "CuSO4·5H2O"),
    ("SrTiO3 (001)", "formula-unreadable", "SrTiO3"),
    ("SiO2 (amorphous)", "formula-unreadable", "SiO2"),
    ("5wt% Nb // SrTiO3", "formula-unreadable", None),
    ("SrTiO3/LaAlO3", "formula-unreadable", None),
    ("GeTe-Sb2Te3", "formula-unreadable", "(1-x)GeTe-xSb2Te3"),
    ("Ba+2Ti+4O3", "formula-unreadable", None),
    ("Nb:", "formula-unreadable", None),
    ("·", "formula-unreadable", None),
    ("", "formula-unreadable", None),
    ("none", "formula-unreadable", None),
    ("None", "formula-unreadable", None),
    ("Ba(TiO3", "formula-unreadable", None),
    ("Ba[TiO3)", "formula-unreadable", None),
    ("Ba0", "formula-unreadable", None),
    ("Ba1/0", "formula-unreadable", None),
    ("Ti1e3", "formula-unreadable", None),
    ("B" * 201, "formula-unreadable", None),
    ("(" * 40 + "Ba" + ")" * 40, "formula-unreadable", None),
]


@pytest.mark.parametrize(("text", "amounts"), EXACT)
def test_an_exact_formula_is_read_and_sent_as_it_stands(text: str, amounts: dict[str, float]) -> None:
    """Elements and amounts are those that the notation means, and no character is changed."""
    parsed = parse_composition(text)
    assert parsed.problems == ()
    assert parsed.value is not None
    assert (parsed.value.text, parsed.value.kind) == (text, Kind.EXACT)
    assert dict(parsed.value.amounts) == pytest.approx(amounts)


@pytest.mark.parametrize(("text", "sent", "kind", "codes"), NOTED)
def test_other_notation_is_classed_and_noted(text: str, sent: str, kind: Kind, codes: list[str]) -> None:
    """Open, doped, charged, labelled formulas pass with their class; only subscripts change."""
    parsed = parse_composition(text)
    assert parsed.value is not None
    assert (parsed.value.text, parsed.value.kind) == (sent, kind)
    assert [problem.code for problem in parsed.problems] == codes


@pytest.mark.parametrize(("text", "code", "suggestion"), REFUSED)
def test_what_is_no_chemistry_gets_an_issue(text: str, code: str, suggestion: str | None) -> None:
    """A text that isn't a formula is never taken for one, and the likely meaning is suggested."""
    parsed = parse_composition(text)
    assert parsed.value is None
    assert [(problem.code, problem.suggestion) for problem in parsed.problems] == [(code, suggestion)]


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("NH4+", {"N": 1, "H": 4}),
        ("MnO4-", {"Mn": 1, "O": 4}),
        ("Ti4+", {"Ti": 1}),
        ("SO4^2-", {"S": 1, "O": 4}),
        ("SO4²⁻", {"S": 1, "O": 4}),
        ("[Fe(CN)6]3-", {"Fe": 1, "C": 6, "N": 6}),
    ],
)
def test_a_charge_takes_no_atoms_away(text: str, amounts: dict[str, float]) -> None:
    """The digit before a sign is the charge's only where the notation says so."""
    parsed = parse_composition(text)
    assert parsed.value is not None
    assert dict(parsed.value.amounts) == amounts


def test_a_host_is_not_guessed() -> None:
    """Where both sides of the colon may be the dopant, no amounts are claimed."""
    parsed = parse_composition("Si:H")
    assert parsed.value is not None
    assert parsed.value.amounts == ()


@pytest.mark.parametrize("abbreviation", ABBREVIATIONS)
def test_every_abbreviation_suggests_a_formula(abbreviation: str) -> None:
    """What is suggested can be taken: it is a formula itself, with sites that add up."""
    [problem] = parse_composition(abbreviation).problems
    assert problem.suggestion == ABBREVIATIONS[abbreviation]
    again = parse_composition(problem.suggestion)
    assert again.value is not None
    assert {told.code for told in again.problems} <= {"formula-parametric", "formula-doped"}


PIECES = [
    "Si",
    "GaAs",
    "SrTiO3",
    "Nb",
    "STO",
    "MA",
    ":",
    "-",
    "/",
    "(001)",
    "(2H)",
    "4H-",
    "·",
    "0.5",
    "5H2O",
    "¹⁸O",
    "₃",
    "_3",
    "_{1-x}",
    "3+",
    "(III)",
    "203",
    "0.7%",
    "x",
    "n+",
]


@given(
    st.text(max_size=30)
    | st.text(alphabet="BaTiOSrLNb0123456789.()[]{},:;-+/·x %δ₃^_$=", max_size=40)
    | st.text(alphabet="SrTiO3HCDI12.()₃¹⁸⁺⁻□×±^{}_$ :-x%\\½", max_size=16)
    | st.lists(st.sampled_from(PIECES), max_size=7).map("".join),
)
def test_any_text_is_answered_and_taking_it_twice_changes_nothing(text: str) -> None:
    """No text raises; a refusal has an error; what is sent means the same when it is read again."""
    parsed = parse_composition(text)
    if parsed.value is None:
        assert any(is_error(problem) for problem in parsed.problems)
        return
    assert not any(is_error(problem) for problem in parsed.problems)
    again = parse_composition(parsed.value.text)
    assert again.value == parsed.value
