"""CSV and JSONL reports: every row once, in order, readable by other programs."""

from __future__ import annotations

import csv
import io
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema_rs
import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import RunFileError, UsageError
from importer.layers.schema import load_schema
from importer.model import Issue, Severity, Status, Where
from importer.report.escape import defuse_cell
from importer.report.files import write_report
from importer.report.findings import Findings
from importer.report.screen.lines import COLUMNS, ISSUE_COLUMNS, iter_report_lines
from importer.report.tables.table_files import write_issues_csv
from importer.run import RunFile, State, add_issues, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _write(run_path: Path, to: Path) -> Path:
    with RunFile.open(run_path) as run:
        write_report(run, to)
    return to


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _read_jsonl(path: Path) -> list[dict[str, object]]:
    """Return the lines of rows, without the first ones, of tables."""
    return [line for line in map(orjson.loads, path.read_bytes().splitlines()) if "row" in line]


def test_every_status_occurs(mixed_run: Path) -> None:
    """The run that these tests look at has all nine statuses, or they would prove too little."""
    with RunFile.open(mixed_run) as run:
        assert set(run.count_statuses()) == set(Status)


def test_csv_has_every_row_in_order(mixed_run: Path, tmp_path: Path) -> None:
    """The CSV report has the promised columns and one line a row, in input order."""
    lines = _read_csv(_write(mixed_run, tmp_path / "answers.csv"))
    assert list(lines[0]) == list(COLUMNS)
    assert [line["row"] for line in lines] == [str(n) for n in (2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15)]
    assert [line["status"] for line in lines[:4]] == ["created", "updated", "unchanged", "conflict"]


def test_csv_defuses_formulas(mixed_run: Path, tmp_path: Path) -> None:
    """A server's message that a spreadsheet would run stands behind an apostrophe."""
    lines = _read_csv(_write(mixed_run, tmp_path / "answers.csv"))
    assert lines[8]["message"] == "'=composition_string: not known here"


def test_jsonl_is_lossless_and_as_the_schema_says(mixed_run: Path, tmp_path: Path) -> None:
    """Every JSONL line fits the published schema; text is as it came, the payload what the run file holds."""
    lines = _read_jsonl(_write(mixed_run, tmp_path / "answers.jsonl"))
    validator = jsonschema_rs.Draft202012Validator(load_schema("report"))
    assert [list(validator.iter_errors(line)) for line in lines] == [[] for _ in lines]
    assert lines[8]["message"] == "=composition_string: not known here"
    assert lines[11]["sample_name"] == "A17 \x1b[31m"
    with RunFile.open(mixed_run) as run:
        payloads = [None if row.payload is None else orjson.loads(row.payload) for row in run.iter_rows()]
    assert [line["payload"] for line in lines] == payloads


def test_jsonl_begins_with_what_was_found_of_tables(mixed_run: Path, tmp_path: Path) -> None:
    """What is about a whole table, a column that isn't used, comes with the first row: each line is a row, in order."""
    first, *more = map(orjson.loads, _write(mixed_run, tmp_path / "answers.jsonl").read_bytes().splitlines())
    validator = jsonschema_rs.Draft202012Validator(load_schema("report"))
    assert [error for line in (first, *more) for error in validator.iter_errors(line)] == []
    (table,) = first["tables"]
    assert [issue["code"] for issue in table["issues"]] == ["blank-below", "unused-column"]
    assert not any("tables" in line for line in more)


def test_the_substrate_of_a_new_target_stands_with_its_rows(mixed_run: Path, tmp_path: Path) -> None:
    """A target material that will be made is told with its substrate."""
    lines = _read_csv(_write(mixed_run, tmp_path / "answers.csv"))
    assert [line["substrate"] for line in lines[-3:]] == ["", "NdGaO3", "NdGaO3"]


@pytest.mark.parametrize(("name", "start"), [("a.junit.xml", b"<?xml"), ("a.sarif", b"{"), ("A.SARIF", b"{")])
def test_what_was_found_in_a_run(mixed_run: Path, tmp_path: Path, name: str, start: bytes) -> None:
    """The formats of checks tell what was found in a run's inputs too."""
    assert _write(mixed_run, tmp_path / name).read_bytes().startswith(start)
    assert b"formula-unreadable" in (tmp_path / name).read_bytes()


def test_reports_get_the_umask(mixed_run: Path, tmp_path: Path) -> None:
    """Colleagues may read a report where the user's umask lets them."""
    before = os.umask(0o027)
    try:
        mode = _write(mixed_run, tmp_path / "answers.csv").stat().st_mode
    finally:
        os.umask(before)
    assert mode & 0o777 == 0o640


def test_issues_stand_with_their_row(mixed_run: Path, tmp_path: Path) -> None:
    """The invalid row carries the issue with its cell and its value, also in the CSV."""
    line = _read_csv(_write(mixed_run, tmp_path / "answers.csv"))[6]
    found = [issue for issue in orjson.loads(line["issues"]) if issue["severity"] == "error"]
    assert [(issue["cell"], issue["value"]) for issue in found] == [("E8", "<script>alert(1)</script>")]


