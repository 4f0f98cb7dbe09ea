"""Samples of tables whose headers, order and cells mean something else than they seem to; made by ``make_invalid``."""

from __future__ import annotations

Expected = tuple[str, int | None, str | None, str | None]

TABLES: dict[str, tuple[str, list[Expected]]] = {
    "layers_from_the_surface.csv": (
        "Sample ID,Layer (1 = surface),Formula\n3200,1,Pt\n3200,2,BaTiO3\n3200,3,SrRuO3\n",
        [
            ("layers-from-top", 1, "Layer (1 = surface)", "B1"),
            ("rows-out-of-order", 3, "Layer (1 = surface)", "B3"),
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
}
