"""Makes the samples of ``sample_data/invalid`` that show faults of reading and of columns.

``python tests/corpus/make_invalid.py FOLDER``. One fault a file; what is to be said of it stands beside it, written by
hand here and not by the program (for YAML without the line that editors read, which is put above). A sample that
needs a mapping file has it in ``mappings``; what stands beside it names the mapping and the codes to repair.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import openpyxl
import yaml
from openpyxl.worksheet.table import Table

from importer.layers.header_names import REPORT_COLUMNS
from tests.corpus.table_kinds import TABLES

HEAD = "sample_id,layer_id,composition_string,orientation\n"
Expected = tuple[str, int | None, str | None, str | None]
"""Code, row, column and cell of an issue."""

TEXTS: dict[str, tuple[str | bytes, list[Expected]]] = {
    "ragged_row_long.csv": (
        f"{HEAD}3000,1,SrRuO3,001\n3000,2,BaTiO3,001,extra\n",
        [("ragged-row", 3, None, None)],
    ),
    "ragged_row_short.csv": (f"{HEAD}3001,1,SrRuO3,001\n3001,2,BaTiO3\n", [("ragged-row", 3, None, None)]),
    "quote_not_closed.csv": (
        f'{HEAD}3002,1,SrRuO3,001\n3002,2,"BaTiO3,001\n3002,3,SrTiO3,001\n',
        [("unterminated-quote", 3, None, None)],
    ),
    "quote_followed_by_text.csv": (
        f'{HEAD}3003,1,SrRuO3,001\n3003,2,"BaTiO3"x,001\n',
        [("broken-quoting", 3, None, None)],
    ),
    "nul_byte.csv": (
        f"{HEAD}3004,1,SrRuO3,001\n3004,2,Ba\0TiO3,001\n",
        [("nul-byte", 3, "composition_string", "C3")],
    ),
    "undecodable_byte.csv": (
        HEAD.replace("orientation", "orientation,Größe").encode()
        + b"3005,1,SrRuO3,001,\xc3\xa9\n3005,2,BaTiO3,001,\xff\n",
        [("undecodable-byte", 3, "Größe", "E3")],
    ),
    "windows_encoding.csv": (
        "Probe,Layer no.,Substrate,Formula\nGröße 3006,1,für SrTiO₃,SrRuO3\n".replace("₃", "3").encode("cp1252"),
        [
            ("encoding-guessed", None, None, None),
            ("encoding-unsure", 2, "Probe", "A2"),
            ("encoding-unsure", 2, "Substrate", "C2"),
        ],
    ),
    "windows_encoding.yaml": (
        "sample_name: Größe 3314\nlayers: [{formula: SrRuO3}]\n".encode("cp1252"),
        [("encoding-guessed", None, None, None), ("encoding-unsure", 1, "sample_name", "1:14")],
    ),
    "formula_left_empty.yaml": (
        "sample_id: 3315\nlayers:\n- {formula: SrRuO3}\n- {formula: null}\n",
        [("not-a-layer", 4, None, None)],
    ),
    "duplicate_header.csv": (
        "sample_id,layer_id,Formula,Composition\n3007,1,SrRuO3,BaTiO3\n",
        [("duplicate-column", 1, "Composition", "D1")],
    ),
    "misspelt_header.csv": (
        "sample_id,layer_id,Formula,Orientaton\n3008,1,SrRuO3,001\n",
        [("column-near-miss", 1, "Orientaton", "D1")],
    ),
    "column_without_header.csv": (
        "sample_id,layer_id,Formula,\n3009,1,SrRuO3,001\n",
        [("unnamed-column", 1, "", "D1")],
    ),
    "no_known_header.csv": (
        "Wer,Ebene,Stoff\nA,eins,SrRuO3\n",
        [
            ("no-known-column", 1, None, None),
            ("missing-layer-id", 2, None, None),
            ("missing-sample", 2, None, None),
        ],
    ),
    "report_of_this_program.csv": (
        f"{','.join(REPORT_COLUMNS)}\ngrowths.csv,,2,3075,A17,,1,created,100,200,1,[],,{{}}\n",
        [("own-report", 1, None, None), ("empty-layer", 2, "layer_id", "G2")],
    ),
    "wide_gap.csv": (
        "Sample ID,L1 formula,L2 formula,L3 formula\n3011,SrRuO3,,BaTiO3\n",
        [("empty-group", 2, None, None), ("layer-gap", 2, None, None)],
    ),
    "orientation_lost_zeros.csv": (
        f"{HEAD}3012,1,SrRuO3,1\n",
        [("zeros-lost", 2, "orientation", "D2")],
    ),
    "orientation_octal.csv": (
        f"{HEAD}3013,1,SrRuO3,8\n",
        [("octal-read", 2, "orientation", "D2")],
    ),
    "orientation_lost_brackets.csv": (
        f"{HEAD}3014,1,SrRuO3,-1\n",
        [("brackets-lost", 2, "orientation", "D2")],
    ),
    "orientation_date.csv": (
        f"{HEAD}3015,1,Al2O3,20-Nov\n",
        [("date-made", 2, "orientation", "D2")],
    ),
    "formula_scientific.csv": (
        f"{HEAD}3016,1,1.00E+03,001\n",
        [("scientific-made", 2, "composition_string", "C2")],
    ),
    "orientation_typographic_minus.csv": (
        f"{HEAD}3065,1,SrRuO3,1\u221210\n",
        [("minus-changed", 2, "orientation", "D2")],
    ),
    "formula_typographic_minus.csv": (
        f"{HEAD}3066,1,YBa2Cu3O7\u2212\u03b4,001\n",
        [("minus-changed", 2, "composition_string", "C2")],
    ),
    "orientation_zero_width_space.csv": (
        f"{HEAD}3067,1,SrRuO3,0\u200b01\n",
        [("invisible-character", 2, "orientation", "D2")],
    ),
    "formula_zero_width_space.csv": (
        f"{HEAD}3068,1,Ba\u200bTiO3,001\n",
        [("formula-lookalike", 2, "composition_string", "C2")],
    ),
    "formula_date.csv": (
        f"{HEAD}3069,1,20-Nov,001\n",
        [("date-made", 2, "composition_string", "C2")],
    ),
    "formula_greek.csv": (
        f"{HEAD}3070,1,\u0391lN,001\n",
        [("formula-lookalike", 2, "composition_string", "C2")],
    ),
    "formula_word_nan.csv": (
        f"{HEAD}3017,1,nan,001\n",
        [("word-changed", 2, "composition_string", "C2")],
    ),
    "formula_word_inf.csv": (
        f"{HEAD}3018,1,inf,001\n",
        [("word-changed", 2, "composition_string", "C2")],
    ),
    "formula_word_false.csv": (
        f"{HEAD}3019,1,FALSE,001\n",
        [("word-changed", 2, "composition_string", "C2")],
    ),
    "orientation_error_text.csv": (
        f"{HEAD}3020,1,SrRuO3,#NAME?\n",
        [("error-text", 2, "orientation", "D2")],
    ),
    "formula_decimal_comma.csv": (
        f'{HEAD}3021,1,"Ba0,5Sr0,5TiO3",001\n',
        [("decimal-comma", 2, "composition_string", "C2")],
    ),
    "decimal_comma_beside_point.csv": (
        "sample_id;layer_id;Formula;Ba;Sr;Ti;O\n3022;1;Ba0.7Sr0.3TiO3;0,7;0.3;1;3\n",
        [("decimal-ambiguous", 2, "Ba", "D2")],
    ),
    "names_alike.csv": (
        "sample_name,substrate,layer_id,formula\nMBE-23,MgO,1,SrTiO3\nmbe 23,MgO,1,BaTiO3\nS1-1,Si,1,Ge\nS11,Si,1,Ge\n",
        [("names-alike", 2, "sample_name", "A2"), ("names-alike", 3, "sample_name", "A3")],
    ),
    "formula_case_doubt.csv": (
        f"{HEAD}3023,1,LaCoO3,001\n3023,2,LaCOO3,001\n",
        [("case-doubt", 2, "composition_string", "C2"), ("case-doubt", 3, "composition_string", "C3")],
    ),
    "key_twice.yaml": (
        "sample_id: 3024\nlayers:\n- {formula: SrRuO3, formula: BaTiO3}\n",
        [("duplicate-key", 3, None, "3:21")],
    ),
    "layer_id_missing_on_some.yaml": (
        "sample_id: 3025\nlayers:\n- {layer_id: 1, formula: SrRuO3}\n- {formula: BaTiO3}\n",
        [("layer-ids-incomplete", 4, None, None)],
    ),
    "stack_without_layers.yaml": (
        "- sample_id: 3026\n",
        [("stack-without-layers", 1, None, "1:3")],
    ),
    "text_for_a_layer.yaml": (
        "sample_id: 3027\nlayers:\n- {formula: SrRuO3}\n- BaTiO3\n",
        [("not-a-layer", 4, None, "4:3")],
    ),
    "text_for_a_stack.yaml": (
        "- {sample_id: 3028, layers: [{formula: SrRuO3}]}\n- BaTiO3\n",
        [("not-a-stack", 2, None, "2:3")],
    ),
    "layer_of_another_sample.yaml": (
        "sample_id: 3029\nlayers:\n- {formula: SrRuO3, sample_id: 3030}\n",
        [("contradicting-key", 3, None, "3:32")],
    ),
    "repeat_in_words.yaml": (
        "sample_id: 3031\nlayers:\n- repeat: ten\n  layers:\n  - {formula: SrRuO3}\n",
        [("repeat-malformed", 3, None, "3:3")],
    ),
    "repeat_with_other_keys.yaml": (
        "sample_id: 3032\nlayers:\n- repeat: 1\n  orientation: 001\n  layers:\n  - {formula: SrRuO3}\n",
        [("group-key-unused", 3, None, "3:3")],
    ),
    "same_field_twice.yaml": (
        "sample_id: 3033\nlayers:\n- {formula: SrRuO3, composition: BaTiO3}\n",
        [("duplicate-field", 3, "composition", "3:34")],
    ),
    "mixture_without_formula.yaml": (
        (
            "sample_id: 3034\nsample:\n  model:\n    stack: air | p 3 | Si\n"
            "    layers: {p: {composition: {H2O: 0.3, D2O: 0.7}}}\n"
        ),
        [("model-without-formula", 4, None, "4:12")],
    ),
    "misspelt_keys.yaml": (
        "sample_id: 3070\nlayers:\n- {formula: SrRuO3, orientaton: 001}\n- formual: BaTiO3\n",
        [
            ("column-near-miss", 3, "orientaton", "3:33"),
            ("column-near-miss", 4, "formual", "4:12"),
            ("not-a-layer", 4, None, None),
        ],
    ),
    "misspelt_key_of_a_stack.yaml": (
        "sample_id: 3071\ndefualts: {orientation: 001}\nlayers:\n- {formula: SrRuO3}\n",
        [("key-near-miss", 2, None, "2:1"), ("unused-column", 2, "defualts", "2:11")],
    ),
    "key_beside_stacks.yaml": (
        "project: FE films\nstacks:\n- {sample_id: 3082, layers: [{formula: SrRuO3}]}\n",
        [("key-unused", 1, None, "1:1")],
    ),
    "layers_under_names.json": (
        ('{"sample_id": 3072, "layers": {\n  "buffer": {"formula": "SrRuO3"},\n  "film": {"formula": "BaTiO3"}\n}}\n'),
        [("not-a-layer", 2, None, "2:3"), ("not-a-layer", 3, None, "3:3")],
    ),
    "cap_listed_first.yaml": (
        "sample_id: 3073\nlayers:\n- {role: cap, formula: Pt}\n- {role: film, formula: BaTiO3}\n",
        [
            ("layer-order-unclear", 3, None, None),
            ("layer-order-unclear", 3, None, None),
            ("unused-column", 3, "role", "3:10"),
        ],
    ),
    "order_in_other_words.yaml": (
        "sample_id: 3074\norder: reversed\nlayers:\n- {formula: BaTiO3}\n",
        [("layer-order-unclear", 2, None, "2:8")],
    ),
    "order_from_the_top.yaml": (
        "sample_id: 3075\norder: top-down\nlayers:\n- {formula: BaTiO3}\n- {formula: SrRuO3}\n",
        [("layer-order-turned", 2, None, "2:8")],
    ),
    "substrate_listed_as_a_layer.yaml": (
        (
            "sample: {name: G3076, substrate: SrTiO3}\nlayers:\n- {formula: SrTiO3, role: substrate}\n"
            "- {formula: SrRuO3}\n"
        ),
        [
            ("substrate-in-layers", 3, None, None),
            ("substrate-in-layers", 3, None, None),
            ("unused-column", 3, "role", "3:27"),
        ],
    ),
    "substrate_with_orientation.yaml": (
        "sample: {name: G3077, substrate: {formula: SrTiO3, orientation: 001}}\nlayers:\n- {formula: SrRuO3}\n",
        [("substrate-partly-unused", 1, None, "1:34")],
    ),
    "id_of_a_stack.yaml": (
        "id: 3078\nname: G3078\nlayers:\n- {formula: SrRuO3}\n",
        [("stack-id-unclear", 1, None, "1:5")],
    ),
    "list_for_a_formula.yaml": (
        "sample_id: 3079\nlayers:\n- {formula: [SrRuO3, BaTiO3]}\n",
        [("value-not-text", 3, None, "3:13"), ("formula-unreadable", 3, "formula", "3:13")],
    ),
    "model_between_two_solids.yaml": (
        "sample: {name: G3080, model: {stack: Si | SiO2 1.5 | Fe 5 | MgO}}\n",
        [("model-unreadable", 1, None, "1:38")],
    ),
    "model_with_a_gradient.yaml": (
        (
            "sample:\n  name: G3081\n  model:\n    stack: air | grade 10 | Fe 3 | MgO\n    sub_stacks:\n"
            "      grade: {sub_stack_class: FunctionTwoElements, material1: Ni, material2: Ti, function: x}\n"
        ),
        [("model-partly-unused", 4, None, "4:12"), ("model-without-formula", 4, None, "4:12")],
    ),
    "mapping_of_another_table.csv": (
        "sample_id,layer_id,Film,hkl\n3050,1,SrRuO3,001\n",
        [("mapping-unmatched", 1, None, None)],
    ),
    "cell_that_cannot_be_cut.csv": (
        "Layer,Formula,Substrate\nS3051-1,SrRuO3,SrTiO3\nS3051-a-2,BaTiO3,SrTiO3\n",
        [
            ("split-mismatch", 3, "Layer", "A3"),
            ("missing-layer-id", 3, "Layer", "A3"),
            ("missing-sample", 3, None, None),
        ],
    ),
    "piece_missing_in_a_template.csv": (
        "run,piece,layer_id,Formula,Substrate\nG3052,a,1,SrRuO3,SrTiO3\nG3052,,2,BaTiO3,SrTiO3\n",
        [("template-incomplete", 3, "piece", "B3"), ("missing-sample", 3, None, None)],
    ),
    "orientation_lost_zeros_repaired.csv": (f"{HEAD}3053,1,SrRuO3,1\n", [("repaired", 2, "orientation", "D2")]),
    "orientation_date_repaired.csv": (f"{HEAD}3054,1,Al2O3,20-Nov\n", [("repaired", 2, "orientation", "D2")]),
    "blank_row.csv": (f"{HEAD}3056,1,SrRuO3,001\n,,,\n3056,2,BaTiO3,001\n", [("blank-row", 3, None, None)]),
    "comment_row.csv": (
        f"# chamber opened\n{HEAD}# new target\n3057,1,SrRuO3,001\n",
        [("comment-row", 1, None, None), ("comment-row", 3, None, None)],
    ),
    "title_row.csv": (f"Growth log MBE 3\n{HEAD}3058,1,SrRuO3,001\n", [("title-row", 1, None, None)]),
    "units_row.csv": (
        "sample_id,layer_id,Formula,Orientation,d\n-,-,-,(hkl),nm\n3059,1,SrRuO3,001,4\n",
        [("units-row", 2, None, None), ("unused-column", 1, "d", "E1")],
    ),
    "unused_column.csv": (
        "sample_id,layer_id,Formula,Thickness (nm)\n3060,1,SrRuO3,4\n",
        [("unused-column", 1, "Thickness (nm)", "D1")],
    ),
    "model_with_thickness.yaml": (
        "sample_id: 3061\nsample: {model: {stack: air | BaTiO3 7 | SrTiO3}}\n",
        [("model-partly-unused", 2, None, "2:25")],
    ),
}

MAPPINGS = {
    "mapping_of_another_table.csv": "columns: {Film: composition_string, Direction: orientation}\n",
    "cell_that_cannot_be_cut.csv": "split: {Layer: {separator: '-', fields: [sample_name, layer_id]}}\n",
    "two_samples_above.csv": "metadata: {Sample: sample_name}\n",
    "no_sample_above.csv": "metadata: {Sample: sample_name}\n",
    "gap_in_a_listed_stack.csv": 'stack_cells: {Stack: {separator: "|", order: bottom-up, lowest: layer}}\n',
    "no_layer_among_rows_in_order.csv": "number_rows: bottom-up\n",
    "header_like_a_letter.csv": "columns: {Column B: composition_string}\n",
    "piece_missing_in_a_template.csv": 'templates: {sample_name: "{run}-{piece}"}\n',
}
"""Name of a sample -> its mapping file."""

REPAIRS = {
    "orientation_lost_zeros_repaired.csv": ["zeros-lost"],
    "orientation_date_repaired.csv": ["date-made"],
    "date_for_an_orientation_repaired.xlsx": ["cell-date"],
}
"""Name of a sample -> the codes whose suggestions are taken."""

Cell = str | int | bool | dt.date
SHEETS: dict[str, tuple[list[list[Cell]], list[Expected]]] = {
    "totals_of_a_table.xlsx": (
        [["sample_id", "layer_id", "Formula"], [3220, 1, "SrRuO3"], [1, 1, ""]],
        [("totals-row", 3, None, None)],
    ),
    "date_for_an_orientation.xlsx": (
        [["sample_id", "layer_id", "formula", "hkl"], [3040, 1, "Al2O3", dt.date(2025, 11, 20)]],
        [
            ("cell-date", 2, "hkl", "D2"),
            ("sheet-skipped", 1, None, None),
        ],
    ),
    "truth_value_for_a_formula.xlsx": (
        [["sample_id", "layer_id", "formula", "hkl"], [3041, 1, False, "001"]],
        [("cell-boolean", 2, "formula", "C2")],
    ),
    "formula_error.xlsx": (
        [["sample_id", "layer_id", "formula", "hkl"], [3042, 1, "SrRuO3", "#N/A"]],
        [("cell-error", 2, "hkl", "D2")],
    ),
    "formula_without_result.xlsx": (
        [["sample_id", "layer_id", "formula", "hkl"], [3043, 1, "=B2", "001"]],
        [("formula-uncached", 2, "formula", "C2")],
    ),
    "date_for_an_orientation_repaired.xlsx": (
        [["sample_id", "layer_id", "formula", "hkl"], [3055, 1, "Al2O3", dt.date(2025, 11, 20)]],
        [("repaired", 2, "hkl", "D2")],
    ),
    "hidden_row.xlsx": (
        [["sample_id", "layer_id", "formula"], [3062, 1, "SrRuO3"], [3062, 2, "BaTiO3"]],
        [("hidden-rows", 3, None, None)],
    ),
    "hidden_column.xlsx": (
        [["sample_id", "layer_id", "formula", "hkl", "notes"], [3221, 1, "SrRuO3", "001", "x"]],
        [("hidden-columns", 1, "formula", "C1")],
    ),
    "hidden_sheet.xlsx": (
        [["sample_id", "layer_id", "formula"], [3063, 1, "SrRuO3"]],
        [("hidden-sheet", None, None, None)],
    ),
}


def main(folder: Path) -> None:
    """Make all files in a folder."""
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    for name, (content, expected) in {**TEXTS, **TABLES}.items():
        encoded = content if isinstance(content, bytes) else content.encode()
        is_yaml = name.endswith(".yaml")
        (folder / name).write_bytes(make_editor_line("../../schemas/stack").encode() + encoded if is_yaml else encoded)
        write_expected(folder, name, [move_down(entry) for entry in expected] if is_yaml else expected)
    for name, (rows, expected) in SHEETS.items():
        make_book(name, rows).save(folder / name)
        write_expected(folder, name, expected)


def make_editor_line(schema: str) -> str:
    """Return the line by which editors find the schema of a YAML file."""
    return f"# yaml-language-server: $schema={schema}.schema.json\n"


def move_down(entry: Expected) -> Expected:
    """Return an issue's place a line further down, below the editor's line."""
    code, row, column, cell = entry
    line, _, at = (cell or "").partition(":")
    return code, row and row + 1, column, cell and f"{int(line) + 1}:{at}"


def make_book(name: str, rows: list[list[Cell]]) -> openpyxl.Workbook:
    """Return a workbook of one table, with what its name says."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column, value)
    if name == "date_for_an_orientation.xlsx":
        book.create_sheet("Notes")["A1"] = "Vent the chamber before the holidays"
    elif name == "totals_of_a_table.xlsx":
        sheet.add_table(Table(displayName="Layers", ref="A1:C3", totalsRowCount=1))
    elif name == "hidden_row.xlsx":
        sheet.row_dimensions[3].hidden = True
    elif name == "hidden_column.xlsx":
        sheet.column_dimensions["C"].hidden = True
    elif name == "hidden_sheet.xlsx":
        sheet.sheet_state = "hidden"
        book.create_sheet("Notes")
    return book


def write_expected(folder: Path, name: str, expected: list[Expected]) -> None:
    """Write beside a sample what is to be said of it, and the options that it is read with."""
    issues = [dict(zip(("code", "row", "column", "cell"), entry, strict=True)) for entry in expected]
    options: dict[str, object] = {}
    if name in MAPPINGS:
        options["mapping"] = f"mappings/{name}.yaml"
        text = make_editor_line("../../../schemas/mapping") + MAPPINGS[name]
        (folder / "mappings" / f"{name}.yaml").write_text(text, encoding="utf-8")
    if name in REPAIRS:
        options["repair"] = REPAIRS[name]
    content = {**options, "issues": issues} if options else issues
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    (folder / f"{name}.expected.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
