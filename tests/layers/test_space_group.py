"""Space groups as people spell them."""

from __future__ import annotations

import gemmi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.layers.space_group import (
    find_number,
    is_hexagonal,
    list_reference_symbols,
    make_symbol,
    parse_space_group,
)

SPELLINGS = [
    # numbers: International Tables A, table 2.1.3 (each means its reference setting)
    ("99", "P4mm"), ("225", "Fm-3m"), ("225.0", "Fm-3m"), ("No. 225", "Fm-3m"), ("#62", "Pnma"), ("SG 62", "Pnma"),
    ("1", "P1"), ("230", "Ia-3d"), ("167", "R-3c"), ("14", "P21/c"),
    # spacing and case
    ("P 4 m m", "P4mm"), ("p4mm", "P4mm"), ("fm-3m", "Fm-3m"), ("FM-3M", "Fm-3m"), ("PNMA", "Pnma"), ("pbnm", "Pbnm"),
    ("F m -3 m", "Fm-3m"), ("P 63/m m c", "P63/mmc"), ("P 21 21 21", "P212121"), ("I4/MCM", "I4/mcm"),
    # screw axes: underscores, parentheses, subscripts, LaTeX, HTML
    ("P6_3mc", "P63mc"), ("P6(3)mc", "P63mc"), ("P6₃mc", "P63mc"), ("P6_{3}mc", "P63mc"), ("$P6_3/mmc$", "P63/mmc"),
    ("P2_1/c", "P21/c"), ("P2(1)/c", "P21/c"), ("P2(1)2(1)2(1)", "P212121"), ("P4_2/mnm", "P42/mnm"),
    ("P2<sub>1</sub>/c", "P21/c"),
    # overbars: combining behind, spacing before, LaTeX, in words, minus of several kinds
    ("Fm3̅m", "Fm-3m"), ("Fm3̄m", "Fm-3m"), ("Fm¯3m", "Fm-3m"), ("Fm\\bar{3}m", "Fm-3m"), ("F4̅3m", "F-43m"),
    ("P1̅", "P-1"), ("Fm−3m", "Fm-3m"), ("Fm–3m", "Fm-3m"), ("F 4bar 3 m", "F-43m"), ("F4-3m", "F-43m"),
    # old names: International Tables A, section 1.5.4 (before 1935 to 1987 the bar was left out)
    ("Fd3m", "Fd-3m"), ("Fm3m", "Fm-3m"), ("Pm3m", "Pm-3m"), ("Im3m", "Im-3m"), ("Ia3d", "Ia-3d"), ("Pa3", "Pa-3"),
    # the double glide plane e, old and new: de Wolff et al., Acta Cryst. A48 (1992) 727; numbers mean the new symbols
    ("Cmce", "Cmce"), ("Cmca", "Cmca"), ("aem2", "Aem2"), ("Abm2", "Abm2"), ("64", "Cmce"), ("39", "Aem2"),
    ("41", "Aea2"), ("67", "Cmme"), ("68", "Ccce"), ("Ccce:2", "Ccce:2"), ("Bmeb", "Bmeb"),
    # full symbols: International Tables A, section 1.4.1.4
    ("P 4/m -3 2/m", "Pm-3m"), ("F 4/m -3 2/m", "Fm-3m"), ("F41/d-32/m", "Fd-3m"), ("P 4/m 2/m 2/m", "P4/mmm"),
    ("P 21/n 21/m 21/a", "Pnma"), ("P -3 2/m 1", "P-3m1"), ("R -3 2/c", "R-3c"), ("I 2/m -3", "Im-3"),
    ("P 1 21/c 1", "P21/c"), ("C 1 2/m 1", "C2/m"), ("P 6/m 2/m 2/m", "P6/mmm"),
    # other settings stay what they are: International Tables A, table 1.5.4.4
    ("Pbnm", "Pbnm"), ("Bmab", "Bmab"), ("P21/n", "P21/n"), ("I2/m", "I2/m"), ("Ccmm", "Ccmm"), ("B112", "B112"),
    ("B121", "B121"), ("P 1 1 21/b", "P1121/b"),
    # origin and axes choices
    ("Fd-3m:1", "Fd-3m:1"), ("Fd-3m :2", "Fd-3m:2"), ("Fd-3mS", "Fd-3m:1"), ("Fd-3m Z", "Fd-3m:2"),
    ("R-3m:H", "R-3m:H"), ("R-3m:r", "R-3m:R"), ("R-3mH", "R-3m:H"), ("R3 R", "R3:R"), ("P4/nmm:1", "P4/nmm:1"),
    # rhombohedral symbols keep their R
    ("R-3c", "R-3c"), ("R3c", "R3c"), ("R32", "R32"),
    # number and symbol, where they agree
    ("Fm-3m (225)", "Fm-3m"), ("225 (Fm-3m)", "Fm-3m"), ("Fm-3m, 225", "Fm-3m"), ("62: Pbnm", "Pbnm"),
    ("P4mm [99]", "P4mm"), ("Fm-3m (SG 225)", "Fm-3m"), ("Fm-3m (space group no. 225)", "Fm-3m"), ("P4(1) (76)", "P41"),
    # a number beside a symbol is no screw axis and no third axis: P23 is number 195
    ("P2 (3)", "P2"), ("P2(3)", "P2"), ("P-1 (2)", "P-1"), ("C2 (5)", "C2"),
    # numbers with words and with a choice of origin or axes
    ("space group 99", "P4mm"), ("Space group No. 99", "P4mm"), ("S.G. 99", "P4mm"), ("SG: 99", "P4mm"),
    ("227:2", "Fd-3m:2"), ("167:h", "R-3c:H"),
    # overbars in words and in brackets; underscores for spaces
    ("Fmbar3m", "Fm-3m"), ("Fm bar3 m", "Fm-3m"), ("Pbar1", "P-1"), ("Fm(-3)m", "Fm-3m"), ("P{\\bar 1}", "P-1"),
    ("P\\bar4 2_1 m", "P-421m"), ("F \\bar{4} 3 m", "F-43m"),
    ("P_4_m_m", "P4mm"), ("Fm_3m", "Fm-3m"), ("P_6_3/mmc", "P63/mmc"),
    # axis c unique, as in the Tables of 1952
    ("P21/b", "P1121/b"), ("B2/b", "B112/b"),
]  # fmt: skip
REFUSED = [
    # text, suggestion, words of the message
    ("0", None, "from 1 to 230"), ("231", None, "from 1 to 230"), ("225:1", "Fm-3m", "no setting '1'"),
    (".99", None, ""), ("", None, ""), ("²", None, ""), ("P" * 41, None, "too long"),
    # slips: one character, a minus, slash or screw axis left out
    ("P5mm", "P4mm", ""), ("Fm-3n", "Pm-3n", ""), ("F43m", "F-43m", ""), ("P21c", "P21/c", ""), ("P2_1c", "P21/c", ""),
    ("P63mmc", "P63/mmc", ""), ("P6mc", "P63mc", ""), ("hR3c", "R3c", ""), ("Pmmn2", "Pmmn", ""),
    # an underscore that may be an overbar
    ("P_1", None, "may mean P1 or P-1"), ("P_4", None, "may mean P4 or P-4"), ("F_43m", "F-43m", "as a minus sign"),
    ("R_3c", None, "may mean R3c or R-3c"),
    # symbols of other kinds: Schoenflies, point groups, Hall, Pearson, magnetic groups
    ("Oh^5", "Fm-3m", "Schoenflies"), ("O_h^5", "Fm-3m", "Schoenflies"), ("Oh5", "Fm-3m", "Schoenflies"),
    ("D_{4h}^{17}", "I4/mmm", "Schoenflies"), ("C2v^9", "Pna21", "Schoenflies"), ("D2h16", "Pnma", "Schoenflies"),
    ("C2h^5", "P21/c", "Schoenflies"), ("Td^2", "F-43m", "Schoenflies"), ("Oₕ⁷", "Fd-3m", "Schoenflies"),
    ("C6v^4", "P63mc", "Schoenflies"), ("D3d^6", "R-3c", "Schoenflies"), ("C2v", None, "numbers 25 to 46"),
    ("m-3m", None, "point group"), ("4mm", None, "point group"), ("6/mmm", None, "point group"),
    ("-F 4 2 3", "Fm-3m", "Hall"), ("-P 2c 2ab", "Pbnm", "Hall"), ("P 4 -2", "P4mm", "Hall"),
    ("hP4", None, "Pearson"), ("cF8", None, "Pearson"), ("Pn'ma'", "Pnma", "magnetic"),
    # words, remarks, several groups, letters of other scripts
    ("cubic", None, "crystal system"), ("amorphous", None, "Leave it empty"),
    ("none", None, "Leave it empty"), ("Fm-3m (cubic)", "Fm-3m", ""),
    ("cubic Fm-3m", "Fm-3m", ""), ("'P4mm'", "P4mm", ""), ("P4mm?", "P4mm", ""),
    ("Fd-3m (origin 2)", "Fd-3m:2", ""), ("R-3c (hex)", "R-3c:H", ""), ("Fm-3m:1", "Fm-3m", ""),
    ("P4mm or Pm-3m", None, "names several"), ("P4mm/Pm-3m", None, "names several"),
    ("P4mm / Amm2", None, "names several"), ("Pbnm (Pnma)", None, "names several"),
    ("Fm-3m (224)", "Fm-3m", "is number 225, not 224"), ("P 2 (1)", "P2", "is number 3, not 1"),
    ("Р4mm", "P4mm", "CYRILLIC CAPITAL LETTER ER"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "symbol"), SPELLINGS)
