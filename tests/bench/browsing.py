"""The page in a real browser: from a dropped file to the marks in sight, and rows anywhere."""

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

SCROLLS = 10
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
        heap = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
        browser.close()
    yield Finding(stage=f"{stage}, dropped to marks", ours=marked, unit="s", note="floor <= 3 s")
    worst = f"worst {max(scrolled):.0f} ms, floor <= 100 ms; heap {heap:.1f} MB"
    yield Finding(stage=f"{stage}, rows anywhere", ours=statistics.median(scrolled), unit="ms", note=worst)
