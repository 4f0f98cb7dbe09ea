"""Agreement with pymatgen-core: its answers to a corpus are kept as data; each disagreement is listed and decided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importer.layers.composition import find_amounts, parse_composition
from importer.layers.elements import list_symbols
from importer.layers.space_group import find_number, parse_space_group

TABLE = json.loads((Path(__file__).parent / "pymatgen_agreement.json").read_text(encoding="utf-8"))


def is_agreed(text: str, theirs: dict[str, float] | None) -> bool:
    """Tell whether both read the same amounts, or neither reads an exact formula where nothing else is decided."""
    ours = find_amounts(parse_composition(text))
    if not theirs or ours is None:
        return not theirs and ours is None
    return ours == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("text", TABLE["formulas"])
def test_formulas_agree_or_are_decided(text: str) -> None:
    """Amounts are those of pymatgen, or the disagreement stands in the table with its reason."""
    if text in TABLE["decided"]:
        assert TABLE["decided"][text]
    else:
        assert is_agreed(text, TABLE["formulas"][text])


def test_no_decision_is_stale() -> None:
    """Only formulas of the corpus that are read otherwise, or only classed here, are decided."""
    assert set(TABLE["decided"]) <= set(TABLE["formulas"])
    agreed = {text for text in TABLE["decided"] if is_agreed(text, TABLE["formulas"][text])}
    assert all(TABLE["decided"][text].startswith("Notation of solid solutions") for text in agreed)


def test_the_periodic_tables_agree() -> None:
    """The elements are the same; deuterium counts in both here."""
    assert set(TABLE["elements"]) ^ list_symbols() <= {"D"}


@pytest.mark.parametrize("symbol", TABLE["space_groups"])
def test_space_groups_agree(symbol: str) -> None:
    """Every short and full symbol of pymatgen's table means the same number, with and without underscores."""
    for text in (symbol, symbol.replace("_", "")):
        found = parse_space_group(text).value
        assert found is not None
        assert find_number(found) == TABLE["space_groups"][symbol]
