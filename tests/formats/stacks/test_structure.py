"""Stack files as people write them: resolved where they are clear, else stopped; no layer is made of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.errors import InputError
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from pathlib import Path


def check(path: Path, text: str) -> tuple[list[dict[str, object]], set[str]]:
    """Return the layers that would be sent as field -> value, and the codes of errors and warnings."""
    path.write_text(text, encoding="utf-8")
    checked = validate(path)
    assert checked.frame is not None
    codes = {issue.code for issue in checked.issues if issue.severity != "note"}
    if checked.valid < checked.rows:
        return [], codes
    fields = checked.frame.drop(columns=["source", "row", "valid"])
    rows = fields.astype(object).where(fields.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items() if value is not None} for row in rows], codes


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("sample_id: 1\nlayers: {2: {formula: Ni}, 1: {formula: Fe}}\n", [(2, "Ni"), (1, "Fe")]),
        ("sample_id: 1\nlayers: {01: {formula: Fe}, 02: {formula: Ni}}\n", [(1, "Fe"), (2, "Ni")]),
        ("Sample_ID: 1\nLAYERS:\n- {Repeat: 2, Layers: [{Formula: Fe}]}\n", [(1, "Fe"), (2, "Fe")]),
        ("Stacks: [{sample_id: 1, Layers: [{formula: Fe}]}]\n", [(1, "Fe")]),
        ("sample_id: 1\nlayers: {formula: Fe}\n", [(1, "Fe")]),
        ("sample_id: 1\nlayers: [{name: buffer, formula: Fe}, {name: cap, formula: Ni}]\n", [(1, "Fe"), (2, "Ni")]),
        ("project: x\nstacks: [{sample_id: 1, layers: [{formula: Fe}]}]\ndate: y\n", [(1, "Fe")]),
    ],
)
def test_what_is_clear_is_read(tmp_path: Path, text: str, sent: list[tuple[int, str]]) -> None:
    """Positions as keys, capitals, names of layers and keys beside ``stacks`` are no obstacle."""
    layers, _ = check(tmp_path / "a.yaml", text)
    assert [(layer["layer_id"], layer["composition_string"]) for layer in layers] == sent
    assert {layer["sample_id"] for layer in layers} == {1}
    assert not any("sample_name" in layer for layer in layers)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sample_id: 1\nlayers: {buffer: {formula: Fe}}\n", "not-a-layer"),
        ("sample_id: 1\nlayers: {-1: {formula: Fe}}\n", "not-a-layer"),
        ("sample_id: 1\nlayers: {1: Fe}\n", "not-a-layer"),
        ("sample_id: 1\nlayers: {1: {formula: Fe}, 1: {formula: Ni}}\n", "duplicate-key"),
        ("sample_id: 1\nlayers: {1: {layer_id: 2, formula: Fe}}\n", "contradicting-key"),
        ("sample_id: 1\nlayers: [{formual: Fe}]\n", "not-a-layer"),
        ("sample_id: 1\nlayers: [{layer_id: 1, $ref: x}]\n", "not-a-layer"),
        ("sample_id: 1\nlayers: [{}]\n", "not-a-layer"),
        ("sample_id: 1\nlayers: [~]\n", "not-a-layer"),
        ("sample_id: 1\nlayers: [{name: SrTiO3}]\n", "not-a-layer"),
        ("id: 1\nlayers: [{formula: Fe}]\n", "stack-id-unclear"),
        ("id: 1\nname: A\nsubstrate: Si\nlayers: [{formula: Fe}]\n", "stack-id-unclear"),
        ("sample: A\nlayers: [{substrate: Si}, {formula: Fe}]\n", "substrate-in-layers"),
        ("sample: A\nlayers: [{formula: Fe}, {formula: Si, type: Substrate}]\n", "substrate-in-layers"),
        ("sample_id: 1\nlayers: [{formula: [Fe, Ni]}]\n", "value-not-text"),
        ("sample_name: [A, B]\nsubstrate: Si\nlayers: [{formula: Fe}]\n", "value-not-text"),
        ("defaults: {substrate: [Si, Ge]}\nstacks: [{sample: A, layers: [{formula: Fe}]}]\n", "value-not-text"),
        ("sample: {name: A, substrate: {vendor: x}}\nlayers: [{formula: Fe}]\n", "value-not-text"),
        ("sample_id: 1\nlayers: [{formula: Fe}]\nLayers: [{formula: Ni}]\n", "duplicate-key"),
        ("sample_id: 1\nlayers: [{formula: Fe, times: 3}]\n", "repeat-malformed"),
        ("sample_id: 1\nlayers: [{times: 3, layers: [{formula: Fe}]}]\n", "group-key-unused"),
        ("sample_id: 1\nlayers: [{repeat: 3, layers: []}]\n", "stack-without-layers"),
        ("sample_id: 1\nlayerz: [{formula: Fe}]\n", "missing-layer-id"),
        ("sample: {model: air | Fe 5 | Si}\n", "missing-sample"),
        ("sample: {name: A, model: air | Fe 5 | Si}\nlayers: [{formula: Ni}]\n", "contradicting-key"),
    ],
)
def test_what_isnt_clear_stops(tmp_path: Path, text: str, code: str) -> None:
    """Nothing is sent, and the code says why."""
    layers, codes = check(tmp_path / "a.yaml", text)
    assert layers == []
    assert code in codes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stacks: [{sample_id: 1, layers: [{formula: Fe}]}]\norder: top-down\n", "above it"),
        ("orientation: 001\nstacks: [{sample_id: 1, layers: [{formula: Fe}]}]\n", "defaults"),
        ("layers: []\nstacks: [{sample_id: 1, layers: [{formula: Fe}]}]\n", "in one of the `stacks`"),
        ("stacks: [{sample_id: 1}]\nstacks: [{sample_id: 2}]\n", "in one of the `stacks`"),
        ("order: top-down\n---\nsample_id: 1\nlayers: [{formula: Fe}]\n", "next to the `layers`"),
        ("sample_id: 1\nlayers:\n\t- formula: Fe\n", "spaces, not tabs"),
    ],
)
def test_what_would_be_lost_ends_the_file(tmp_path: Path, text: str, words: str) -> None:
    """Keys that tell of layers and stand where they would be lost are an error of the file, with their line."""
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InputError, match=words):
        validate(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"layers": 1, // x\n}', "no comments"),
        ('{"layers": [1,]}', "comma before it"),
        ("{'layers': 1}", "double quotes"),
        ('{"layers": NaN}', "null, true or false"),
    ],
)
def test_slips_in_json_are_named(tmp_path: Path, text: str, words: str) -> None:
    """What JSON doesn't have is told by its name, not as a fault somewhere."""
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=words):
        validate(tmp_path / "a.json")


