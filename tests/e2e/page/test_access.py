"""Who can use the page: no rule of axe is broken on any step, nothing needs sideways scrolling on a narrow screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.page.looking import find_faults, find_overflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    from tests.e2e.page.conftest import Ui


def walk(page: Page, look: Callable[[str], None]) -> None:
    """Go through all steps, and look at each."""
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    look("files")
    page.get_by_role("button", name="Open the sample sheet").click()
    expect(page.locator("#counts")).to_contain_text("to correct")  # the first rows are there before all are checked
    expect(page.locator("#counts")).to_be_visible()
    expect(page.locator(".cell", has_text="batio3")).to_be_visible()
    look("check")
    expect(page.locator("#detail h2")).to_have_text(re.compile("^Cell"))
    page.get_by_role("button", name="Next issue").click()
    expect(page.locator(".cell.mark-e:focus")).to_have_count(1)
    page.keyboard.press("Alt+Enter")
    expect(page.locator(".edited")).to_have_count(1)
    page.get_by_role("button", name="Delete row").click()
    expect(page.locator(".grid-row.deleted")).to_have_count(1)
    page.get_by_role("button", name="Restore row").click()
    look("edited")
    page.locator("nav").get_by_role("button", name="Columns").click()
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()
    page.get_by_text("Replace words of this column").first.click()
    page.get_by_role("group", name="Remark").get_by_label("Sent as").select_option("split")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_text("The mapping file as text").click()
    look("columns")
    page.once("dialog", lambda asked: asked.accept())
    page.locator("nav").get_by_role("button", name="Compare").click()
    agree = page.get_by_label("I have looked at this")
    expect(agree).to_be_visible()
    assert sum(map(int, page.locator(".tile strong").all_inner_texts())) == 12
    page.get_by_text("won't be sent: see why").click()
    expect(page.locator(".answer").first).to_be_visible()
    look("compare")
    agree.check()
    page.get_by_role("button", name=re.compile("^Send")).click()
    expect(page.get_by_role("button", name="Verify")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Draw the stack")).first.click()
    expect(page.locator("img.stack")).to_be_visible()
    page.get_by_role("button", name="Undo this run").click()
    expect(page.locator("#stacks")).to_be_focused()
    look("undo question")
    page.locator("nav").get_by_role("button", name="Check").click()
    page.locator(".cell", has_text=re.compile("^001$")).first.dblclick()
    page.keyboard.type("111\n")
    expect(page.locator("#counts")).to_contain_text("edited")
    page.locator("nav").get_by_role("button", name="Compare").click()
    expect(page.locator(".differ del")).to_have_text("001")
    look("conflicts")
    page.get_by_role("button", name="Earlier runs").click()
    expect(page.get_by_role("heading", name="Earlier runs")).to_be_visible()
    look("runs")


@pytest.mark.parametrize(
    ("width", "scheme", "colours"),
    [
        (1280, "light", "none"),
        (320, "dark", "none"),
        pytest.param(1280, "dark", "none", marks=pytest.mark.long),
        pytest.param(390, "light", "none", marks=pytest.mark.long),
        pytest.param(1280, "light", "active", marks=pytest.mark.long),
    ],
)
def test_every_step_can_be_used_by_all(
    start_ui: Callable[..., Ui], browser: Browser, width: int, scheme: str, colours: str
) -> None:
    """On each step axe finds nothing, and the page is no wider than the screen: 320 px is 1280 px at 400 %."""
    context = browser.new_context(
        viewport={"width": width, "height": 850},
        color_scheme="dark" if scheme == "dark" else "light",
        forced_colors="active" if colours == "active" else "none",
    )
    page = start_ui("--sandbox", sheet="").open(context)
    found: list[str] = []

    def look(step: str) -> None:
        found.extend(f"{step}: {fault}" for fault in find_faults(page))
        inside = "(boxes) => Math.max(0, ...boxes.map((box) => box.scrollWidth - box.clientWidth))"
        if (over := max(find_overflow(page), page.locator(".scroll").evaluate_all(inside))) > 0:
            found.append(f"{step}: {over} px too wide")

    walk(page, look)
    context.close()
    assert found == []


def test_a_wide_cell_begins_in_sight(start_ui: Callable[..., Ui], browser: Browser) -> None:
    """At 400 % a cell that is wider than the screen isn't scrolled so far that its text is behind the row's number."""
    context = browser.new_context(viewport={"width": 320, "height": 500})
    sheet = f"sample_name,layer_id,composition_string\nA,1,batio3\nA,2,{'BaTiO3' * 10}\n"
    page = start_ui("--sandbox", sheet=sheet).open(context)
    page.get_by_role("button", name="a.csv").click()
    page.get_by_role("button", name="Next issue").click()
    cell, number = page.locator(".cell.mark-e:focus"), page.get_by_role("rowheader", name="2", exact=True)
    expect(cell).to_have_text(re.compile("batio3"))
    left = "(node) => Math.round(node.getBoundingClientRect().left)"
    right = "(node) => Math.round(node.getBoundingClientRect().right)"
    assert cell.evaluate(left) >= number.evaluate(right) - 1  # rounded
    context.close()


def test_the_first_rows_can_be_used_by_all(start_ui: Callable[..., Ui], browser: Browser) -> None:
    """While a file is still being read, its first rows stand on a page in which axe finds nothing either."""
    context = browser.new_context()
    page = start_ui("--sandbox", sheet="").open(context)
    page.route("**/api/drafts", lambda _: None)  # never answered
    page.get_by_role("button", name="Open the sample sheet").click()
    expect(page.locator(".cell", has_text="batio3")).to_be_visible()
    assert find_faults(page) == []
    context.close()


def test_marks_and_counts_are_told(start_ui: Callable[..., Ui], browser: Browser) -> None:
    """What a mark says is in its cell's description and told politely, and severity isn't told by colour alone."""
    context = browser.new_context()
    page = start_ui("--sandbox").open(context)
    page.get_by_role("button", name="a.csv").click()
    cell = page.locator(".cell.mark-e").first
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(cell).to_have_attribute("aria-description", re.compile("^error: .*batio3"))
    expect(cell.locator(".glyph")).to_have_text("\u2716")
    expect(page.locator("#status")).to_contain_text("batio3")
    assert page.locator("#status").get_attribute("aria-live") == "polite"
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "5")
    expect(grid).to_have_attribute("aria-colcount", "6")
    assert page.locator('.grid [tabindex="0"]').count() == 1
    context.close()
