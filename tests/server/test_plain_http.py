"""The room keeps to what the libraries under it offer: their private names change without notice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import importer.server

ROOM = Path(importer.server.__file__).parent
OWN = {"self", "cls"}
PUBLIC = {"__init__", "__name__", "__cause__", "__context__", "__version__"}


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.py")), ids=lambda path: path.name)
def test_no_private_name_of_a_library_is_used(path: Path) -> None:
    """No attribute or import begins with an underscore, but for the room's own names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    private = [
        f"line {node.lineno}: {node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and node.attr not in PUBLIC
        and not (isinstance(node.value, ast.Name) and node.value.id in OWN)
    ]
    private += [
        f"line {node.lineno}: {alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module not in {"__future__", "importer._version"}
        for alias in node.names
        if alias.name.startswith("_") or (node.module or "").startswith("_")
    ]
    assert private == []
