"""The sheet by keyboard: nothing needs a mouse, and no key, edit or paste is lost or meant for another cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.page.steps import Held, cell, open_sheet, send_all, tab_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.e2e.page.conftest import Ui

HEADER = "sample_name,layer_id,composition_string\n"


def test_keyboard_alone_does_everything(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Open, go to issues, take, undo, type, delete a row, compare, tick and send: no mouse, nothing unreachable."""
    page = start_ui("--sandbox").open(context)
    expect(page.get_by_role("heading", name="Files")).to_be_visible()

    tab_to(page, "a.csv")
    page.keyboard.press("Enter")
    expect(page.locator("#counts")).to_contain_text("2 rows to correct")
    expect(page.locator("#detail h2")).to_have_text("Cell C2")
    tab_to(page, "Next issue")
    page.keyboard.press("Enter")
    expect(page.locator(".cell:focus")).to_contain_text("srtio3")
    page.keyboard.press("Alt+Enter")
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    page.keyboard.press("Control+z")
    expect(page.locator("#counts")).to_contain_text("2 rows to correct")
    page.keyboard.press("Control+y")
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".cell:focus")).to_contain_text("batio3")
    page.keyboard.type("BaTiO3")
    page.keyboard.press("Enter")
    expect(page.locator("#counts")).to_contain_text("All 3 rows valid")
    page.keyboard.press("Control+End")
    expect(page.locator("#detail h2")).to_have_text("Cell E5")
    page.keyboard.press("Shift+Tab")
    tab_to(page, "Check")
    tab_to(page, "Delete row")
    page.keyboard.press("Enter")
    expect(page.locator(".grid-row.deleted")).to_have_count(1)
    tab_to(page, "Go on: compare")
    page.keyboard.press("Enter")
    expect(page.get_by_label("I have looked at this")).to_be_visible()
    tab_to(page, "I have looked at this")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("✔ All 3 rows stored")


def test_keyboard_alone_chooses_columns_and_goes_back_to_a_cell(
    start_ui: Callable[..., Ui], context: BrowserContext
) -> None:
    """From a cell to its column, a field chosen, words replaced, sent, and to an answer's cell."""
    sheet = "Sample,Layer,Material,Growth,Substrate\nA,1,STO,001,Si\nA,2,BaTiO3,110,Si\n"
    page = start_ui("--sandbox", sheet=sheet).open(context)
    tab_to(page, "a.csv")
    page.keyboard.press("Enter")
    expect(page.locator("#counts")).to_contain_text("to correct")
    tab_to(page, "Next issue")
    page.keyboard.press("Enter")
    expect(page.locator(".cell:focus")).to_contain_text("STO")
    tab_to(page, "Change what Material is sent as")
    page.keyboard.press("Enter")
    material = page.get_by_role("group", name="C Material")
    expect(material.get_by_label("Sent as")).to_be_focused()
    tab_to(page, "Replace words of this column")
    page.keyboard.press("Enter")
    tab_to(page, "STO stands for")
    page.keyboard.type("SrTiO3")
    tab_to(page, "Sent as")
    page.keyboard.type("Orientation")
    expect(page.get_by_role("group", name="D Growth").get_by_label("Sent as")).to_have_value("orientation")
    tab_to(page, "Use these columns")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("2 of 2 rows valid")
    tab_to(page, "Go on: check")
    page.keyboard.press("Enter")
    expect(page.locator("#counts")).to_contain_text("All 2 rows valid")
    tab_to(page, "Go on: compare")
    page.keyboard.press("Enter")
    expect(page.get_by_label("I have looked at this")).to_be_visible()
    tab_to(page, "I have looked at this")
    page.keyboard.press("Space")
    tab_to(page, "Send 2 rows")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("✔ All 2 rows stored")
    tab_to(page, "Go to the cell: a.csv, row 3")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_have_text("Cell A3")


