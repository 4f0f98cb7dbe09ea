"""A packed stack file is spoken of as the same file unpacked: it has lines and keys."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

import importer

if TYPE_CHECKING:
    from pathlib import Path

STACK = "- sample_name: A\n  substrate: Si\n  layers:\n  - {layer_id: 1, formula: batio3}\n"


@pytest.mark.parametrize("name", ["a.yaml", "a.yaml.gz", "A.YAML.GZ"])
def test_its_places_are_lines_and_keys(tmp_path: Path, name: str) -> None:
    """Whether or not it is packed."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(STACK.encode()) if name.lower().endswith(".gz") else STACK.encode())
    (issue,) = importer.validate(path).issues
    assert str(issue.where) == f"{path}, at 4:28, key 'formula'"
    assert str(importer.Where(str(path), row=4)) == f"{path}, line 4"


def test_one_without_layers_is_told_so(tmp_path: Path) -> None:
    """It has no header that could stand above no rows."""
    path = tmp_path / "a.yaml.gz"
    path.write_bytes(gzip.compress(b"[]\n"))
    with pytest.raises(importer.NothingToDoError, match="has no layers"):
        importer.validate(path)