def test_a_spelling_means_its_short_symbol(text: str, symbol: str) -> None:
    """What is sent is the short Hermann-Mauguin symbol of the setting that the spelling means."""
    parsed = parse_space_group(text)
    assert (parsed.value, parsed.problems) == (symbol, ())


@pytest.mark.parametrize(("text", "suggestion", "words"), REFUSED)
def test_what_is_no_space_group_is_refused(text: str, suggestion: str | None, words: str) -> None:
    """A miss is an issue that says why, with the likely symbol where one is near; that symbol is one."""
    parsed = parse_space_group(text)
    assert parsed.value is None
    [problem] = parsed.problems
    assert (problem.code, problem.suggestion) == ("unknown-space-group", suggestion)
    assert words in problem.message
    assert suggestion is None or parse_space_group(suggestion).value == suggestion


@pytest.mark.parametrize("number", range(1, 231))
def test_every_number_round_trips(number: int) -> None:
    """All 230 numbers give a symbol of just that group, which is read as itself in any case."""
    symbol = parse_space_group(str(number)).value
    assert symbol == list_reference_symbols()[number - 1]
    assert find_number(symbol) == number
    for text in (symbol, symbol.lower(), symbol.upper()):
        assert parse_space_group(text).value == symbol


@pytest.mark.parametrize("group", list(gemmi.spacegroup_table()), ids=lambda group: group.xhm())
def test_every_tabulated_setting_round_trips(group: gemmi.SpaceGroup) -> None:
    """Each of the tabulated settings is read from its spaced, short and extended symbols, and no other is."""
    ext = group.ext.strip("\0")
    for text in (group.hm, make_symbol(group)):
        value = parse_space_group(text).value
        assert value == make_symbol(group)
        found = gemmi.find_spacegroup_by_name(value)
        assert (found.number, found.hm) == (group.number, group.hm)
        assert parse_space_group(value).value == value
    if ext:
        extended = f"{group.hm}:{ext}"
        assert parse_space_group(extended).value == f"{make_symbol(group)}:{ext}"
        assert gemmi.find_spacegroup_by_name(extended).xhm() == group.xhm()


def test_four_index_axes_belong_to_trigonal_and_hexagonal_groups() -> None:
    """Groups 143 to 194 have them, in any setting."""
    assert is_hexagonal("P63mc")
    assert is_hexagonal("R-3c:H")
    assert not is_hexagonal("Pm-3m")
    assert not is_hexagonal("P4mm")


@given(
    st.text(max_size=45)
    | st.text(alphabet="PIFRABCmabcnd123456-/: ()_̅¯", max_size=14)
    | st.text(alphabet="PFImna123/-_(){}^ODhsv:' #,", max_size=12)
)
def test_any_text_is_answered_and_its_symbol_means_itself(text: str) -> None:
    """No text raises; a refusal has its issue; a symbol that is sent is read as itself."""
    parsed = parse_space_group(text)
    if parsed.value is None:
        assert [problem.code for problem in parsed.problems] == ["unknown-space-group"]
    else:
        assert parse_space_group(parsed.value).value == parsed.value
