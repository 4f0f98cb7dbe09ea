"""What the library gives back: a report that can be kept and carried about, frames with columns that people know."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import importer
from importer.errors import SettingsError, UsageError
from importer.model import Status
from importer.report.screen.lines import ISSUE_COLUMNS
from importer.settings import ApiSettings, PlanSettings, Secret, SendSettings
from importer.tasks.import_layers import import_layers
from importer.tasks.preview_columns import draft_mapping, preview_columns
from importer.tasks.results import ANSWER_COLUMNS, Report, write_report
from importer.tasks.runs import list_runs
from importer.tasks.set_up.write_template import write_template
from importer.tasks.validate import validate

TABLE = "sample_id,layer_id,formula,orientation\n42,1,SrRuO3,001\n42,2,BaTiO3,110\n43,1,srtio3,001\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three rows, one of them invalid."""
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def report(table: Path) -> Report:
    """The report of a dry run of the table."""
    return import_layers(table, plan=PlanSettings(run=table.with_name("a.run.sqlite")), send=SendSettings(dry_run=True))


def test_frame_has_the_promised_columns_and_no_others(report: Report) -> None:
    """The frame's columns are those that people know; nothing of the run file's inner state is among them."""
    assert tuple(report.frame.columns) == ANSWER_COLUMNS
    assert not {"state", "raw", "step", "held_by", "seq"} & set(report.frame.columns)


def test_frame_tells_composition_and_message_of_every_row(report: Report) -> None:
    """Also an invalid row shows what its cell says, why it wasn't sent, and its codes."""
    frame = report.frame
    assert frame["composition"].tolist() == ["SrRuO3", "BaTiO3", "srtio3"]
    assert frame["status"].tolist() == ["not_sent", "not_sent", "invalid"]
    assert all(frame["message"].str.len() > 0)
    assert frame["issues"].tolist()[:2] == ["", ""]
    assert "formula-case" in frame["issues"].iloc[2]
    assert "srtio3" in frame["message"].iloc[2]


def test_frame_has_real_times(report: Report) -> None:
    """Times are UTC timestamps, absent ones NaT."""
    assert isinstance(report.frame["ended_at"].dtype, pd.DatetimeTZDtype)
    assert str(report.frame["ended_at"].dt.tz) == "UTC"
    assert report.frame["sent_at"].isna().all()


def test_counts_can_be_asked_by_text(report: Report) -> None:
    """A status is found by its text, and one that no row has counts 0."""
    assert report.counts["invalid"] == 1  # type: ignore[index]  # what people type
    assert report.counts["created"] == 0  # type: ignore[index]  # the same
    assert report.rows == 3


def test_report_works_from_another_folder_and_after_pickling(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative run file is found after the folder has changed, also by a copy that was pickled."""
    monkeypatch.chdir(tmp_path)
    report = import_layers(table.name, plan=PlanSettings(run=Path("here.run.sqlite")), send=SendSettings(dry_run=True))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    copy = pickle.loads(pickle.dumps(report))  # noqa: S301  # our own bytes
    for each in (report, copy):
        assert each.rows == 3
        assert len(each.frame) == 3


def test_report_is_written_by_suffix(report: Report, tmp_path: Path) -> None:
    """``write`` takes a text or a path, writes what the suffix names and returns where; another suffix is refused."""
    written = report.write(str(tmp_path / "answers.html"))
    assert "<html" in written.read_text()
    assert report.write(tmp_path / "answers.csv").read_bytes().count(b"\r\n") == 4
    with pytest.raises(UsageError, match=r"answers\.doc"):
        report.write(tmp_path / "answers.doc")


def test_issues_are_frames_too(report: Report, table: Path) -> None:
    """A report and a validation give their issues as a DataFrame, one line an issue; an empty one has columns too."""
    for frame in (report.issues_frame, validate(table).issues_frame):
        assert tuple(frame.columns) == ISSUE_COLUMNS
        assert frame["code"].tolist() == ["formula-case"]
        assert frame["suggestion"].tolist() == ["SrTiO3"]
        assert frame["row"].tolist() == [4]
    table.write_text("sample_id,layer_id,formula\n42,1,SrTiO3\n")
    assert validate(table).issues_frame.empty
    assert tuple(validate(table).issues_frame.columns) == ISSUE_COLUMNS


def test_validation_shows_itself_in_a_notebook(table: Path) -> None:
    """A notebook shows counts, errors with their places and the stacks drawn; hostile texts stay texts."""
    table.write_text(TABLE + '"<b>44",1,<script>,001\n')
    shown = validate(table)._repr_html_()
    assert "<b>2</b> of 4 rows valid, 2 to fix" in shown
    assert "formula" in shown
    assert shown.count("<svg") == 2
    assert "<script" not in shown
    assert "<svg" not in validate(table, keep_frame=False)._repr_html_()


def test_a_key_may_be_given_as_text() -> None:
    """``key="..."`` is kept as a Secret: no repr shows it, and a bad one is refused."""
    api = ApiSettings(url="https://api.atomscale.ai", key="key-1234")
    assert api.key == Secret("key-1234")
    assert "1234" not in repr(api)
    assert replace(api, url="http://127.0.0.1:1").key == api.key
    with pytest.raises(SettingsError):
        ApiSettings(url="https://api.atomscale.ai", key=" ")
    assert ApiSettings(url="https://api.atomscale.ai/", key="k").url == "https://api.atomscale.ai"
    with pytest.raises(SettingsError, match="unencrypted"):
        ApiSettings(url="http://api.atomscale.ai", key="key-1234")


def test_what_the_command_line_does_the_library_does(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns, mapping, template, list of runs and report are functions with plain arguments and results."""
    monkeypatch.chdir(tmp_path)
    (view,) = preview_columns(table.name)
    assert [column.meaning for column in view.columns][:2] == ["sample_id", "layer_id"]
    assert "composition_string" in draft_mapping([view])
    assert validate(write_template("own.csv", layers=2)).valid == 2
    with pytest.raises(UsageError, match="own"):
        write_template("own.csv")
    with pytest.raises(UsageError, match="kind"):
        write_template("own.docx")
    report = import_layers(table, plan=PlanSettings(run=tmp_path / "a.run.sqlite"), send=SendSettings(dry_run=True))
    (tmp_path / "broken.run.sqlite").write_text("no run")
    good, broken = sorted(list_runs(), key=lambda run: run.path.name)
    assert (good.mode, good.counts) == ("dry-run", report.counts)
    assert broken.created_at is None
    assert broken.fault
    assert write_report("a.run.sqlite", "answers.csv").read_bytes().startswith(b"source,")


@pytest.mark.parametrize("only", ["created", ["failed", "updated"], [Status.UNCONFIRMED]])
def test_what_may_be_stored_is_not_tried_again(only: str | list[str], tmp_path: Path) -> None:
    """A status after which a row may be on the server is refused, before the run is opened."""
    with pytest.raises(UsageError, match="--only takes failed, refused and conflict"):
        importer.retry(tmp_path / "no.run.sqlite", api=ApiSettings(url="http://127.0.0.1:1", key="k"), only=only)
