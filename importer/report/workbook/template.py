"""Files to be filled in: a header that is understood, example rows, and in a workbook drop-downs and notes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from importer.layers.header_names import OWN_SHEETS
from importer.layers.space_group import list_reference_symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openpyxl.worksheet.worksheet import Worksheet

MAX_LAYERS = 1_000
ROWS = 2_000
"""Rows of a workbook template that have drop-downs and checks."""
_HEADER_FILL = PatternFill("solid", fgColor="1F4E79")
_REQUIRED_FILL = PatternFill("solid", fgColor="7B2C1E")
_MATERIALS = (
    ("SrRuO3", "001", "Pbnm", "", ""),
    ("BaTiO3", "001", "P4mm", "mp-5020", ""),
    ("SrTiO3", "001", "Pm-3m", "mp-5229", "Sr:1, Ti:1, O:3"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a template.

    Attributes:
        header: its text.
        field: the field that it is.
        is_required: whether every row needs it; a name stands for an id.
        note: what goes in, for the person who fills it in.
        width: in characters.
    """

    header: str
    field: str
    is_required: bool
    note: str
    width: int = 16


COLUMNS = (
    Column("Sample ID", "sample_id", False, "The number of the target material, if it's already on the server."),
    Column("Sample name", "sample_name", True, "The name of the sample. Needed if there is no sample ID."),
    Column("Substrate", "substrate", False, "The substrate. Needed for a sample that isn't on the server yet."),
    Column("Layer number", "layer_id", True, "Position in the stack, counted from the substrate up: 1, 2, 3, ...", 14),
    Column("Composition", "composition_string", False, "Chemical formula, e.g. BaTiO3, La0.7Sr0.3MnO3, Nb:SrTiO3.", 22),
    Column("Orientation", "orientation", False, "Miller indices of the film surface, e.g. 001, 1-10 or 10-12.", 14),
    Column("Space group", "space_group", False, "Hermann-Mauguin symbol or number, e.g. P4mm or 99.", 14),
    Column("MP-ID", "mp_id", False, "Materials Project id, e.g. mp-5020.", 14),
    Column("Element ratios", "element_dict", False, "Element and amount, e.g. Ba:1, Ti:1, O:3. May be left out.", 24),
)
_INTEGERS = frozenset({"sample_id", "layer_id"})
_HOW_TO = (
    "One row is one layer. Layers are counted from the substrate up.",
    "The rows below the header are an example. Overwrite or delete them.",
    "Dark red columns must be filled in (either a sample ID or a sample name).",
    "Check the file with: layer-importer validate FILE",
    "Import it with: layer-importer import FILE",
    "You can add columns of your own. They won't be sent.",
    "This sheet and the sheet of choices aren't read.",
)


def list_example_rows(layers: int) -> list[dict[str, str]]:
    """Return the rows of an example stack of so many layers, by field."""
    rows = []
    for number in range(1, layers + 1):
        formula, orientation, space_group, mp_id, elements = _MATERIALS[(number - 1) % len(_MATERIALS)]
        rows.append(
            {
                "sample_id": "",
                "sample_name": "Example 1",
                "substrate": "DyScO3",
                "layer_id": str(number),
                "composition_string": formula,
                "orientation": orientation,
                "space_group": space_group,
                "mp_id": mp_id,
                "element_dict": elements,
            }
        )
    return rows


def write_csv_template(stream: IO[bytes], layers: int) -> None:
    """Write a template as CSV."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.header for column in COLUMNS)
    for row in list_example_rows(layers):
        writer.writerow(row[column.field] for column in COLUMNS)
    text.detach()


def write_yaml_template(stream: IO[bytes], layers: int) -> None:
    """Write a template as YAML, with what each key means beside it."""
    lines = ["# A stack: what its layers share, then the layers from the substrate up. Repeat this for more stacks."]
    lines += [f"# {column.field}: {column.note}" for column in COLUMNS]
    lines += ["stacks:", "  - sample:", '      name: "Example 1"', '      substrate: "DyScO3"', "    layers:"]
    for row in list_example_rows(layers):
        named = {name: row[name] for name in ("composition_string", "orientation", "space_group", "mp_id")}
        pairs = ", ".join(f'{name}: "{text}"' for name, text in named.items() if text)
        lines.append(f"      - {{layer_id: {row['layer_id']}, {pairs}}}")
    stream.write(("\n".join(lines) + "\n").encode())


def write_xlsx_template(stream: IO[bytes], layers: int) -> None:
    """Write a template as a workbook: drop-downs for space groups, checks for whole numbers, notes."""
    book = openpyxl.Workbook()
    sheet, notes, choices = book.worksheets[0], book.create_sheet(OWN_SHEETS[1]), book.create_sheet(OWN_SHEETS[2])
    sheet.title = "Layers"
    _write_rows(sheet, layers)
    symbols = list_reference_symbols()
    for row, symbol in enumerate(symbols, start=1):
        choices.cell(row, 1, symbol).number_format = "@"
    choices.sheet_state = "hidden"
    for number, column in enumerate(COLUMNS, start=1):
        _guard_column(sheet, number, column, choice=f"='{choices.title}'!$A$1:$A${len(symbols)}")
    for row, text in enumerate(_HOW_TO, start=1):
        notes.cell(row, 1, text)
    for row, column in enumerate(COLUMNS, start=len(_HOW_TO) + 2):
        notes.cell(row, 1, column.header).font = Font(bold=True)
        notes.cell(row, 2, column.note)
    notes.column_dimensions["A"].width = 28
    notes.column_dimensions["B"].width = 80
    book.save(stream)


WRITERS: Mapping[str, Callable[[IO[bytes], int], None]] = {
    "csv": write_csv_template,
    "xlsx": write_xlsx_template,
    "yaml": write_yaml_template,
}
"""Format -> what writes a template of it, with an example stack of so many layers."""


def _write_rows(sheet: Worksheet, layers: int) -> None:
    for number, column in enumerate(COLUMNS, start=1):
        cell = sheet.cell(1, number, column.header)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = _REQUIRED_FILL if column.is_required else _HEADER_FILL
        cell.alignment = Alignment(vertical="center")
        cell.comment = Comment(column.note, "layer-importer", height=90, width=260)
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for row, cells in enumerate(list_example_rows(layers), start=2):
        for number, column in enumerate(COLUMNS, start=1):
            text = cells[column.field]
            if text:
                sheet.cell(row, number, int(text) if column.field in _INTEGERS else text)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}1"


def _guard_column(sheet: Worksheet, number: int, column: Column, *, choice: str) -> None:
    """Give a column its check, and text columns the text format, so that 001 stays 001."""
    letter = get_column_letter(number)
    if column.field not in _INTEGERS:
        for row in range(2, ROWS + 2):
            sheet.cell(row, number).number_format = "@"
    check: DataValidation | None = None
    if column.field in _INTEGERS:
        check = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0", allow_blank=True)
        check.error = f"{column.header}: write a whole number."
    elif column.field == "space_group":
        check = DataValidation(type="list", formula1=choice, allow_blank=True)
        check.error = "This isn't a symbol in its standard setting. Keep it if you mean another setting (e.g. Pbnm)."
        check.errorStyle = "warning"
    if check is not None:
        check.errorTitle, check.showErrorMessage = column.header, True
        check.promptTitle, check.prompt, check.showInputMessage = column.header, column.note, True
        sheet.add_data_validation(check)
        check.add(f"{letter}2:{letter}{ROWS + 1}")
