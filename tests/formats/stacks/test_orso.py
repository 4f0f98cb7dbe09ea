"""The ORSO model language: media from the beam on become layers from the substrate up."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from orsopy.fileio.model_building_blocks import DENSITY_RESOLVERS, Layer, Material
from orsopy.fileio.model_language import SampleModel, SubStack

from importer.errors import InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.stacks.nodes import MappingNode, NodeReader, iter_yaml_events
from importer.formats.stacks.orso import ModelReader
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_DOUBLED = ", ".join(f"a{n}: {{repetitions: 2, stack: a{n - 1}}}" for n in range(1, 21))


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
        (f"{{stack: 'air | a20 | Si', sub_stacks: {{a0: {{stack: Fe}}, {_DOUBLED}}}}}", InputLimitError),
    ],
)
def test_hostile_models_are_refused(tmp_path: Path, model: str, error: type[Exception]) -> None:
    """Endless repeats and sub-stacks within themselves end in a message."""
    with pytest.raises(error, match="line 1"):
        read_model(tmp_path / "a.yaml", f"sample: {{model: {model}}}\n")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("{stack: 'air | a | Si', sub_stacks: {a: {stack: a | Fe 1}}}", "holds itself"),
        ("{stack: 'air | a | Si', sub_stacks: {a: {stack: b | b | b}, b: {stack: a | a}}}", "holds itself"),
        ("{stack: 'air | x ( Si 1 ) | Si'}", "neither a medium nor a group"),
        ("{stack: 'air | 2 ( Si 1 | Si'}", "brackets"),
        ("{stack: 'air || Si'}", "neither a medium"),
        ("{stack: 'air | 0 ( Fe 1 ) | Si'}", "whole number"),
        ("{stack: 'air | b | Si', sub_stacks: {b: {like: a}}}", "isn't defined"),
        ("{stack: 'air | b | Si', sub_stacks: {b: {stack: Fe 1, sequence: []}}}", "both `stack` and `sequence`"),
        ("{stack: 'air | b | Si', layers: {b: {material: Fe}}, materials: {b: {formula: Ni}}}", "defined both"),
        ("{stack: 'air | b | Si', layer: {b: {material: Fe}}}", "Did you mean 'layers'"),
    ],
)
def test_a_model_that_cant_be_resolved_is_an_error(tmp_path: Path, model: str, words: str) -> None:
    """What is wrong with a model is said at its place, and nothing of it is sent; other stacks of the file are."""
    (tmp_path / "a.yaml").write_text(f"- sample: {{model: {model}}}\n- {{sample_id: 1, layers: [{{formula: Fe}}]}}\n")
    chunks = list(iter_raw_chunks(find_sources([tmp_path / "a.yaml"])[0]))
    (found,) = [issue for chunk in chunks for _, issue in chunk.row_issues if issue.code == "model-unreadable"]
    assert words in found.message
    assert found.where.row == 1
    assert validate(tmp_path / "a.yaml").valid == 1


@pytest.mark.parametrize(
    ("stack", "substrate"),
    [
        ("Si | SiO2 1.5 | Fe 5 | toluene", "Si"),
        ("D2O | Fe 5 | vacuum", "D2O"),
        ("air | Fe 5 | D2O", "D2O"),
        ("mix | Fe 5 | MgO", "MgO"),
        ("none | Fe 5 | MgO", "MgO"),
        ("MgO | Fe 5 | none", "MgO"),
        ("Substrate | Fe 5 | Ambient", "Substrate"),
        ("Fe 5 | MgO", "MgO"),
        ("air 100 | Fe 5 | Si 500000", "Si"),
    ],
)
def test_the_ends_tell_the_substrate(tmp_path: Path, stack: str, substrate: str) -> None:
    """A gas, vacuum or liquid at one end makes the other one the substrate; the language's order decides the rest."""
    materials = "{none: {sld: 1.0e-25}, mix: {sld: 3.0e-6}}"
    rows = read_model(tmp_path / "a.yaml", f"sample: {{model: {{stack: '{stack}', materials: {materials}}}}}\n")
    assert [(row[0], row[2]) for row in rows][-1] == (substrate, "Fe")


@pytest.mark.parametrize(
    "stack",
    [
        "Si | SiO2 1.5 | Fe 5 | MgO",
        "Si | SiO2 1.5 | Fe 5 | polymer",
        "air | Fe 5 | vacuum",
        "mix | Fe 5 | polymer",
        "air | MgO 2 | Fe 5",
        "Fe | MgO 5",
    ],
)
def test_a_model_whose_ends_dont_tell_stops(tmp_path: Path, stack: str) -> None:
    """Where either end may be the substrate nothing is sent: it could be upside down."""
    materials = "{polymer: {sld: 1.0e-6}, mix: {sld: 3.0e-6}}"
    text = f"sample: {{name: S, model: {{stack: '{stack}', materials: {materials}}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    checked = validate(tmp_path / "a.yaml")
    assert [issue.code for issue in checked.issues] == ["model-unreadable"]
    assert checked.valid == 0


