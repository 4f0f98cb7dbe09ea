"""A mapping file that is written anew says what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.columns import load_mapping
from importer.columns.mapping.text import find_content, write_mapping
from importer.errors import MappingError

if TYPE_CHECKING:
    from pathlib import Path

CONTENTS: list[dict[str, Any]] = [
    {"columns": {"Film": "composition_string", "Direction": {"field": "orientation", "values": {"c": "0001"}}}},
    {"ignore": ["Grown by", "yes", "01"], "constants": {"substrate": "Si"}, "fill_down": ["Sample"]},
    {"templates": {"sample_name": "{run}-{piece}"}, "order": "top-down", "names": ["PEDOT:PSS", "NO"]},
    {"split": {"Layer": {"separator": "/", "fields": ["sample_id", "layer_id"]}}, "encoding": "cp1252"},
    {"elements": {"Sr (at%)": "Sr"}, "sheets": {"MBE 3": {"columns": {"Ü: #": "mp_id"}, "ignore": ["1e5"]}}},
    {"columns": {"a: b": "id", "- c": "mp_id", "'": "substrate", '"': "space_group", "~": "orientation"}},
]


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_written_reads_back_as_the_same(content: dict[str, Any], tmp_path: Path) -> None:
    """Every text stays that text, also where YAML would take it for something else."""
    path = tmp_path / "m.yaml"
    path.write_text(write_mapping(content), encoding="utf-8")
    assert find_content(path) == content
    given, read = load_mapping(content), load_mapping(path)
    assert (read.rules, read.sheets, read.names, read.encoding) == (
        given.rules, given.sheets, given.names, given.encoding,
    )  # fmt: skip


def test_rules_that_contradict_each_other_are_not_written() -> None:
    """Two columns for one field are refused before anything is written."""
    with pytest.raises(MappingError, match="substrate"):
        write_mapping({"columns": {"a": "substrate", "b": "substrate"}})


def test_without_a_mapping_there_is_nothing() -> None:
    """No mapping is an empty one, and rules that say nothing aren't written."""
    assert find_content(None) == {}
    assert write_mapping({"columns": {}, "ignore": ["x"]}) == "ignore:\n- x\n"
