"""The manual as the program shows it: pages by name, near names, plain when piped, drawn on a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from typing import IO, TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from importer.cli.app import app
from importer.errors import UsageError
from importer.guide.pages import KINDS, find_guide_page, list_guide_pages
from tests.guide.documents import GUIDE
from tests.helpers.processes import make_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

run = CliRunner().invoke


def test_pages_are_the_files() -> None:
    """Every file of the folders is a page with a name of its own and a title; none shows hidden comments."""
    pages = list_guide_pages()
    assert {f"{page.kind}/{page.name}.md" for page in pages} == {
        path.relative_to(GUIDE).as_posix() for path in GUIDE.rglob("*.md")
    }
    assert len({page.name for page in pages}) == len(pages)
    assert {page.kind for page in pages} == set(KINDS)
    for page in pages:
        assert page.text.startswith(f"# {page.title}\n")
        assert "<!--" not in page.text


def test_the_guide_lists_its_pages() -> None:
    """Without an argument every page is listed under its kind, one a line."""
    shown = run(app, ["guide"])
    assert shown.exit_code == 0
    for page in list_guide_pages():
        assert re.search(rf"^  {page.name} +{re.escape(page.title)}$", shown.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", [page.name for page in list_guide_pages()])
def test_a_page_is_plain_when_piped(name: str) -> None:
    """Piped, a page is its Markdown; a link to another page says how to show that."""
    shown = run(app, ["guide", name])
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"# {find_guide_page(name).title}\n")
    assert not re.search(r"\]\([^)]*\.md", shown.stdout)
    for other in re.findall(r"`layer-importer guide ([\w-]+)`", shown.stdout):
        find_guide_page(other)


@pytest.mark.parametrize(("typed", "near"), [("maping", "mapping"), ("formulas", "formats"), ("resuming", "resume")])
def test_an_unknown_page_names_a_near_one(typed: str, near: str) -> None:
    """A slip ends with exit code 2 and the page that is probably meant."""
    shown = run(app, ["guide", typed])
    assert shown.exit_code == 2
    assert f"Did you mean {near}?" in shown.stderr


@pytest.mark.parametrize("typed", ["", "..", "/etc/passwd", "../reference/fields", "q" * 200])
def test_what_is_no_page_is_refused(typed: str) -> None:
    """No path leads to anything but a page."""
    with pytest.raises(UsageError, match="has no page"):
        find_guide_page(typed)


@pytest.mark.parametrize("typed", ["Issue codes", "issue_codes", "ISSUE-CODES", "issue-codes.md"])
def test_a_name_may_be_spelt_otherwise(typed: str) -> None:
    """Capitals, blanks, underscores and the suffix don't matter."""
    assert find_guide_page(typed).name == "issue-codes"


def test_a_terminal_gets_the_page_drawn() -> None:
    """On a terminal tables and headings are drawn, no wider than its window."""
    terminal, inner = pty.openpty()
    environment = make_environment(COLUMNS="70", TERM="xterm-256color")
    command = [sys.executable, "-m", "importer", "guide", "undo"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=inner) as child:
        os.close(inner)
        with os.fdopen(terminal, "rb") as stream:
            drawn = b"".join(_read_to_the_end(stream)).decode()
        assert child.wait(60) == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", drawn).splitlines()
    assert "Verify a run, and take it back" in [line.strip() for line in lines]
    assert max(map(len, lines)) <= 70


def _read_to_the_end(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what comes of a terminal; its end is an error on Linux."""
    with contextlib.suppress(OSError):
        while read := stream.read1(65_536):  # type: ignore[attr-defined]  # a buffered reader
            yield read
