"""Writes what the project's texts hold of its code: files that are made, tables, and outputs of the commands shown.

``python tests/test_readme.py`` runs it; `renew_all` says what may be named behind it. A second run
changes nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.guide.blocks import leave_out_passing
from tests.guide.documents import list_documents, read_made, write_made
from tests.guide.files import FILES
from tests.guide.layout import render_layout
from tests.guide.reference import RENDERED
from tests.guide.stories import tell_story

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

MADE: dict[str, Callable[[], str]] = {**RENDERED, "layout": render_layout}
"""Name of a part of a document -> what makes it."""


def renew_outputs(path: Path) -> None:
    """Run a document's commands and write what they print."""
    told = tell_story(path)
    text = path.read_text(encoding="utf-8")
    for block, printed in reversed(told):
        begin, end = block.span
        text = f"{text[:begin]}{leave_out_passing(printed)}{text[end:]}"
    path.write_text(text, encoding="utf-8")


def renew_all(names: Collection[str] = ()) -> None:
    """Renew the files that are made, all tables, and the outputs: of all documents, or of those of some names.

    Args:
        names: documents, as README or mapping; ``tables`` for no outputs at all.

    Raises:
        ValueError: there is no such document.
    """
    for path, render in FILES.items():
        path.write_text(render(), encoding="utf-8")
    paths = {path.stem: path for path in list_documents()}
    if unknown := set(names) - paths.keys() - {"tables"}:
        raise ValueError(f"There is no page {', '.join(sorted(unknown))}: there are {', '.join(paths)}.")
    for path in paths.values():
        write_made(path, {name: MADE[name]() for name in read_made(path)})
    with ThreadPoolExecutor(2) as pool:  # their commands are processes of their own
        list(pool.map(renew_outputs, (path for name, path in paths.items() if not names or name in names)))
