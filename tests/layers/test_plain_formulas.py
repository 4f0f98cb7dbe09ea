"""The fast way through plain formulas against the careful one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.layers.composition import parse_composition, parse_with_care
from importer.layers.composition.abbreviations import ABBREVIATIONS, NAMES
from importer.layers.composition.plain_formulas import read_plain
from importer.layers.elements import list_symbols
from tests.helpers.examples import scale_examples

SAMPLES = Path(__file__).parents[2] / "sample_data"
SYMBOLS = sorted(list_symbols())
AMOUNTS = ["", "2", "3", "12", "0.5", ".25", "1.05", "0.33", "0.34", "50", "20", "30", "100", "203", "0", "0.0", "05"]
WORDS = [*ABBREVIATIONS, *NAMES, "cap", "Cap", "None", "NIL", "Air"]

atom = st.tuples(st.sampled_from(SYMBOLS), st.sampled_from(AMOUNTS)).map("".join)
few = st.tuples(st.sampled_from(["Ba", "O", "H", "I", "V", "C", "N", "Ga", "As", "Ac"]), st.sampled_from(AMOUNTS))
atoms = st.lists(atom | few.map("".join), min_size=1, max_size=5).map("".join)
group = st.tuples(st.sampled_from("([{"), atoms, st.sampled_from(")]}"), st.sampled_from(AMOUNTS)).map("".join)
pieces = st.sampled_from(
    ["(III)", "(2)", "(001)", "(BFO)", "(B)", "(Al)", ".5", "H2O", ".5H2O", "x", "d", " ", "D2", "-"]
)
formulas = st.lists(atoms | group | pieces | st.sampled_from(WORDS), min_size=1, max_size=4).map("".join)


@settings(max_examples=scale_examples(1_000))
@given(formulas)
def test_the_fast_way_says_what_the_careful_one_says(text: str) -> None:
    """Value, amounts to the last bit, and problems are the same on whatever is nearly a plain formula."""
    assert repr(parse_composition(text)) == repr(parse_with_care(text))


@given(st.text(alphabet="BaTiOHC(I)VD012359.", max_size=14))
def test_the_fast_way_agrees_on_any_few_letters(text: str) -> None:
    """The same on texts that are formulas by chance only."""
    assert repr(parse_composition(text)) == repr(parse_with_care(text))


def test_the_fast_way_agrees_on_every_word_of_the_samples() -> None:
    """The same on all that stands in the sample files and in the lists of names."""
    texts = [file.read_bytes().decode("utf-8", "ignore") for file in SAMPLES.rglob("*") if file.is_file()]
    words = {word for text in texts for word in re.split(r"[\s,;\"'\t]+", text) if len(word) <= 60}
    assert len(words) > 1_000
    for word in sorted(words | set(WORDS)):
        assert repr(parse_composition(word)) == repr(parse_with_care(word))


@pytest.mark.parametrize(
    "text",
    ["BaTiO3", "Ba0.5Sr0.5TiO3", "Ca(OH)2", "In0.53Ga0.48As", "Pb(Zr0.52Ti0.48)O3", "Hf50Zr50O2", "Ba.5Sr.5TiO3"],
)
def test_usual_formulas_go_the_fast_way(text: str) -> None:
    """It is of use only where usual formulas take it."""
    assert read_plain(text) is not None
