"""Drafts: edits kept and replayed, suggestions, windows, marks, and what they refuse."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from importer.draft import Cell, Draft, open_draft, tables
from importer.draft.edits import journal
from importer.errors import InputError, InputLimitError, StaleDraftError, StorageError, UsageError
from importer.layers import normalise
from importer.model import Severity
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from io import FileIO

SHEET = """sample_name,layer_id,composition_string,orientation
A,1,batio3,001
A,2,srtio3,1
B,1,GaAs,110
Total,,,
"""


@pytest.fixture
def sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small table with faults."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(SHEET)
    return Path("a.csv")


def list_codes(draft: Draft) -> list[str]:
    """Return the codes of all issues."""
    return [issue.code for issue in draft.checked.list_issues()]


def test_taking_all_suggestions_of_a_code_is_one_step(sheet: Path) -> None:
    """All cells of a code get their suggestions, and one undo takes them back."""
    draft = open_draft(str(sheet))
    assert draft.take("formula-case") == 2
    assert [row.cells[2] for row in draft.view(0, 0, 2).rows] == ["BaTiO3", "SrTiO3"]
    assert "formula-case" not in list_codes(draft)
    draft.step("undo")
    assert list_codes(draft).count("formula-case") == 2
    assert not draft.is_edited


def test_only_equal_texts_can_be_taken_together(sheet: Path) -> None:
    """A suggestion can be taken for one text of a code only."""
    draft = open_draft(str(sheet))
    assert draft.take("formula-case", value="srtio3") == 1
    assert [row.cells[2] for row in draft.view(0, 0, 2).rows] == ["batio3", "SrTiO3"]
    with pytest.raises(UsageError, match="No issue of formula-case"):
        draft.take("formula-case", value="srtio3")


def test_edits_survive_the_process(sheet: Path, tmp_path: Path) -> None:
    """A new draft over the same journal has the edits, and can undo and redo them."""
    journal = tmp_path / "d" / "edits.jsonl"
    draft = open_draft(str(sheet), journal=journal)
    draft.edit([Cell(0, 3, 3, "001")], delete=[(0, 4)])
    draft.edit([Cell(0, 2, 2, "BaTiO3")])
    draft.step("undo")
    again = open_draft(str(sheet), journal=journal)
    assert again.version == draft.version == 3
    assert list_codes(again) == list_codes(draft)
    assert again.view(0, 2, 3).rows[0].is_deleted
    again.step("redo")
    assert again.view(0, 0, 1).rows[0].cells[2] == "BaTiO3"
    assert journal.stat().st_mode & 0o077 == 0


def test_a_line_that_a_crash_cut_off_is_dropped(sheet: Path, tmp_path: Path) -> None:
    """Half a last line isn't an edit, and what comes after it is readable."""
    journal = tmp_path / "edits.jsonl"
    open_draft(str(sheet), journal=journal).edit([Cell(0, 2, 2, "BaTiO3")])
    with journal.open("ab") as file:
        file.write(b'{"do":"edit","cells":[[0,3')
    draft = open_draft(str(sheet), journal=journal)
    assert draft.version == 1
    draft.edit([Cell(0, 3, 2, "SrTiO3")])
    assert open_draft(str(sheet), journal=journal).version == 2


def test_a_broken_journal_is_refused(sheet: Path, tmp_path: Path) -> None:
    """A journal that isn't one is never written over."""
    journal = tmp_path / "edits.jsonl"
    journal.write_bytes(b'{"draft":1,"inputs":{}}\nno json\n')
    with pytest.raises(StorageError, match="isn't a list of edits"):
        open_draft(str(sheet), journal=journal)
    assert b"no json" in journal.read_bytes()


def test_edits_of_texts_that_changed_in_the_file_are_left_out(sheet: Path, tmp_path: Path) -> None:
    """An edit whose earlier text no longer stands in the file isn't applied, and is counted."""
    journal = tmp_path / "edits.jsonl"
    open_draft(str(sheet), journal=journal).edit([Cell(0, 2, 2, "BaTiO3"), Cell(0, 3, 2, "SrTiO3")])
    sheet.write_text(SHEET.replace("batio3", "CaTiO3"))
    draft = open_draft(str(sheet), journal=journal)
    assert draft.left_out == 1
    assert [row.cells[2] for row in draft.view(0, 0, 2).rows] == ["CaTiO3", "SrTiO3"]


def test_an_old_version_is_refused(sheet: Path) -> None:
    """Of two tabs, the one that hasn't seen the other's edit can't change anything."""
    draft = open_draft(str(sheet))
    draft.edit([Cell(0, 2, 2, "BaTiO3")], version=0)
    with pytest.raises(StaleDraftError):
        draft.edit([Cell(0, 2, 2, "x")], version=0)
    assert draft.view(0, 0, 1).rows[0].cells[2] == "BaTiO3"


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\x00", "\x7f", "\ud800", "x" * 200_000])
def test_texts_that_no_cell_can_hold_are_refused(sheet: Path, text: str) -> None:
    """A line break would move all rows below; nothing is changed."""
    draft = open_draft(str(sheet))
    with pytest.raises(UsageError):
        draft.edit([Cell(0, 2, 2, text)])
    assert not draft.is_edited


