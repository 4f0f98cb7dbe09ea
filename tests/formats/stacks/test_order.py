"""Stack files that list their layers from the top are turned where they say so, and stop where they only hint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.layers.words.listing_order import Order, read_order
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

TWO = "layers: [{formula: Pt}, {formula: SrRuO3}]\n"


def list_stack(path: Path, text: str) -> list[tuple[int, str]]:
    """Return position and formula of each layer that would be sent, in the order of the rows."""
    path.write_text(text, encoding="utf-8")
    frame = validate(path).frame
    assert frame is not None
    return list(zip(frame["layer_id"].tolist(), frame["composition_string"].tolist(), strict=True))


@pytest.mark.parametrize(
    "said",
    [
        "order: top-down",
        "order: top_down",
        "Order: Top Down",
        "order: from the top",
        "order: top to bottom",
        "order: surface -> substrate",
        "layer_order: surface first",
        "layers order: film to substrate",
        "top_down: true",
        "bottom_up: no",
        "from_top: yes",
        "counted_from: surface",
        "numbering: 1 = surface",
        "direction: from the top down",
    ],
)
def test_layers_listed_from_the_top_are_turned(tmp_path: Path, said: str) -> None:
    """However it is said, the last layer of the list becomes the first of the stack, and a note says so."""
    path = tmp_path / "a.yaml"
    assert list_stack(path, f"sample_id: 7\n{said}\n{TWO}") == [(1, "SrRuO3"), (2, "Pt")]
    assert [(issue.code, issue.where.row) for issue in validate(path).issues] == [("layer-order-turned", 2)]


@pytest.mark.parametrize(
    "said",
    [
        "order: bottom-up",
        "order: from the substrate up",
        "order: growth order",
        "order: as deposited",
        "top_down: false",
        "order: ~",
        "order: 17",
        "direction: [0, 0, 1]",
    ],
)
def test_layers_listed_from_the_substrate_stay(tmp_path: Path, said: str) -> None:
    """What says the usual order, or is about something else, turns nothing."""
    assert list_stack(tmp_path / "a.yaml", f"sample_id: 7\n{said}\n{TWO}") == [(1, "Pt"), (2, "SrRuO3")]


@pytest.mark.parametrize(
    "text",
    [
        f"sample_id: 7\norder: reversed\n{TWO}",
        f"sample_id: 7\norder: top\n{TWO}",
        f"sample_id: 7\nreversed: true\n{TWO}",
        f"sample_id: 7\norder: top-down\nbottom_up: true\n{TWO}",
        "sample_id: 7\nlayers: [{name: cap, formula: Pt}, {formula: SrRuO3}]\n",
        "sample_id: 7\nlayers: [{formula: Pt}, {role: seed layer, formula: SrRuO3}]\n",
        "sample_id: 7\nlayers: [{order: top-down}, {formula: Pt}, {formula: SrRuO3}]\n",
        "sample_id: 7\norder: top-down\nlayers: [{layer_id: 1, formula: Pt}, {layer_id: 3, formula: SrRuO3}]\n",
        "- {sample_id: 7, order: top-down, layer_id: 1, formula: Pt}\n",
    ],
)
def test_layers_that_may_be_upside_down_stop(tmp_path: Path, text: str) -> None:
    """Nothing of a stack is sent while it isn't clear from which end it is listed."""
    (tmp_path / "a.yaml").write_text(text)
    checked = validate(tmp_path / "a.yaml")
    assert checked.valid == 0
    assert "layer-order-unclear" in {issue.code for issue in checked.issues}


def test_an_order_holds_for_the_stacks_beside_it(tmp_path: Path) -> None:
    """Beside ``stacks`` or in ``defaults`` it is for all of them; a stack's own wins."""
    own = "- {sample_id: 1, layers: [{formula: A1}]}\n".replace("A1", "Fe")
    for said in ("order: top-down", "defaults: {order: top-down}"):
        text = f"{said}\nstacks:\n{own}- {{sample_id: 2, layers: [{{formula: Pt}}, {{formula: Ni}}]}}\n"
        text += "- {sample_id: 3, order: bottom-up, layers: [{formula: Pt}, {formula: Ni}]}\n"
        found = list_stack(tmp_path / "a.yaml", text)
        assert found == [(1, "Fe"), (1, "Ni"), (2, "Pt"), (1, "Pt"), (2, "Ni")]


LAYERS = st.recursive(
    st.sampled_from(["Fe", "Ni", "Pt", "SrRuO3"]).map(lambda formula: {"formula": formula}),
    lambda inner: st.builds(
        lambda times, layers: {"repeat": times, "layers": layers},
        st.integers(1, 3),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def turn(layers: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return a list of layers and groups the other way round, groups within as well."""
    return [
        {**layer, "layers": turn(layer["layers"])} if isinstance(layer.get("layers"), list) else layer  # type: ignore[arg-type]
        for layer in reversed(layers)
    ]


@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_turning_twice_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, layers: list[dict[str, object]]
) -> None:
    """A list that is written the other way round and says so is the same stack, groups and positions included."""
    path = tmp_path_factory.mktemp("order") / "a.json"
    plain = list_stack(path, json.dumps({"sample_id": 7, "layers": layers}))
    assert list_stack(path, json.dumps({"sample_id": 7, "order": "top-down", "layers": turn(layers)})) == plain
    numbered = [{"layer_id": len(plain) + 1 - number, "formula": formula} for number, formula in plain]
    assert list_stack(path, json.dumps({"sample_id": 7, "order": "top-down", "layers": numbered[::-1]})) == plain


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_read_without_a_fault(key: str, text: str) -> None:
    """Whatever stands there, the answer is an order, a doubt or nothing, and never one of both."""
    assert read_order(key, text) in {None, *Order}
