"""``guide``: the manual, a page at a time."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from importer.guide.pages import GuidePage

_WIDEST = 110
"""Columns that a line of text takes on a wide terminal."""


def show_guide(
    page: Annotated[
        str | None, typer.Argument(metavar="[PAGE]", help="A page, e.g. mapping; all are listed without.")
    ] = None,
) -> None:
    """Show a page of the manual, or list its pages.

    Piped, a page is plain Markdown.

    Example: layer-importer guide mapping
    """
    from importer.guide.pages import find_guide_page

    if page is None:
        _list_pages()
    else:
        _show_page(find_guide_page(page))


def _list_pages() -> None:
    from importer.guide.pages import KINDS, list_guide_pages

    pages = list_guide_pages()
    width = max(len(page.name) for page in pages)
    for kind in KINDS:
        typer.echo(f"{kind.capitalize()}:")
        for page in pages:
            if page.kind == kind:
                typer.echo(f"  {page.name:<{width}}  {page.title}")
        typer.echo()
    typer.echo("Show one: layer-importer guide PAGE")


def _show_page(page: GuidePage) -> None:
    text = _name_linked_pages(page.text)
    if not sys.stdout.isatty():
        typer.echo(text, nl=False)
        return
    from rich.markdown import Markdown

    from importer.cli.terminal import make_console

    console = make_console()
    console.print(Markdown(text, hyperlinks=False), width=min(console.width, _WIDEST))


def _name_linked_pages(text: str) -> str:
    """Return a page's text with each link to another page as the words that show it here."""
    return re.sub(r"\[([^\]]*)\]\((?!https?:)[^)]*?([\w-]+)\.md(?:#[\w-]*)?\)", r"\1 (`layer-importer guide \2`)", text)
