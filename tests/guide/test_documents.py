"""README and guide are true to the program: tables, links, and the names of commands, options and files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from importer.cli.app import COMMANDS
from tests.guide.blocks import RUN_BY_CI, iter_blocks
from tests.guide.documents import GUIDE, README, ROOT, list_documents, read_made
from tests.guide.options import list_option_names
from tests.guide.renew import MADE

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = list_documents()
NAMES = [name for commands in COMMANDS.values() for name in commands]
GENERATED = {"commands", "issue-codes"}
"""Pages that are nearly all made from the code, and may be long."""


def name_document(path: Path) -> str:
    """Return a document's name for the list of tests."""
    return path.stem


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_document)
def test_tables_are_made_from_the_code(path: Path) -> None:
    """Its tables are those of the program; ``python tests/test_readme.py`` renews them."""
    for name, text in read_made(path).items():
        assert text == MADE[name]()


def test_everything_made_has_its_place() -> None:
    """Each table that is made from the code is in a document, and in one only."""
    places = [name for path in DOCUMENTS for name in read_made(path)]
    assert sorted(places) == sorted(MADE)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_document)
def test_a_document_is_short(path: Path) -> None:
    """README takes ten kilobytes at the most, a page eight, unless it is made from the code."""
    size = path.stat().st_size
    assert size <= (10_000 if path == README else 8_000) or path.stem in GENERATED


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_document)
def test_links_lead_somewhere(path: Path) -> None:
    """Each link to a file of the project leads to one, and from a page of the guide only to another page."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        found = (path.parent / target).resolve()
        assert found.is_file(), target
        assert path == README or found.is_relative_to(GUIDE), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_document)
def test_what_is_named_exists(path: Path) -> None:
    """Each command that the text names is one, with options that it has; an option alone is one of some command."""
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", path.read_text(encoding="utf-8").replace("\\|", "|"))
    known = {name: list_option_names(name) for name in NAMES}
    every = {option for options in known.values() for option in options} | OF_OTHERS
    for span in spans:
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", span))
        words = span.removeprefix("layer-importer ").split()
        if span.startswith("layer-importer ") and words[0] not in {"COMMAND", "--help"}:
            assert words[0] in known, span
            assert named <= known[words[0]], span
        else:
            assert named <= every, span


OF_OTHERS = {"--json", "--processes", "--stages"}
"""Options that documents name and no command has: of other programs, and one that was tried and left."""


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_document)
def test_files_are_named_where_they_are_shown(path: Path) -> None:
    """Who reads without the hidden comments knows under which name to save a file: it is in the lines above."""
    text = path.read_text(encoding="utf-8")
    for block in iter_blocks(path):
        if block.file_name is not None:
            assert f"`{block.file_name}`" in text[: block.span[0]].rsplit("```", 2)[-2]


def test_every_page_is_linked_from_the_readme() -> None:
    """Who looks from outside finds every page."""
    text = README.read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS if path != README]
    assert [page for page in pages if f"]({page})" not in text] == []


def test_every_command_is_run_or_run_by_ci() -> None:
    """No block of commands is only shown: a test runs it, or the script of CI takes it from the README."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for path in DOCUMENTS:
        for block in iter_blocks(path):
            if block.language in {"sh", "python"} and not block.is_run_here and block.file_name is None:
                assert block.comment in RUN_BY_CI, block.body
                assert path == README
                assert f'"{block.comment}"' in script
