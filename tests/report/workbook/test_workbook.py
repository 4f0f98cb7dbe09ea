"""The annotated workbook, opened by openpyxl and read again by the importer."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

import importer
from importer.errors import UsageError
from importer.layers.header_names import OWN_HEADERS, OWN_SHEET
from importer.model import Status
from importer.report.files import write_report
from importer.report.workbook import marked_copy as workbook_report
from importer.report.workbook.marks import iter_row_marks
from importer.run import End, Journal, RunFile
from importer.tasks.set_up.embedded_sandbox import start_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from importer.model import RunPlace
    from importer.run import RunMeta

    Stage = Callable[[str, str | bytes], Path]


def make_book() -> bytes:
    """Return a lab's workbook: a title, a formatted header, zero-padded orientations, one bad cell, a formula."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Growth log"
    sheet.append(["MBE 3, November"])
    sheet.append(["Sample ID", "Layer #", "Formula", "hkl", "Thickness (nm)"])
    for cell in sheet[2]:
        cell.font = Font(bold=True, color="FF0000FF")
    sheet.append([42, 1, "SrTiO3", 1, 10])
    sheet.append([42, 2, "Xx2O3", 1, "=E3*2"])
    sheet.append([42, 3, "BaTiO3", 1, 30])
    for row in (3, 4, 5):
        sheet.cell(row, 4).number_format = "000"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write(run_path: RunPlace, to: Path) -> openpyxl.Workbook:
    with RunFile.open(run_path) as run:
        write_report(run, to)
    return openpyxl.load_workbook(to)


def test_own_workbook_comes_back_marked(stage_run: Stage, tmp_path: Path) -> None:
    """Formats, formulas and the title stay; the bad cell is filled and commented; answers stand at the right."""
    book = _write(stage_run("log.xlsx", make_book()), tmp_path / "marked.xlsx")
    sheet = book["Growth log"]
    assert sheet["A1"].value == "MBE 3, November"
    assert sheet["A2"].font.color.rgb == "FF0000FF"
    assert (sheet["D3"].value, sheet["D3"].number_format, sheet["E4"].value) == (1, "000", "=E3*2")
    assert [sheet.cell(2, column).value for column in (6, 7, 8)] == list(OWN_HEADERS)
    assert [sheet.cell(row, 6).value for row in (3, 4, 5)] == ["not_sent", "invalid", "not_sent"]
    bad = sheet["C4"]
    assert bad.fill.fgColor.rgb.endswith("FFC7CE")
    assert "unknown-element" in bad.comment.text
    assert sheet["C3"].comment is None
    assert OWN_SHEET in book.sheetnames