@pytest.mark.parametrize("cell", [Cell(1, 2, 2, ""), Cell(0, 99, 2, ""), Cell(0, 1, 2, ""), Cell(0, 2, 9, "")])
def test_cells_that_are_not_there_are_refused(sheet: Path, cell: Cell) -> None:
    """Neither the header nor what is outside the table can be edited."""
    with pytest.raises(UsageError):
        open_draft(str(sheet)).edit([cell])


def test_marks_and_rows_of_a_window(sheet: Path) -> None:
    """A window has its rows with their own numbers and the marks at their cells; the total is only noted."""
    window = open_draft(str(sheet)).view(0, 0, 100)
    assert [(row.number, row.is_bad) for row in window.rows] == [(2, True), (3, True), (4, False), (5, False)]
    places = {(mark.position, mark.column, mark.issue.code) for mark in window.marks}
    assert {(0, 2, "formula-case"), (1, 2, "formula-case")} <= places
    assert (3, -1, "row-without-layer") in places


def test_only_bad_rows(sheet: Path) -> None:
    """Only rows with an error or a warning, and deleted ones, are shown when asked for."""
    draft = open_draft(str(sheet))
    assert [row.number for row in draft.view(0, 0, 100, only_bad=True).rows] == [2, 3]
    draft.edit(delete=[(0, 4)])
    assert [row.number for row in draft.view(0, 0, 100, only_bad=True).rows] == [2, 3, 4]


def test_next_goes_round_and_passes_notes_over(sheet: Path) -> None:
    """From one issue to the next, forwards and backwards, and from the last to the first."""
    draft = open_draft(str(sheet))
    places = []
    at = (0, -1, -1)
    for _ in range(3):
        mark = draft.find_next(*at)
        assert mark is not None
        places.append((mark.position, mark.column))
        at = (mark.table, mark.position, mark.column)
    assert places[0] == (0, 2)
    back = draft.find_next(0, 0, 2, step=-1)
    assert back is not None
    assert back.position == 1
    assert draft.find_next(0, 0, 0, code="no-such") is None


def test_groups_count_what_there_is(sheet: Path) -> None:
    """Groups have counts, the number of suggestions, and follow an edit."""
    draft = open_draft(str(sheet))
    group = draft.list_groups()[0]
    assert (group.code, group.severity, group.count, group.takeable) == ("formula-case", Severity.ERROR, 2, 2)
    draft.edit([Cell(0, 2, 2, "BaTiO3")])
    assert draft.list_groups()[0].count == 1


def test_sheets_of_a_workbook_are_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sheet is a table; an edit in one leaves the other as it is, and stacks across both are seen."""
    monkeypatch.chdir(tmp_path)
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    second = book.create_sheet("two")
    for sheet, layer in ((first, 1), (second, 2)):
        sheet.append(["sample_name", "layer_id", "composition_string"])
        sheet.append(["A", layer, "GaAs"])
    book.save("a.xlsx")
    draft = open_draft("a.xlsx")
    if len(draft.tables) == 1:
        pytest.skip("only the first sheet is read unless a sheet is named")
    draft.edit([Cell(1, 2, 1, "1")])
    assert list_codes(draft).count("duplicate-layer") == 2


def test_a_stack_file_can_be_looked_at_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers of YAML are rows with marks at their places; editing says what to do."""
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("sample_name: A\nlayers:\n- formula: batio3\n- formula: GaAs\n")
    draft = open_draft("a.yaml")
    marks = [mark for mark in draft.view(0, 0, 9).marks if mark.issue.code == "formula-case"]
    assert [(mark.position, draft.tables[0].head.header[mark.column]) for mark in marks] == [(0, "formula")]
    assert draft.list_groups()[0].takeable == 0
    with pytest.raises(UsageError, match="can't be edited here"):
        draft.edit([Cell(0, int(draft.tables[0].rows[0]), 0, "x")])


