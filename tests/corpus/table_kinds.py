"""Samples of tables whose headers, order and cells mean something else than they seem to; made by ``make_invalid``."""

from __future__ import annotations

Expected = tuple[str, int | None, str | None, str | None]

TABLES: dict[str, tuple[str, list[Expected]]] = {
    "layers_from_the_surface.csv": (
        "Sample ID,Layer (1 = surface),Formula\n3200,1,Pt\n3200,2,BaTiO3\n3200,3,SrRuO3\n",
        [
            ("layers-from-top", 1, "Layer (1 = surface)", "B1"),
        ],
    ),
    "layers_from_the_surface_with_a_gap.csv": (
        "Sample ID,Layer # from top,Formula\n3201,1,Pt\n3201,3,SrRuO3\n",
        [
            ("layers-from-top", 1, "Layer # from top", "B1"),
            ("table-order-unclear", 2, "Layer # from top", "B2"),
            ("table-order-unclear", 3, "Layer # from top", "B3"),
        ],
    ),
    "layers_perhaps_from_the_top.csv": (
        "Sample ID,Layer (surface),Formula\n3202,1,Pt\n3202,2,BaTiO3\n",
        [("table-order-unclear", 1, "Layer (surface)", "B1")],
    ),
    "power_and_current.csv": (
        "Sample ID,Layer no.,Formula,P (W),I (A),Ga [degC]\n3203,1,Ti,100,0.3,950\n",
        [
            ("header-remark", 1, "P (W)", "D1"),
            ("header-remark", 1, "I (A)", "E1"),
            ("header-remark", 1, "Ga [degC]", "F1"),
        ],
    ),
    "thickness_of_a_layer.csv": (
        "Sample ID,Layer no.,Formula,Layer (nm)\n3204,1,SrRuO3,20\n",
        [("header-remark", 1, "Layer (nm)", "D1")],
    ),
    "carrier_density_beside_a_formula.csv": (
        "Sample ID,Layer no.,Formula,N,C\n3205,1,SrTiO3,5,2\n",
        [("element-unconfirmed", 1, "N", "D1"), ("element-unconfirmed", 1, "C", "E1")],
    ),
    "amounts_beside_a_pressure.csv": (
        "Sample ID,Layer no.,Ga,As,P,Orientation\n3206,1,0.5,0.5,7.2,001\n",
        [("elements-unclear", 1, "As", "D1"), ("elements-unclear", 1, "P", "E1")],
    ),
    "amounts_by_weight.csv": (
        "Sample ID,Layer no.,Fe (wt%),Cr (wt%),Orientation\n3207,1,82,18,001\n",
        [("weight-amounts", 1, "Fe (wt%)", "C1"), ("weight-amounts", 1, "Cr (wt%)", "D1")],
    ),
    "formulas_under_film.csv": (
        "Film,Substrate,Layer no.,Orientation\nSrRuO3,SrTiO3,1,001\nBaTiO3,LSAT,1,001\n",
        [("name-unconfirmed", 1, "Film", "A1")],
    ),
    "id_that_counts_rows.csv": (
        "ID,Sample ID,Layer no.,Formula\n1,3208,1,SrTiO3\n2,3208,2,BaTiO3\n",
        [("rows-counted", 1, "ID", "A1")],
    ),
    "orientation_under_another_name.csv": (
        "Sample ID,Layer no.,Formula,Texture\n3209,1,Pt,111\n3209,2,SrTiO3,001\n",
        [("looks-like-field", 1, "Texture", "D1")],
    ),
    "thousands_in_an_id.csv": (
        'Sample ID,Layer no.,Formula\n"3,210",1,SrTiO3\n',
        [("number-grouped", 2, "Sample ID", "A2")],
    ),
    "name_made_a_float.csv": (
        "sample_name,substrate,layer_id,formula\n230415.0,MgO,1,Fe\n",
        [("name-changed", 2, "sample_name", "A2")],
    ),
    "name_made_a_date.csv": (
        "sample_name,substrate,layer_id,formula\n12-Mar,MgO,1,Fe\n",
        [("name-changed", 2, "sample_name", "A2")],
    ),
    "per_cent_beside_none.csv": (
        "sample_id,layer_id,orientation,Ba,Ti\n3211,1,001,50%,50\n",
        [("per-cent-mixed", 2, "Ba", "D2")],
    ),
    "header_again.csv": (
        "Sample ID,Layer no.,Formula\n3212,1,SrTiO3\nSample ID,Layer no.,Formula\n3213,1,MgO\n",
        [("header-repeated", 3, None, None)],
    ),
    "another_header_below.csv": (
        "Sample ID,Layer no.,Formula\n3214,1,SrTiO3\nLayer no.,Sample ID,Formula\n1,3215,MgO\n",
        [("other-header", 4, None, None), ("stack-start", 4, "Layer no.", "B4")],
    ),
    "total_and_footnote.csv": (
        "Sample ID,Layer no.,Formula,Remark\n3216,1,SrTiO3,\nTotal,,,120\n,,,checked twice\n* by XRD,,,\n",
        [
            ("unused-column", 1, "Remark", "D1"),
            ("row-without-layer", 3, None, None),
            ("row-without-layer", 4, None, None),
            ("row-without-layer", 5, None, None),
        ],
    ),
    "header_of_two_rows.csv": (
        "Sample ID,Layer 1,,Layer 2,\n,Material,Orientation,Material,Orientation\n3217,SrRuO3,001,BaTiO3,001\n",
        [("header-rows", 1, None, None)],
    ),
    "cap_counted_first.csv": (
        "Sample ID,Layer no.,Formula,Role\n3218,1,Pt,cap\n3218,2,SrRuO3,electrode\n3218,3,SrTiO3,substrate\n",
        [("table-order-unclear", 1, "Role", "D1")],
    ),
    "sample_in_the_first_row_only.csv": (
        "Sample ID,Layer no.,Formula\n3219,1,SrTiO3\n,2,Pt\n",
        [("blank-below", 1, "Sample ID", "A1"), ("missing-sample", 3, "Sample ID", "A3")],
    ),
    "dash_for_an_orientation.csv": (
        "sample_id,layer_id,Formula,Orientation\n3300,1,SrRuO3,001\n3300,2,BaTiO3,-\n",
        [("blank-texts", 1, "Orientation", "D1"), ("orientation-not-miller", 3, "Orientation", "D3")],
    ),
    "sample_in_the_name_of_the_file.csv": (
        "Layer no.,Formula\n1,SrRuO3\n",
        [("sample-outside-table", 1, None, None), ("missing-sample", 2, None, None)],
    ),
    "sample_in_a_row_above_its_layers.csv": (
        "Layer no.,Formula\nSample 42,\n1,SrRuO3\n",
        [
            ("section-rows", 2, "Layer no.", "A2"),
            ("missing-sample", 2, None, None),
            ("not-an-integer", 2, "Layer no.", "A2"),
            ("missing-sample", 3, None, None),
        ],
    ),
    "fields_in_the_first_column.csv": (
        "Layer #,1,2\nFormula,SrRuO3,BaTiO3\nOrientation,001,001\nSpace group,Pm-3m,P4mm\n",
        [
            ("table-transposed", 2, None, None),
            *((code, row, None, None) for row in (3, 4) for code in ("missing-layer-id", "missing-sample")),
            ("unknown-element", 3, "Formula", "A3"),
            ("unknown-element", 4, "Formula", "A4"),
        ],
    ),
    "columns_separated_by_blanks.csv": (
        "sample_id layer_id formula\n3303 1 SrRuO3\n",
        [
            ("no-known-column", 1, None, None),
            ("blank-separated", 1, None, None),
            ("unused-column", 1, "sample_id layer_id formula", "A1"),
            ("missing-layer-id", 2, None, None),
            ("missing-sample", 2, None, None),
        ],
    ),
    "stack_listed_in_a_cell.csv": (
        "sample_id,Composition\n3304,SrTiO3 | SrRuO3 | BaTiO3\n",
        [
            ("stack-in-a-cell", 1, "Composition", "B1"),
            ("missing-layer-id", 2, None, None),
            ("formula-unreadable", 2, "Composition", "B2"),
        ],
    ),
    "sample_in_a_row_above.csv": (
        "Sample,A17,\n,,\nLayer no.,Formula,Orientation\n1,SrRuO3,001\n",
        [
            ("title-row", 1, None, None),
            ("metadata-row", 1, None, None),
            ("missing-sample", 4, None, None),
        ],
    ),
    "two_samples_above.csv": (
        "Sample,A17,\nSample,A18,\nLayer no.,Formula,Orientation\n1,SrRuO3,001\n",
        [
            ("title-row", 1, None, None),
            ("title-row", 2, None, None),
            ("metadata-twice", 2, None, None),
            ("missing-sample", 4, None, None),
        ],
    ),
    "no_sample_above.csv": (
        "Layer no.,Formula,Orientation\n1,SrRuO3,001\n",
        [
            ("metadata-absent", 1, None, None),
            ("missing-sample", 2, None, None),
        ],
    ),
    "gap_in_a_listed_stack.csv": (
        "sample_id,Stack\n3308,SrRuO3 | | BaTiO3\n",
        [
            ("stack-cell-gap", 2, "Stack", "B2"),
            ("stack-cell-gap", 2, "Stack", "B2"),
            ("stack-cell-gap", 2, "Stack", "B2"),
        ],
    ),
    "header_like_a_letter.csv": (
        "sample_id,layer_id,Column B\n3309,1,SrRuO3\n",
        [("column-letter-unclear", 1, "Column B", "C1")],
    ),
    "positions_on_a_wafer.csv": (
        "Sample,Position,x (mm),y (mm),Formula\nP3310,1,0,0,SrRuO3\nP3310,2,0,5,SrTiO3\n",
        [
            ("position-unconfirmed", 1, "Position", "B1"),
        ],
    ),
    "position_in_all_rows_alike.csv": (
        "Sample,Position,Formula\nP3311,1,SrRuO3\nP3312,1,SrTiO3\nP3313,1,MgO\n",
        [("positions-alike", 1, "Position", "B1")],
    ),
    "material_under_film.csv": (
        "Film,Layer no.,Orientation\nSrRuO3,1,001\nBTO,1,001\n",
        [("names-partly-formulas", 1, "Film", "A1")],
    ),
    "run_pos_and_material.csv": (
        "Run,Pos,Material\nP3316,1,SrRuO3\n",
        [
            ("weak-name", 1, "Run", "A1"),
            ("weak-name", 1, "Pos", "B1"),
            ("weak-name", 1, "Material", "C1"),
        ],
    ),
    "target_of_each_layer.csv": (
        "Sample,Layer no.,Target,Shots\nP3317,1,SRO,1200\n",
        [("no-content-column", 1, None, None), ("empty-layer", 2, "Layer no.", "B2")],
    ),
    "no_layer_among_rows_in_order.csv": (
        "Sample,Formula,Orientation,Thickness\nP3320,SrRuO3,001,20\nP3320,,,\nP3320,BaTiO3,001,8\n",
        [
            ("unused-column", 1, "Thickness", "D1"),
            ("numbered-row-empty", 3, None, None),
        ],
    ),
    "layers_in_order_without_numbers.csv": (
        "Sample,Formula\nP3321,SrRuO3\nP3321,MgO\n",
        [
            ("no-layer-number", 1, None, None),
            ("missing-layer-id", 2, None, None),
            ("missing-layer-id", 3, None, None),
        ],
    ),
    "one_layer_of_each_sample.csv": (
        "Sample,Formula\nP3318,SrRuO3\nP3319,MgO\n",
        [
            ("no-layer-number", 1, None, None),
            ("missing-layer-id", 2, None, None),
            ("missing-layer-id", 3, None, None),
        ],
    ),
    "name_for_a_sample_id.csv": (
        "Sample ID,Layer no.,Formula\nP3320,1,SrRuO3\n",
        [
            ("sample-id-named", 1, "Sample ID", "A1"),
            ("not-an-integer", 2, "Sample ID", "A2"),
        ],
    ),
}
