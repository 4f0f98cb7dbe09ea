"""The example notebook runs from top to bottom, and what it shows is what the program draws today."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from importer.tasks.results import Report

if TYPE_CHECKING:
    import pytest

SAMPLES = Path(__file__).parents[2] / "sample_data"


def run_cell(source: str, names: dict[str, object]) -> object:
    """Run a cell as a notebook does and return the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102  # our own notebook
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307  # the same


def test_example_notebook_runs_and_is_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell runs; the drawn report that is stored in the file is what is drawn now."""
    shutil.copytree(SAMPLES / "valid", tmp_path / "valid")
    shutil.copytree(SAMPLES / "invalid", tmp_path / "invalid")
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((SAMPLES / "example.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    drawn = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        value = run_cell("".join(cell["source"]), names)
        if isinstance(value, Report):
            stored = cell["outputs"][0]["data"]["text/html"]
            assert "".join(stored) == value._repr_html_()
            drawn += 1
    assert drawn == 1
