"""Corrected copies of YAML and JSON files: single values change, comments, order, quotes and line ends stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.chunks import Source
from importer.copies import Deletion, Edit, write_copy
from importer.errors import UsageError
from importer.formats.read import iter_raw_chunks

if TYPE_CHECKING:
    from pathlib import Path

YAML = """\
# growth log, MBE 3
stacks:
  - sample: {id: 4}   # the ½ wafer
    layers:
      - {composition: batio3, orientation: 8}
      - composition: 'srTiO3'
        orientation: "1"
"""


def fix(folder: Path, text: str | bytes, *edits: Edit, name: str = "stacks.yaml", to: str | None = None) -> bytes:
    """Return the bytes of a corrected copy."""
    path, copy = folder / name, folder / (to or f"fixed.{name}")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    copy.unlink(missing_ok=True)
    write_copy(Source(str(path), path, path.suffix[1:]), copy, edits=edits)
    return copy.read_bytes()


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (Edit(5, 22, "batio3", "BaTiO3"), "batio3", "BaTiO3"),
        (Edit(5, 43, "8", "010"), "8}", '"010"}'),
        (Edit(5, 22, "batio3", "NO"), "batio3", '"NO"'),
        (Edit(6, 21, "srTiO3", "it's"), "'srTiO3'", "'it''s'"),
        (Edit(7, 21, "1", '0"1'), '"1"', r'"0\"1"'),
        (Edit(5, 22, "batio3", "a: b # c"), "batio3", '"a: b # c"'),
        (Edit(3, 17, "4", "5"), "id: 4", 'id: "5"'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_value_of_yaml(tmp_path: Path, edit: Edit, old: str, new: str, end: str) -> None:
    """A value keeps its way of quoting where it can; all else is the same bytes."""
    text = YAML.replace("\n", end)
    assert fix(tmp_path, text, edit).decode() == text.replace(old, new, 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings_stay(tmp_path: Path, encoding: str) -> None:
    """A file keeps its encoding and its mark."""
    made = fix(tmp_path, YAML.encode(encoding), Edit(5, 22, "batio3", "BaTiO3"))
    assert made == YAML.replace("batio3", "BaTiO3").encode(encoding)


def test_one_value_of_many_layers(tmp_path: Path) -> None:
    """A value that an anchor or a default gives to several layers is changed once, for all of them."""
    text = "- sample_id: 1\n  layers:\n  - &a {composition: batio3}\n  - *a\n"
    text += "  - {composition: &b sRO}\n  - {composition: *b}\n"
    made = fix(tmp_path, text, Edit(3, 21, "batio3", "BaTiO3"), Edit(5, 18, "sRO", "SrO"))
    assert made.decode() == text.replace("batio3", "BaTiO3").replace("sRO", "SrO")


JSON = """[{"sample_id": 1, "layers": [
  {"composition": "b\\u0061tio3", "orientation": 8},\r
  {"composition": null}]}]
"""


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (Edit(2, 18, "batio3", "BaTiO3"), '"b\\u0061tio3"', '"BaTiO3"'),
        (Edit(2, 48, "8", "010"), ": 8", ': "010"'),
        (Edit(3, 18, None, "Ω\x7f"), "null", '"Ω\\u007f"'),
    ],
)
def test_a_value_of_json(tmp_path: Path, edit: Edit, old: str, new: str) -> None:
    """A value of JSON becomes a JSON string in its place."""
    assert fix(tmp_path, JSON, edit, name="stacks.json").decode() == JSON.replace(old, new)


def test_a_value_of_json_lines(tmp_path: Path) -> None:
    """So does one of JSON Lines."""
    text = '{"sample_id": 1, "layers": [{"composition": "x"}]}\n{"sample_id": 2, "layers": [{"composition": "y"}]}\n'
    made = fix(tmp_path, text, Edit(2, 44, "y", "Y2O3"), name="stacks.jsonl")
    assert made.decode() == text.replace('"y"', '"Y2O3"')


@pytest.mark.parametrize(
    ("text", "edit", "said"),
    [
        (
            "- sample_id: 1\n  layers:\n  - composition: >\n      batio3\n",
            Edit(3, 17, "batio3\n", "x"),
            "several lines",
        ),
        ("- sample_id: 1\n  layers:\n  - composition: ba\n      tio3\n", Edit(3, 17, "ba tio3", "x"), "several lines"),
        ("- sample_id: 1\n  layers:\n  - elements: {Ba: 1}\n", Edit(3, 14, '{"Ba":"1"}', "x"), "single value"),
        ("- sample_id: 1\n  layers:\n  - composition: x\n", Edit(3, 17, "y", "z"), "differently|doesn't hold"),
        ("- sample_id: 1\n  layers:\n  - composition: x\n", Edit(3, 4, "composition", "formula"), "differently|hold"),
    ],
)
def test_what_is_not_sure_is_refused(tmp_path: Path, text: str, edit: Edit, said: str) -> None:
    """Values over several lines, lists and keys are left to a person; no file is written."""
    with pytest.raises(UsageError, match=said):
        fix(tmp_path, text, edit)
    assert not (tmp_path / "fixed.stacks.yaml").exists()


def test_rows_are_not_deleted(tmp_path: Path) -> None:
    """A row of a stack file has no lines of its own."""
    path = tmp_path / "stacks.yaml"
    path.write_text(YAML)
    with pytest.raises(UsageError, match="can't be deleted"):
        write_copy(Source(str(path), path, "yaml"), tmp_path / "fixed.yaml", deleted=[Deletion(5)])


@given(
    now=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8),
    name=st.sampled_from(["yaml", "json"]),
)
def test_any_text_reads_back(tmp_path_factory: pytest.TempPathFactory, now: str, name: str) -> None:
    """Whatever text takes a value's place, it is read as that text, or nothing is written."""
    folder = tmp_path_factory.mktemp("copy")
    text = '[{"sample_id": 1, "layers": [{"composition": "x"}]}]\n'
    try:
        fix(folder, text, Edit(1, 45, "x", now), name=f"stacks.{name}")
    except UsageError:
        return
    path = folder / f"fixed.stacks.{name}"
    (raw,) = iter_raw_chunks(Source(str(path), path, name))
    found = raw.columns[raw.header.index("composition")].text_at(0)
    assert (found or "") == now
