"""The pages of the manual, and how one is found by its name."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from importer.errors import UsageError

_HOME = Path(__file__).parent
KINDS = ("tutorial", "how-to", "reference", "explanation")
"""The kinds of pages, in the order in which a newcomer meets them; each is a folder."""


@dataclass(frozen=True, slots=True)
class GuidePage:
    """A page of the manual.

    Attributes:
        name: what it is asked for by, e.g. ``mapping``.
        kind: one of `KINDS`.
        title: its heading.
        text: Markdown. Links to other pages are paths between files.
    """

    name: str
    kind: str
    title: str
    text: str


@cache
def list_guide_pages() -> tuple[GuidePage, ...]:
    """Return all pages, by kind and name."""
    return tuple(_read(path) for kind in KINDS for path in sorted((_HOME / kind).glob("*.md")))


def find_guide_page(name: str) -> GuidePage:
    """Return the page of a name.

    Raises:
        UsageError: there is no such page; a near one is named.
    """
    pages = {page.name: page for page in list_guide_pages()}
    wanted = str(name).strip().lower().removesuffix(".md").replace(" ", "-").replace("_", "-")
    if wanted in pages:
        return pages[wanted]
    near = difflib.get_close_matches(wanted, pages, n=1) or [each for each in pages if wanted and wanted in each]
    hint = f"Did you mean {near[0]}?" if near else "`layer-importer guide` lists the pages."
    raise UsageError(f"The guide has no page {name!r}. {hint}")


def _read(path: Path) -> GuidePage:
    text = re.sub(r"<!--.*?-->\n?", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return GuidePage(path.stem, path.parent.name, text.split("\n", 1)[0].removeprefix("# "), text)
