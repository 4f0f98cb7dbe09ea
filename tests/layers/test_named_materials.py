"""Materials that are known by a name and have no formula in use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import importer
from importer.contract import find_schemas
from importer.issues import is_error
from importer.layers.composition import Kind, find_amounts, parse_composition
from importer.settings import CheckSettings, ReadSettings

if TYPE_CHECKING:
    from pathlib import Path

NAMES = json.loads((find_schemas() / "names.json").read_bytes())["names"]


@pytest.mark.parametrize("text", [*NAMES, "PEDOT-PSS", "spiro-meotad", "Pedot:Pss"])
def test_a_known_name_is_sent_as_text_with_a_warning(text: str) -> None:
    """Nothing is derived from it, also where it reads as a formula, as BCP and PI do."""
    parsed = parse_composition(text)
    assert parsed.value is not None
    assert (parsed.value.text, parsed.value.kind, find_amounts(parsed)) == (text, Kind.NAMED, None)
    assert [problem.code for problem in parsed.problems] == ["formula-named"]


def test_the_names_stand_once_each() -> None:
    """The list is ranked by use, so that a name has one rank."""
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("text", ["Pi", "Bcp", "Pc", "CO", "KI", "Y2O3", "C60", "SiC", "VO2"])
def test_a_short_name_counts_in_its_own_case_only(text: str) -> None:
    """What may be a formula isn't taken for a name because it has the same letters."""
    assert all(problem.code != "formula-named" for problem in parse_composition(text).problems)


@pytest.mark.parametrize("text", ["HTM-81x", "Alq4", "BenMeIM-Cl", "Ag-Au mesh 2"])
def test_another_word_is_told_how_it_can_be_listed(text: str) -> None:
    """The issue of a word that is no formula says what to type."""
    [problem] = parse_composition(text).problems
    assert is_error(problem)
    assert f"names: [{text}]" in problem.message


@pytest.mark.parametrize("where", ["mapping", "settings"])
def test_a_lab_lists_names_of_its_own(where: str, tmp_path: Path) -> None:
    """They are sent as they stand; in another case they are what they were."""
    table, mapping = tmp_path / "a.csv", tmp_path / "mapping.yaml"
    table.write_text("sample_id,layer_id,formula\n1,1,HTM-81x\n1,2,htm-81x\n")
    mapping.write_text("names: [HTM-81x]\n")
    if where == "mapping":
        found = importer.validate(table, read=ReadSettings(mapping=mapping))
    else:
        found = importer.validate(table, check=CheckSettings(names=frozenset({"HTM-81x"})))
    told = [(issue.code, issue.where.row) for issue in found.issues if issue.where.column == "formula"]
    assert told == [("formula-named", 2), ("unknown-element", 3)]
    assert found.frame is not None
    assert found.frame["composition_string"].tolist() == ["HTM-81x", None]