@pytest.mark.parametrize("written", ["[001]", "{001}", "[0 0 1]", "[0, 0, 1]", "(001)", "<001>", "001"])
def test_indices_without_quotes(tmp_path: Path, written: str) -> None:
    """Indices as people write them are read, though YAML takes some for lists and mappings."""
    layers, codes = check(tmp_path / "a.yaml", f"sample_id: 1\nlayers:\n- {{formula: Fe, orientation: {written}}}\n")
    assert [layer["orientation"] for layer in layers] == ["001"]
    assert codes == set()


@pytest.mark.parametrize("written", ["~", "null", "Null", "NULL", ""])
def test_null_is_nothing(tmp_path: Path, written: str) -> None:
    """A null is no value of its field, whatever it is written as; in quotes it is the text."""
    layers, _ = check(tmp_path / "a.yaml", f"sample_id: 1\nlayers:\n- {{formula: Fe, space_group: {written}}}\n")
    assert layers == [{"layer_id": 1, "sample_id": 1, "composition_string": "Fe"}]
    assert check(tmp_path / "a.yaml", "sample_id: 1\nlayers:\n- {formula: '~'}\n")[1] == {"formula-unreadable"}


def test_a_misspelt_key_is_told_with_its_line(tmp_path: Path) -> None:
    """The warning names the key, its line and the key that is meant; there is no word of headers and rows."""
    (tmp_path / "a.yaml").write_text("sample_id: 1\nlayers:\n- formula: Fe\n  orientaton: 001\n")
    (issue,) = validate(tmp_path / "a.yaml").issues
    assert (issue.code, issue.where.row, issue.suggestion) == ("column-near-miss", 4, "orientation")
    assert str(issue.where).endswith("a.yaml, at 4:15, key 'orientaton'")
    assert issue.message == "The key 'orientaton' isn't a layer field, so it won't be sent. Did you mean orientation?"


def test_keys_below_a_long_list_are_told(tmp_path: Path) -> None:
    """What stands below the stacks of a file of several chunks is told as well."""
    stacks = "".join(f"- {{sample_id: {n}, layers: [{{formula: Fe}}]}}\n" for n in range(1, 10_002))
    (tmp_path / "a.yaml").write_text(f"stacks:\n{stacks}comment: x\n")
    checked = validate(tmp_path / "a.yaml")
    assert checked.valid == 10_001
    assert [(issue.code, issue.where.row) for issue in checked.issues] == [("key-unused", 10_003)]
