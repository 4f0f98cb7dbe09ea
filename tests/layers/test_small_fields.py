"""Integers, Materials Project ids, element tables, free text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.issues import is_error
from importer.layers.elements import find_other_ratio, is_element, is_isotope, list_symbols, parse_element_dict
from importer.layers.integers import MAX_INTEGER, parse_integer
from importer.layers.mp_id import parse_mp_id
from importer.layers.text import parse_metadata, trim_text


@pytest.mark.parametrize(
    ("text", "number", "codes"),
    [
        ("1", 1, []),
        ("007", 7, []),
        ("+3", 3, []),
        ("0", 0, []),
        ("1.0", 1, ["integer-from-decimal"]),
        (str(MAX_INTEGER), MAX_INTEGER, []),
        (f"{MAX_INTEGER}.0", MAX_INTEGER, ["integer-from-decimal"]),
        (str(MAX_INTEGER + 1), None, ["integer-out-of-range"]),
        ("-1", None, ["integer-out-of-range"]),
        ("1.5", None, ["not-an-integer"]),
        ("1e3", None, ["not-an-integer"]),
        ("1_000", None, ["not-an-integer"]),
        ("1,000", None, ["number-grouped"]),
        ("٣", None, ["not-an-integer"]),
        ("9" * 41, None, ["not-an-integer"]),
        ("one", None, ["not-an-integer"]),
    ],
)
def test_integers_are_read_in_full_or_not_at_all(text: str, number: int | None, codes: list[str]) -> None:
    """Whole numbers of a 64-bit field pass to the last digit; nothing is rounded."""
    parsed = parse_integer(text)
    assert (parsed.value, [problem.code for problem in parsed.problems]) == (number, codes)


@pytest.mark.parametrize(
    ("text", "value", "code", "suggestion"),
    [
        # Forms: emmet-core, MPID (legacy numbers) and AlphaID (letters).
        ("mp-5020", "mp-5020", None, None),
        ("mp-3347529", "mp-3347529", None, None),
        ("mp-aaaaaftn", "mp-aaaaaftn", None, None),
        ("mvc-1234", "mvc-1234", "mp-id-mvc", None),
        ("5020", None, "mp-id-malformed", "mp-5020"),
        ("MP-5020", None, "mp-id-malformed", "mp-5020"),
        ("mp 5020", None, "mp-id-malformed", "mp-5020"),
        ("mp_5020", None, "mp-id-malformed", "mp-5020"),
        ("mp–5020", None, "mp-id-malformed", "mp-5020"),
        ("5020.0", None, "mp-id-malformed", "mp-5020"),
        ("MP-AAFTN", None, "mp-id-malformed", "mp-aaftn"),
        ("mp-", None, "mp-id-malformed", None),
        ("icsd-5020", None, "mp-id-malformed", None),
        ("mp-05020", None, "mp-id-malformed", "mp-5020"),
        ("mp‑5020", None, "mp-id-malformed", "mp-5020"),
        ("mp-5020 (BaTiO3)", None, "mp-id-malformed", "mp-5020"),
        ("https://materialsproject.org/materials/mp-5020", None, "mp-id-malformed", "mp-5020"),
        ("mp-5020-GGA+U", None, "mp-id-malformed", "mp-5020"),
        ("mp-5020, mp-2998", None, "mp-id-malformed", None),
        ("mp-50 20", None, "mp-id-malformed", None),
        ("mp-none", None, "mp-id-malformed", None),
        ("n/a", None, "mp-id-malformed", None),
    ],
)
def test_materials_project_ids(text: str, value: str | None, code: str | None, suggestion: str | None) -> None:
    """Valid forms pass as they stand; slips are refused with what was probably meant."""
    parsed = parse_mp_id(text)
    assert parsed.value == value
    told = [(problem.code, problem.suggestion) for problem in parsed.problems]
    assert told == ([] if code is None else [(code, suggestion)])


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ('{"Ba": 1, "Ti": 1, "O": 3}', {"Ba": 1, "Ti": 1, "O": 3}),
        ('{"Ba": "1", "O": "0.5"}', {"Ba": 1, "O": 0.5}),
        ("Ba:1, Ti:1, O:3", {"Ba": 1, "Ti": 1, "O": 3}),
        ("Ba=1; Ti=1; O=3;", {"Ba": 1, "Ti": 1, "O": 3}),
        ("In:.53,Ga:.47,As:1", {"In": 0.53, "Ga": 0.47, "As": 1}),
        ("Sr:1e-3, Ti:1", {"Sr": 0.001, "Ti": 1}),
        ("Ba:0, Ti:1", {"Ba": 0, "Ti": 1}),
        ("{'Ba': 1, 'Ti': 1, 'O': 3}", {"Ba": 1, "Ti": 1, "O": 3}),
        ("{Ba: 1, O: 0.5}", {"Ba": 1, "O": 0.5}),
        ("Ba:1 Ti:1 O:3", {"Ba": 1, "Ti": 1, "O": 3}),
        ("Ba: 1\nO: 3", {"Ba": 1, "O": 3}),
    ],
)
def test_element_tables_are_read(text: str, table: dict[str, float]) -> None:
    """JSON objects and pairs give numbers, whole ones as integers."""
    parsed = parse_element_dict(text)
    assert parsed.value == table
    assert parsed.value is not None
    assert [type(amount) for amount in parsed.value.values()] == [type(amount) for amount in table.values()]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ba", "element-dict-malformed"),
        ("[1, 2]", "element-dict-malformed"),
        ("{}", "element-dict-malformed"),
        ('{"Ba": 1', "element-dict-malformed"),
        ('{"Ba": true}', "element-dict-malformed"),
        ('{"Ba": {"O": 1}}', "element-dict-malformed"),
        ("Ba:1, Ba:2", "element-dict-malformed"),
        ("Xx:1", "unknown-element"),
        ("ba:1", "unknown-element"),
        ("Ba:-1", "element-amount"),
        ("Ba:nan", "element-amount"),
        ('{"Ba": NaN}', "element-amount"),
        ('{"Ba": 1e999}', "element-amount"),
        ("Ba:1_0", "element-amount"),
        ("Ba:0, O:0", "element-amount"),
        ("{" * 5_000, "element-dict-malformed"),
    ],
)
def test_a_wrong_element_table_is_refused(text: str, code: str) -> None:
    """Symbols must be elements, amounts plain numbers from zero up, not all zero."""
    parsed = parse_element_dict(text)
    assert parsed.value is None
    assert code in {problem.code for problem in parsed.problems}


@given(st.dictionaries(st.sampled_from(sorted(list_symbols())), st.integers(0, 99) | st.floats(0.001, 99), min_size=1))
def test_an_element_table_means_itself(table: dict[str, float]) -> None:
    """Read twice it is the same, whatever the numbers."""
    parsed = parse_element_dict(json.dumps(table))
    if any(table.values()):
        assert parsed.value == table
    else:
        assert parsed.value is None


@given(st.text(max_size=40) | st.text(alphabet='{}"BaTiO:,;= 0123.eE-', max_size=40))
def test_no_text_upsets_the_small_fields(text: str) -> None:
    """Every text has a value or an error; a value that is written and read again is the same."""
    for parse in (parse_integer, parse_mp_id, parse_element_dict, parse_metadata):
        parsed = parse(text)
        assert (parsed.value is None) == any(is_error(problem) for problem in parsed.problems)
        if parsed.value is not None:
            written = json.dumps(parsed.value) if isinstance(parsed.value, dict) else str(parsed.value)
            assert parse(written).value == parsed.value
    trimmed, _ = trim_text(text)
    assert trimmed is None or trim_text(trimmed) == (trimmed, False)


def test_the_periodic_table_is_whole() -> None:
    """118 elements and deuterium; case decides; no neutron, no tritium."""
    assert len(list_symbols()) == 119
    assert is_element("Og")
    assert not is_element("n")
    assert not is_element("T")
    assert is_isotope("C", 13)
    assert not is_isotope("C", 99)
    assert not is_isotope("Xx", 1)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("L1", "1"), ("layer 3", "3"), ("#3", "3"), ("No. 12", "12"), ("3rd", "3"), ("III", None)],
)
def test_a_number_in_words_is_suggested(text: str, meant: str | None) -> None:
    """A position with a word before it is refused with its digits; what may mean two things is left alone."""
    [problem] = parse_integer(text).problems
    assert (problem.code, problem.suggestion) == ("not-an-integer", meant)


def test_an_element_table_with_decimal_commas_is_suggested_with_points() -> None:
    """Where semicolons part the elements, commas are decimal ones."""
    [problem] = parse_element_dict("Ba:0,5; O:1,5").problems
    assert (problem.code, problem.suggestion) == ("element-dict-malformed", "Ba:0.5; O:1.5")


def test_ids_of_other_databases_are_told_as_such() -> None:
    """The message names the database."""
    [problem] = parse_mp_id("ICSD-67518").problems
    assert "another database (ICSD)" in problem.message


def test_the_element_that_differs_is_named_with_both_shares() -> None:
    """The largest difference of shares is told; deuterium counts as hydrogen."""
    assert find_other_ratio({"Ba": 1, "Ti": 2, "O": 3}, {"Ba": 1, "Ti": 1, "O": 3}) == ("Ti", 2 / 6, 1 / 5)
    assert find_other_ratio({"H": 2, "O": 1}, {"D": 2, "O": 1}) is None


def test_ratios_are_compared_within_two_per_cent() -> None:
    """Counts and fractions may mean the same; a missing element never does."""
    assert not find_other_ratio({"Ba": 1, "Ti": 1, "O": 3}, {"Ba": 0.2, "Ti": 0.2, "O": 0.6})
    assert not find_other_ratio({"La": 0.67, "Sr": 0.33}, {"La": 2 / 3, "Sr": 1 / 3})
    assert not find_other_ratio({"Ba": 1, "Nb": 0}, {"Ba": 5})
    assert find_other_ratio({"Ba": 1, "Ti": 1, "O": 3}, {"Ba": 1, "Ti": 2, "O": 3})
    assert find_other_ratio({"Ba": 1, "O": 1}, {"Ba": 1})


def test_white_space_is_trimmed_and_only_the_unusual_is_told() -> None:
    """Plain spaces go in silence, no-break and zero-width ones with a note; blanks alone are nothing."""
    assert trim_text("  a b\t") == ("a b", False)
    assert trim_text("\u00a0a\u200b") == ("a", True)
    assert trim_text(" \u00a0 ") == (None, True)
    assert trim_text("   ") == (None, False)


@pytest.mark.parametrize("text", ["Substrat", "substrate", "Wafer"])
def test_a_substrate_in_the_place_of_a_number_is_told_what_it_is(text: str) -> None:
    """Its row is no layer: whoever reads it isn't sent looking for a number."""
    (problem,) = parse_integer(text).problems
    assert problem.message.startswith(f"{text!r} isn't a whole number. A substrate has no number")
