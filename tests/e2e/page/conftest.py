"""A real browser, and the page's server as a process of its own; whatever a page complains of fails the test."""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.helpers.browser import open_browser
from tests.helpers.forking import get_preloaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.helpers.forking import Forked

# On a machine with other work a page may take its time; what is waited for is a condition, never a time.
expect.set_options(timeout=20_000)

SHEET = """sample_name,layer_id,composition_string,orientation,substrate
A,1,batio3,001,SrTiO3
A,2,srtio3,001,SrTiO3
B,1,GaAs,110,GaAs
Total,,,,
"""

FEW_ROWS = """from importer.__main__ import main
from importer.draft import tables

tables.MAX_DRAFT_ROWS = {}
main()
"""
"""The command, with fewer rows that can be edited."""


@dataclass
class Ui:
    """A running `layer-importer ui`, and what its pages complained of."""

    folder: Path
    options: tuple[str, ...]
    script: Path | None = None
    process: Forked | None = None
    address: str = ""
    trouble: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start it, and learn its address."""
        arguments = ["ui", str(self.folder), "--no-browser", *self.options]
        if self.script is None:
            self.process = get_preloaded().start(arguments)
        else:
            self.process = get_preloaded().start([str(self.script), *arguments], program="script")
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            if found := re.search(r"http://127\.0\.0\.1:\d+/#\S+", "".join(self.process.read())):
                self.address = found[0]
                return
            time.sleep(0.01)
        pytest.fail(f"the page's server wasn't ready: {self.process.read()}")

    def end(self, number: int = signal.SIGINT) -> int:
        """End it by a signal, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.process = None
        return code

    def open(self, context: BrowserContext) -> Page:
        """Open the page; errors, policy violations and requests elsewhere are kept."""
        page = context.new_page()
        page.set_default_timeout(20_000)
        own = self.address.partition("/#")[0]
        page.on("pageerror", lambda error: self.trouble.append(f"script error: {error}"))
        page.on("console", lambda said: self.trouble.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("request", lambda asked: self.trouble.append(asked.url) if not _is_own(asked.url, own) else None)
        page.goto(self.address)
        return page


def _is_own(url: str, own: str) -> bool:
    return url.startswith((own + "/", "blob:" + own + "/"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium; without one say how to get it."""
    with open_browser() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a fresh profile."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["clipboard-read"])
    yield context
    context.close()


@pytest.fixture
def start_ui(tmp_path: Path) -> Iterator[Callable[..., Ui]]:
    """Give a function that starts the page's server; whatever a page complained of fails the test."""
    started: list[Ui] = []

    def start(
        *options: str, folder: Path | None = None, sheet: str = SHEET, settings: str = "", most_rows: int | None = None
    ) -> Ui:
        place = folder or tmp_path / "work"
        place.mkdir(exist_ok=True)
        if folder is None and sheet:
            (place / "a.csv").write_text(sheet)
        if settings:
            (place / ".layer-importer.yaml").write_text(settings)
        script = None
        if most_rows is not None:
            script = tmp_path / "few_rows.py"
            script.write_text(FEW_ROWS.format(most_rows))
        ui = Ui(place, options, script)
        started.append(ui)
        ui.start()
        return ui

    yield start
    for ui in started:
        if ui.process is not None:
            ui.end()
    assert [each for ui in started for each in ui.trouble] == []
