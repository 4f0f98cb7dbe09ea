"""What people hand over in a notebook by mistake: each is one sentence that says what is wanted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import importer
from tests.helpers.api import API

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME = pd.DataFrame({"sample_id": [1, 1], "layer_id": [1, 2], "formula": ["Si", "Ge"]})
LIB: Any = importer
"""The package, as one without a type checker sees it."""


class OtherFrame:
    """A table of another library."""

    def to_pandas(self) -> pd.DataFrame:
        """Return it as pandas has it."""
        return FRAME


def open_and_close() -> io.StringIO:
    """Return a file that was closed before."""
    stream = io.StringIO("sample_id,layer_id,formula\n1,1,Si\n")
    stream.close()
    return stream


MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "list of lists": (lambda: LIB.Table([[1, "Si"]], "May"), "not a list that holds a list"),
    "dict of lists": (lambda: LIB.Table({"layer_id": [1]}, "May"), "not a dict"),
    "path in a table": (lambda: LIB.Table("a.csv", "May"), "not a str"),
    "table without a name": (lambda: LIB.Table(FRAME, None), "must be a text, not None"),
    "empty list": (lambda: LIB.validate([]), "give at least one row"),
    "bytes": (lambda: LIB.validate(b"a,b\n"), r"io\.BytesIO\(data\), and input_format"),
    "frame of another library": (lambda: LIB.validate(OtherFrame()), r"Give its to_pandas\(\)"),
    "closed file": (
        lambda: LIB.validate(open_and_close(), read=LIB.ReadSettings(input_format="csv")), "closed file"
    ),
    "watcher that is none": (lambda: LIB.Context(watch=5), "watch takes a function"),
    "stop that is none": (lambda: LIB.Context(stop=True), r"stop takes a threading\.Event"),
    "no code": (lambda: LIB.explain_code(None), "There is no issue code None"),
    "no page": (lambda: LIB.find_guide_page(5), "The guide has no page 5"),
    "no schema": (lambda: LIB.load_schema("layers"), "The schemas are"),
    "no layers": (lambda: LIB.write_template("t.csv", layers="3"), "a whole number from 1, not '3'"),
    "no such folder": (lambda: LIB.list_runs("none"), "There is no folder none"),
    "no path": (lambda: LIB.write_template(None), "to takes a path, not None"),
    "report for its run": (lambda: LIB.verify(LIB.Report("a.run.sqlite"), api=API), r"report\.run_path"),
    "no status": (lambda: LIB.retry("a.run.sqlite", api=API, only=None), "not None"),
    "edit that is none": (lambda: LIB.FixSettings(edits=[(2, 2, "a", "b")]), r"importer\.Edit\("),
    "row for rows": (lambda: LIB.FixSettings(delete_rows=2), "a list of row numbers, not 2"),
    "what that is none": (lambda: LIB.fix("a.csv", None, what="formula-case"), r"importer\.FixSettings\("),
    "cell that is none": (lambda: LIB.open_draft(FRAME).edit([(0, 1, 2, "x")]), r"importer\.Cell\("),
    "number in a cell": (lambda: LIB.open_draft("a.csv").edit(LIB.Cell(0, 2, 2, 5)), "A cell takes a text"),
    "step that is none": (lambda: LIB.open_draft(FRAME).step("back"), "undo or redo, not 'back'"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_clear_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is wanted, and is an error of the package's own tree, with the exit code 2."""
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("a.csv", index=False)
    call, words = MISTAKES[name]
    with pytest.raises(importer.ImporterError, match=words) as caught:
        call()
    assert caught.value.exit_code == 2


def test_a_text_file_in_another_encoding_is_told_how_to_open(tmp_path: Path) -> None:
    """Python's own text file decodes while it is read: opened as bytes, the encoding is found."""
    path = tmp_path / "a.csv"
    path.write_bytes("sample_name,layer_id,formula\nFläche,1,Si\n".encode("cp1252"))
    with path.open(encoding="utf-8") as stream, pytest.raises(importer.InputError, match=r"open\(path, 'rb'\)"):
        importer.validate(stream)
    with path.open("rb") as binary:
        assert importer.validate(binary).rows == 1


def test_a_schema_is_everybody_s_own() -> None:
    """Who changes it changes no other's."""
    importer.load_schema("layer")["title"] = "mine"
    assert importer.load_schema("layer")["title"] != "mine"


def test_a_check_and_a_report_show_themselves_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all rows and issues of a file; and a report whose run file is gone says so instead of failing."""
    monkeypatch.chdir(tmp_path)
    assert repr(importer.validate(FRAME)) == "<Validation of <DataFrame>: 2 of 2 rows valid, 0 issues>"
    send, plan = importer.SendSettings(dry_run=True), importer.PlanSettings(run="a.run.sqlite")
    report = importer.import_layers(FRAME, send=send, plan=plan)
    Path("a.run.sqlite").unlink()
    assert "can't be read" in repr(report)
    assert "There is no run file" in report._repr_html_()


def test_reports_of_a_check_are_one_call(tmp_path: Path) -> None:
    """Of rows and of findings, of one check or a new one; nothing has to be gone through to have them written."""
    wanted: list[str | Path] = [tmp_path / "c.html", str(tmp_path / "c.sarif")]
    assert importer.write_check_reports(FRAME, wanted) == tuple(map(Path, wanted))
    (tmp_path / "c.sarif").unlink()
    importer.write_check_reports(FRAME, wanted[1], importer.validate(FRAME))
    assert all(Path(path).stat().st_size for path in wanted)


def test_inputs_and_outputs_may_be_named_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign of the home folder is understood wherever a path is typed into Python."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    assert importer.validate(["~/a.csv"]).rows == 2
    assert importer.validate("~/*.csv").rows == 2
    send, plan = importer.SendSettings(dry_run=True), importer.PlanSettings(run="~/a.run.sqlite")
    report = importer.import_layers("~/a.csv", send=send, plan=plan)
    assert report.run_path == tmp_path / "a.run.sqlite"
    assert report.write("~/a.html") == tmp_path / "a.html"
    assert [run.path for run in importer.list_runs("~")] == [tmp_path / "a.run.sqlite"]
    assert importer.open_draft("~/a.csv", journal="~/edits.jsonl").rows == 2