def test_a_substrate_without_a_name_of_its_own_stops(tmp_path: Path) -> None:
    """A medium that is only called the substrate isn't sent as what the sample lies on."""
    model = "model: {stack: air | Fe 5 | sub, materials: {sub: {sld: 2.0e-6}}}"
    (tmp_path / "a.yaml").write_text(f"sample: {{name: S, {model}}}\n")
    assert "model-without-formula" in {issue.code for issue in validate(tmp_path / "a.yaml").issues}
    (tmp_path / "a.yaml").write_text(f"sample: {{name: S, substrate: glass, {model}}}\n")
    assert validate(tmp_path / "a.yaml").valid == 1


@pytest.mark.parametrize(
    "defined",
    [
        "sub_stacks: {x: {sub_stack_class: FunctionTwoElements, material1: Ni, material2: Ti, function: x}}",
        "sub_stacks: {a: {represents: brush, arguments: [1]}, x: {like: a, but: {arguments: [2]}}}",
        "materials: {x: {sld: 1.4e-6}}",
        "materials: {x: {formla: NaCl}}",
        "layers: {x: {material: {sld: 1.4e-6}}}",
        "layers: {x: {composition: {H2O: 0.5, D2O: 0.5}}}",
        "composits: {x: {composition: {Cu: 0.5, Si: 0.5}}}",
        "composites: {x: {composition: {Cu: 0.5, Si: 0.5}}}",
    ],
)
def test_what_no_formula_stands_for_keeps_its_place(tmp_path: Path, defined: str) -> None:
    """A gradient, a mixture or a material without formula is a layer that isn't sent, never one that is left out."""
    text = f"sample: {{name: S, model: {{stack: air | Pt 3 | x 10 | Fe 3 | MgO, {defined}}}}}\n"
    rows = read_model(tmp_path / "a.yaml", text)
    assert [(number, formula) for _, number, formula in rows] == [("1", "Fe"), ("2", None), ("3", "Pt")]
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.yaml"])[0])
    assert [at for at, issue in chunk.row_issues if issue.code == "model-without-formula"] == [1]


class NoDensities:
    """Stands where orsopy would ask a database on the network."""

    def resolve_item(self, name: str) -> None:
        """Know no item."""


@pytest.fixture(scope="module")
def _no_network() -> Iterator[None]:
    """Keep orsopy off the network."""
    DENSITY_RESOLVERS.append(NoDensities())
    yield
    DENSITY_RESOLVERS.clear()


def list_formulas(items: list[Any]) -> list[str]:
    """Return the formulas of what orsopy resolves, groups written out."""
    formulas: list[str] = []
    for item in items:
        is_layer = isinstance(item, Layer)
        formulas += [item.material.formula] if is_layer else list_formulas(item.sequence) * item.repetitions
    return formulas


_NAMES = st.sampled_from(["Fe", "SiO2", "Ca(OH)2", "film", "gold", "twice", "Ni 3", "Pt 1.5", "film 4"])
_MODELS = st.recursive(
    st.lists(_NAMES, min_size=1, max_size=4).map(" | ".join),
    lambda inner: st.builds(lambda n, one, two: f"{n} ( {one} ) | {two}", st.integers(1, 3), inner, inner),
    max_leaves=6,
)


@pytest.mark.usefixtures("_no_network")
@given(_MODELS)
def test_stacks_are_expanded_as_by_the_languages_authors(stack: str) -> None:
    """Whatever groups, names and sub-stacks a model has, its media are those that orsopy finds."""
    stack = stack.replace("Ca(OH)2", "CaO2H2")
    theirs = SampleModel(
        stack=f"air | {stack} | Si",
        sub_stacks={"twice": SubStack(repetitions=2, stack="Cr 1 | film 2")},
        layers={"film": Layer(material="gold", thickness=3.0)},
        materials={"gold": Material(formula="Au")},
    ).resolve_stack()
    text = f"""
stack: air | {stack} | Si
sub_stacks: {{twice: {{repetitions: 2, stack: Cr 1 | film 2}}}}
layers: {{film: {{material: gold, thickness: 3.0}}}}
materials: {{gold: {{formula: Au}}}}
"""
    reader = NodeReader(iter_yaml_events(io.StringIO(text)), "a.yaml")
    while not isinstance(reader.event, yaml.MappingStartEvent):
        reader.read_event()
    node = reader.read_node()
    assert isinstance(node, MappingNode)
    ours = ModelReader(node).expand(f"air | {stack} | Si")
    assert [medium.formula for medium in ours[1:]] == list_formulas(theirs[1:])


def test_mixture_without_formula_is_an_issue(tmp_path: Path) -> None:
    """A mixture, which no one formula stands for, is an error of its layer."""
    text = "sample: {model: {stack: air | p 3 | Si, layers: {p: {composition: {H2O: 0.3, D2O: 0.7}}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    (chunk,) = iter_raw_chunks(find_sources([tmp_path / "a.yaml"])[0])
    assert "model-without-formula" in [issue.code for _, issue in chunk.row_issues]
