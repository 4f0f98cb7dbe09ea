"""The page, opened in a real browser: it says what to do, filters, fetches nothing and runs nothing of a cell's."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

import importer
from importer.model import Status
from importer.report.files import write_report
from importer.report.page import data as page_data
from importer.run import End, Journal, RunFile
from tests.helpers.browser import open_browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium; without one say how to get it."""
    with open_browser() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[Path], Page]]:
    """Give a function that opens the page of a run; a script error or a request to anywhere fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    context.set_default_timeout(20_000)
    trouble: list[str] = []

    def open_run(run_path: Path) -> Page:
        to = run_path.with_suffix(".html")
        with RunFile.open(run_path) as run:
            write_report(run, to)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
        page.on("console", lambda said: trouble.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("request", lambda request: trouble.append(request.url) if request.url != to.as_uri() else None)
        page.on("dialog", lambda dialog: trouble.append(f"a dialog was opened: {dialog.message}"))
        page.goto(to.as_uri())
        return page

    yield open_run
    context.close()
    assert trouble == []


def _list_statuses(page: Page) -> list[str]:
    return page.locator("#table tbody tr td:nth-child(7)").all_inner_texts()


def test_page_says_which_cell_to_fix(mixed_run: Path, open_page: Callable[[Path], Page]) -> None:
    """Verdict, counts, and for the bad cell its address, its value, what is wrong and what to do."""
    page = open_page(mixed_run)
    assert "4 of 13 rows are stored; 9 need attention" in page.locator("#verdict").inner_text()
    told = page.locator("article.issue.error").inner_text()
    for words in ("formula-unreadable", "E8", "<script>alert(1)</script>", "What to type", "Write element symbols"):
        assert words in told
    for status in Status:
        assert status.value.replace("_", " ") in page.locator("table.counts").inner_text()


def test_cells_are_text(mixed_run: Path, open_page: Callable[[Path], Page]) -> None:
    """A cell with a script element shows as text, in the rows and in the drawing; the page has its own scripts only."""
    page = open_page(mixed_run)
    assert "<script>alert(1)</script>" in page.locator("#table").inner_text()
    assert page.locator("script").count() == 2
    assert page.locator("#stacks script").count() == 0


def test_filters_and_search(mixed_run: Path, open_page: Callable[[Path], Page]) -> None:
    """Rows are filtered by status, by code and by words; how many are shown is said."""
    page = open_page(mixed_run)
    assert len(_list_statuses(page)) == 13
    page.select_option("#status", label="not sent (4)")
    assert _list_statuses(page) == ["✗ not sent"] * 4
    page.select_option("#status", "")
    page.select_option("#code", label="formula-unreadable (1)")
    assert _list_statuses(page) == ["✗ invalid"]
    page.select_option("#code", "")
    page.fill("#search", "NdNiO3")
    expect(page.locator("#count")).to_contain_text("1 of 13")
    assert _list_statuses(page) == ["✗ failed"]


def test_stacks_are_drawn_and_told_apart(mixed_run: Path, open_page: Callable[[Path], Page]) -> None:
    """Each stack is a drawing with words for those who don't see it; what isn't in is hatched and named."""
    page = open_page(mixed_run)
    assert page.locator("#stacks figure").count() == 6
    drawings = page.locator("#stacks svg")
    assert any("layer 2 <script>" in (drawings.nth(n).get_attribute("aria-label") or "") for n in range(6))
    assert page.locator("#stacks rect.layer.out").count() == 9
    assert "INVALID" in (page.locator("#stacks").text_content() or "")
    page.check("#stacks-open")
    assert page.locator("#stacks figure").count() == 5


def test_missing_layers_are_drawn(stage_run: Callable[[str, str], Path], open_page: Callable[[Path], Page]) -> None:
    """A gap in a stack is a box of its own that says which layers are missing."""
    page = open_page(stage_run("gap.csv", "sample_id,layer_id,formula\n42,1,SrTiO3\n42,4,BaTiO3\n"))
    assert page.locator("rect.gone").count() == 1
    assert "LAYERS 2 TO 3 ARE MISSING" in (page.locator("#stacks").text_content() or "")


def test_tall_stacks_are_thinned(stage_run: Callable[[str, str], Path], open_page: Callable[[Path], Page]) -> None:
    """Of a superlattice of 500 layers the page draws the ends and what isn't in, and counts the rest."""
    rows = "".join(f"42,{n},{'Xx2' if n == 250 else 'SrTiO3'}\n" for n in range(1, 501))
    run_path = stage_run("tall.csv", "sample_id,layer_id,formula\n" + rows)
    with RunFile.open(run_path, readonly=False) as run, Journal(run) as journal:
        journal.write(*(End(seq, Status.CREATED, seq, 200, "", 0.0) for seq in range(500) if seq != 249))
    page = open_page(run_path)
    assert page.locator("#stacks rect.layer").count() == 41
    shown = page.locator("#stacks").text_content() or ""
    assert "229 layers not drawn" in shown
    assert "INVALID" in shown


