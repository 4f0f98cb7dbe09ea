"""What people, files and servers do that nobody planned: each is told on the page, and nothing is lost by it."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.page.conftest import SHEET
from tests.e2e.page.steps import Held, cell, make_book, open_sheet, send_all
from tests.helpers.processes import KEY, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.e2e.page.conftest import Ui


def test_a_file_that_changes_or_goes_away_is_told(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A sheet that somebody saved meanwhile isn't sent as it was; edits that fit stay; a deleted one is named."""
    ui = start_ui("--sandbox")
    page = ui.open(context)
    open_sheet(page)
    cell(page, 3, 2).click()
    page.keyboard.type("SrTiO3\n")
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    (ui.folder / "a.csv").write_text(SHEET.replace("batio3", "BaTiO3"))
    page.get_by_role("button", name="Go on: compare").click()
    expect(page.get_by_role("alert")).to_contain_text("a.csv has changed since it was opened")
    expect(page.get_by_text("Nothing was sent.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Files", exact=True).click()
    page.get_by_role("button", name="a.csv").click()
    expect(page.locator("#counts")).to_contain_text("All 3 rows valid · edited")
    (ui.folder / "a.csv").unlink()
    page.reload()
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("isn't in the folder any more")
    ui.trouble[:] = [each for each in ui.trouble if "422" not in each]


def test_a_file_that_goes_away_while_its_sheets_are_asked_for_is_told(
    start_ui: Callable[..., Ui], context: BrowserContext
) -> None:
    """What nothing waits for says what went wrong, and isn't a fault of the page."""
    ui = start_ui("--sandbox")
    page = ui.open(context)
    held = Held(page, "**/sheets")
    open_sheet(page)
    held.wait()
    (ui.folder / "a.csv").unlink()
    held.let_go()
    expect(page.get_by_role("alert")).to_contain_text("isn't in the folder any more")
    ui.trouble[:] = [each for each in ui.trouble if "422" not in each]


def test_names_are_text_and_empty_files_are_told(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A name that looks like markup is shown as it is on every step; a file without a byte leads back to the list."""
    name = "<img src=x onerror=alert(1)>.csv"
    ui = start_ui("--sandbox", sheet="")
    (ui.folder / name).write_text(SHEET.replace("A,", "<b>A</b>,"))
    (ui.folder / "none.csv").touch()
    page = ui.open(context)
    page.get_by_role("button", name="none.csv").click()
    expect(page.get_by_role("alert")).to_contain_text("none.csv is empty")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("#detail h2")).to_have_text(re.compile("^Cell"))
    send_all(page)
    expect(page.locator(".answer").first).to_contain_text(f"{name}, C2")
    expect(page.locator(".answer").first).to_contain_text("<b>A</b>, layer 1")
    assert page.locator("img[src='x'], .answer b").count() == 0
    ui.trouble[:] = [each for each in ui.trouble if "422" not in each]


def test_a_wrong_key_is_typed_again_and_the_send_goes_on_without_the_page(
    start_ui: Callable[..., Ui], context: BrowserContext
) -> None:
    """A refused key sends nothing; a tab that is closed amid the send stops nothing, and a new one shows it."""
    rows = "".join(f"S{number},1,GaAs,001,GaAs\n" for number in range(300))
    with run_sandbox() as sandbox:
        ui = start_ui(sheet=SHEET.partition("\n")[0] + "\n" + rows, settings="send: {rate: 120}\n")
        page = ui.open(context)
        open_sheet(page, "GaAs")
        page.get_by_role("button", name="Go on: compare").click()
        page.get_by_label("Address").fill(sandbox.url)
        page.get_by_label("API key").fill("not-the-key")
        page.get_by_role("button", name="Compare with the server").click()
        expect(page.get_by_role("alert")).to_contain_text("refused the API key")
        page.get_by_role("button", name="Use another key or address").click()
        expect(page.get_by_label("Address")).to_have_value(sandbox.url)
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Compare with the server").click()
        page.get_by_label("I have looked at this").check()
        page.get_by_role("button", name=re.compile("^Send 300 rows")).click()
        expect(page.locator(".tile")).to_have_count(1)
        sandbox.process.send_signal(signal.SIGSTOP)
        try:
            page.close()
            page = ui.open(context)
            expect(page.get_by_role("heading", name="Sending")).to_be_visible()
        finally:
            sandbox.process.send_signal(signal.SIGCONT)
        expect(page.get_by_role("heading", level=1)).to_have_text("✔ All 300 rows stored", timeout=120_000)


def test_a_newcomer_s_workbook_is_stored(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Titles, merged samples, no layer numbers, commas, a total and a footnote: what is asked is answered by clicks."""
    ui = start_ui("--sandbox", sheet="")
    book = make_book(
        [
            ["Growth log of chamber 2"],
            ["Sample", "Material", "Thickness (nm)", "Orient.", "Substrate"],
            ["W41", "SrRuO3", "20,1", "001", "SrTiO3"],
            [None, "srtio3", "8,4", "001", "SrTiO3"],
            ["W42", "In0,2Ga0,8As", "8", "001", "GaAs"],
            ["Total", None, "36,5"],
            ["* cracked"],
        ],
        title="MBE",
    )
    book["MBE"].merge_cells("A3:A4")
    book.create_sheet("Notes").append(["Ask Eva about cell 4"])
    book.save(ui.folder / "log.xlsx")
    page = ui.open(context)
    page.get_by_role("button", name="log.xlsx").click()
    expect(page.locator("#counts")).to_contain_text("0 of 3 rows valid")
    page.get_by_role("button", name="Use as orientation").click()
    page.get_by_role("button", name="Yes, the first row is on the substrate").click()
    expect(page.locator("#counts")).to_contain_text("1 of 3 rows valid")
    for kind in ("capitals", "decimal commas"):
        page.get_by_role("option", name=re.compile(kind)).click()
        page.get_by_role("button", name="Take the 1 suggestion").click()
        expect(page.get_by_role("option", name=re.compile(kind))).to_have_count(0)
    expect(page.locator("#counts")).to_contain_text("All 3 rows valid")
    expect(page.get_by_role("img", name=re.compile("layer 1"))).to_be_visible()
    send_all(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("✔ All 3 rows stored")
    expect(page.locator(".answers")).to_contain_text("W41, layer 2 SrTiO3")
