"""Templates: understood as they are, with checks that a spreadsheet program keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest
from typer.testing import CliRunner

import importer
from importer.cli.app import app
from importer.report.workbook.template import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("csv", "xlsx", "yaml")
run = CliRunner().invoke


@pytest.mark.parametrize("layers", [1, 5])
@pytest.mark.parametrize("kind", FORMATS)
def test_template_imports_without_mapping(kind: str, layers: int, tmp_path: Path) -> None:
    """Each template is read without a mapping and without a word said against it; every row is valid."""
    path = tmp_path / f"growth.{kind}"
    assert run(app, ["template", "--format", kind, "--layers", str(layers), "--to", str(path)]).exit_code == 0
    found = importer.validate(path)
    assert (found.rows, found.valid, found.issues) == (layers, layers, ())
    assert found.frame is not None
    assert found.frame["orientation"].tolist() == ["001"] * layers
    assert found.frame["layer_id"].tolist() == list(range(1, layers + 1))


def test_workbook_has_drop_downs_and_checks(tmp_path: Path) -> None:
    """Space groups have a list of all 230, positions must be whole numbers, text columns keep 001."""
    path = tmp_path / "growth.xlsx"
    run(app, ["template", "--to", str(path)])
    book = openpyxl.load_workbook(path)
    sheet = book["Layers"]
    checks = {check.type: str(check.sqref) for check in sheet.data_validations.dataValidation if check.type == "list"}
    whole = [str(check.sqref) for check in sheet.data_validations.dataValidation if check.type == "whole"]
    assert checks == {"list": "G2:G2001"}
    assert whole == ["A2:A2001", "D2:D2001"]
    assert sheet["F1000"].number_format == "@"
    assert [book["Choices"].cell(row, 1).value for row in (1, 99, 230)] == ["P1", "P4mm", "Ia-3d"]
    assert book["Choices"].sheet_state == "hidden"
    assert all(sheet.cell(1, number).comment is not None for number in range(1, len(COLUMNS) + 1))


def test_filled_template_keeps_what_was_typed(tmp_path: Path) -> None:
    """What a person types over the example is read as it was typed."""
    path = tmp_path / "growth.xlsx"
    run(app, ["template", "--layers", "1", "--to", str(path)])
    book = openpyxl.load_workbook(path)
    sheet = book["Layers"]
    typed: tuple[str | int | None, ...] = ("A17", "Si", 1, "NO", "010", 225, None)
    for column, value in enumerate(typed, start=2):
        sheet.cell(2, column).value = value
    book.save(path)
    frame = importer.validate(path).frame
    assert frame is not None
    names = ("sample_name", "substrate", "composition_string", "orientation", "space_group")
    assert [frame[name].iloc[0] for name in names] == ["A17", "Si", "NO", "010", "Fm-3m"]


def test_filled_file_is_not_overwritten(tmp_path: Path) -> None:
    """A file that is there already, perhaps filled in, is left alone."""
    path = tmp_path / "growth.csv"
    path.write_text("mine")
    assert run(app, ["template", "--format", "csv", "--to", str(path)]).exit_code == 2
    assert path.read_text() == "mine"
