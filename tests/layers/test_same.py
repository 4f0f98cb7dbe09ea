"""Comparing what was sent with what is stored."""

from __future__ import annotations

import pytest

from importer.layers.same import describe_differences, is_same_layer, iter_differences


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"space_group": "P4mm"}, {"space_group": "P 4 m m"}),
        ({"space_group": "P4mm"}, {"space_group": "99"}),
        ({"space_group": "Pbnm"}, {"space_group": "P b n m"}),
        ({"space_group": "Cmce"}, {"space_group": "Cmca"}),
        ({"space_group": "Fd-3m:2"}, {"space_group": "F d -3 m :2"}),
        ({"orientation": "1-10"}, {"orientation": "(1 -1 0)"}),
        ({"composition_string": "BaTiO3"}, {"composition_string": "Ba Ti O3"}),
        ({"layer_id": 1}, {"layer_id": 1.0, "mp_id": "mp-5020"}),
        ({"layer_id": 1, "sample_id": 42}, {"layer_id": "1", "sample_id": "42"}),
        ({"element_dict": {"Ba": 1, "O": 3}}, {"element_dict": {"O": 3.0, "Ba": 1.0, "Ti": 0}}),
        ({"element_dict": {"Ba": 1, "O": 3}}, {"element_dict": {"O": "3", "Ba": "1.0"}}),
        ({"element_dict": {"Ba": 1, "O": 3}}, {"element_dict": {"O": 0.75, "Ba": 0.25}}),
        ({"element_dict": {"Ba": 1, "Ti": 1, "O": 4}}, {"element_dict": {"O": 0.667, "Ba": 0.167, "Ti": "1/6"}}),
        ({"element_dict": {"O": 0.75, "Ba": 0.25}}, {"element_dict": {"Ba": 1, "O": 3}}),
        ({"element_dict": {"Ba": 1, "O": 3}}, {"element_dict": '{"Ba": 1, "O": 3}'}),
        ({"composition_string": "BaTiO3"}, {"composition_string": "TiBaO3"}),
        ({"composition_string": "BaTiO3"}, {"composition_string": "O3 Ti Ba"}),
        ({"composition_string": "Ca(OH)2"}, {"composition_string": "CaO2H2"}),
        ({"space_group": "P4mm"}, {"space_group": 99}),
        ({"space_group": "P4mm"}, {"space_group": 99.0}),
        ({"mp_id": "mp-5020"}, {"mp_id": "MP-5020"}),
        ({"mp_id": "mp-5020"}, {"mp_id": 5020}),
        ({"mp_id": "mp-5020"}, {"mp_id": "5020"}),
        ({"orientation": "111"}, {"orientation": 111}),
    ],
)
def test_the_same_meaning_is_the_same_layer(sent: dict[str, object], stored: dict[str, object]) -> None:
    """Spelling, number type and fields that weren't sent make no difference."""
    assert is_same_layer(sent, stored)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"space_group": "Pnma"}, {"space_group": "Pbnm"}),
        ({"space_group": "Fd-3m:2"}, {"space_group": "Fd-3m"}),
        ({"orientation": "001"}, {"orientation": "111"}),
        ({"composition_string": "BaTiO3"}, {"composition_string": "SrTiO3"}),
        ({"composition_string": "TiBaO3"}, {"composition_string": None}),
        ({"layer_id": 1}, {"layer_id": True}),
        ({"layer_id": 2**53 + 1}, {"layer_id": 2**53}),
        ({"element_dict": {"Ba": 1}}, {"element_dict": {"Ba": 2}}),
        ({"element_dict": {"Ba": 1}}, {"element_dict": {"Ba": "one"}}),
        ({"element_dict": {"Ba": 1}}, {"element_dict": {"Ba": "1/0"}}),
        ({"element_dict": {"Ba": 1, "O": 1}}, {"element_dict": {"Ba": 2, "O": 2}}),
        ({"element_dict": {"Ba": 1, "O": 3}}, {"element_dict": {"Ba": 0.2, "O": 0.8}}),
        ({"element_dict": {"Ba": 1}}, {"element_dict": "barium"}),
        ({"element_dict": {"Ba": 1}}, {"element_dict": {"Ba": True}}),
        ({"composition_string": "BaTiO3"}, {"composition_string": "Ba2Ti2O6"}),
        ({"composition_string": "SrTiO3"}, {"composition_string": "Nb:SrTiO3"}),
        ({"composition_string": "CuSO4·5H2O"}, {"composition_string": "CuSO4"}),
        ({"space_group": "P4mm"}, {"space_group": 100}),
        ({"space_group": "P4mm"}, {"space_group": True}),
        ({"orientation": "001"}, {"orientation": 1}),
        ({"mp_id": "mp-5020"}, {"mp_id": 5021}),
        ({"mp_id": "mp-5020"}, {"mp_id": "mvc-5020"}),
        ({"layer_id": 1}, {"layer_id": "1x"}),
        ({"mp_id": "mp-1"}, {}),
    ],
)
def test_another_meaning_is_another_layer(sent: dict[str, object], stored: dict[str, object]) -> None:
    """What differs in any field that was sent is told, with both values."""
    assert not is_same_layer(sent, stored)
    [(name, ours, theirs)] = iter_differences(sent, stored)
    assert (name, ours, theirs) == (*next(iter(sent.items())), stored.get(next(iter(sent))))
    assert name in describe_differences(sent, stored)
