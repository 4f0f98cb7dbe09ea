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
        ({"element_dict": {"Ba": 1, "O": 3}}, {"element_dict": {"O": 3.0, "Ba": 1.0, "Ti": 0}}),
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
        ({"element_dict": {"Ba": 1}}, {"element_dict": {"Ba": "1"}}),
        ({"mp_id": "mp-1"}, {}),
    ],
)
def test_another_meaning_is_another_layer(sent: dict[str, object], stored: dict[str, object]) -> None:
    """What differs in any field that was sent is told, with both values."""
    assert not is_same_layer(sent, stored)
    [(name, ours, theirs)] = iter_differences(sent, stored)
    assert (name, ours, theirs) == (*next(iter(sent.items())), stored.get(next(iter(sent))))
    assert name in describe_differences(sent, stored)