def test_table_errors_stand_with_each_row(stage_run: Callable[[str, str], Path], tmp_path: Path) -> None:
    """What makes a whole table invalid is told in each of its rows."""
    path = stage_run("growths.csv", "sample_id,layer_id,formula\n42,1,SrTiO3\n42,2,BaTiO3\n")
    error = Issue("unterminated-quote", Severity.ERROR, Where(str(tmp_path / "growths.csv")), "a quote isn't closed")
    with RunFile.open(path, readonly=False) as run:
        add_issues(run, [error])
    lines = _read_jsonl(_write(path, tmp_path / "answers.jsonl"))
    assert {line["status"] for line in lines} == {"invalid"}
    told = [[issue["code"] for issue in line["issues"]] for line in lines]  # type: ignore[attr-defined]
    assert all("unterminated-quote" in codes for codes in told)


def test_lost_row_is_found(mixed_run: Path, tmp_path: Path) -> None:
    """A run file with a row missing is refused, and no report is left behind."""
    with RunFile.open(mixed_run, readonly=False) as run, run.store.write() as connection:
        connection.execute(tables.rows.delete().where(tables.rows.c.seq == 3))
    with pytest.raises(RunFileError, match="No report was written"):
        _write(mixed_run, tmp_path / "answers.csv")
    assert not (tmp_path / "answers.csv").exists()


def test_lost_last_row_with_issue_is_found(mixed_run: Path) -> None:
    """An issue whose row is gone is not left out in silence."""
    error = Issue("ragged-row", Severity.ERROR, Where("growths.csv"), "too many cells", seq=99)
    with RunFile.open(mixed_run, readonly=False) as run:
        add_issues(run, [error])
        with pytest.raises(RunFileError, match="row 99"):
            list(iter_report_lines(run))


def test_unknown_suffix_is_named(mixed_run: Path, tmp_path: Path) -> None:
    """A suffix that no report has is refused with those that exist."""
    with pytest.raises(UsageError, match=r"\.csv, .*\.jsonl"):
        _write(mixed_run, tmp_path / "answers.doc")


def test_state_sending_is_told_as_unconfirmed(mixed_run: Path) -> None:
    """A row that was under way when the process died is told as unconfirmed, not as not sent."""
    with RunFile.open(mixed_run) as run:
        end_states = {record.state: record.status for record in run.iter_rows() if record.state is not State.DONE}
    assert end_states == {State.SENDING: Status.UNCONFIRMED, State.READY: Status.NOT_SENT}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_csv_cells_survive(texts: list[str]) -> None:
    """Any text, line breaks and quotes included, comes back from the CSV as it was defused."""
    issues = [Issue("ragged-row", Severity.ERROR, Where("a.csv", row=1), text, value=text) for text in texts]
    stream = io.BytesIO()
    write_issues_csv(Findings(5, 0, issues), stream)
    lines = list(csv.reader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert lines[0] == list(ISSUE_COLUMNS)
    assert [line[lines[0].index("message")] for line in lines[1:]] == list(map(defuse_cell, texts))


def test_parquet_has_what_the_jsonl_has(mixed_run: Path, tmp_path: Path) -> None:
    """The Parquet report, read by pandas, has the same rows and columns, integers as integers."""
    frame = pd.read_parquet(_write(mixed_run, tmp_path / "answers.parquet"))
    lines = _read_jsonl(_write(mixed_run, tmp_path / "answers.jsonl"))
    assert list(frame.columns) == list(COLUMNS)
    for name in ("source", "status", "message", "attempts"):
        assert frame[name].tolist() == [line[name] for line in lines]
    assert frame["record_id"].dropna().astype(int).tolist() == [100, 101, 102, 55, 103]
    assert [json and orjson.loads(json) for json in frame["payload"].replace({float("nan"): None})] == [
        line["payload"] for line in lines
    ]


def test_parquet_without_pyarrow_names_the_extra(
    mixed_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pyarrow the error says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "importer.report.tables.parquet", raising=False)
    with pytest.raises(UsageError, match=r"layer-importer\[parquet\]"):
        _write(mixed_run, tmp_path / "answers.parquet")
    assert not (tmp_path / "answers.parquet").exists()


def test_no_input_is_written_over(mixed_run: Path, tmp_path: Path) -> None:
    """A report at the path of an input is refused, also through a link; the input stays as it is."""
    before = (tmp_path / "growths.csv").read_bytes()
    (tmp_path / "link.csv").symlink_to(tmp_path / "growths.csv")
    for name in ("growths.csv", "link.csv"):
        with pytest.raises(UsageError, match="one of the inputs"):
            _write(mixed_run, tmp_path / name)
    assert (tmp_path / "growths.csv").read_bytes() == before


def test_run_that_was_never_staged_has_no_report(mixed_run: Path, tmp_path: Path) -> None:
    """A run file whose inputs weren't read to their end is told as such, not as a short report."""
    with RunFile.open(mixed_run, readonly=False) as run:
        run.set_meta(replace(run.meta, staged=False))
    with pytest.raises(RunFileError, match="Import them again"):
        _write(mixed_run, tmp_path / "answers.csv")
