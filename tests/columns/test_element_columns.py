"""Columns named by elements: confirmed by units, by formulas or by a mapping file, else unused or stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer import ReadSettings, validate
from importer.errors import MappingError

if TYPE_CHECKING:
    from pathlib import Path

    from importer import Validation


def check(path: Path, text: str, **mapping: object) -> Validation:
    """Return what is found in a table."""
    (path / "a.csv").write_text(text)
    return validate(path / "a.csv", read=ReadSettings(mapping=mapping or None))


def list_amounts(found: Validation) -> list[object]:
    """Return the element table of each row, None for none."""
    assert found.frame is not None
    return list(found.frame["element_dict"])


def list_codes(found: Validation) -> set[str]:
    """Return the codes of all issues."""
    return {issue.code for issue in found.issues}


def test_a_formula_confirms_the_elements_that_it_names(tmp_path: Path) -> None:
    """Beside a formula only symbols that occur in one of the formulas are amounts."""
    found = check(tmp_path, "sample_id,layer,formula,In,As\n1,1,InAs,1,1\n")
    assert list_amounts(found) == [{"In": 1, "As": 1}]
    found = check(tmp_path, "sample_id,layer,formula,No,As\n1,1,InN,1,1\n")
    assert list_amounts(found) == [None]
    assert "element-unconfirmed" in list_codes(found)


def test_amounts_that_add_up_confirm_each_other(tmp_path: Path) -> None:
    """Without a formula, ambiguous symbols beside a clear one count where the row adds up to 1 or 100."""
    assert list_amounts(check(tmp_path, "sample_id,layer,Ga,As,P\n1,1,0.5,0.3,0.2\n")) == [
        {"Ga": 0.5, "As": 0.3, "P": 0.2}
    ]
    found = check(tmp_path, "sample_id,layer,Ga,As,P\n1,1,0.5,0.5,7.2\n")
    assert (found.valid, "elements-unclear" in list_codes(found)) == (0, True)


def test_temperatures_are_no_amounts(tmp_path: Path) -> None:
    """Numbers beyond any count of atoms stop the table."""
    found = check(tmp_path, "sample_id,layer,orientation,Ga,Al\n1,1,001,950,1100\n")
    assert (found.valid, "elements-unclear" in list_codes(found)) == (0, True)


def test_a_mapping_file_confirms_columns(tmp_path: Path) -> None:
    """What the mapping file names under ``elements`` needs no other confirmation; the symbol must exist."""
    text = "sample_id,layer,orientation,P,V (XPS)\n1,1,001,0.5,0.5\n"
    assert list_amounts(check(tmp_path, text, elements={"P": "P", "V (XPS)": "V"})) == [{"P": 0.5, "V": 0.5}]
    with pytest.raises(MappingError, match="no such element"):
        check(tmp_path, text, elements={"P": "Xx"})


def test_the_row_of_units_decides_too(tmp_path: Path) -> None:
    """A unit below a header counts as one in it."""
    found = check(tmp_path, "sample_id,layer,Fe,Cr\n-,-,wt%,wt%\n1,1,74,26\n")
    assert (found.valid, "weight-amounts" in list_codes(found)) == (0, True)
    found = check(tmp_path, "sample_id,layer,Fe,Cr\n-,-,at%,at%\n1,1,74,26\n")
    assert list_amounts(found) == [{"Fe": 74, "Cr": 26}]


def test_amounts_by_weight_are_converted_for_the_reader(tmp_path: Path) -> None:
    """The error shows the first row in at%, by hand: Fe 55.845 and Cr 51.996 give 72.6 and 27.4."""
    found = check(tmp_path, "sample_id,layer,Fe (wt%),Cr (wt%)\n1,1,74,26\n")
    tips = {issue.suggestion for issue in found.issues if issue.code == "weight-amounts"}
    assert tips == {"Fe:72.6, Cr:27.4"}
