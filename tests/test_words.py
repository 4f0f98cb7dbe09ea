"""What people read is plain English: turns of phrase that were once ours alone don't come back."""

from __future__ import annotations

import ast
import inspect
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import importer
from importer.cli.app import COMMANDS, app
from importer.issues import load_codes
from importer.model import Severity
from tests.guide.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD = re.compile(
    r"\b(?:Meant, perhaps|held back|holds? back|only you know|all the same|can't be had|passed over|to look at"
    r"|what bec[oa]mes? of|as it stands|by keyboard|Nothing to do|the server holds|the server's list(?:ing)?|anew"
    r"|takes? no part|gets? in|(?:is|are) told|tells? (?:no|of)|told apart|be told\b|have to be told"
    r"|stands? (?:also|at|beside|between|here|in|on|twice|where|above|under)|so that it isn't known|isn't had"
    r"|not one row|the longest time|(?:a|the) earlier go|an earlier go|Go on with|Once more to)\b"
    r"|(?<![Tt]here )\b(?:is|are) no (?!longer\b|more\b|such\b)"
    r"|, for (?:only|both|its|the key would|nothing)\b"
)
"""Inversions, and words that meant something here that they mean nowhere else."""


def iter_texts(path: Any) -> Iterator[tuple[int, str]]:  # noqa: ANN401  # a path
    """Yield the texts of a module that aren't docstrings, those that are put together as one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
            yield node.lineno, "".join(map(str, parts))


def iter_descriptions(schema: Any) -> Iterator[str]:  # noqa: ANN401  # any JSON
    """Yield the descriptions in a schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in {"description", "title"} and isinstance(value, str):
                yield value
            else:
                yield from iter_descriptions(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from iter_descriptions(value)


def test_messages_are_plain() -> None:
    """No text of the program has one of the old phrases."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "importer").rglob("*.py"))
        for line, text in iter_texts(path)
        if OLD.search(text)
    ]
    assert found == []


def test_pages_and_schemas_are_plain() -> None:
    """Nor has a page that the program writes, or the description of a field in a schema."""
    pages = [*sorted((ROOT / "importer").rglob("*.html")), *sorted((ROOT / "importer" / "report").rglob("*.js"))]
    found = [f"{path.name}: {match[0]}" for path in pages for match in OLD.finditer(path.read_text(encoding="utf-8"))]
    for path in sorted((ROOT / "schemas").glob("*.json")):
        texts = iter_descriptions(json.loads(path.read_bytes()))
        found += [f"{path.name}: {text}" for text in texts if OLD.search(text)]
    assert found == []


@pytest.mark.parametrize("command", ["", *(name for commands in COMMANDS.values() for name in commands)])
def test_help_is_plain_and_whole(command: str) -> None:
    """Nor has a help, in whose list no summary is cut off."""
    shown = CliRunner().invoke(app, [*filter(None, [command]), "--help"], catch_exceptions=False).stdout
    assert "--help" in shown
    assert OLD.findall(shown) == []
    assert command or not [line for line in shown.splitlines() if line.endswith("...") and "COMMAND" not in line]


def test_docstrings_of_public_things_are_plain() -> None:
    """Nor has what `help` shows of a name that the package promises."""
    promised = {name: getattr(importer, name) for name in importer.__all__}
    shown = {
        name: inspect.getdoc(each) or "" for name, each in promised.items() if inspect.isclass(each) or callable(each)
    }
    assert {name: OLD.findall(text) for name, text in shown.items() if OLD.search(text)} == {}
    assert [name for name, text in shown.items() if not text and inspect.isfunction(promised[name])] == []


def test_each_code_has_its_words() -> None:
    """Each says what was found, what to do and an example; only notes that need nothing have no remedy."""
    for code in load_codes().values():
        assert code.meaning.endswith("."), code
        assert code.example, code
        assert code.remedy.endswith((".", '("").')) or (code.severity is Severity.NOTE and not code.remedy), code
        assert "--" not in code.remedy, f"{code.code}: a remedy is read in the page and in notebooks too"
        assert code.remedy != code.meaning, code
