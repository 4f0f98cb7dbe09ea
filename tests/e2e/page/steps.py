"""What people do on the page, in one line each."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from playwright.sync_api import Locator, Page, Route


def cell(page: Page, row: int | str, column: int) -> Locator:
    """Return the locator of a cell of the sheet."""
    return page.locator(f'.grid-row:has([role="rowheader"]:text-is("{row}")) .cell').nth(column + 1)


def open_sheet(page: Page, text: str = "batio3") -> None:
    """Open the sheet of the folder, and wait for a text of it and for the page to have settled on a cell."""
    page.get_by_role("button", name="a.csv").click()
    expect(page.get_by_role("grid")).to_be_visible()
    expect(page.locator(".cell", has_text=text).first).to_be_visible()
    expect(page.locator("#detail h2")).to_have_text(re.compile("^Cell"))


def make_book(rows: Iterable[Sequence[object]], *, title: str = "Sheet") -> Workbook:
    """Return a workbook of one sheet."""
    book = Workbook()
    del book["Sheet"]
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    return book


def send_all(page: Page) -> None:
    """Go from the sheet to the end of the send."""
    page.get_by_role("button", name="Go on: compare").click()
    page.get_by_label("I have looked at this").check()
    page.get_by_role("button", name=re.compile("^Send .* to the sandbox$")).click()
    expect(page.get_by_role("button", name="Verify")).to_be_visible()


def tab_to(page: Page, name: str, most: int = 60, *, key: str = "Tab") -> None:
    """Go by Tab to what has a name, by its label or text."""
    for _ in range(most):
        page.keyboard.press(key)
        found = page.evaluate(
            "(({ariaLabel, labels, innerText}) => ariaLabel || labels?.[0]?.innerText || innerText || '')"
            "(document.activeElement)"
        )
        if str(found).strip().startswith(name):
            return
    pytest.fail(f"{name} can't be reached by the keyboard")


class Held:
    """Requests to addresses of a pattern, held back until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page, self._pattern = page, pattern
        self._routes: list[Route] = []
        self._is_open = False
        page.route(pattern, self._keep)

    def _keep(self, route: Route) -> None:
        if self._is_open:
            route.continue_()
        else:
            self._routes.append(route)

    def wait(self) -> None:
        """Wait until there is one."""
        until = time.monotonic() + 20
        while not self._routes:
            assert time.monotonic() < until, f"nothing was asked of {self._pattern}"
            self._page.wait_for_timeout(5)

    def let_go(self) -> None:
        """Let them go, once there is one, and hold no more."""
        self.wait()
        self._is_open = True
        for route in self._routes:
            route.continue_()


def drop_files(page: Page, paths: list[Path], target: Locator) -> None:
    """Drag files over the page and drop them, as the browser is told by the system."""
    box = target.bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver"):
        session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})
    expect(page.locator(".drop.over")).to_be_visible()
    session.send("Input.dispatchDragEvent", {"type": "drop", "data": data, **place})
    session.detach()
