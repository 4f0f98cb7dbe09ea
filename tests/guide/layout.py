"""The layout of the project: its folders with a line each, from what each folder says of itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.guide.documents import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_WIDTH = 22


def render_layout() -> str:
    """Return the tree of folders: rooms by their docstrings, others by the first line of their README."""
    lines = [
        _draw("schemas/", _read_first_line(ROOT / "schemas")),
        _draw("sample_data/", _read_first_line(ROOT / "sample_data")),
        _draw("importer/", _read_docstring(ROOT / "importer" / "__init__.py")),
    ]
    lines += [_draw(f"  {path.stem}", _read_docstring(path)) for path in _list_modules()]
    for room in _list_rooms(ROOT / "importer"):
        lines.append(_draw(f"  {room.name}/", _read_docstring(room / "__init__.py")))
        lines += [_draw(f"    {each.name}/", _read_docstring(each / "__init__.py")) for each in _list_rooms(room)]
    lines.append(_draw("tests/", _read_first_line(ROOT / "tests")))
    return "\n".join(["```", *lines, "```\n"])


def _list_modules() -> list[Path]:
    return [path for path in sorted((ROOT / "importer").glob("*.py")) if not path.name.startswith("_")]


def _list_rooms(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/__init__.py"))


def _draw(name: str, words: str) -> str:
    return f"{name:<{_WIDTH}}{words}"


def _read_docstring(path: Path) -> str:
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert words, f"{path} doesn't say what it is"
    return _take_first(words)


def _read_first_line(folder: Path) -> str:
    return _take_first((folder / "README.md").read_text(encoding="utf-8").split("\n\n", 1)[1])


def _take_first(words: str) -> str:
    """Return the first sentence's line, without its full stop."""
    return words.split("\n\n", 1)[0].replace("\n", " ").split(". ", 1)[0].rstrip(".")
