"""Tables without layer numbers: the order of their rows counts where a mapping file says so, and only there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer import ReadSettings, validate
from importer.columns import load_mapping
from importer.errors import MappingError

if TYPE_CHECKING:
    from pathlib import Path

    from importer import Validation

HEADER = "Sample,Formula,Orientation\n"


def check(path: Path, text: str, **mapping: object) -> Validation:
    """Return what is found in a table."""
    (path / "a.csv").write_text(text)
    return validate(path / "a.csv", read=ReadSettings(mapping=mapping or None))


def list_layers(found: Validation) -> list[tuple[str, int, str]]:
    """Return sample, position and formula of each row."""
    assert found.frame is not None
    frame = found.frame
    return list(zip(frame["sample_name"], frame["layer_id"], frame["composition_string"], strict=True))


def test_it_is_asked_and_not_assumed(tmp_path: Path) -> None:
    """Without the rule no row is sent, and one note says what to write."""
    found = check(tmp_path, f"{HEADER}A,Si,001\nA,GaAs,001\nB,Si,001\n")
    (asked,) = (issue for issue in found.issues if issue.code == "no-layer-number")
    assert (found.valid, found.counts["missing-layer-id"]) == (0, 3)
    assert "`number_rows: bottom-up`" in asked.message
    assert "`number_rows: top-down`" in asked.message


def test_the_sheet_as_its_sample_is_asked_too(tmp_path: Path) -> None:
    """Also where the sample is the file's name, all rows are of one stack."""
    found = check(tmp_path, "Formula\nSi\nGaAs\n", templates={"sample_name": "{file}"})
    assert "no-layer-number" in found.counts
    found = check(tmp_path, "Formula\nSi\nGaAs\n", templates={"sample_name": "{file}"}, number_rows="top-down")
    assert list_layers(found) == [("a", 2, "Si"), ("a", 1, "GaAs")]


@pytest.mark.parametrize(("order", "numbers"), [("bottom-up", [1, 2, 3, 1]), ("top-down", [3, 2, 1, 1])])
def test_rows_are_numbered_in_their_order(tmp_path: Path, order: str, numbers: list[int]) -> None:
    """Each sample begins with 1, from the end that the mapping file says; blanks around a name don't count."""
    found = check(tmp_path, f"{HEADER}A,Si,001\nA ,GaAs,001\nA,InAs,001\nB,Si,001\nTotal,,\n", number_rows=order)
    assert [number for _, number, _ in list_layers(found)] == numbers
    assert (found.valid, "no-layer-number" in found.counts) == (4, False)


def test_blank_samples_filled_down_are_numbered_with_theirs(tmp_path: Path) -> None:
    """A sample's name above its layers counts for them, and a row with nothing but that name is none of them."""
    text = f"{HEADER}W41,,\n,Si,001\n,GaAs,001\nW42,Si,001\n"
    found = check(tmp_path, text, number_rows="bottom-up", fill_down=["Sample"])
    assert list_layers(found) == [("W41", 1, "Si"), ("W41", 2, "GaAs"), ("W42", 1, "Si")]
    assert found.valid == 3


def test_a_sample_in_two_places_is_stopped(tmp_path: Path) -> None:
    """Whether its second rows lie upon the first or say them again nobody knows: none of them is sent."""
    found = check(tmp_path, f"{HEADER}A,Si,001\nA,GaAs,001\nB,Si,001\nA,InAs,001\nA,InP,001\n", number_rows="bottom-up")
    assert found.valid == 1
    assert found.counts["duplicate-layer"] == 4


def test_a_row_with_nothing_of_a_layer_is_stopped(tmp_path: Path) -> None:
    """It keeps its number, so that what lies above it is blocked and not sent under a wrong one."""
    found = check(tmp_path, f"{HEADER}A,Si,001\nA,,\nA,InAs,001\n", number_rows="bottom-up")
    (issue,) = (issue for issue in found.issues if issue.code == "numbered-row-empty")
    assert (issue.where.row, issue.message) == (
        3,
        "This row has nothing of a layer, but would count as layer 2 of its sample.",
    )
    assert [number for _, number, _ in list_layers(found)] == [1, 2, 3]
    constant = check(tmp_path, f"{HEADER}A,Si,001\nA,,\n", number_rows="bottom-up", constants={"space_group": "Fd-3m"})
    assert "numbered-row-empty" in constant.counts


@pytest.mark.parametrize(
    "also",
    [
        {"order": "top-down"},
        {"columns": {"No": "layer_id"}},
        {"constants": {"layer_id": "1"}},
        {"stack_cells": {"Stack": {"separator": "/", "order": "bottom-up", "lowest": "layer"}}},
    ],
)
def test_two_ways_to_number_are_refused(also: dict[str, object]) -> None:
    """A mapping file that says twice how layers are numbered isn't used."""
    with pytest.raises(MappingError):
        load_mapping({"number_rows": "bottom-up", **also})
