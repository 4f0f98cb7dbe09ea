"""Orientations as labs write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.issues import is_error
from importer.layers.orientation import make_text, parse_orientation

# Notation: International Tables A, section 1.1 (hkl), [uvw], {hkl}, <uvw>; Miller-Bravais (hkil): section 2.1.3.2 and
# the sapphire and nitride literature; (hk.l): the same, with the third index left out.
READ = [
    ("001", "001"), ("100", "100"), ("110", "110"), ("111", "111"), ("311", "311"), ("002", "002"), ("104", "104"),
    ("(001)", "001"), ("(0 0 1)", "001"), ("(0,0,1)", "001"), ("(0; 0; 1)", "001"), ("( 1 1 0 )", "110"),
    ("-110", "-110"), ("1-10", "1-10"), ("1 -1 0", "1-10"), ("(1,-1,0)", "1-10"), ("- 1 1 0", "-110"),
    ("-1-1-1", "-1-1-1"), ("+1 1 0", "110"), ("−110", "-110"), ("(–110)", "-110"), ("１００", "100"),
    ("1̅10", "-110"), ("1̄10", "-110"), ("(1 1̅ 0)", "1-10"), ("11̅0", "1-10"), ("¯110", "-110"), ("1¯10", "1-10"),
    ("‾110", "-110"), ("1\\bar{1}0", "1-10"), ("$1\\bar{1}0$", "1-10"),
    ("0001", "0001"), ("(0001)", "0001"), ("10-12", "10-12"), ("(10-12)", "10-12"), ("(1 0 -1 2)", "10-12"),
    ("1-102", "1-102"), ("11-20", "11-20"), ("112̅0", "11-20"), ("11\\bar{2}0", "11-20"), ("(01-12)", "01-12"),
    ("(20-21)", "20-21"), ("(20-2-1)", "20-2-1"), ("10-10", "10-10"), ("(11-2 0)", "11-20"), ("(0,0,0,6)", "0006"),
    ("(11.0)", "11-20"), ("(10·1)", "10-11"), ("(00.12)", "0 0 0 12"),
    ("{\\bar 1}10", "-110"), ("1 1 \\bar2 0", "11-20"), ("1 1 \\bar{2} 0", "11-20"),
    ("1 0 \\bar 1 4", "10-14"), ("(1\\,\\bar{1}\\,0)", "1-10"), ("(10-1 14)", "1 0 -1 14"),
    ("(0 0 0 12)", "0 0 0 12"), ("0 0 12", "0 0 12"), ("(1 10 0)", "1 10 0"),
]  # fmt: skip
NOTED = [
    ("[001]", "001", "orientation-direction", None),
    ("<110>", "110", "orientation-direction", None),
    ("⟨1 1 0⟩", "110", "orientation-direction", None),
    ("{111}", "111", "orientation-direction", None),
    ("\\{11\\bar{2}0\\}", "11-20", "orientation-direction", None),
    ("(111)A", "111A", "orientation-suffix", None),
    ("10 -1 0", "10 -1 0", "orientation-two-digits", "10-10"),
    ("11 -2 0", "11 -2 0", "orientation-two-digits", "11-20"),
    ("(1 1 -20)", "1 1 -20", "orientation-two-digits", "11-20"),
    ("N-polar", "N-polar", "orientation-word", "000-1"),
    ("+c plane", "+c plane", "orientation-word", "0001"),
    ("111B", "111B", "orientation-suffix", None),
    ("(001)_pc", "001pc", "orientation-suffix", None),
    ("(001)_{pc}", "001pc", "orientation-suffix", None),
    ("(110)_O", "110O", "orientation-suffix", None),
    ("(0001)Ga", "0001Ga", "orientation-suffix", None),
    ("(000-1)N", "000-1N", "orientation-suffix", None),
    ("$\\langle 110 \\rangle$", "110", "orientation-direction", None),
    ("s-plane", "s-plane", "orientation-word", "10-11"),
    ("c-axis oriented", "c-axis oriented", "orientation-word", "001"),
    ("Poly-crystalline", "Poly-crystalline", "orientation-word", None),
    ("c-plane", "c-plane", "orientation-word", "0001"),
    ("R plane", "R plane", "orientation-word", "1-102"),
    ("m_plane", "m_plane", "orientation-word", "10-10"),
    ("poly", "poly", "orientation-word", None),
    ("Amorphous", "Amorphous", "orientation-word", None),
]
REFUSED = [
    ("000", "orientation-zero", None),
    ("(0 0 0 0)", "orientation-zero", None),
    ("(1012)", "orientation-hkil", "10-12"),
    ("1010", "orientation-hkil", "10-10"),
    ("001 1", "orientation-hkil", "0001"),
    ("up", "orientation-not-miller", None),
    ("(00l)", "orientation-not-miller", "001"),
    ("(001", "orientation-not-miller", "001"),
    ("[001)", "orientation-not-miller", "001"),
    ("001/100", "orientation-not-miller", None),
    ("11.0", "orientation-not-miller", "11-20"),
    ("1", "orientation-not-miller", "001"),
    ("10", "orientation-not-miller", "010"),
    ("8", "orientation-not-miller", None),
    ("00012", "orientation-not-miller", "0 0 0 12"),
    ("1.0", "orientation-not-miller", None),
    ("", "orientation-not-miller", None),
    ("1" * 61, "orientation-not-miller", None),
    # hyphens between indices, and a bar drawn over the nought before its digit: nobody writes -0
    ("0-0-1", "orientation-not-miller", "001"),
    ("1-1-0", "orientation-not-miller", "110"),
    ("(10\u030512)", "orientation-not-miller", "10-12"),
    # bars that were lost
    ("1102", "orientation-hkil", "1-102"),
    ("(1100)", "orientation-hkil", "1-100"),
    ("11-10", "orientation-hkil", "11-20"),
    ("0012", "orientation-hkil", "0 0 12"),
    ("1bar10", "orientation-not-miller", None),
    ("113bar", "orientation-not-miller", None),
    ("11'0", "orientation-not-miller", None),
    # running indices, letters for digits, numbers of spreadsheets, fractions
    ("00l", "orientation-not-miller", "001"),
    ("h00", "orientation-not-miller", "100"),
    ("hk0", "orientation-not-miller", None),
    ("OO1", "orientation-not-miller", "001"),
    ("110.0", "orientation-not-miller", "110"),
    ("10-114", "orientation-not-miller", "1 0 -1 14"),
    ("1.5 1 0", "orientation-not-miller", "320"),
    ("0 0 1/2", "orientation-not-miller", "001"),
    # several orientations
    ("(001)[110]", "orientation-not-miller", None),
    ("001, 110", "orientation-not-miller", None),
    ("(001) || (001)", "orientation-not-miller", None),
    ("(100) 6° toward <111>A", "orientation-not-miller", None),
    # remarks
    ("(0001) Ga-polar", "orientation-not-miller", "0001"),
    ("000-1 (N-polar)", "orientation-not-miller", "000-1"),
    ("(100) 4° off", "orientation-not-miller", "100"),
    ("4° off (0001)", "orientation-not-miller", "0001"),
    ("(111) textured", "orientation-not-miller", "111"),
    ("SrTiO3(001)", "orientation-not-miller", "001"),
    ("out-of-plane 001", "orientation-not-miller", "001"),
    ("1 -1 0 (pc axes)", "orientation-not-miller", "1-10"),
    ("'001'", "orientation-not-miller", "001"),
    ("none", "orientation-not-miller", None),
]


@pytest.mark.parametrize(("text", "canonical"), READ)
def test_indices_are_sent_in_their_canonical_text(text: str, canonical: str) -> None:
    """Brackets, bars, commas and spaces don't matter; no index and no sign is lost."""
    parsed = parse_orientation(text)
    assert parsed.value is not None
    assert (parsed.value.text, parsed.problems) == (canonical, ())


