"""The manual as the program shows it: pages by name, near names, plain when piped."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from importer.cli.app import app
from importer.errors import UsageError
from importer.guide.pages import KINDS, find_guide_page, list_guide_pages
from tests.guide.documents import GUIDE

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
