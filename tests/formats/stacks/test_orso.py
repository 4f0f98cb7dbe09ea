"""The ORSO model language: media from the beam on become layers from the substrate up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.errors import InputError, InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks

if TYPE_CHECKING:
    from pathlib import Path


def read_model(path: Path, text: str) -> list[tuple[str | None, str | None, str | None]]:
    """Return substrate, number and formula of each layer of a file."""
    path.write_text(text, encoding="utf-8")
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    rows = chunk.frame.to_numpy(dtype=object).tolist()
    at = [chunk.header.index(key) for key in ("substrate", "layer_id", "formula")]
    return [(row[at[0]], row[at[1]], row[at[2]]) for row in rows]


@pytest.mark.parametrize(
    ("stack", "layers"),
    [
        ("air | 2 ( Si 7 | Fe 7 ) | Si", ["Fe", "Si", "Fe", "Si"]),
        ("vacuum | SrRuO3 40 | SrTiO3", ["SrRuO3"]),
        ("Si | Fe2O3 5 | D2O", ["Fe2O3"]),
        ("air | 2 ( 2 ( Si 1 | Fe 1 ) | Ni 3 ) | Si", ["Ni", "Fe", "Si", "Fe", "Si"] * 2),
    ],
)
def test_stack_texts(tmp_path: Path, stack: str, layers: list[str]) -> None:
    """Repeats are written out, the ambient left out, the order turned round, on either side of the beam."""
    rows = read_model(tmp_path / "a.yaml", f"sample: {{name: S, model: {{stack: '{stack}'}}}}\n")
    assert [formula for _, _, formula in rows] == layers
    assert [number for _, number, _ in rows] == [str(n) for n in range(1, len(layers) + 1)]


def test_materials_layers_and_sub_stacks(tmp_path: Path) -> None:
    """Names stand for what they are defined as."""
    text = """
sample:
  model:
    stack: air | cap | buf | STO
    sub_stacks: {buf: {repetitions: 2, stack: Cr 1 | Ni 2}}
    layers: {cap: {thickness: 3, material: gold}}
    materials: {gold: {formula: Au, mass_density: 19.3}, STO: {formula: SrTiO3}}
"""
    rows = read_model(tmp_path / "a.yaml", text)
    assert rows == [("SrTiO3", str(n), f) for n, f in enumerate(["Ni", "Cr", "Ni", "Cr", "Au"], start=1)]


def test_header_of_a_data_file(tmp_path: Path) -> None:
    """The header of an ORSO text file is read up to its data, and places are those of the file."""
    text = (
        "# # ORSO reflectivity data file | 1.1 standard | YAML encoding\n# data_source:\n#   sample:\n#     name: S\n"
        "#     model:\n#       stack: air | Fe 7 | Si\n# columns:\n# - {name: Qz}\n1.0 2.0\n: not yaml [\n"
    )
    path = tmp_path / "a.ort"
    assert read_model(path, text) == [("Si", "1", "Fe")]
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    assert chunk.rows.tolist() == [6]
    assert [issue.code for _, issue in chunk.row_issues] == ["model-partly-unused"]


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("{stack: 'air | 100000000 ( Si 1 | Fe 1 ) | Si'}", InputLimitError),
        ("{stack: 'air | a | Si', sub_stacks: {a: {stack: a | Fe 1}}}", InputError),
        ("{stack: 'air | x ( Si 1 ) | Si'}", InputError),
    ],
)
def test_hostile_models_are_refused(tmp_path: Path, model: str, error: type[Exception]) -> None:
    """Endless repeats, sub-stacks within themselves and broken texts end in a message."""
    with pytest.raises(error, match="line 1"):
        read_model(tmp_path / "a.yaml", f"sample: {{model: {model}}}\n")


def test_mixture_without_formula_is_an_issue(tmp_path: Path) -> None:
    """A mixture, which no one formula stands for, is an error of its layer."""
    text = "sample: {model: {stack: air | p 3 | Si, layers: {p: {composition: {H2O: 0.3, D2O: 0.7}}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.yaml"])[0])
    assert "model-without-formula" in [issue.code for _, issue in chunk.row_issues]
