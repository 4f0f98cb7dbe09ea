"""Workbooks opened by a real spreadsheet program: LibreOffice."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from importer.layers.header_names import OWN_HEADERS
from importer.report.files import write_report
from importer.report.workbook.template import write_xlsx_template
from importer.run import RunFile

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long


def _convert(path: Path) -> list[list[str]]:
    """Open a workbook with LibreOffice and return its first sheet as it shows it."""
    office = shutil.which("soffice")
    if office is None:
        words = "This test needs LibreOffice on the PATH: on Debian `apt-get install libreoffice-calc`."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    command = [office, f"-env:UserInstallation={(path.parent / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "csv", "--outdir", str(path.parent / "csv"), str(path)]
    subprocess.run(command, capture_output=True, timeout=240, check=True)
    with (path.parent / "csv" / f"{path.stem}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_marked_workbook_opens_and_runs_nothing(mixed_run: Path, tmp_path: Path) -> None:
    """LibreOffice shows every row with its answer; a cell that looks like a formula is text there."""
    path = tmp_path / "marked.xlsx"
    with RunFile.open(mixed_run) as run:
        write_report(run, path)
    rows = _convert(path)
    first = rows[0].index(OWN_HEADERS[0])
    assert len(rows) == 14
    assert {row[first] for row in rows[1:]} >= {"created", "invalid", "unconfirmed", "not_sent"}
    assert rows[3][8] == "=1+1"


def test_template_opens_with_padded_indices(tmp_path: Path) -> None:
    """LibreOffice shows 001 in the template as 001."""
    path = tmp_path / "template.xlsx"
    with path.open("wb") as stream:
        write_xlsx_template(stream, 3)
    rows = _convert(path)
    assert [row[5] for row in rows[1:4]] == ["001"] * 3


def test_csv_report_opens_and_runs_nothing(mixed_run: Path, tmp_path: Path) -> None:
    """LibreOffice shows the CSV report's rows; a message that looks like a formula is text, no error and no result."""
    path = tmp_path / "answers.csv"
    with RunFile.open(mixed_run) as run:
        write_report(run, path)
    rows = _convert(path)
    assert len(rows) == 14
    assert rows[9][rows[0].index("message")].lstrip("'") == "=composition_string: not known here"