def test_long_run_shows_the_stacks_that_need_a_look(
    mixed_run: Path, open_page: Callable[[Path], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the page's bound whole stacks that are in are left out, which is said; the others have all their layers."""
    monkeypatch.setattr(page_data, "MAX_ROWS", 12)
    page = open_page(mixed_run)
    assert len(_list_statuses(page)) == 10
    assert "3 more rows are in" in page.locator("#rows").inner_text()
    assert page.locator("#stacks figure").count() == 5
    assert page.locator("rect.gone").count() == 0
    assert "13" in page.locator("table.counts tfoot").inner_text()


def test_dry_run_is_drawn_as_valid(tmp_path: Path, open_page: Callable[[Path], Page]) -> None:
    """Where nothing was to be sent the page says so, and only layers that would go in are drawn so."""
    source = tmp_path / "log.csv"
    source.write_text("sample_id,layer_id,formula\n42,1,SrTiO3\n42,2,Xx2\n42,3,SrTiO3\n")
    plan = importer.PlanSettings(run=tmp_path / "r.run.sqlite")
    importer.import_layers(source, plan=plan, send=importer.SendSettings(dry_run=True))
    page = open_page(tmp_path / "r.run.sqlite")
    assert "Dry run: 1 of 3 rows is ready to send" in page.locator("#verdict").inner_text()
    assert page.locator("rect.layer:not(.out)").count() == 1
    assert page.locator("rect.layer.out").count() == 2
    assert "Address" in page.locator("dl").inner_text()
    assert "Assumed" not in page.locator("dl").inner_text()


def test_keyboard_reaches_everything(mixed_run: Path, open_page: Callable[[Path], Page]) -> None:
    """By the tab key alone one gets from the top to the filters."""
    page = open_page(mixed_run)
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        reached.append(focused.get_attribute("id") or focused.get_attribute("class"))
    assert {"skip", "stacks-open", "status", "code", "search"} <= set(reached)


def test_every_control_has_a_name(mixed_run: Path, open_page: Callable[[Path], Page]) -> None:
    """A screen reader can name each control and each drawing."""
    page = open_page(mixed_run)
    for name in ("Status", "Code", "Search"):
        assert page.get_by_label(name, exact=True).count() == 1
    assert page.locator("svg[role=img]:not([aria-label])").count() == 0
    assert page.locator("html").get_attribute("lang") == "en"


def test_hundred_thousand_rows_stay_usable(
    stage_run: Callable[[str, str], Path], open_page: Callable[[Path], Page]
) -> None:
    """With 100,000 rows the page opens, filters and pages in seconds, for only what is looked at is drawn."""
    lines = [f"{n // 5 + 1},{n % 5 + 1},{'SrTiO3' if n % 5 else 'BaTiO3'},001" for n in range(100_000)]
    run_path = stage_run("many.csv", "\n".join(["sample_id,layer_id,formula,hkl", *lines, ""]))
    begun = time.perf_counter()
    page = open_page(run_path)
    page.fill("#search", "batio3")
    expect(page.locator("#count")).to_contain_text("20,000 of 100,000")
    page.click("#forth")
    assert "101 to 200" in page.locator("#page").inner_text()
    assert page.locator("#table tbody tr").count() == 100
    assert time.perf_counter() - begun < 60


def test_page_names_nothing_outside(mixed_run: Path, tmp_path: Path) -> None:
    """The page's text holds no address to fetch from, and its policy allows its own style and script only."""
    to = tmp_path / "report.html"
    with RunFile.open(mixed_run) as run:
        write_report(run, to)
    page = to.read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)=["'](?!#)""", page) == []
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;;")
    assert "unsafe" not in policy[1]


def test_invisible_characters_are_named(stage_run: Callable[[str, str], Path], tmp_path: Path) -> None:
    """A direction override or an escape in a cell is shown by name, in every part of the page."""
    run_path = stage_run("odd.csv", "sample_id,layer_id,formula\n42,1,\u202e3OiTaB\x1b\n")
    to = tmp_path / "report.html"
    with RunFile.open(run_path) as run:
        write_report(run, to)
    before, data = to.read_text(encoding="utf-8").split('<script type="application/json"')
    assert "\\u202e3OiTaB\\x1b" in before
    assert "\u202e" not in before
    assert "\x1b" not in before + data


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (390, "light"), (320, "dark"), (1200, "dark")])
def test_page_on_a_phone_and_in_the_dark(
    mixed_run: Path, open_page: Callable[[Path], Page], width: int, scheme: Literal["dark", "light"]
) -> None:
    """Nothing is wider than the screen, each cell is told by its header, and text stands out from its ground."""
    page = open_page(mixed_run)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    label = "getComputedStyle(document.querySelector('#table td:nth-child(4)'), '::before').content"
    assert ("Formula" in page.evaluate(label)) is (width < 640)
    ground, ink = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    light = [sum(map(int, re.findall(r"[0-9]+", colour)[:3])) / 3 for colour in (ground, ink)]
    assert (light[0] < light[1]) is (scheme == "dark")
    assert abs(light[0] - light[1]) > 150


def test_names_of_files_are_shown_like_cells(
    stage_run: Callable[[str, str | bytes], Path], open_page: Callable[[Path], Page]
) -> None:
    """A direction override in a file's name can't turn what stands behind it."""
    page = open_page(stage_run("a\u202egpj.csv", "sample_id,layer_id,formula\n42,1,SrTiO3\n"))
    assert "\\u202egpj.csv" in page.locator("#table tbody tr td:nth-child(1)").first.inner_text()
    assert "\u202e" not in page.locator("body").inner_text()
