"""Units and remarks of headers: which columns they leave what their names say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.layers.header_names import load_names, match_group, match_header, read_element, read_group, read_header
from importer.layers.words.header_remarks import Remark
from importer.layers.words.listing_order import find_direction

NAMES = sorted(load_names().strong) + sorted(load_names().weak)
UNITS = (
    *("nm", "Å", "degC", "°C", "K", "W", "V", "A", "mA", "sccm", "Torr", "mbar", "Pa", "eV", "s", "min", "Hz", "rpm"),
    *("1/cm", "cm-3", "Å/s", "nm/min", "%", "‰", "a.u.", "err", "std", "J/cm²", "Ω", "kΩ", "µm", "pulses", "wt%", "mg"),
)
BRACKETS = ("({})", "[{}]", "{{{}}}", " ({})", " [{}] ")


@given(
    name=st.sampled_from([*NAMES, "Ga", "P", "V", "I", "N", "W", "Fe", "L1 formula", "Layer 2", "hkl 3"]),
    unit=st.sampled_from(UNITS),
    bracket=st.sampled_from(BRACKETS),
)
def test_a_unit_that_is_not_listed_never_feeds_a_field(name: str, unit: str, bracket: str) -> None:
    """Whatever the name, a column with such a unit is no field, no element's amounts and no layer's group."""
    header = name + bracket.format(unit)
    assert match_header(header) == (None, False)
    element = read_element(header)
    assert element is None or element[1] in {Remark.OTHER, Remark.WEIGHT}
    assert match_group(header) is None


@pytest.mark.parametrize("unit", ["at%", "at. %", "atomic %", "mol%", "fraction", "count"])
def test_amounts_of_atoms_are_taken(unit: str) -> None:
    """The units of amounts of atoms leave a symbol an element, in brackets and without."""
    assert read_element(f"Ba ({unit})") == read_element(f"Ba [{unit}]") == ("Ba", Remark.AMOUNT)
    assert match_header(f"Composition ({unit})")[0] == "composition_string"


@pytest.mark.parametrize("header", ["Ba at%", "Ba / at.%", "Ba_at%", "at% Ba", "Ba (at%) (EDX)"])
def test_a_unit_may_stand_without_brackets(header: str) -> None:
    """A known unit behind or before a symbol is seen without brackets."""
    assert read_element(header) == ("Ba", Remark.AMOUNT)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Sample (ID)", "sample_id"),
        ("Formula (Summenformel)", "composition_string"),
        ("Formula (e.g. BaTiO3)", "composition_string"),
        ("Orientation (out-of-plane)", "orientation"),
        ("Orientation (in plane)", None),
        ("Composition (substrate)", None),
        ("Composition %", None),
    ],
)
def test_a_remark_must_be_a_known_one(header: str, field: str | None) -> None:
    """Remarks that are listed leave the column its field; any other makes something else of it."""
    assert match_header(header)[0] == field


@pytest.mark.parametrize(
    ("header", "remark"),
    [
        ("Layer (1 = surface)", Remark.TOP_DOWN),
        ("Layer (top = 1)", Remark.TOP_DOWN),
        ("Layer (1 = top, n = substrate)", Remark.TOP_DOWN),
        ("Layer # from top", Remark.TOP_DOWN),
        ("Layer Nr. (von oben)", Remark.TOP_DOWN),
        ("Position, counted from the surface", Remark.TOP_DOWN),
        ("Layer (1 = substrate)", Remark.PLAIN),
        ("Layer # from substrate", Remark.PLAIN),
        ("Layer (bottom to top)", Remark.PLAIN),
        ("Layer (top)", Remark.UNCLEAR),
        ("Layer (reversed)", Remark.UNCLEAR),
        ("Layer", Remark.NONE),
    ],
)
def test_a_header_says_from_which_end_layers_are_counted(header: str, remark: Remark) -> None:
    """Words for an order are understood where they are clear, and seen where they aren't."""
    reading = read_header(header)
    assert (reading.field, reading.remark) == ("layer_id", remark)


def test_groups_take_their_number_from_brackets_and_their_end_too() -> None:
    """``Material (layer 2)`` is of layer 2, and ``Layer 3 (bottom)`` says where it lies."""
    assert match_group("Material (layer 2)") == (2, "composition_string")
    assert match_group("Orientation [L3]") == (3, "orientation")
    group = read_group("Layer 3 (bottom)")
    assert group is not None
    assert (group.number, group.field, group.end) == (3, "composition_string", "bottom")
    assert find_direction("Top electrode") is None
