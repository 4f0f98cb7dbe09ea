"""What growers type in a composition column: marks, doses, remarks and slips, each with its right answer."""

from __future__ import annotations

import pytest

from importer.layers.composition import Kind, find_amounts, parse_composition

PASSED = [
    # text, what is sent, class, amounts, codes
    # adducts with any number before them, and the crosses of European tables: IUPAC Red Book 2005, IR-4.4.3.5
    ("CaSO4·0.5H2O", "CaSO4·0.5H2O", Kind.EXACT, {"Ca": 1, "S": 1, "O": 4.5, "H": 1}, []),
    ("CaSO4·1/2H2O", "CaSO4·1/2H2O", Kind.EXACT, {"Ca": 1, "S": 1, "O": 4.5, "H": 1}, []),
    ("Na0.3CoO2·1.3H2O", "Na0.3CoO2·1.3H2O", Kind.EXACT, {"Na": 0.3, "Co": 1, "O": 3.3, "H": 2.6}, []),
    ("CuSO4 · 5 H2O", "CuSO4 · 5 H2O", Kind.EXACT, {"Cu": 1, "S": 1, "O": 9, "H": 10}, []),
    ("CuSO4×5H2O", "CuSO4×5H2O", Kind.EXACT, {"Cu": 1, "S": 1, "O": 9, "H": 10}, []),
    ("MgSO4·xH2O", "MgSO4·xH2O", Kind.PARAMETRIC, {}, ["formula-parametric"]),
    # raised numbers before an element are its mass: IR-3.3.1; oxygen exchange of films with 18O
    ("SrTi¹⁸O3", "SrTi¹⁸O3", Kind.EXACT, {"Sr": 1, "Ti": 1, "O": 3}, ["formula-isotope"]),
    ("⁵⁷Fe2O3", "⁵⁷Fe2O3", Kind.EXACT, {"Fe": 2, "O": 3}, ["formula-isotope"]),
    ("(2H)2O", "(2H)2O", Kind.EXACT, {"H": 2, "O": 1}, ["formula-isotope"]),
    ("12CO", "12CO", Kind.EXACT, {"C": 1, "O": 1}, ["formula-isotope"]),
    ("SrTi^{18}O3", "SrTi^{18}O3", Kind.EXACT, {"Sr": 1, "Ti": 1, "O": 3}, ["formula-isotope"]),
    # vacancies: IR-11.4.2
    ("La2/3□1/3TiO3", "La2/3□1/3TiO3", Kind.EXACT, {"La": 2 / 3, "Ti": 1, "O": 3}, []),
    # open amounts, as text and in LaTeX: IR-11.4
    ("LaMnO3±δ", "LaMnO3±δ", Kind.PARAMETRIC, {}, ["formula-parametric"]),
    ("La₁₋ₓSrₓMnO₃", "La1-xSrxMnO3", Kind.PARAMETRIC, {}, ["formula-subscripts", "formula-parametric"]),
    ("La_{1-x}Sr_xMnO_3", "La1-xSrxMnO3", Kind.PARAMETRIC, {}, ["formula-subscripts", "formula-parametric"]),
    ("La$_{1-x}$Sr$_x$MnO$_3$", "La1-xSrxMnO3", Kind.PARAMETRIC, {}, ["formula-subscripts", "formula-parametric"]),
    ("YBa$_2$Cu$_3$O$_{7-\\delta}$", "YBa2Cu3O7-δ", Kind.PARAMETRIC, {}, ["formula-subscripts", "formula-parametric"]),
    ("Y3Fe5O_12", "Y3Fe5O12", Kind.EXACT, {"Y": 3, "Fe": 5, "O": 12}, ["formula-subscripts"]),
    # homologous series: Ruddlesden and Popper, Acta Cryst. 11 (1958) 54
    ("Srn+1RunO3n+1", "Srn+1RunO3n+1", Kind.PARAMETRIC, {}, ["formula-parametric"]),
    # dopants with charge, dose and concentration: laser crystals, target makers, semiconductors
    ("Er3+:Y2O3", "Er3+:Y2O3", Kind.DOPED, {"Y": 2, "O": 3}, ["formula-charged", "formula-doped"]),
    ("Y2O3:Eu³⁺", "Y2O3:Eu³⁺", Kind.DOPED, {"Y": 2, "O": 3}, ["formula-charged", "formula-doped"]),
    ("La:BaSnO3 (4%)", "La:BaSnO3 (4%)", Kind.DOPED, {"Ba": 1, "Sn": 1, "O": 3}, ["formula-doped"]),
    ("(Nb,La):SrTiO3", "(Nb,La):SrTiO3", Kind.DOPED, {"Sr": 1, "Ti": 1, "O": 3}, ["formula-doped"]),
    ("Si:B 5e19", "Si:B 5e19", Kind.DOPED, {}, ["formula-doped"]),
    ("GaN:Si (5×10^18 cm-3)", "GaN:Si (5×10^18 cm-3)", Kind.DOPED, {"Ga": 1, "N": 1}, ["formula-doped"]),
    ("GaN:Si (5x10¹⁸ cm⁻³)", "GaN:Si (5x10¹⁸ cm⁻³)", Kind.DOPED, {"Ga": 1, "N": 1}, ["formula-doped"]),
    ("ZnO:Al2O3 (2 wt%)", "ZnO:Al2O3 (2 wt%)", Kind.PARAMETRIC, {}, ["formula-parametric"]),
    ("BiFeO3:CoFe2O4", "BiFeO3:CoFe2O4", Kind.PARAMETRIC, {}, ["formula-parametric"]),
    # charges set apart by a space: IR-4.2.3
    ("SO4 2-", "SO4 2-", Kind.EXACT, {"S": 1, "O": 4}, ["formula-charged"]),
    # spaces within one formula
    ("Ba TiO3", "Ba TiO3", Kind.EXACT, {"Ba": 1, "Ti": 1, "O": 3}, []),
    ("CH3NH3 PbI3", "CH3NH3 PbI3", Kind.EXACT, {"C": 1, "H": 6, "N": 1, "Pb": 1, "I": 3}, []),
    ("BiO Cl", "BiO Cl", Kind.EXACT, {"Bi": 1, "O": 1, "Cl": 1}, []),
    ("(La0.7 Sr0.3) (Mn O3)", "(La0.7 Sr0.3) (Mn O3)", Kind.EXACT, {"La": 0.7, "Sr": 0.3, "Mn": 1, "O": 3}, []),
    ("Cu S O4 (H2 O)5", "Cu S O4 (H2 O)5", Kind.EXACT, {"Cu": 1, "S": 1, "O": 9, "H": 10}, []),
    # groups in brackets at the end that are chemistry
    ("Fe(OOH)", "Fe(OOH)", Kind.EXACT, {"Fe": 1, "O": 2, "H": 1}, []),
    ("Na(HCO3)", "Na(HCO3)", Kind.EXACT, {"Na": 1, "H": 1, "C": 1, "O": 3}, []),
    ("FeO(OH)", "FeO(OH)", Kind.EXACT, {"Fe": 1, "O": 2, "H": 1}, []),
    ("SmFeAs(O)", "SmFeAs(O)", Kind.EXACT, {"Sm": 1, "Fe": 1, "As": 1, "O": 1}, []),
    # names of elements that are formulas too
    ("TiN", "TiN", Kind.EXACT, {"Ti": 1, "N": 1}, []),
    # capitals throughout: what they may mean is told, not taken
    ("SIO2", "SIO2", Kind.EXACT, {"S": 1, "I": 1, "O": 2}, ["formula-capitals"]),
    ("NIO", "NIO", Kind.EXACT, {"N": 1, "I": 1, "O": 1}, ["formula-capitals"]),
    ("BN", "BN", Kind.EXACT, {"B": 1, "N": 1}, []),
    ("CDO", "CDO", Kind.EXACT, {"C": 1, "D": 1, "O": 1}, ["formula-isotope", "formula-capitals"]),
    ("KNO3", "KNO3", Kind.EXACT, {"K": 1, "N": 1, "O": 3}, []),
    # whole sites beside an excess are no slip; per cent on a site is told: IR-11.3.2
    ("La0.7Ca0.3Mn1.05O3", "La0.7Ca0.3Mn1.05O3", Kind.EXACT, {"La": 0.7, "Ca": 0.3, "Mn": 1.05, "O": 3}, []),
    ("Ni80Fe20", "Ni80Fe20", Kind.EXACT, {"Ni": 80, "Fe": 20}, []),
    ("In20Ga80As", "In20Ga80As", Kind.EXACT, {"In": 20, "Ga": 80, "As": 1}, ["formula-site-sum"]),
    (
        "Ba0.7Sr0.29Ti0.5Zr0.5O3", "Ba0.7Sr0.29Ti0.5Zr0.5O3", Kind.EXACT,
        {"Ba": 0.7, "Sr": 0.29, "Ti": 0.5, "Zr": 0.5, "O": 3}, ["formula-site-sum"],
    ),
]  # fmt: skip
REFUSED = [
    # text, code, suggestion
    # what would be read as something else than was meant
    ("Si(111)", "formula-unreadable", "Si"),
    ("GaAs(001)", "formula-unreadable", "GaAs"),
    ("GaN(0001)", "formula-unreadable", "GaN"),
    ("GaAs(111)A", "formula-unreadable", "GaAs"),
    ("SrTiO3_001", "formula-unreadable", "SrTiO3"),
    ("TiO₂001", "formula-unreadable", None),
    ("MoS2 (2H)", "formula-unreadable", "MoS2"),
    ("MoS2 2H", "formula-unreadable", "MoS2"),
    ("2H MoS2", "formula-prefix", "MoS2"),
    ("BiFeO3 (BFO)", "formula-unreadable", "BiFeO3"),
    ("CoFe2O4(CFO)", "formula-unreadable", "CoFe2O4"),
    ("Sr0.5Ba0.5Nb2O6 (SBN50)", "formula-unreadable", "Sr0.5Ba0.5Nb2O6"),
    ("HfO2 (O)", "formula-unreadable", "HfO2"),
    ("TiO2(B)", "formula-unreadable", "TiO2"),
    ("Ga2O3(Si)", "formula-unreadable", "Si:Ga2O3"),
    ("SDC", "formula-abbreviation", "Ce0.8Sm0.2O1.9"),
    ("UID GaN", "formula-prefix", "GaN"),
    ("BaTiO3 SrTiO3", "formula-unreadable", None),
    ("Al2O3 SiO2", "formula-unreadable", None),
    ("SrTiO3 Nb", "formula-unreadable", "Nb:SrTiO3"),
    ("Ba TiO3 Nb", "formula-unreadable", "Nb:Ba TiO3"),
    ("GaN Mg", "formula-unreadable", "Mg:GaN"),
    ("SiO2 CVD", "formula-unreadable", "SiO2"),
    ("GaAs SI", "formula-unreadable", "GaAs"),
    ("Pt PVD", "formula-unreadable", "Pt"),
    ("SI GaAs", "formula-prefix", "GaAs"),
    ("Py", "formula-abbreviation", "Ni80Fe20"),
    ("Fe(III)2O3", "formula-unreadable", "Fe2O3"),
    ("Al203", "formula-lookalike", "Al2O3"),
    ("Y3Al5012", "formula-lookalike", "Y3Al5O12"),
    ("BaTi0₃", "formula-lookalike", "BaTiO3"),
    ("BaTiO³", "formula-unreadable", "BaTiO3"),
    ("Fe⁵⁷", "formula-unreadable", "57Fe"),
    # phases, polytypes, forms and doping by type
    ("4H-SiC", "formula-prefix", "SiC"),
    ("2H-MoS2", "formula-prefix", "MoS2"),
    ("1T'-WTe2", "formula-prefix", "WTe2"),
    ("L10-FePt", "formula-prefix", "FePt"),
    ("nc-Si", "formula-prefix", "Si"),
    ("n+-Si", "formula-prefix", "Si"),
    ("α‐Fe2O3", "formula-prefix", "Fe2O3"),
    ("LT-GaAs", "formula-prefix", "GaAs"),
    # abbreviations and names, also within a text
    ("Nb:STO", "formula-abbreviation", "Nb:SrTiO3"),
    ("Ce:YAG", "formula-abbreviation", "Ce:Y3Al5O12"),
    ("STO(001)", "formula-abbreviation", "SrTiO3"),
    ("PZT 20/80", "formula-abbreviation", None),
    ("IGZO 1:1:1", "formula-abbreviation", None),
    ("diamond:B", "formula-abbreviation", "C:B"),
    ("BFMO", "unknown-element", None),
    ("8YSZ", "formula-abbreviation", "(ZrO2)0.92(Y2O3)0.08"),
    ("FA0.85MA0.15PbI3", "formula-abbreviation", "(CH(NH2)2)0.85(CH3NH3)0.15PbI3"),
    ("sapphire", "formula-abbreviation", "Al2O3"),
    ("Graphene", "formula-abbreviation", "C"),
    ("tin", "formula-abbreviation", "Sn"),
    ("NMC811", "formula-abbreviation", "LiNi0.8Mn0.1Co0.1O2"),
    # what is there for something rather than made of something
    ("substrate", "formula-unreadable", None),
    ("buffer layer", "formula-unreadable", None),
    ("cap", "formula-unreadable", None),
    # several materials in one cell
    ("PbTiO3/SrTiO3", "formula-unreadable", None),
    ("[PbTiO3/SrTiO3]10", "formula-unreadable", None),
    ("(SrRuO3)1//(SrTiO3)5", "formula-unreadable", None),
    ("[Co(0.4)/Pt(0.8)]x5", "formula-unreadable", None),
    ("Al2O3/TiO2 laminate", "formula-unreadable", None),
    ("BaTiO3 and SrTiO3", "formula-unreadable", None),
    ("BaTiO3, SrTiO3", "formula-unreadable", None),
    ("Pb(Mg1/3Nb2/3)O3-PbTiO3", "formula-unreadable", "(1-x)Pb(Mg1/3Nb2/3)O3-xPbTiO3"),
    # dopants in words
    ("Nb-SrTiO3", "formula-unreadable", "Nb:SrTiO3"),
    ("Nb-doped SrTiO3", "formula-unreadable", "Nb:SrTiO3"),
    ("SrTiO3 doped with Nb", "formula-unreadable", "Nb:SrTiO3"),
    ("SrTiO3 (Nb-doped)", "formula-unreadable", "Nb:SrTiO3"),
    ("SrTiO3 (0.5% Nb)", "formula-unreadable", "SrTiO3:Nb(0.5%)"),
    ("GaAs:Si:C", "formula-unreadable", None),
    # dots, crosses, per cent, uncertainties, charges
    ("MgO.Al2O3", "formula-unreadable", "MgO·Al2O3"),
    ("3Al2O3.2SiO2", "formula-unreadable", "3Al2O3·2SiO2"),
    ("CuSO4 x 5H2O", "formula-unreadable", "CuSO4·5H2O"),
    ("CuSO4-5H2O", "formula-unreadable", "CuSO4·5H2O"),
    ("Al25%Ga75%N", "formula-unreadable", "Al0.25Ga0.75N"),
    ("La0.67(2)Sr0.33(2)MnO3", "formula-unreadable", "La0.67Sr0.33MnO3"),
    ("Ba²⁺Ti⁴⁺O²⁻₃", "formula-unreadable", "BaTiO3"),
    ("Fe2+O2-", "formula-unreadable", None),
    ("YBa2Cu3O7-0.1", "formula-unreadable", None),
    # letters
    ("(La/Sr)MnO3", "formula-unreadable", "(La,Sr)MnO3"),
    ("La1-XSrXMnO3", "formula-unreadable", "La1-xSrxMnO3"),
    ("AI2O3", "formula-unreadable", "Al2O3"),
    ("PMN-30PT", "unknown-element", None),
    ("YBa2Cu3O7-∂", "formula-lookalike", "YBa2Cu3O7-δ"),
    ("CuSO4・5H2O", "formula-lookalike", "CuSO4·5H2O"),
    ("（La,Sr）MnO3", "formula-lookalike", "(La,Sr)MnO3"),
    ("La1-хSrхMnO3", "formula-lookalike", "La1-xSrxMnO3"),
    ("Na½Bi½TiO3", "formula-lookalike", "Na1/2Bi1/2TiO3"),
    ("Ba\u200bTiO3", "formula-lookalike", "BaTiO3"),
    ("Ba\u00a0TiO3", "formula-lookalike", "Ba TiO3"),
    # remarks
    ("'BaTiO3'", "formula-unreadable", "BaTiO3"),
    ("BaTiO3?", "formula-unreadable", "BaTiO3"),
    ("BaTiO3 film", "formula-unreadable", "BaTiO3"),
    ("c-plane Al2O3", "formula-unreadable", "Al2O3"),
    ("fused silica", "unknown-element", None),
    ("Ti+Au", "formula-unreadable", None),
    ("BaTiO3 10nm", "formula-unreadable", "BaTiO3"),
    ("SiGe 20%", "formula-unreadable", None),
    ("Ba 1 Ti 1 O 3", "formula-unreadable", "Ba1 Ti1 O3"),
]


