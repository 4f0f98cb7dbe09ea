"""The house's rules: who may import whom, what has one home, and how full a folder may be."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGE = ROOT / "importer"
OF_THE_WHOLE = {"bench", "corpus", "e2e", "sample_data", "typing"}
"""Folders of tests that belong to no room."""

RARE = {
    ("tasks", "frame"), ("tasks", "write"), ("tasks", "split"), ("report", "make_issues_frame"),
    ("chunks", "make_frame"), ("chunks", "make_typed_frame"), ("tasks", "join_frame"), ("run", "_find_runs"),
    ("cluster", "open_pool"), ("formats", "guess_encoding"),
}  # fmt: skip


@functools.cache  # read by a test, not wherever tests are collected
def list_modules() -> list[tuple[str, Path, ast.Module]]:
    """Return room, path and syntax tree of every module."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        found.append((relative.parts[0].removesuffix(".py"), path, ast.parse(path.read_text(encoding="utf-8"))))
    return found


def iter_imports(tree: ast.AST) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Yield each import statement with the module that it names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "importer":
            yield from ((node, f"importer.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module


def iter_functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_the_contracts_of_imports_are_kept() -> None:
    """Rooms, libraries and the sandbox know only whom pyproject.toml's contracts let them know."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", "pyproject.toml"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def list_crowded(folder: Path, most: int) -> dict[str, int]:
    """Return the folders with more modules than that, with how many they have."""
    found = Counter(str(path.parent.relative_to(ROOT)) for path in folder.rglob("*.py"))
    return {name: count for name, count in found.items() if count > most}


def test_no_folder_is_crowded() -> None:
    """A folder can be taken in at a glance; what outgrows that wants sub-folders."""
    assert list_crowded(PACKAGE, 13) == {}
    assert len(list(PACKAGE.glob("*.py"))) <= 9


def test_tests_mirror_the_package() -> None:
    """The tests of a room are found where the room is."""
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    rooms = {path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")}
    assert {str(folder) for folder in folders - rooms if folder.parts[0] not in OF_THE_WHOLE} == set()


def test_imports_stand_at_the_top() -> None:
    """Only the command line imports inside functions, to start quickly, and what few ask for: frames, Arrow files."""
    late = [
        f"{path}:{node.lineno}"
        for room, path, tree in list_modules()
        for function in iter_functions(tree)
        for node, _ in iter_imports(function)
        if room not in {"cli", "__main__"} and (room, function.name) not in RARE
    ]
    assert late == []


def test_only_settings_read_the_environment() -> None:
    """``os.environ`` and ``os.getenv`` are used in settings alone."""
    users = {
        room
        for room, _, tree in list_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert users <= {"settings"}


def test_only_the_command_line_prints_or_exits() -> None:
    """No library module prints, exits or asks."""
    talkers = {
        room
        for room, path, tree in list_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "input", "sys.exit", "exit", "os._exit"}
        and path.name != "__main__.py"
    }  # fmt: skip
    assert talkers <= {"cli"}