def test_too_many_rows_are_refused(sheet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What doesn't fit into memory isn't read into it."""
    monkeypatch.setattr(tables, "MAX_DRAFT_ROWS", 3)
    with pytest.raises(InputLimitError, match="can't be edited here"):
        open_draft(str(sheet))


def test_two_drafts_in_two_threads_give_what_they_give_alone(sheet: Path) -> None:
    """Drafts share nothing that could be mixed up."""
    other = Path("b.csv")
    other.write_text(SHEET.replace("GaAs", "gaas"))
    alone = [list_codes(open_draft(str(path))) for path in (sheet, other)]
    found: dict[int, list[list[str]]] = {0: [], 1: []}

    def run(number: int) -> None:
        for _ in range(5):
            draft = open_draft(str((sheet, other)[number]))
            draft.take("formula-case")
            draft.step("undo")
            found[number].append(list_codes(draft))

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in (0, 1):
        assert found[number] == [alone[number]] * 5


def test_the_corrected_copy_holds_the_edits_and_reads_as_meant(sheet: Path) -> None:
    """The copy has the edits and nothing else changed; the file itself is never touched; another copy is numbered."""
    draft = open_draft(str(sheet))
    draft.take("formula-case")
    draft.edit(delete=[(0, 4)])
    (copy,) = draft.write_copies()
    assert copy.path == Path("a.corrected.csv")
    assert copy.path.read_bytes().splitlines() == [
        b"sample_name,layer_id,composition_string,orientation",
        b"A,1,BaTiO3,001",
        b"A,2,SrTiO3,1",
        b"",
        b"Total,,,",
    ]
    assert sheet.read_text() == SHEET
    again = [issue for issue in open_draft(str(copy.path)).checked.list_issues() if issue.seq is not None]
    assert [issue.code for issue in again] == [i.code for i in draft.checked.list_issues() if i.seq is not None]
    assert draft.write_copies()[0].path == copy.path  # the same again
    assert [path.name for path in sheet.parent.glob("a.corrected*")] == [copy.path.name]
    draft.edit([Cell(0, 2, 3, "110")])
    assert draft.write_copies()[0].path == Path("a.corrected-2.csv")
    draft.step("undo")
    assert draft.write_copies()[0].path == copy.path
    copy.path.write_text("changed by somebody\n")
    assert draft.write_copies()[0].path == Path("a.corrected-3.csv")


def test_marks_of_a_turned_table_stand_in_its_own_cells(tmp_path: Path) -> None:
    """Where fields run down the first column, a cell's row in the sheet is the field, and its letter the layer."""
    path = tmp_path / "t.csv"
    path.write_text("sample_name,A,B\nlayer_id,1,1\ncomposition_string,batio3,SrTiO3\norientation,001,9x9\n")
    draft = open_draft(str(path), read=ReadSettings(mapping={"transposed": True}))
    marks = {mark.issue.where.cell: mark for mark in draft.view(0, 0, 9).marks}
    assert {cell: (mark.position, mark.column) for cell, mark in marks.items()} == {"B3": (0, 2), "C4": (1, 3)}


def test_an_edit_parses_what_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts around an edited cell keep their meanings, also in a table of more texts than are known at a time."""
    monkeypatch.setattr(normalise, "KNOWN_TEXTS", 100)
    monkeypatch.setattr(tables, "PART_ROWS", 40)
    path = tmp_path / "a.csv"
    rows = [f"S{number},1,Ba{number + 2}TiO{number + 4}" for number in range(240)]
    path.write_text("\n".join(["sample_name,layer_id,composition_string", *rows]))
    draft = open_draft(str(path))
    parsed: list[str] = []
    parse = normalise.Meanings.__missing__

    def note(meanings: normalise.Meanings, text: str) -> object:
        parsed.append(text)
        return parse(meanings, text)

    monkeypatch.setattr(normalise.Meanings, "__missing__", note)
    draft.edit([Cell(0, 5, 2, "batio3")])
    formulas = [text for text in parsed if text[:1] in "Bb"]
    assert formulas == ["batio3"]
    assert list_codes(draft) == list_codes(open_draft(str(draft.write_copies()[0].path)))


def test_without_edits_there_is_no_copy(sheet: Path) -> None:
    """The file itself is as good."""
    assert open_draft(str(sheet)).write_copies() == ()


def test_a_full_disk_leaves_the_edits_readable(sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of which the disk took a half isn't done, and what is kept before and after it reads back."""
    path = tmp_path / "edits.jsonl"
    draft = open_draft(str(sheet), journal=path)
    draft.edit([Cell(0, 2, 2, "BaTiO3")])
    write = journal._write_whole

    def break_off(file: FileIO, text: bytes) -> None:
        file.write(text[: len(text) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "_write_whole", break_off)
    with pytest.raises(StorageError, match="No space left"):
        draft.edit([Cell(0, 3, 2, "SrTiO3")])
    assert draft.version == 1
    monkeypatch.setattr(journal, "_write_whole", write)
    draft.edit([Cell(0, 4, 2, "InAs")])
    again = open_draft(str(sheet), journal=path)
    assert [row.cells[2] for row in again.view(0, 0, 3).rows] == ["BaTiO3", "srtio3", "InAs"]


def test_a_file_that_changed_or_went_away_gets_no_copy(sheet: Path) -> None:
    """A copy would hold rows that nobody has seen; the file is to be opened again."""
    draft = open_draft(str(sheet))
    draft.edit([Cell(0, 2, 2, "BaTiO3")])
    sheet.write_text(SHEET + "C,1,InP,001\n")
    with pytest.raises(InputError, match="has changed since it was opened"):
        draft.write_copies()
    sheet.unlink()
    with pytest.raises(InputError, match="can't be read"):
        draft.write_copies()
    assert not Path("a.corrected.csv").exists()
