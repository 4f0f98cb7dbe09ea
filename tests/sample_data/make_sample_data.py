"""Makes the larger files of ``sample_data/valid``, and the messy one: ``python tests/sample_data/make_sample_data.py``.

The stacks are real ones of MBE, PLD and MOCVD; space groups are those of the bulk phases, ids those of the Materials
Project.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import openpyxl
from openpyxl.styles import Font

VALID = Path(__file__).parents[2] / "sample_data" / "valid"
MESSY = VALID.with_name("messy")
MIGRATION_LAYERS = 2_000

MATERIALS = {
    "GaAs": ("F-43m", "mp-2534"),
    "AlAs": ("F-43m", "mp-2172"),
    "InAs": ("F-43m", "mp-20305"),
    "InP": ("F-43m", "mp-20351"),
    "Al0.3Ga0.7As": ("F-43m", ""),
    "In0.53Ga0.47As": ("F-43m", ""),
    "In0.52Al0.48As": ("F-43m", ""),
    "GaN": ("P63mc", "mp-804"),
    "AlN": ("P63mc", "mp-661"),
    "Al0.25Ga0.75N": ("P63mc", ""),
    "In0.15Ga0.85N": ("P63mc", ""),
    "ZnO": ("P63mc", "mp-2133"),
    "SrTiO3": ("Pm-3m", "mp-5229"),
    "BaTiO3": ("P4mm", "mp-5020"),
    "PbTiO3": ("P4mm", "mp-20459"),
    "SrRuO3": ("Pbnm", ""),
    "LaAlO3": ("R-3c", "mp-2920"),
    "La0.7Sr0.3MnO3": ("R-3c", ""),
    "Bi2Se3": ("R-3m", "mp-541837"),
    "Bi2Te3": ("R-3m", "mp-34202"),
    "MgO": ("Fm-3m", "mp-1265"),
    "Pt": ("Fm-3m", "mp-126"),
    "Fe": ("Im-3m", "mp-13"),
    "Al2O3": ("R-3c", "mp-1143"),
}

STACKS: list[tuple[str, list[str]]] = [
    ("001", ["GaAs", "AlAs", "GaAs", "Al0.3Ga0.7As", "GaAs"]),
    ("001", ["InP", "In0.52Al0.48As", "In0.53Ga0.47As", "In0.52Al0.48As", "In0.53Ga0.47As"]),
    ("0001", ["AlN", "GaN", "Al0.25Ga0.75N", "GaN"]),
    ("0001", ["GaN", "In0.15Ga0.85N", "GaN", "In0.15Ga0.85N", "GaN", "Al0.25Ga0.75N"]),
    ("001", ["SrTiO3", "SrRuO3", "BaTiO3", "SrRuO3"]),
    ("001", ["SrRuO3", "PbTiO3", "SrTiO3", "PbTiO3", "SrTiO3", "SrRuO3"]),
    ("001", ["SrTiO3", "LaAlO3", "SrTiO3", "La0.7Sr0.3MnO3", "LaAlO3"]),
    ("0001", ["Bi2Se3", "Bi2Te3", "Bi2Se3"]),
    ("001", ["MgO", "Fe", "MgO", "Fe", "Pt"]),
    ("0001", ["ZnO", "Al2O3", "ZnO", "Al2O3", "ZnO", "Al2O3"]),
]


def make_migration() -> None:
    """Write the export of an old database: 2,000 layers, every field under its own name, tab separated."""
    columns = ["sample_id", "layer_id", "composition_string", "orientation", "space_group", "mp_id", "grown_on"]
    with (VALID / "migration_2000_layers.tsv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        written, sample_id = 0, 1000
        while written < MIGRATION_LAYERS:
            orientation, formulas = STACKS[sample_id % len(STACKS)]
            day = datetime.fromordinal(736_000 + sample_id).date().isoformat()
            for layer_id, formula in enumerate(formulas[: MIGRATION_LAYERS - written], start=1):
                space_group, mp_id = MATERIALS[formula]
                writer.writerow([sample_id, layer_id, formula, orientation, space_group, mp_id, day])
                written += 1
            sample_id += 1


def make_workbook() -> None:
    """Write a lab workbook with two samples that are named, not numbered."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "PLD runs"
    header = ["Sample", "Substrate", "Layer no.", "Stoichiometry", "Miller", "SG", "MP-ID", "Thickness (nm)", "Pulses"]
    rows: list[list[str | float | None]] = [
        ["PLD-0231", "SrTiO3", 1, "SrRuO3", "001", "Pbnm", None, 20, 2400],
        ["PLD-0231", "SrTiO3", 2, "BaTiO3", "001", "P4mm", "mp-5020", 8.4, 1100],
        ["PLD-0231", "SrTiO3", 3, "SrRuO3", "001", "Pbnm", None, 20, 2400],
        ["PLD-0232", "LaAlO3", 1, "LaNiO3", "001", "R-3c", None, 12, 1500],
        ["PLD-0232", "LaAlO3", 2, "La0.7Sr0.3MnO3", "001", "R-3c", None, 30, 3600],
    ]
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    book.properties.created = book.properties.modified = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001  # as Excel
    book.save(VALID / "pld_two_samples.xlsx")


def make_messy_workbook() -> None:
    """Write a workbook as a lab keeps it: a title, merged and blank cells, abbreviations, a footnote."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Growths"
    rows: list[list[str | int | None]] = [
        ["Growth log PLD 2, May 2026"],
        [],
        ["Sample", "Substrate", "Layer", "Material", "Orient.", "Thickness (nm)", "Remarks"],
        ["P101", "SrTiO3 (001)", 1, "STO", "001", 12, "buffer"],
        [None, None, 2, "LSMO", "001", 40, None],
        [None, None, 3, "STO", "001", 4, "cap"],
        ["P102", "SrTiO3 (001)", 1, "SrRuO3", "001", 20, None],
        [None, None, 2, "BaTiO3", "001", 60, "leaky"],
        [],
        ["* thickness by XRR"],
    ]
    for row in rows:
        sheet.append(row)
    for cell in sheet[3]:
        cell.font = Font(bold=True)
    sheet.merge_cells("A4:A6")
    sheet.merge_cells("B4:B6")
    book.properties.created = book.properties.modified = datetime(2026, 5, 29, 18, 5)  # noqa: DTZ001  # as Excel
    book.save(MESSY / "growths.xlsx")


if __name__ == "__main__":
    VALID.mkdir(parents=True, exist_ok=True)
    MESSY.mkdir(exist_ok=True)
    make_migration()
    make_workbook()
    make_messy_workbook()