@pytest.mark.parametrize(("text", "sent", "kind", "amounts", "codes"), PASSED)
def test_what_is_chemistry_passes(
    text: str, sent: str, kind: Kind, amounts: dict[str, float], codes: list[str]
) -> None:
    """True notation is sent as it stands, subscripts apart, with the amounts that it fixes and no others."""
    parsed = parse_composition(text)
    assert parsed.value is not None
    assert (parsed.value.text, parsed.value.kind) == (sent, kind)
    assert dict(parsed.value.amounts) == pytest.approx(amounts)
    assert [problem.code for problem in parsed.problems] == codes


@pytest.mark.parametrize(("text", "code", "suggestion"), REFUSED)
def test_what_isnt_is_refused_with_what_was_meant(text: str, code: str, suggestion: str | None) -> None:
    """No slip passes as other chemistry, and what is suggested passes as it stands."""
    parsed = parse_composition(text)
    assert parsed.value is None
    assert [(problem.code, problem.suggestion) for problem in parsed.problems] == [(code, suggestion)]
    if suggestion is not None:
        assert parse_composition(suggestion).value is not None


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("CaSO4·0.5H2O", {"Ca": 1, "S": 1, "O": 4.5, "H": 1}),
        ("Ti4+", {"Ti": 1}),
        ("HFO2", None),
        ("In20Ga80As", None),
        ("La1-xSrxMnO3", None),
        ("Nb:SrTiO3", None),
    ],
)
def test_amounts_are_taken_only_where_they_are_beyond_doubt(text: str, amounts: dict[str, float] | None) -> None:
    """A table of elements is never derived from a formula that probably means another."""
    assert find_amounts(parse_composition(text)) == amounts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SrTiO3/LaAlO3", "each layer its own row"),
        ("GeTe-Sb2Te3", "joined without amounts"),
        ("Ti+Au", "each layer its own row"),
        ("Co/Pt multilayer", "each layer its own row"),
        ("[Co(0.4)/Pt(0.8)]x5", "each layer its own row"),
        ("SrTiO3 (001)", "more than the formula"),
        ("YBa2Cu3O7-0.1", "write one amount"),
        ("Fe2+O2-", "contains a charge"),
        ("TiO₂3", "next to a plain one"),
        ("buffer", "what the layer is made of"),
        ("In20Ga80As", "per cent"),
    ],
)
def test_the_message_says_what_to_do(text: str, words: str) -> None:
    """The reason is in a grower's words."""
    [problem] = parse_composition(text).problems
    assert words in problem.message