def test_a_run_is_asked_what_it_is_once_a_report(stage_run: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds for the whole run isn't looked up again for every row, which doubled the time of a workbook."""
    asked: list[RunPlace] = []
    meta = RunFile.meta

    def ask(run: RunFile) -> RunMeta:
        asked.append(run.place)
        return cast("RunMeta", meta.__get__(run))

    monkeypatch.setattr(RunFile, "meta", property(ask))
    lines = "".join(f"{sample},1,SrTiO3\n" for sample in range(1, 30))
    with RunFile.open(stage_run("log.csv", f"sample_id,layer_id,formula\n{lines}")) as run:
        assert len(list(iter_row_marks(run))) == 29
    assert len(asked) <= 5


def test_marked_workbook_reads_as_the_original(stage_run: Stage, tmp_path: Path) -> None:
    """What we added is passed over: the same rows, the same issues at the same cells, nothing said of our columns."""
    _write(stage_run("log.xlsx", make_book()), tmp_path / "marked.xlsx")
    before = importer.validate(tmp_path / "log.xlsx")
    after = importer.validate(tmp_path / "marked.xlsx")
    assert (before.rows, before.valid) == (after.rows, after.valid) == (3, 2)
    told = [[(issue.code, issue.where.cell, issue.value) for issue in one.issues] for one in (before, after)]
    assert told[0] == told[1]
    assert before.frame is not None
    assert after.frame is not None
    names = [name for name in before.frame.columns if name != "source"]
    assert before.frame[names].equals(after.frame[names])


def test_marking_twice_adds_nothing(stage_run: Stage, tmp_path: Path) -> None:
    """A marked workbook that is imported and marked again has the answer's columns once."""
    _write(stage_run("log.xlsx", make_book()), tmp_path / "marked.xlsx")
    again = _write(stage_run("again.xlsx", (tmp_path / "marked.xlsx").read_bytes()), tmp_path / "twice.xlsx")
    headers = [cell.value for cell in again["Growth log"][2]]
    assert headers.count(OWN_HEADERS[0]) == 1
    assert again.sheetnames.count(OWN_SHEET) == 1


def test_answers_are_written(stage_run: Stage, tmp_path: Path) -> None:
    """A stored row has its status in green and its record id."""
    path = stage_run("log.xlsx", make_book())
    with RunFile.open(path, readonly=False) as run, Journal(run) as journal:
        journal.write(End(0, Status.CREATED, 100, 200, "", 0.0))
    sheet = _write(path, tmp_path / "marked.xlsx")["Growth log"]
    assert [sheet.cell(3, column).value for column in (6, 7)] == ["created", "100"]
    assert sheet.cell(3, 6).fill.fgColor.rgb.endswith("C6EFCE")


def test_changed_workbook_is_refused(stage_run: Stage, tmp_path: Path) -> None:
    """Marks at the wrong cells are worse than none: a workbook that was changed since is not marked."""
    path = stage_run("log.xlsx", make_book())
    (tmp_path / "log.xlsx").write_bytes(make_book() + b"x")
    with pytest.raises(UsageError, match="changed since"):
        _write(path, tmp_path / "marked.xlsx")
    assert not (tmp_path / "marked.xlsx").exists()


def test_other_inputs_get_a_new_workbook(mixed_run: Path, tmp_path: Path) -> None:
    """From a CSV a workbook with the same rows is made; formulas in its cells stay text; all statuses stand there."""
    book = _write(mixed_run, tmp_path / "marked.xlsx")
    sheet = book["growths"]
    assert [cell.value for cell in sheet[1]][:5] == ["Sample ID", "Sample name", "Substrate", "Layer #", "Formula"]
    assert sheet.max_row == 14
    formula = sheet["I4"]
    assert (formula.value, formula.data_type) == ("=1+1", "s")
    first = [cell.value for cell in sheet[1]].index(OWN_HEADERS[0]) + 1
    assert {sheet.cell(row, first).value for row in range(2, 15)} == {status.value for status in Status}
    assert "formula-unreadable" in sheet["E8"].comment.text
    assert book[OWN_SHEET]["A1"].value.startswith("4 of 13 rows are stored")


def test_new_workbook_can_be_imported(mixed_run: Path, tmp_path: Path) -> None:
    """The workbook made from a CSV imports to the same rows as the CSV."""
    _write(mixed_run, tmp_path / "marked.xlsx")
    before = importer.validate(tmp_path / "growths.csv")
    after = importer.validate(tmp_path / "marked.xlsx")
    assert (before.rows, before.valid) == (after.rows, after.valid)


def test_too_many_rows_are_refused(mixed_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound nothing is written, and another kind of report is named."""
    monkeypatch.setattr(workbook_report, "MAX_ROWS", 5)
    with pytest.raises(UsageError, match=r"Use \.csv"):
        _write(mixed_run, tmp_path / "marked.xlsx")


def test_mended_workbook_sends_only_what_is_not_in(tmp_path: Path) -> None:
    """Mend the marked workbook and import it: what is in is recognised, the rest is sent, each layer is there once."""
    (tmp_path / "log.xlsx").write_bytes(make_book())
    send = importer.SendSettings(workers=2, settle=0.0)
    with start_sandbox() as api:
        first = importer.import_layers(tmp_path / "log.xlsx", api=api, send=send)
        assert first.counts == {Status.CREATED: 1, Status.INVALID: 1, Status.NOT_SENT: 1}
        book = _write(first.run_path, tmp_path / "marked.xlsx")
        book["Growth log"]["C4"].value = "LaAlO3"
        book.save(tmp_path / "mended.xlsx")
        second = importer.import_layers(tmp_path / "mended.xlsx", api=api, send=send)
        assert second.counts == {Status.CREATED: 2, Status.UNCHANGED: 1}
        third = importer.import_layers(tmp_path / "mended.xlsx", api=api, send=send)
    assert third.counts == {Status.UNCHANGED: 3}
    assert third.frame["attempts"].tolist() == [0, 0, 0]


def test_a_long_workbook_takes_no_longer_a_row(
    stage_run: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row makes openpyxl look through all cells for the last one, by which the time grew with the square."""
    looks = 0
    plain = vars(Worksheet)["max_row"].fget

    def look(sheet: Worksheet) -> int:
        nonlocal looks
        looks += 1
        row: int = plain(sheet)
        return row

    monkeypatch.setattr(Worksheet, "max_row", property(look))
    found = []
    for rows in (5, 50):
        lines = "".join(f"7,{layer},{'Xx2O3' if layer % 5 == 4 else 'BaTiO3'}\n" for layer in range(1, rows + 1))
        book = _write(stage_run(f"{rows}.csv", f"sample_id,layer_id,formula\n{lines}"), tmp_path / f"{rows}.xlsx")
        assert book.worksheets[0].cell(rows + 1, 2).value == str(rows)
        assert book.worksheets[0]["C5"].comment is not None
        found.append(looks)
        looks = 0
    assert found[0] == found[1]


def test_a_dry_run_is_painted_as_what_would_happen(tmp_path: Path) -> None:
    """Valid rows are green and ready, blocked ones aren't; the empty cell that must be filled is marked."""
    book = openpyxl.Workbook()
    rows = [("Sample", "Substrate", "Layer #", "Formula"), ("W1", "Si", 1, "SiO2"), ("W2", "Si", 1, "Xx"),
            ("W2", "Si", 2, "SiO2"), (None, None, 1, "SiO2")]  # fmt: skip
    for row in rows:
        book.worksheets[0].append(list(row))
    book.save(tmp_path / "growths.xlsx")
    plan, send = importer.PlanSettings(run=tmp_path / "r.sqlite"), importer.SendSettings(dry_run=True)
    report = importer.import_layers(tmp_path / "growths.xlsx", plan=plan, send=send)
    sheet = openpyxl.load_workbook(report.write(tmp_path / "marked.xlsx")).worksheets[0]
    assert [sheet.cell(row, 5).value for row in range(2, 6)] == ["ready", "invalid", "blocked", "invalid"]
    green = [sheet.cell(row, 5).fill.fgColor.rgb.endswith("C6EFCE") for row in range(2, 6)]
    assert green == [True, False, False, False]
    assert sheet["A5"].fill.fgColor.rgb.endswith("FFC7CE")
    assert "missing-sample" in sheet["A5"].comment.text
