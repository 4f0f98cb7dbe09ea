"""Rows that are no layers, other headers, blocks whose sample stands in the first row only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer import ReadSettings, validate

if TYPE_CHECKING:
    from pathlib import Path

    from importer import Validation


def check(path: Path, text: str, **read: object) -> Validation:
    """Return what is found in a table."""
    (path / "a.csv").write_text(text)
    return validate(path / "a.csv", read=ReadSettings(**read))  # type: ignore[arg-type]  # each test knows its option


@pytest.mark.parametrize(
    "row", ["Total,,,120", "* by XRD,,,", "\u00b9 by XRD,,,", "\x1a,,,", ",,,checked twice", "Note: see page 3,,,"]
)
def test_remarks_are_no_layers(tmp_path: Path, row: str) -> None:
    """Footnotes, totals and rows with text in unused columns only are noted and not counted."""
    found = check(tmp_path, f"sample_id,layer_id,formula,d\n1,1,Fe,4\n{row}\n1,2,Pt,5\n")
    assert (found.rows, found.valid) == (2, 2)
    assert [issue.where.row for issue in found.issues if issue.code == "row-without-layer"] == [3]


@pytest.mark.parametrize("row", ["Sample 42,,,", ",2,,120", "1,,,", ",,SrTiO3,"])
def test_what_may_be_a_layer_is_never_dropped(tmp_path: Path, row: str) -> None:
    """A row with text of its own in a field's column is a row with an error, not a remark."""
    found = check(tmp_path, f"sample_id,layer_id,formula,d\n1,1,Fe,4\n{row}\n")
    assert (found.rows, found.valid) == (2, 1)


def test_a_repeated_header_is_noted(tmp_path: Path) -> None:
    """Joined exports of one program are one table, with a mark in the middle too."""
    found = check(tmp_path, "sample_id,layer_id,formula\n1,1,Fe\n\ufeffsample_id,layer_id,formula\n2,1,Pt\n")
    assert (found.rows, found.valid) == (2, 2)
    assert [issue.code for issue in found.issues] == ["header-repeated"]


def test_rows_below_another_header_stop(tmp_path: Path) -> None:
    """Swapped columns below another header aren't sent, however long the table is; those above are."""
    above = "".join(f"{sample},1,Fe\n" for sample in range(1, 12_000))
    below = "".join(f"1,{sample},Fe\n" for sample in range(12_000, 24_000))
    found = check(tmp_path, f"Sample ID,Layer no.,formula\n{above}Layer no.,Sample ID,formula\n{below}")
    assert found.valid == 11_999
    assert sum(issue.code == "other-header" for issue in found.issues) == 12_000


def test_blank_cells_below_a_weak_name_are_told(tmp_path: Path) -> None:
    """A column Run that names the samples and is blank below them says how to fill it, not that its name is weak."""
    found = check(tmp_path, "Run,Substrate,Layer,formula\nM7,Si,1,Fe\n,Si,2,Pt\nM8,Si,1,Au\n")
    told = {issue.where.column: issue.code for issue in found.issues if issue.severity == "note"}
    assert told == {"Run": "blank-below", "Layer": "weak-name"}


def test_blank_cells_take_the_text_above_where_asked(tmp_path: Path) -> None:
    """``--fill-down`` or the mapping file fills a column down; without it rows stop, and a note says how."""
    text = "sample_id,layer_id,formula\n7,1,Fe\n,2,Pt\n8,1,Au\n"
    found = check(tmp_path, text)
    assert (found.valid, "blank-below" in {issue.code for issue in found.issues}) == (2, True)
    for read in ({"fill_down": ("Sample ID",)}, {"mapping": {"fill_down": ["sample_id"]}}):
        found = check(tmp_path, text, **read)
        assert found.valid == 3
        assert found.frame is not None
        assert list(found.frame["sample_id"]) == [7, 7, 8]


SECTIONS = "Sample,Layer no.,Formula\nA17,,\n,1,SrRuO3\n,2,BaTiO3\nA18,,\n,1,SrTiO3\n"


def test_a_row_that_only_names_what_is_below_is_no_layer(tmp_path: Path) -> None:
    """Filled down, the name goes to the layers below it, each sample's to its own; the row itself isn't counted."""
    found = check(tmp_path, SECTIONS, fill_down=("Sample",))
    assert found.frame is not None
    assert found.frame[["sample_name", "layer_id"]].values.tolist() == [["A17", 1], ["A17", 2], ["A18", 1]]
    assert [(issue.code, issue.where.row) for issue in found.issues if issue.severity != "error"] == [
        ("row-without-layer", 2), ("row-without-layer", 5),
    ]  # fmt: skip
    assert check(tmp_path, SECTIONS).rows == 5


@pytest.mark.parametrize("rest", ["A18,1,Fe", "", ",,"])
def test_a_name_that_nothing_below_takes_is_not_dropped(tmp_path: Path, rest: str) -> None:
    """A layer whose other cells are empty is an error, wherever no row below gets its text."""
    found = check(tmp_path, f"Sample,Layer no.,Formula\nA16,1,Fe\nA17,,\n{rest}\n", fill_down=("Sample",))
    assert found.rows - found.valid == 1
    assert "row-without-layer" not in {issue.code for issue in found.issues}


def test_a_name_above_its_layers_stops_the_table_with_what_to_do(tmp_path: Path) -> None:
    """The file's name isn't proposed for the sample where the rows name several."""
    found = check(tmp_path, "Layer no.,Formula\nSample 42,\n1,SrRuO3\nSample 43,\n1,SrTiO3\n")
    codes = [issue.code for issue in found.issues]
    assert codes.count("section-rows") == 1
    assert "sample-outside-table" not in codes
    assert found.valid == 0


@pytest.mark.parametrize(("text", "field"), [("A17", "sample_name"), ("4118", "sample_id")])
def test_the_field_that_is_proposed_for_a_label_can_hold_its_text(tmp_path: Path, text: str, field: str) -> None:
    """What is told to write in the mapping file makes the table valid: a lab's own sample id is a name."""
    table = f"Sample ID,{text},\nSubstrate,SrTiO3,\n\nLayer no.,Formula,Orientation\n1,SrRuO3,001\n"
    (told, *_) = [issue for issue in check(tmp_path, table).issues if issue.code == "metadata-row"]
    assert f"`metadata: {{Sample ID: {field}}}`" in told.message
    found = check(tmp_path, table, mapping={"metadata": {"Sample ID": field, "Substrate": "substrate"}})
    assert found.valid == found.rows == 1
