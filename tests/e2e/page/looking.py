"""What axe and a narrow screen find wrong with a page as it is now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def find_faults(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['html'][:150]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


def find_overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