def test_keyboard_alone_verifies_and_undoes(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A run is verified, undone by its number of stacks, and found among the earlier ones."""
    page = start_ui("--sandbox", sheet=HEADER.strip() + ",substrate\nA,1,SrTiO3,Si\nA,2,BaTiO3,Si\n").open(context)
    open_sheet(page, "BaTiO3")
    send_all(page)
    tab_to(page, "Verify")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Verified now: 2 verified")).to_be_visible()
    tab_to(page, "Undo this run")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Type 1 to undo")).to_be_focused()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Undone: 1 of 1 stack put back")
    tab_to(page, "Earlier runs")
    page.keyboard.press("Enter")
    expect(page.locator(".answer").first).to_contain_text("1 stack undone")


def test_a_pasted_block_and_equal_cells(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A block goes in as one step; one that doesn't fit changes nothing; texts are text, whatever they look like."""
    page = start_ui("--sandbox").open(context)
    open_sheet(page)

    def paste(text: str) -> None:
        page.evaluate(
            """(text) => { const data = new DataTransfer(); data.setData('text/plain', text);
            const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true});
            document.activeElement.dispatchEvent(event); }""",
            text,
        )

    cell(page, 2, 2).click()
    paste("BaTiO3\t110\r\n<img src=x onerror=alert(1)>\t=1+1\r\n")
    expect(page.locator(".edited")).to_have_count(4)
    expect(page.locator(".cell", has_text="<img src=x onerror=alert(1)>")).to_be_visible()
    assert page.locator("main img[src='x']").count() == 0
    cell(page, 5, 4).click()
    paste("1\t2\n3\t4")
    expect(page.get_by_role("alert")).to_contain_text("larger than what is left")
    cell(page, 2, 2).click()
    page.keyboard.press("Control+z")
    expect(page.locator(".edited")).to_have_count(0)


def test_keys_wait_for_the_cell_that_they_are_for(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Keys typed while the next issue is looked for go to its cell, not to the one before; undo waits for its edit."""
    page = start_ui("--sandbox").open(context)
    open_sheet(page)
    cell(page, 2, 2).click()
    held = Held(page, "**/next?*")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.type("SrTiO3")
    page.keyboard.press("Enter")
    held.let_go()
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    expect(cell(page, 3, 2)).to_have_text("SrTiO3")
    expect(cell(page, 2, 2)).to_contain_text("batio3")
    held = Held(page, "**/edits")
    cell(page, 2, 2).click()
    page.keyboard.type("GaAs\n")
    expect(cell(page, 2, 2)).to_contain_text("GaAs")  # shown at once
    page.keyboard.press("Control+z")
    held.let_go()
    expect(cell(page, 2, 2)).to_contain_text("batio3")
    expect(page.locator(".edited")).to_have_count(1)


def test_an_edit_goes_to_its_own_row_though_others_leave_the_list(
    start_ui: Callable[..., Ui], context: BrowserContext
) -> None:
    """Among only rows with issues, one that is typed in keeps its place while the row above is found to be right."""
    ui = start_ui("--sandbox", sheet=HEADER + "A,1,batio3\nB,1,srtio3\nC,1,gaas\nD,1,Si\n")
    page = ui.open(context)
    open_sheet(page)
    page.get_by_label("Only rows with issues").check()
    expect(page.locator(".grid-row")).to_have_count(3)
    cell(page, 2, 2).click()
    held = Held(page, "**/edits")
    page.keyboard.type("BaTiO3\n")
    page.keyboard.type("SrTi")
    expect(page.locator("input.editor")).to_have_value("SrTi")
    held.let_go()
    expect(page.locator("#counts")).to_contain_text("2 rows to correct")
    page.keyboard.type("O3\n")
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    page.keyboard.type("GaAs\n")
    expect(page.locator("#counts")).to_contain_text("All 4 rows valid")
    page.get_by_label("Only rows with issues").uncheck()
    for row, text in ((2, "BaTiO3"), (3, "SrTiO3"), (4, "GaAs")):
        expect(cell(page, row, 2)).to_have_text(text)


def test_a_click_holds_against_what_is_still_under_way(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A cell that was clicked has the focus at once, and keeps it when the answer about the first issue comes late."""
    page = start_ui("--sandbox").open(context)
    held = Held(page, "**/next?*")
    open_sheet(page)
    held.wait()
    focused = cell(page, 2, 2).evaluate(
        """(node) => { node.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true, cancelable: true}));
        return document.activeElement.textContent; }"""
    )
    assert focused == cell(page, 2, 2).text_content()
    with page.expect_response("**/next?*"):
        held.let_go()
    page.keyboard.press("Delete")
    expect(page.locator(".edited")).to_have_count(1)
    expect(cell(page, 2, 2)).to_have_class(re.compile("edited"))
    page.get_by_role("option", name=re.compile("capitals")).click()  # asked for, so one is moved
    expect(page.locator("#detail h2")).to_have_text("Cell C3")


def test_first_rows_that_come_late_replace_nothing(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """The sheet stays when the answer with its first rows comes after the whole of it."""
    page = start_ui("--sandbox").open(context)
    held = Held(page, "**/first")
    open_sheet(page)
    with page.expect_response("**/first"):
        held.let_go()
    cell(page, 2, 2).click()
    page.keyboard.press("Delete")
    expect(page.locator(".edited")).to_have_count(1)


def test_keys_in_rows_that_are_not_loaded_yet(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Far down a sheet the keyboard stays in it: what is typed before the rows are there stands in the right cell."""
    rows = "".join(f"S{number},1,BaTiO3\n" for number in range(1_000))
    page = start_ui("--sandbox", sheet=HEADER + rows).open(context)
    open_sheet(page, "BaTiO3")
    cell(page, 2, 0).click()
    held = Held(page, "**/rows?*")
    page.keyboard.press("Control+End")
    expect(page.locator(".grid-row", has_text="…").first).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.type("GaAs\n")
    held.let_go()
    expect(cell(page, 1_000, 2)).to_have_text("GaAs")
    expect(page.locator(".cell:focus")).to_have_text("BaTiO3")
    expect(page.locator("#detail h2")).to_have_text("Cell C1001")
    page.get_by_role("grid").evaluate("(grid) => { grid.scrollTop = 0; }")  # the focused cell leaves the document
    expect(cell(page, 2, 0)).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#detail h2")).to_have_text("Cell C1000")


def test_what_was_typed_last_is_compared(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Compare, pressed before the last edit is answered, waits for it."""
    page = start_ui("--sandbox").open(context)
    open_sheet(page)
    cell(page, 2, 2).click()
    held = Held(page, "**/edits")
    page.keyboard.type("BaTiO3\n")
    page.get_by_role("button", name="Go on: compare").click()
    held.let_go()
    expect(page.get_by_text("a.corrected.csv", exact=False).first).to_be_visible()
    expect(page.get_by_label("I have looked at this")).to_be_visible()


def test_a_refused_edit_is_not_shown(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """An edit that the sheet doesn't take is told, and its cell shows what it was."""
    ui = start_ui("--sandbox")
    page = ui.open(context)
    open_sheet(page)
    cell(page, 2, 2).click()
    page.route("**/edits", lambda route: route.fulfill(status=422, json={"error": "No cell can hold this text."}))
    page.keyboard.type("GaAs\n")
    expect(page.get_by_role("alert")).to_contain_text("No cell can hold this text.")
    expect(cell(page, 2, 2)).to_contain_text("batio3")
    ui.trouble[:] = [each for each in ui.trouble if "422" not in each]
