"""Headers of several rows, in comments, or with a delimiter too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from importer import validate
from importer.formats.header_rows import fold_headers

if TYPE_CHECKING:
    from pathlib import Path

    from importer import Validation


def list_layers(found: Validation) -> list[tuple[object, ...]]:
    """Return sample, position and formula of each row."""
    assert found.frame is not None
    return list(found.frame[["sample_id", "layer_id", "composition_string"]].itertuples(index=False, name=None))


WIDE = [(42, 1, "SrRuO3"), (42, 2, "BaTiO3")]


@pytest.mark.parametrize(
    "text",
    [
        "Sample ID,Layer 1,,Layer 2,\n,Material,Orientation,Material,Orientation\n42,SrRuO3,001,BaTiO3,001\n",
        ",Layer 1,Layer 1,Layer 2,Layer 2\n,Material,hkl,Material,hkl\nsample_id,,,,\n42,SrRuO3,001,BaTiO3,001\n",
        ",formula,formula,orientation,orientation\nlayer_id,1,2,1,2\nsample_id,,,,\n42,SrRuO3,BaTiO3,001,110\n",
        "Sample ID,Layer #,Film,\n,,Formula,Orientation\n42,1,SrRuO3,001\n42,2,BaTiO3,001\n",
        "# sample_id;layer_id;formula\n42;1;SrRuO3\n42;2;BaTiO3\n",
        "Sample ID;Layer #;Formula;\n42;1;SrRuO3\n42;2;BaTiO3\n",
    ],
)
def test_headers_of_other_forms_are_read(tmp_path: Path, text: str) -> None:
    """Spanning names, pandas' levels, numpy's comment and an open delimiter all give the same layers."""
    (tmp_path / "a.csv").write_text(text)
    assert list_layers(validate(tmp_path / "a.csv")) == WIDE


def test_data_below_a_header_is_never_folded_into_it() -> None:
    """One row that names all fields is the header, whatever the row below it says."""
    header = ["Sample", "Layer", "Formula", ""]
    assert fold_headers([header, ["A", "1", "Fe", "x"]], 0) is None
    assert fold_headers([header, ["", "", "", ""]], 0) is None


def test_comment_rows_of_a_sheet_are_passed_over(tmp_path: Path) -> None:
    """A row whose first text begins with # is a comment in a workbook too; an error text is none."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["sample_id", "layer_id", "formula"], [42, 1, "SrRuO3"], ["# 42", 2, "Pt"], [42, 2, "BaTiO3"]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    found = validate(tmp_path / "a.xlsx")
    assert list_layers(found) == WIDE
    assert [(issue.code, issue.where.row) for issue in found.issues] == [("comment-row", 3)]


def test_a_header_with_broken_quotes_is_no_crash(tmp_path: Path) -> None:
    """Where even the header's quotes are broken the file is read as far as it goes, and stopped."""
    (tmp_path / "a.txt").write_text('"sample_id" "layer_id" "formula"\n"1" 42 1 "SrTiO3"\n')
    assert validate(tmp_path / "a.txt").valid == 0


def test_the_totals_that_a_table_declares_are_no_layer(tmp_path: Path) -> None:
    """An Excel table's total row is passed over, though it looks like a layer with its counts."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["sample_id", "layer_id", "formula"], [42, 1, "SrRuO3"], [42, 2, "BaTiO3"], [2, 2, None]):
        sheet.append(row)
    sheet.add_table(Table(displayName="Layers", ref="A1:C4", totalsRowCount=1))
    book.save(tmp_path / "a.xlsx")
    found = validate(tmp_path / "a.xlsx")
    assert list_layers(found) == WIDE
    assert [(issue.code, issue.where.row) for issue in found.issues] == [("totals-row", 4)]
