"""Samples of tables that stand in another way than one header over rows of layers, each with its mapping file.

Made by ``make_formats``: name -> content, the layers and the codes of the issues that are expected, the mapping file.
"""

from __future__ import annotations

Layer = dict[str, str]


def stack(formulas: str, **fields: str) -> list[Layer]:
    """Return the layers of one stack, numbered from 1."""
    return [
        {**fields, "layer_id": str(number), "composition_string": formula}
        for number, formula in enumerate(formulas.split(), start=1)
    ]


SHAPES: dict[str, tuple[str, list[Layer], list[str], str]] = {
    "fields_down_layers_across.csv": (
        "Growth log\nSample:,A17,A17,A18\nLayer #,1,2,1\nFormula,SrRuO3,NO,MgO\nThickness,20,5,3\n".replace(
            "Growth log\n", "Growth log,,,\n"
        ),
        [*stack("SrRuO3 NO", sample_name="A17"), *stack("MgO", sample_name="A18")],
        ["unused-column", "unused-column"],
        "transposed: true\n",
    ),
    "separated_by_blanks.txt": (
        'sample_id layer_id\tformula  orientation\n42 1   SrRuO3  001\n 42  2  "NO"  010  \n',
        [
            {"sample_id": "42", "layer_id": "1", "composition_string": "SrRuO3", "orientation": "001"},
            {"sample_id": "42", "layer_id": "2", "composition_string": "NO", "orientation": "010"},
        ],
        [],
        "delimiter: blanks\n",
    ),
    "aligned_columns.txt": (
        (
            "Chamber 2, week 14\n"
            "Sample    Layer #  Formula   Grown by      Orientation\n"
            "MBE 17          1  SrRuO3    A. Author             001\n"
            "MBE 17          2  NO\n"
            "MBE 18          1  MgO                             110\n"
        ),
        [
            {"sample_name": "MBE 17", "layer_id": "1", "composition_string": "SrRuO3", "orientation": "001"},
            {"sample_name": "MBE 17", "layer_id": "2", "composition_string": "NO"},
            {"sample_name": "MBE 18", "layer_id": "1", "composition_string": "MgO", "orientation": "110"},
        ],
        ["title-row", "unused-column"],
        "delimiter: fixed\n",
    ),
    "stack_in_one_cell.csv": (
        "Cell,Cell_stack_sequence\nA17,SrTiO3 | SrRuO3 | BaTiO3\nA18,MgO | NO\n",
        [
            *stack("SrRuO3 BaTiO3", sample_name="A17", substrate="SrTiO3"),
            *stack("NO", sample_name="A18", substrate="MgO"),
        ],
        [],
        (
            "columns: {Cell: sample_name}\n"
            'stack_cells: {Cell_stack_sequence: {separator: "|", order: bottom-up, lowest: substrate}}\n'
        ),
    ),
    "stack_in_one_cell_from_the_top.csv": (
        "Sample ID,Film stack\n42,Pt/BaTiO3/SrRuO3\n",
        stack("SrRuO3 BaTiO3 Pt", sample_id="42"),
        [],
        'stack_cells: {Film stack: {separator: "/", order: top-down, lowest: layer}}\n',
    ),
    "sample_above_the_header.csv": (
        "Sample,A17,,\nSubstrate: SrTiO3,,,\n,,,\nLayer #,Formula,Orientation,hkl scan\n1,SrRuO3,001,\n2,NO,010,\n",
        [
            {
                "layer_id": "1", "composition_string": "SrRuO3", "orientation": "001",
                "sample_name": "A17", "substrate": "SrTiO3",
            },
            {
                "layer_id": "2", "composition_string": "NO", "orientation": "010",
                "sample_name": "A17", "substrate": "SrTiO3",
            },
        ],
        ["title-row", "title-row", "unused-column"],
        "metadata: {Sample: sample_name, Substrate: substrate}\n",
    ),
    "sample_in_a_comment.csv": (
        "# sample: A17\nlayer_id,formula\n1,SrRuO3\n2,NO\n",
        stack("SrRuO3 NO", sample_name="A17"),
        ["comment-row"],
        "metadata: {sample: sample_name}\n",
    ),
    "sample_is_the_file.csv": (
        "layer_id,formula\n1,SrRuO3\n2,NO\n",
        stack("SrRuO3 NO", sample_name="sample_is_the_file"),
        [],
        'templates: {sample_name: "{file}"}\n',
    ),
    "without_a_header.csv": (
        "A17,1,SrRuO3,10 nm\nA17,2,NO,5 nm\n",
        stack("SrRuO3 NO", sample_name="A17"),
        [],
        (
            "header_rows: []\ncolumns: {column A: sample_name, column B: layer_id, column C: composition_string}\n"
            "ignore: [column D]\n"
        ),
    ),
    "columns_by_letter.csv": (
        "Sample,,B\nA17,1,SrRuO3\nA17,2,NO\n",
        stack("SrRuO3 NO", sample_name="A17"),
        [],
        "columns: {column B: layer_id, B: composition_string}\n",
    ),
    "header_in_the_second_row.csv": (
        "Sample,Layer,Formula\nsample_name,layer_id,composition_string\nA17,1,SrRuO3\nA17,2,NO\n",
        stack("SrRuO3 NO", sample_name="A17"),
        ["title-row"],
        "header_rows: [2]\n",
    ),
    "dashes_for_nothing.csv": (
        "sample_id,layer_id,formula,orientation,mp_id\n42,1,SrRuO3,-,n/a\n42,2,NO,010,-\n",
        [
            {"sample_id": "42", "layer_id": "1", "composition_string": "SrRuO3"},
            {"sample_id": "42", "layer_id": "2", "composition_string": "NO", "orientation": "010"},
        ],
        [],
        'blanks: ["-", "n/a"]\n',
    ),
    "another_delimiter.txt": (
        "sample_id~layer_id~formula\n42~1~SrRuO3\n42~2~NO\n",
        stack("SrRuO3 NO", sample_id="42"),
        [],
        'delimiter: "~"\n',
    ),
}  # fmt: skip
