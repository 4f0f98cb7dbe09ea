"""Drawn stacks, and what a notebook shows of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from importer.model import Status
from importer.report.drawing.drawn_stacks import DRAWN, find_fill
from importer.report.drawing.stack_svg import DrawnLayer, DrawnStack, draw_stack
from importer.tasks.results import Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


def _draw(*layers: DrawnLayer, substrate: str | None = "NdGaO3") -> ET.Element:
    return ET.fromstring(draw_stack(DrawnStack("A17", substrate, layers)))  # noqa: S314  # our own output


def _list_texts(svg: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def test_layers_stand_on_the_substrate_in_order() -> None:
    """The substrate is lowest; layers lie above it by their number, whatever their order in the file."""
    svg = _draw(DrawnLayer(2, Status.CREATED, "BaTiO3"), DrawnLayer(1, Status.CREATED, "SrTiO3", "001", "Pm-3m"))
    heights = {text.split()[0]: float(node.get("y", 0)) for node in svg.iter(f"{SVG}text") if (text := node.text)}
    assert heights["substrate"] > heights["1"] > heights["2"]
    assert "1  SrTiO3 (001) Pm-3m" in _list_texts(svg)


def test_what_is_not_in_is_told_in_words_and_pattern() -> None:
    """A layer that isn't in is hatched, dashed and named, not only coloured; a missing one is a box of its own."""
    svg = _draw(DrawnLayer(1, Status.CREATED, "SrTiO3"), DrawnLayer(4, Status.FAILED, "BaTiO3"))
    assert {"✗ FAILED", "LAYERS 2 TO 3 ARE MISSING"} <= set(_list_texts(svg))
    dashed = [box for box in svg.findall(f"{SVG}rect") if box.get("stroke-dasharray")]
    assert [box.get("fill") for box in dashed] == ["none", "url(#stack-hatch)"]


def test_drawing_says_itself_in_words() -> None:
    """The title tells the stack to whoever doesn't see it."""
    title = _draw(DrawnLayer(1, Status.UNCONFIRMED, "SrTiO3")).findtext(f"{SVG}title")
    assert title == "A17 on NdGaO3, from the substrate up: layer 1 SrTiO3, unconfirmed"


@given(st.text())
def test_any_text_can_be_drawn(text: str) -> None:
    """Whatever a cell holds, the drawing is well-formed and holds no element of the cell's."""
    svg = ET.fromstring(  # noqa: S314  # our own output
        draw_stack(DrawnStack(text, text, (DrawnLayer(1, Status.CREATED, text, text, text),)))
    )
    assert {node.tag.removeprefix(SVG) for node in svg.iter()} <= {
        "svg", "title", "defs", "pattern", "rect", "circle", "text"
    }  # fmt: skip


def test_notebook_shows_counts_and_stacks(mixed_run: Path) -> None:
    """The notebook's view has the counts and every stack; a cell's markup is text."""
    report = Report(mixed_run)
    shown = report._repr_html_()
    assert "<b>4</b> not sent" in shown
    assert shown.count("<svg") == len(report.stacks) == 6
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_notebook_draws_open_stacks_first(stage_run: Callable[[str, str | bytes], Path]) -> None:
    """With many stacks those with something to look at are drawn, and the others are counted."""
    rows = "".join(f"{n},1,{'Xx2' if n == 39 else 'SrTiO3'}\n" for n in range(1, 41))
    path = stage_run("many.csv", "sample_id,layer_id,formula\n" + rows)
    shown = Report(path)._repr_html_()
    assert shown.count("<svg") == DRAWN
    assert f"and {40 - DRAWN} more stacks" in shown


def test_tall_stack_is_thinned_but_loses_no_trouble() -> None:
    """Of a superlattice of 500 layers the ends are drawn, and in between whatever isn't in; the rest is counted."""
    layers = [DrawnLayer(n, Status.FAILED if n == 250 else Status.CREATED, "SrTiO3") for n in range(1, 501)]
    texts = _list_texts(_draw(*layers))
    assert len(texts) < 60
    assert {"1  SrTiO3", "500  SrTiO3", "250  SrTiO3", "✗ FAILED"} <= set(texts)
    skipped = [int(text.split()[1]) for text in texts if text.startswith("⋮")]
    assert skipped == [229, 230]
    assert sum(skipped) + 41 == 500


def test_one_formula_has_one_colour() -> None:
    """A colour belongs to a formula, whoever draws it; others have others, all light enough for black text."""
    formulas = ["SrTiO3", "La0.7Sr0.3MnO3", "BaTiO3", "SrRuO3", "GaAs", "AlAs", "Ba1-xSrxTiO3"]
    fills = {formula: find_fill(formula) for formula in formulas}
    assert len(set(fills.values())) == len(formulas)
    assert find_fill("SrTiO3") == fills["SrTiO3"]
    assert find_fill("no formula at all!") is None
    for fill in fills.values():
        assert fill is not None
        assert min(int(fill[at : at + 2], 16) for at in (1, 3, 5)) > 150
    layers = tuple(
        DrawnLayer(at, Status.CREATED, formula, fill=fills[formula]) for at, formula in enumerate(formulas, 1)
    )
    drawn = draw_stack(DrawnStack("A", "Si", layers))
    assert all(drawn.count(f'fill="{fill}"') == 1 for fill in fills.values())
