"""The page in a real browser against the sandbox: the whole way, by mouse and by keyboard, and what may go wrong."""

from __future__ import annotations

import csv
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
import yaml
from openpyxl.styles import Font
from playwright.sync_api import expect

from tests.e2e.page.conftest import SHEET
from tests.e2e.page.looking import find_faults, find_overflow
from tests.e2e.page.steps import Held, cell, make_book, open_sheet, send_all
from tests.helpers.processes import KEY, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.e2e.page.conftest import Ui


def test_the_whole_way(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """From a dropped file to its stored stacks, the report taken home, verified, and undone again."""
    ui = start_ui("--sandbox", sheet="")
    page = ui.open(context)
    expect(page.locator(".badge.sandbox")).to_have_text("Sandbox: practice only")
    assert "#" not in page.url
    page.locator("#picker").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": SHEET.encode()})
    expect(page.locator("#counts")).to_contain_text("2 rows to correct")
    page.get_by_role("button", name="Go on: compare").click()
    expect(page.get_by_role("button", name="Send 1 row in 1 stack to the sandbox")).to_be_visible()
    page.get_by_role("button", name="Back to the sheet").click()  # what is compared next is the sheet as it is then
    page.get_by_role("option", name=re.compile("upper and lower case|capitals")).click()
    page.get_by_role("button", name="Take all 2 suggestions").click()
    expect(page.locator("#counts")).to_contain_text("All 3 rows valid")
    expect(page.get_by_role("img", name=re.compile("layer 2 SrTiO3"))).to_be_visible()
    with page.expect_download() as copy:
        page.get_by_role("button", name="Corrected copy").click()
    assert copy.value.suggested_filename == "a.corrected.csv"
    assert Path(copy.value.path()).read_text() == SHEET.replace("batio3", "BaTiO3").replace("srtio3", "SrTiO3")
    assert (ui.folder / "a.csv").read_text() == SHEET
    send_all(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("✔ All 3 rows stored")
    expect(page.locator(".answer")).to_have_count(3)
    with page.expect_download() as report:
        page.get_by_label("Report").select_option(".csv")
        page.get_by_role("button", name="Download").click()
    assert Path(report.value.path()).read_text().count("created") == 3
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Verified now: 3 verified")).to_be_visible()
    page.get_by_role("button", name="Undo this run").click()
    page.get_by_label("Type 2 to undo").fill("3")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("changed 2 stacks, not 3. Nothing was undone")
    page.get_by_role("button", name="Undo this run").click()
    page.get_by_label("Type 2 to undo").fill("2")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Undone: 2 of 2 stacks put back")
    page.get_by_role("button", name="Earlier runs").click()
    expect(page.locator(".answer").first).to_contain_text("2 stacks undone")
    assert ui.end() == 0


def test_what_differs_is_shown_field_by_field(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A stored layer with other content is a conflict until somebody chooses to change it."""
    page = start_ui("--sandbox", sheet=SHEET.replace("srtio3", "SrTiO3").replace("batio3", "BaTiO3")).open(context)
    page.get_by_role("button", name="a.csv").click()
    send_all(page)
    page.get_by_role("button", name="Check").click()
    cell(page, 4, 3).dblclick()
    page.keyboard.type("111\n")
    page.keyboard.press("Control+A")
    expect(page.locator(".edited")).to_have_count(1)
    page.get_by_role("button", name="Go on: compare").click()
    expect(page.locator(".differ")).to_contain_text("orientation")
    expect(page.locator(".differ del")).to_have_text("110")
    expect(page.get_by_text("There is nothing to send.")).to_be_visible()
    page.get_by_label("If the server has other content").select_option("update")
    page.get_by_label("I have looked at this").check()
    page.get_by_role("button", name="Send 1 row in 1 stack to the sandbox").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("✔ All 3 rows stored")
    page.get_by_role("button", name="Updated 1").click()
    page.get_by_role("button", name="Go to the cell: a.corrected.csv, row 4").click()
    expect(page.locator("#detail h2")).to_have_text("Cell A4")


def test_what_columns_mean_is_chosen_on_the_page(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Offers, words, a constant, a split, fill-down and the text itself: kept as the mapping file."""
    sheet = "Sample,Layer,Material,Orient.,SG/MP\nP1,1,STO,001,Pm-3m/mp-5229\n,2,BaTiO3,001,Pm-3m/mp-5986\n"
    ui = start_ui("--sandbox", sheet=sheet)
    page = ui.open(context)
    page.get_by_role("button", name="a.csv").click()
    expect(page.locator("#counts")).to_contain_text("2 rows to correct")
    page.locator("nav").get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Yes, fill blank cells from above").click()
    expect(page.locator("#status")).to_contain_text("1 of 2 rows valid")
    material = page.get_by_role("group", name="C Material")
    material.get_by_text("Replace words of this column").click()
    material.get_by_label("STO stands for").fill("SrTiO3")
    pieces = page.get_by_role("group", name="E SG/MP")
    pieces.get_by_label("Sent as").select_option("split")
    pieces.get_by_label("Part 1").select_option("space_group")
    pieces.get_by_label("Part 2").select_option("mp_id")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Text of field 1").fill("Si")
    expect(page.get_by_text("Changed, not used yet")).to_be_visible()
    page.get_by_role("button", name="Use as orientation").click()
    expect(page.locator("#status")).to_contain_text("2 of 2 rows valid")
    page.get_by_text("The mapping file as text").click()
    assert yaml.safe_load((ui.folder / "a.mapping.yaml").read_text()) == {
        "columns": {
            "Material": {"field": "composition_string", "values": {"STO": "SrTiO3"}},
            "Orient.": "orientation",
        },
        "fill_down": ["Sample"],
        "split": {"SG/MP": {"separator": "/", "fields": ["space_group", "mp_id"]}},
        "constants": {"substrate": "Si"},
    }
    text = page.get_by_label("a.mapping.yaml")
    text.fill(text.input_value() + "nonsense: 1\n")
    page.get_by_role("button", name="Use this text").click()
    expect(page.get_by_role("alert")).to_contain_text("nonsense")
    page.get_by_role("button", name="Go on: check").click()
    expect(page.locator("#counts")).to_contain_text("All 2 rows valid")
    expect(page.get_by_role("img", name=re.compile("layer 2 BaTiO3"))).to_be_visible()
    ui.trouble[:] = [each for each in ui.trouble if "422" not in each]


def test_a_missing_substrate_is_said_from_compare(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Only the server's list tells that a sample is new and needs a substrate: from there one can say which."""
    page = start_ui("--sandbox", sheet="sample_name,layer_id,composition_string\nA,1,BaTiO3\n").open(context)
    open_sheet(page, "BaTiO3")
    page.get_by_role("button", name="Go on: compare").click()
    expect(page.get_by_text("There is nothing to send.")).to_be_visible()
    page.get_by_role("button", name="Say which").click()
    expect(page.get_by_label("Field 1 without a column")).to_have_value("substrate")
    page.get_by_label("Text of field 1").fill("SrTiO3")
    page.get_by_role("button", name="Use these columns").click()
    expect(page.locator("#status")).to_contain_text("1 of 1 row valid")
    page.locator("nav").get_by_role("button", name="Check").click()
    send_all(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("✔ The 1 row is stored")


def open_two_sheets(ui: Ui, context: BrowserContext) -> Page:
    """Open the page on a folder with a workbook of a valid sheet and a sheet with an error."""
    book = openpyxl.Workbook()
    for name, formula in (("MBE", "GaAs"), ("PLD", "batio3")):
        sheet = book.create_sheet(name)
        sheet.append(["sample_name", "layer_id", "composition_string"])
        sheet.append([name, 1, formula])
    del book["Sheet"]
    book.save(ui.folder / "b.xlsx")
    return ui.open(context)


def test_a_sheet_of_a_workbook_is_chosen(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Of a workbook all sheets with layers are read, or the one that is chosen, also after a reload."""
    page = open_two_sheets(start_ui("--sandbox", sheet=""), context)
    page.get_by_role("button", name="b.xlsx").click()
    expect(page.locator("#counts")).to_contain_text("1 of 2 rows valid")
    page.get_by_label("Sheet", exact=True).select_option("MBE")
    expect(page.locator("#counts")).to_contain_text("The 1 row is valid")
    page.reload()
    expect(page.locator("#counts")).to_contain_text("The 1 row is valid")
    expect(page.get_by_label("Sheet", exact=True)).to_have_value("MBE")


def test_the_next_issue_of_a_sheet_that_was_left_is_not_gone_to(
    start_ui: Callable[..., Ui], context: BrowserContext
) -> None:
    """An answer about all sheets that comes when one sheet is already open changes nothing, and isn't a fault."""
    ui = start_ui("--sandbox", sheet="")
    page = open_two_sheets(ui, context)
    held = Held(page, "**/next?*")
    page.get_by_role("button", name="b.xlsx").click()
    held.wait()
    page.get_by_label("Sheet", exact=True).select_option("MBE")
    expect(page.locator("#counts")).to_contain_text("The 1 row is valid")
    with page.expect_response("**/next?*"):
        held.let_go()
    page.wait_for_timeout(100)
    assert ui.trouble == []
    expect(page.locator("#counts")).to_contain_text("The 1 row is valid")
    expect(page.get_by_role("grid")).to_have_attribute("aria-label", "Sheet MBE of b.xlsx")


def test_columns_of_a_sheet_that_was_left_do_not_bring_it_back(
    start_ui: Callable[..., Ui], context: BrowserContext
) -> None:
    """What is chosen for one sheet is kept for it; the one that was opened meanwhile is what is compared and sent."""
    ui = start_ui("--sandbox")
    (ui.folder / "b.csv").write_text(
        "sample_name,layer_id,composition_string,substrate\nB1,1,GaAs,MgO\nB1,2,AlAs,MgO\n"
    )
    page = ui.open(context)
    page.on("dialog", lambda dialog: dialog.accept())
    open_sheet(page)
    page.locator("nav").get_by_role("button", name="Columns").click()
    page.get_by_label("Layers are counted").select_option("bottom-up")
    held = Held(page, "**/mapping")
    page.get_by_role("button", name="Use these columns").click()
    held.wait()
    page.locator("nav").get_by_role("button", name="Files").click()
    page.get_by_role("button", name="b.csv").click()
    expect(page.locator("#counts")).to_contain_text("All 2 rows valid")
    with page.expect_response("**/mapping"):
        held.let_go()
    page.get_by_role("button", name="Go on: compare").click()
    expect(page.get_by_role("button", name="Send 2 rows in 1 stack to the sandbox")).to_be_visible()
    expect(page.get_by_text("b.csv with ")).to_be_visible()


def test_a_turned_table_has_the_names_of_its_own_sheet(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Where fields run down the first column, the grid names cells, rows and columns as the sheet does."""
    sheet = "sample_name,A,B\nlayer_id,1,1\ncomposition_string,batio3,SrTiO3\n"
    names = ["1 sample_name", "2 layer_id", "3 composition_string"]
    ui = start_ui("--sandbox", sheet=sheet)
    (ui.folder / "a.mapping.yaml").write_text("transposed: true\n")
    page = ui.open(context)
    open_sheet(page)
    expect(page.locator("#detail h2")).to_have_text("Cell B3")
    expect(cell(page, "B", 2)).to_have_class(re.compile("mark-e"))
    expect(page.get_by_role("columnheader")).to_have_text(["column", *names])
    page.get_by_role("button", name="Change what composition_string is sent as").click()
    expect(page.get_by_role("group", name="3 composition_string").get_by_label("Sent as")).to_be_focused()


def test_of_one_sheet_there_is_one_copy(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A copy that was downloaded is the one that is compared, also when it is compared twice, and in a workbook."""
    ui = start_ui("--sandbox", sheet="")
    book = make_book(csv.reader(SHEET.splitlines()))
    book.save(ui.folder / "b.xlsx")
    page = ui.open(context)
    page.get_by_role("button", name="b.xlsx").click()
    page.get_by_role("option", name=re.compile("capitals")).click()
    page.get_by_role("button", name="Take all 2 suggestions").click()
    with page.expect_download():
        page.get_by_role("button", name="Corrected copy").click()
    page.get_by_role("button", name="Go on: compare").click()
    expect(page.locator("main .path").first).to_contain_text("b.corrected.xlsx")
    page.get_by_role("button", name="Compare again").click()
    expect(page.get_by_label("I have looked at this")).to_be_visible()
    assert [path.name for path in ui.folder.glob("*corrected*.xlsx")] == ["b.corrected.xlsx"]


def test_a_comparison_goes_on_while_one_looks_elsewhere(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """What is found doesn't take the place of the step that was gone to; back at Compare it is there."""
    page = start_ui("--sandbox").open(context)
    open_sheet(page)
    held = Held(page, "**/api/runs")
    page.get_by_role("button", name="Go on: compare").click()
    held.wait()
    page.locator("nav").get_by_role("button", name="Columns").click()
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()
    held.let_go()
    expect(page.get_by_role("heading", level=1)).to_have_text("Columns")
    page.locator("nav").get_by_role("button", name="Compare").click()
    expect(page.get_by_label("I have looked at this")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare")


def test_the_marked_workbook_is_taken_home(
    start_ui: Callable[..., Ui], context: BrowserContext, tmp_path: Path
) -> None:
    """The report as a workbook is the person's own sheet, with its look, each row's answer and the faults."""
    ui = start_ui("--sandbox", sheet="")
    book = make_book(csv.reader(SHEET.replace("srtio3", "SrTiO3").splitlines()), title="Growth log")
    book["Growth log"]["A1"].font = Font(bold=True, color="FF336699")
    book["Growth log"].column_dimensions["C"].width = 31
    book.save(ui.folder / "b.xlsx")
    page = ui.open(context)
    page.get_by_role("button", name="b.xlsx").click()
    send_all(page)
    expect(page.get_by_label("Report")).to_have_value(".xlsx")
    held = Held(page, "**/report")
    with page.expect_download() as report:
        page.get_by_role("button", name="Download").click()
        held.wait()
        expect(page.locator("#status")).to_have_text("Writing the report …")
        held.let_go()
    expect(page.locator("#status")).to_have_text("The report is written.")
    assert report.value.suggested_filename.endswith(".xlsx")
    report.value.save_as(tmp_path / "marked.xlsx")
    marked = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    sheet = marked["Growth log"]
    assert (sheet["A1"].font.bold, sheet["A1"].font.color.rgb) == (True, "FF336699")
    assert sheet.column_dimensions["C"].width == pytest.approx(31, abs=1)
    rows = {row[0].row: [str(cell.value or "") for cell in row] for row in sheet.iter_rows()}
    assert rows[2][:5] == ["A", "1", "batio3", "001", "SrTiO3"]
    assert rows[2][5] == "invalid"
    assert "Type: BaTiO3" in rows[2][7]
    assert rows[3][5:] == ["not_sent", "", "blocked: layer 1 below it is invalid"]
    assert (rows[4][5], rows[5]) == ("created", ["Total", *[""] * 7])
    assert "Type: BaTiO3" in sheet["C2"].comment.text
    assert sheet["C2"].fill.fgColor.rgb != sheet["C4"].fill.fgColor.rgb
    assert marked["Import summary"]["A1"].value


def test_a_stack_file_is_corrected_in_a_copy(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """YAML has no cells to type in: the suggestions are taken in a copy, which is downloaded and can be opened."""
    ui = start_ui("--sandbox", sheet="")
    text = "stacks:\n- sample_name: A\n  layers:\n  - {formula: batio3}\n  - {formula: SrTiO3}\n"
    (ui.folder / "a.yaml").write_text(text)
    page = ui.open(context)
    page.get_by_role("button", name="a.yaml").click()
    page.get_by_role("option", name=re.compile("capitals")).click()
    with page.expect_download() as copy:
        page.get_by_role("button", name="Take the 1 suggestion in a copy").click()
    assert copy.value.suggested_filename == "a.corrected.yaml"
    assert Path(copy.value.path()).read_text() == text.replace("batio3", "BaTiO3")
    assert (ui.folder / "a.yaml").read_text() == text
    page.get_by_role("button", name="Open the copy").click()
    expect(page.locator("#counts")).to_contain_text("All 2 rows valid")


def test_rows_of_a_large_sheet_are_gone_through(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """In a sheet that can't be edited one goes from issue to issue, of all kinds or of one, by button and by keys."""
    layers = ["batio3,001", "SrTiO3,001", "GaAs,1", "srtio3,001", "GaAs,001"]
    rows = "".join(f"S{n},1,{layer},GaAs\n" for n, layer in enumerate(layers))
    page = start_ui("--sandbox", sheet=SHEET.partition("\n")[0] + "\n" + rows, most_rows=3).open(context)
    page.get_by_role("button", name="a.csv").click()
    expect(page.locator("#counts")).to_contain_text("of 5 rows valid")
    forward, back = page.get_by_role("button", name="Next issue"), page.get_by_role("button", name="Previous")
    focused = page.locator(".cell:focus")
    forward.click()
    expect(focused).to_have_text(re.compile("batio3"))
    forward.click()
    expect(focused).to_have_text(re.compile("1$"))
    assert find_faults(page) == []
    page.keyboard.press("Alt+ArrowDown")
    expect(focused).to_have_text(re.compile("srtio3"))
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#status")).to_have_text("No further row has such an issue.")
    page.get_by_label("Issue", exact=True).select_option(value="formula-case")
    back.click()
    expect(focused).to_have_text(re.compile("batio3"))


@pytest.mark.long
def test_a_sheet_too_large_to_edit_is_looked_at(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Above 200,000 rows the issues are listed by kind, and one goes to a place by a click or by its number."""
    rows = "".join(f"S{n},1,{'batio3' if n % 5000 == 7 else 'BaTiO3'}\n" for n in range(200_500))
    page = start_ui("--sandbox", sheet="sample_name,layer_id,composition_string\n" + rows).open(context)
    page.get_by_role("button", name="a.csv").click()
    expect(page.locator("#counts")).to_contain_text("41 rows to correct", timeout=60_000)
    assert find_faults(page) == []
    page.get_by_role("button", name=re.compile("C5009")).click()
    expect(page.locator(".cell:focus")).to_have_text(re.compile("batio3"))
    page.get_by_label("Row").fill("120,000")
    page.keyboard.press("Enter")
    expect(page.locator(".cell:focus")).to_have_text("S119998")
    page.get_by_label("Row").fill("9,999,999")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert find_faults(page) == []
    assert find_overflow(page) <= 0


def test_edits_survive_a_reload_and_a_kill(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """What was typed is there again after a reload, and after kill -9 in a new start, with undo."""
    ui = start_ui("--sandbox")
    page = ui.open(context)
    open_sheet(page)
    cell(page, 2, 2).click()
    page.keyboard.type("BaTiO3\n")
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    page.reload()
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    page.close()
    ui.end(signal.SIGKILL)
    again = start_ui("--sandbox", folder=ui.folder)
    page = again.open(context)
    expect(page.locator(".tag", has_text="edited")).to_be_visible()
    page.get_by_role("button", name="a.csv").click()
    expect(page.locator("#counts")).to_contain_text("1 row to correct")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#counts")).to_contain_text("2 rows to correct")


def test_of_two_tabs_the_one_behind_catches_up(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A tab that hasn't seen the other's edit changes nothing, says so, and shows what there is now."""
    ui = start_ui("--sandbox")
    one, two = ui.open(context), ui.open(context)
    for page in (one, two):
        open_sheet(page)
    one.get_by_role("option").first.click()
    one.get_by_role("button", name="Take all 2 suggestions").click()
    expect(one.locator("#counts")).to_contain_text("All 3 rows valid")
    cell(two, 2, 2).click()
    two.keyboard.type("x\n")
    expect(two.get_by_role("alert")).to_contain_text("changed in another tab")
    expect(two.locator("#counts")).to_contain_text("All 3 rows valid")
    assert [each for each in ui.trouble if "409" not in each] == []
    ui.trouble.clear()


def test_a_send_can_be_stopped_reloaded_and_gone_on_with(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """Stop leaves every row with an answer; a reload amid the send shows it again; going on stores the rest.

    The server stands still from the first answers until Stop is pressed: the send can't end before.
    """
    rows = "".join(f"S{number},{layer},GaAs,001,GaAs\n" for number in range(450) for layer in (1, 2))
    with run_sandbox() as sandbox:
        ui = start_ui(sheet=SHEET.partition("\n")[0] + "\n" + rows, settings="send: {rate: 120}\n")
        page = ui.open(context)
        page.get_by_role("button", name="a.csv").click()
        page.get_by_role("button", name="Go on: compare").click()
        page.get_by_label("Address").fill(sandbox.url)
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Compare with the server").click()
        page.get_by_label("I have looked at this").check()
        page.get_by_role("button", name=re.compile("^Send 900 rows")).click()
        expect(page.get_by_role("heading", name="Sending")).to_be_visible()
        expect(page.locator(".tile")).to_have_count(1)
        sandbox.process.send_signal(signal.SIGSTOP)
        try:
            page.reload()
            expect(page.get_by_role("heading", name="Sending")).to_be_visible()
            assert find_faults(page) == []
            assert find_overflow(page) <= 0
            page.get_by_role("button", name="Stop").click()
            expect(page.get_by_text("Stopping: finishing the requests in progress")).to_be_visible()
        finally:
            sandbox.process.send_signal(signal.SIGCONT)
        go_on = page.get_by_role("button", name=re.compile("^Go on: .* left"))
        expect(go_on).to_be_visible()
        go_on.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("✔ All 900 rows stored", timeout=120_000)


def test_a_key_that_is_refused_is_told_and_kept_nowhere(start_ui: Callable[..., Ui], context: BrowserContext) -> None:
    """A real address needs a key, typed into a password field; it's in no storage, file or page afterwards."""
    ui = start_ui()
    page = ui.open(context)
    expect(page.locator(".badge.none")).to_have_text("No key yet")
    open_sheet(page)
    page.get_by_role("button", name="Go on: compare").click()
    expect(page.get_by_label("API key")).to_be_focused()
    assert find_faults(page) == []
    page.get_by_label("Address").fill("http://127.0.0.1:9")
    page.get_by_label("API key").fill("secret-key-of-a-lab")
    page.get_by_role("button", name="Compare with the server").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Nothing was sent.", exact=True)).to_be_visible()
    expect(page.locator(".badge.real")).to_have_text("Real server: http://127.0.0.1:9")
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
    assert "secret-key-of-a-lab" not in page.content() + str(kept)
    for path in ui.folder.rglob("*"):
        assert path.is_dir() or b"secret-key-of-a-lab" not in path.read_bytes()
