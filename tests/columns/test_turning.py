"""Tables that count their layers from the top: turned where it is clear, stopped where it isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import ReadSettings, validate
from importer.chunks import FieldChunk, LayerChunk, RawChunk
from importer.chunks.column import Texts
from importer.columns import Turns
from importer.layers.normalise import normalise_chunk

if TYPE_CHECKING:
    from pathlib import Path

    from importer import Validation


def check(path: Path, text: str, **mapping: object) -> Validation:
    """Return what is found in a table."""
    (path / "a.csv").write_text(text)
    return validate(path / "a.csv", read=ReadSettings(mapping=mapping or None))


def list_layers(found: Validation) -> list[tuple[int, str]]:
    """Return position and formula of each row."""
    assert found.frame is not None
    return list(zip(found.frame["layer_id"], found.frame["composition_string"], strict=True))


ROWS = "7,1,Pt\n7,2,BaTiO3\n8,1,Au\n7,3,SrRuO3\n"


@pytest.mark.parametrize("header", ["Layer (1 = surface)", "Layer # from top", "Layer no. (top down)"])
def test_layers_are_counted_from_the_substrate(tmp_path: Path, header: str) -> None:
    """Each stack is turned by its own number of layers, wherever its rows stand; a note says so."""
    found = check(tmp_path, f"sample_id,{header},formula\n{ROWS}")
    assert list_layers(found) == [(3, "Pt"), (2, "BaTiO3"), (1, "Au"), (1, "SrRuO3")]
    assert (found.valid, {issue.code for issue in found.issues}) == (4, {"layers-from-top"})


def test_a_mapping_file_says_the_order(tmp_path: Path) -> None:
    """``order`` goes before what the header says."""
    assert list_layers(check(tmp_path, f"sample_id,layer,formula\n{ROWS}", order="top-down"))[0] == (3, "Pt")
    found = check(tmp_path, f"sample_id,Layer (surface),formula\n{ROWS}", order="bottom-up")
    assert (found.valid, list_layers(found)[0]) == (4, (1, "Pt"))


@pytest.mark.parametrize("rows", ["7,1,Pt\n7,3,Fe\n", "7,2,Pt\n7,3,Fe\n", "7,1,Pt\n7,1,Fe\n", "7,1,Pt\n7,x,Fe\n"])
def test_a_stack_with_gaps_is_stopped(tmp_path: Path, rows: str) -> None:
    """Where a layer lacks, or stands twice, nobody knows how far the others are from the substrate."""
    found = check(tmp_path, f"sample_id,Layer from top,formula\n{rows}8,1,Au\n")
    assert found.valid == 1


def test_wide_tables_are_turned_by_their_headers(tmp_path: Path) -> None:
    """``Layer 1 (top)`` turns each row's layers, of shorter rows too; contradictions stop the table."""
    found = check(tmp_path, "sample_id,Layer 1 (top),Layer 2,Layer 3 (bottom)\n1,Pt,Fe,Au\n2,Pt,Fe,\n")
    assert list_layers(found) == [(3, "Pt"), (2, "Fe"), (1, "Au"), (2, "Pt"), (1, "Fe")]
    found = check(tmp_path, "sample_id,Layer 1 (bottom),Layer 2 (top)\n1,Pt,Fe\n")
    assert list_layers(found) == [(1, "Pt"), (2, "Fe")]
    found = check(tmp_path, "sample_id,Layer 1 (top),Layer 2 (top)\n1,Pt,Fe\n")
    assert (found.valid, {issue.code for issue in found.issues}) == (0, {"table-order-unclear"})


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 1), st.randoms())
def test_turning_twice_changes_nothing(sizes: list[int], base: int, order: object) -> None:
    """Whatever stacks there are, in whatever order of rows, the second turn undoes the first."""
    rows = [(stack, base + at) for stack, size in enumerate(sizes) for at in range(size)]
    order.shuffle(rows)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    once = turn(make_layers(rows))
    assert turn(once).coded["layer_id"].list_values() == [layer for _, layer in rows]
    assert not once.bad.any()


def make_layers(rows: list[tuple[int, int]]) -> LayerChunk:
    """Return typed rows of stacks and positions."""
    columns = (Texts.of_cells([str(a) for a, _ in rows]), Texts.of_cells([str(b) for _, b in rows]))
    numbers = np.arange(2, 2 + len(rows), dtype=np.int64)
    raw = RawChunk("a.csv", None, ("sample_id", "layer_id"), 1, columns, numbers, (0, 1))
    texts = {"layer_id": columns[1], "sample_id": columns[0]}
    return normalise_chunk(FieldChunk(raw, 0, texts, np.arange(len(rows)), {"layer_id": 1, "sample_id": 0}))


def turn(chunk: LayerChunk) -> LayerChunk:
    """Return a chunk turned by itself."""
    turns = Turns()
    turns.add(chunk)
    return turns.turn(chunk)


def test_roles_that_hint_at_the_other_order_stop_the_table(tmp_path: Path) -> None:
    """A cap as layer 1, or a substrate as the highest, is a doubt that only the user can settle."""
    rows = "7,1,Pt,cap\n7,2,Fe,\n"
    assert check(tmp_path, f"sample_id,layer,formula,role\n{rows}").valid == 0
    assert list_layers(check(tmp_path, f"sample_id,layer,formula,role\n{rows}", order="top-down"))[0] == (2, "Pt")
    assert check(tmp_path, "sample_id,layer,formula,role\n7,1,Fe,seed\n7,2,Pt,cap\n").valid == 2
