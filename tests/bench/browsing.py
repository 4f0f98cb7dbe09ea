"""The page in a real browser: from a dropped file to the marks in sight, rows anywhere, an edit to its mark."""

from __future__ import annotations

import shutil
import statistics
import time
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.bench.measuring import Finding
from tests.bench.page_server import run_page
from tests.helpers.browser import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

SCROLLS = 10
EDITS = 7
FORMULA = 2
"""Column that is edited."""
LONGEST_MS = 120_000
SCROLL = """async ([share]) => {
  const grid = document.querySelector('.grid');
  const begun = performance.now();
  grid.scrollTop = Math.floor(share * (grid.scrollHeight - grid.clientHeight));
  const middle = () => {
    const { left, top, height } = grid.getBoundingClientRect();
    return document.elementFromPoint(left + 20, top + height / 2)?.closest('.grid-row');
  };
  await new Promise(requestAnimationFrame);
  while (!middle()?.querySelector('.cell')) await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""

CHOOSE = """async ([share, column]) => {
  const grid = document.querySelector('.grid');
  grid.scrollTop = Math.floor(share * (grid.scrollHeight - grid.clientHeight));
  const find = () => {
    const { top, bottom } = grid.getBoundingClientRect();
    const isInSight = ({ y, height }) => y > top + 60 && y + height < bottom - 60;
    const rows = [...grid.querySelectorAll('.grid-row')].filter((row) => isInSight(row.getBoundingClientRect()));
    return rows.find((row) => row.children[column + 1] && !row.querySelector('.glyph'));
  };
  await new Promise(requestAnimationFrame);
  while (!find()) await new Promise(requestAnimationFrame);
  return find().dataset.index;
}"""
"""Scroll somewhere, and return the index of a row in sight without marks."""
AWAIT = """([index]) => {
  window.marked = new Promise((resolve) => window.addEventListener('keydown', () => {
    const begun = performance.now();
    const look = () => {
      const cell = document.querySelector(`.grid-row[data-index="${index}"] .cell.edited.mark-e`);
      if (cell) resolve(performance.now() - begun);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true, once: true }));
}"""
"""From the next key on, measure until a row has an edited cell with an error's mark."""


def measure_browser(table: Path, rows: int) -> Iterator[Finding]:
    """Yield what somebody waits for who drops a table, and who scrolls it."""
    stage = f"page in Chromium, {rows:,}-row CSV"
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        yield Finding(stage=stage, note="not measured: there is no Chromium on the PATH")
        return
    folder = table.parent / "page-browser"
    folder.mkdir()
    with run_page(folder) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(LONGEST_MS)
        page.goto(server.address)
        page.locator("#picker").wait_for(state="attached")
        begun = time.perf_counter()
        page.locator("#picker").set_input_files(table)
        page.locator(".grid-row .cell.mark-e").first.wait_for()
        marked = time.perf_counter() - begun
        scrolled = [page.evaluate(SCROLL, [(number * 0.37) % 1]) for number in range(1, SCROLLS + 1)]
        edited = [_edit(page, (number * 0.37) % 1) for number in range(1, EDITS + 1)]
        heap = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
        browser.close()
    yield Finding(stage=f"{stage}, dropped to marks", ours=marked, unit="s", note="floor <= 3 s")
    worst = f"worst {max(edited):.0f} ms, floor <= 200 ms, from the Enter key to the mark in sight"
    yield Finding(stage=f"{stage}, one edit to marks", ours=statistics.median(edited), unit="ms", note=worst)
    worst = f"worst {max(scrolled):.0f} ms, floor <= 100 ms; heap {heap:.1f} MB"
    yield Finding(stage=f"{stage}, rows anywhere", ours=statistics.median(scrolled), unit="ms", note=worst)


def _edit(page: Page, share: float) -> float:
    """Type a wrong formula somewhere, and return after how many milliseconds its mark is in sight."""
    index = page.evaluate(CHOOSE, [share, FORMULA])
    page.locator(f'.grid-row[data-index="{index}"] .cell').nth(FORMULA + 1).click()
    page.keyboard.type("batio3")
    page.evaluate(AWAIT, [index])
    page.keyboard.press("Enter")
    return float(page.evaluate("window.marked"))