@pytest.mark.parametrize(("text", "sent", "code", "suggestion"), NOTED)
def test_other_orientations_pass_with_a_remark(text: str, sent: str, code: str, suggestion: str | None) -> None:
    """Directions, families, polar faces and words pass, and it is said what is sent."""
    parsed = parse_orientation(text)
    assert parsed.value is not None
    assert parsed.value.text == sent
    assert [(problem.code, problem.suggestion) for problem in parsed.problems] == [(code, suggestion)]


@pytest.mark.parametrize(("text", "code", "suggestion"), REFUSED)
def test_what_is_no_orientation_is_refused(text: str, code: str, suggestion: str | None) -> None:
    """A text without one reading gets its issue, and the likely meaning is suggested."""
    parsed = parse_orientation(text)
    assert parsed.value is None
    assert [(problem.code, problem.suggestion) for problem in parsed.problems] == [(code, suggestion)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("none", "Leave it empty"),
        ("0-0-1", "Write spaces instead"),
        ("00l", "a running index"),
        ("(001)[110]", "names several orientations"),
        ("1.5 1 0", "aren't whole numbers"),
        ("(100) 4° off", "more than the indices"),
        ("1" * 61, "too long"),
    ],
)
def test_the_message_says_what_is_wrong(text: str, words: str) -> None:
    """The reason is in a grower's words."""
    [problem] = parse_orientation(text).problems
    assert words in problem.message


@given(st.tuples(*[st.integers(-99, 99)] * 3).filter(any))
def test_any_indices_round_trip(indices: tuple[int, ...]) -> None:
    """The canonical text of three indices means just these, also with two digits."""
    parsed = parse_orientation(make_text(indices))
    assert parsed.value is not None
    assert parsed.value.indices == indices


@given(
    st.text(max_size=65)
    | st.text(alphabet="0123456789-()[]<>{} ,.̅¯AB", max_size=16)
    | st.text(alphabet="012-()[] ,./hklOIGaNpc_°'b̅", max_size=14)
)
def test_any_text_is_answered_and_taking_it_twice_changes_nothing(text: str) -> None:
    """No text raises; a refusal has an error; what is sent means itself."""
    parsed = parse_orientation(text)
    if parsed.value is None:
        assert any(is_error(problem) for problem in parsed.problems)
    else:
        assert parse_orientation(parsed.value.text).value == parsed.value
