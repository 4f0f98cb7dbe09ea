"""The house's rules on who may import whom, and on what has one home, read from the source itself."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1] / "importer"

LEVELS: list[set[str]] = [
    {"_version", "model", "errors", "clock"},
    {"issues", "chunks", "settings", "events", "context"},
    {"layers", "run", "server", "settings_file"},
    {"formats", "columns", "rules", "submit"},
    {"report"},
    {"tasks"},
    {"cli"},
    {"__main__"},
]
"""Rooms by level: a room imports only rooms of lower levels; rooms of the two lowest levels may import each other."""

LEVEL = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}
ALONE = {"sandbox"}
RARE = {
    ("tasks", "frame"), ("tasks", "write"), ("report", "make_issues_frame"),
    ("chunks", "make_frame"), ("chunks", "make_typed_frame"), ("tasks", "validate"),
}  # fmt: skip
HOMES = {
    "pandas": {"chunks", "run", "report", "tasks", "cli"},
    "requests": {"server"},
    "urllib3": {"server"},
    "sqlalchemy": {"run"},
    "tenacity": {"server"},
    "fastapi": {"sandbox"},
    "uvicorn": {"sandbox"},
    "gemmi": {"layers"},
    "periodictable": {"layers"},
}


def iter_modules() -> Iterator[tuple[str, Path, ast.Module]]:
    """Yield room, path and syntax tree of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        yield relative.parts[0].removesuffix(".py"), path, ast.parse(path.read_text(encoding="utf-8"))


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


MODULES = list(iter_modules())


def test_every_room_has_a_level() -> None:
    """A new room must be given its level here, or it could import anything."""
    rooms = {room for room, _, _ in MODULES} - ALONE - {"__init__"}
    assert rooms <= set(LEVEL)


@pytest.mark.parametrize(("room", "path", "tree"), MODULES, ids=[str(p.relative_to(PACKAGE)) for _, p, _ in MODULES])
def test_imports_point_downward(room: str, path: Path, tree: ast.Module) -> None:
    """No module imports a room of its own level or above, nor the package's public names, nor the sandbox."""
    for _, name in iter_imports(tree):
        parts = name.split(".")
        if parts[0] != "importer" or room == "__init__":
            continue
        assert len(parts) > 1, f"{path} imports the public names"
        there = parts[1]
        if there == room:
            continue
        assert room not in ALONE, f"{path} (of the sandbox) imports {name}"
        assert there not in ALONE or room == "cli", f"{path} imports the sandbox"
        if there in ALONE:
            continue
        lowest = LEVEL[room] == LEVEL[there] < 2
        assert lowest or LEVEL[there] < LEVEL[room], f"{path} imports {name}: sideways or upward"


def test_nothing_is_circular() -> None:
    """The modules can be put in an order in which each needs only earlier ones; type-only imports don't count."""
    graph: dict[str, set[str]] = {}
    names = {".".join(("importer", *p.relative_to(PACKAGE).with_suffix("").parts)): tree for _, p, tree in MODULES}
    names = {name.removesuffix(".__init__"): tree for name, tree in names.items()}
    for name, tree in names.items():
        typed_only = {
            id(child)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for child in ast.walk(node)
        }
        needed: set[str] = set()
        for node, there in iter_imports(tree):
            if id(node) not in typed_only:
                submodules = {f"{there}.{alias.name}" for alias in node.names if isinstance(node, ast.ImportFrom)}
                needed |= (submodules & names.keys()) or ({there} & names.keys())
        graph[name] = needed - {name}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("library", sorted(HOMES))
def test_each_library_has_its_home(library: str) -> None:
    """A library is imported only in the rooms that it belongs to."""
    users = {room for room, _, tree in MODULES for _, name in iter_imports(tree) if name.split(".")[0] == library}
    assert users <= HOMES[library]


def test_imports_stand_at_the_top() -> None:
    """Only the command line imports inside functions, to start quickly, and what few ask for: frames, Arrow files."""
    late = [
        f"{path}:{node.lineno}"
        for room, path, tree in MODULES
        for function in iter_functions(tree)
        for node, _ in iter_imports(function)
        if room not in {"cli", "__main__"} and (room, function.name) not in RARE
    ]
    assert late == []


def test_only_settings_read_the_environment() -> None:
    """``os.environ`` and ``os.getenv`` are used in settings alone."""
    users = {
        room
        for room, _, tree in MODULES
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert users <= {"settings"}


def test_only_the_command_line_prints_or_exits() -> None:
    """No library module prints, exits or asks."""
    talkers = {
        room
        for room, path, tree in MODULES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "input", "sys.exit", "exit", "os._exit"}
        and path.name != "__main__.py"
    }  # fmt: skip
    assert talkers <= {"cli"}
