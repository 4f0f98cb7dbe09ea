"""Files that are dropped on the page or chosen in it: several at once, all kinds, and such as can't be taken."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.page.conftest import SHEET
from tests.e2e.page.steps import Held, drop_files, make_book

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.e2e.page.conftest import Ui

FORMATS = Path(__file__).parents[3] / "sample_data" / "formats"
STACKS = "stacks:\n- sample_name: Y\n  layers:\n  - {formula: batio3}\n"


def test_several_files_are_dropped_at_once(
    start_ui: Callable[..., Ui], context: BrowserContext, tmp_path: Path
) -> None:
    """A table, a workbook and a stack file dragged in together are one check, kept in the folder as they were."""
    (tmp_path / "one.csv").write_text(SHEET)
    (tmp_path / "three.yaml").write_text(STACKS)
    book = make_book([["sample_name", "layer_id", "composition_string"], ["X", 1, "GaAs"]])
    book.save(tmp_path / "two.xlsx")
    names = ("one.csv", "two.xlsx", "three.yaml")
    ui = start_ui("--sandbox", sheet="")
    page = ui.open(context)
    drop_files(page, [tmp_path / name for name in names], page.locator(".drop"))
    expect(page.locator("#counts")).to_contain_text("2 of 5 rows valid")
    expect(page.get_by_label("Table").locator("option")).to_have_text([*names[:1], "two.xlsx: Sheet", *names[2:]])
    page.get_by_label("Table").select_option(label="three.yaml")
    expect(page.locator(".cell", has_text="batio3")).to_be_visible()
    for name in names:
        assert (ui.folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_what_cannot_be_taken_is_named_and_nothing_is_opened(
    start_ui: Callable[..., Ui], context: BrowserContext, tmp_path: Path
) -> None:
    """A folder and a letter among the files are named, the rest is ready in the list; beside the zone counts too."""
    (tmp_path / "one.csv").write_text(SHEET)
    (tmp_path / "letter.docx").write_text("Dear all")
    (tmp_path / "logs").mkdir()
    ui = start_ui("--sandbox")
    page = ui.open(context)
    heading = page.get_by_role("heading", name="Files")
    drop_files(page, [tmp_path / name for name in ("letter.docx", "logs", "one.csv")], heading)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Can't tell what kind of file letter.docx is")
    expect(alert).to_contain_text("logs can't be read. If it is a folder, drop its files.")
    expect(page.get_by_label("Choose one.csv")).to_be_checked()
    expect(page.get_by_label("Choose a.csv")).not_to_be_checked()
    page.get_by_label("Choose a.csv").check()
    page.get_by_role("button", name="Open chosen files together").click()
    expect(page.locator("#counts")).to_contain_text("of 6 rows valid")
    ui.trouble[:] = [each for each in ui.trouble if "422" not in each]


def test_every_kind_of_file_is_opened(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """The sample of each kind is listed and opened, with its rows in sight."""
    ui = start_ui("--sandbox", sheet="")
    names = ["semicolon.csv", "tab.tsv", "top_down.yaml", "stack.json"]
    names += [f"lab_book_libreoffice.{suffix}" for suffix in ("xlsx", "xls", "ods")]
    for name in names:
        shutil.copy(FORMATS / name, ui.folder / name)
    page = ui.open(context)
    for name in names:
        page.get_by_role("button", name="Files", exact=True).click()
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator("#counts")).to_contain_text("valid")
        expect(page.locator(".grid-row .cell").nth(1)).to_be_visible()


def test_first_rows_are_shown_while_the_rest_is_read(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A workbook's first rows are there to look at before it is checked; then its marks are in their place."""
    ui = start_ui("--sandbox", sheet="")
    rows = [[f"S{number}", 1, "batio3" if number == 650 else "BaTiO3"] for number in range(700)]
    book = make_book([["sample_name", "layer_id", "composition_string"], *rows])
    book.save(ui.folder / "b.xlsx")
    page = ui.open(context)
    held = Held(page, "**/api/drafts")
    page.get_by_role("button", name="b.xlsx").click()
    expect(page.get_by_text("Reading and checking the rest")).to_be_visible()
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "500")
    grid.evaluate("(grid) => { grid.scrollTop = grid.scrollHeight; }")
    expect(page.locator(".cell", has_text=re.compile("^S498$"))).to_be_visible()
    expect(page.locator(".mark-e")).to_have_count(0)
    held.let_go()
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    expect(page.locator(".cell.mark-e")).to_contain_text("batio3")
    expect(grid).to_have_attribute("aria-rowcount", "701")


def test_a_file_that_cannot_be_read_leads_back_to_the_list(
    start_ui: Callable[..., Ui], context: BrowserContext
) -> None:
    """First rows of a file that turns out to be unreadable don't stay as if the rest were still coming."""
    ui = start_ui("--sandbox", sheet=SHEET)
    page = ui.open(context)
    held = Held(page, "**/api/drafts")
    page.get_by_role("button", name="a.csv").click()
    expect(page.get_by_text("Reading and checking the rest")).to_be_visible()
    (ui.folder / "a.csv").unlink()
    held.let_go()
    expect(page.get_by_role("alert")).to_contain_text("isn't in the folder any more")
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    ui.trouble[:] = [each for each in ui.trouble if "422" not in each]
