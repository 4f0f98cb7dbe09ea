"""Formats and reports of other packages, registered under the entry point groups, as a real command meets them."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from importer.formats.plug_ins import list_own
from importer.formats.registry import find_format, list_own_formats
from importer.report.files import list_own_reports

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
import numpy as np
from importer.formats.input_format import InputFormat
from importer.formats.table import Head, make_chunk
from importer.report.report_format import ReportFormat

def read(source, *, chunk_rows):
    header, *rows = (line.split() for line in source.path.read_text().splitlines())
    head = Head(source.name, None, tuple(header), 1, tuple(range(len(header))))
    yield make_chunk(head, rows, numbers=np.arange(2, 2 + len(rows)), first=True)

def fail(source, *, chunk_rows):
    raise KeyError("lost")

def write(run, stream):
    for status, count in run.count_statuses().items():
        stream.write(f"* {status.value}: {count}\\n".encode())

def write_found(found, stream):
    stream.write(f"* {found.valid} of {found.rows} rows valid\\n".encode())

def fail_writing(run, stream):
    raise KeyError("lost")

BLANKS = InputFormat("blanks", (".blanks",), "lab_formats:read", "blanks between cells")
FAILING = InputFormat("failing", (".failing",), "lab_formats:fail", "fails")
UNLOADED = InputFormat("unloaded", (".unloaded",), "lab_formats:missing", "has no reader")
OTHER_CSV = InputFormat("csv", (".other",), "lab_formats:fail", "takes a name")
OTHER_SUFFIX = InputFormat("mine", (".yml",), "lab_formats:fail", "takes a suffix")
SHOUTING = InputFormat("shouting", (".LOUD",), "lab_formats:fail", "is never found")
MARKDOWN = ReportFormat(
    ".md", "lab_formats:write", "to paste into a notebook", name="md", check_writer="lab_formats:write_found"
)
FAILING_REPORT = ReportFormat(".fail", "lab_formats:fail_writing", "fails")
OTHER_REPORT = ReportFormat(".csv", "lab_formats:write", "takes a suffix")
"""
ENTRIES = """
[layer_importer.formats]
blanks = lab_formats:BLANKS
failing = lab_formats:FAILING
unloaded = lab_formats:UNLOADED
other-csv = lab_formats:OTHER_CSV
other-suffix = lab_formats:OTHER_SUFFIX
shouting = lab_formats:SHOUTING
broken = lab_formats_that_are_not_there:FORMAT
not-a-format = lab_formats:read

[layer_importer.reports]
markdown = lab_formats:MARKDOWN
failing = lab_formats:FAILING_REPORT
other-report = lab_formats:OTHER_REPORT
gone = lab_formats:GONE
"""
TABLE = "sample_id layer_id formula\n7 1 SrTiO3\n7 2 BaTiO3\n"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """Return a folder with an installed package of plug-ins, good and bad ones, and with inputs for them."""
    (tmp_path / "site" / "lab_formats-1.dist-info").mkdir(parents=True)
    (tmp_path / "site" / "lab_formats.py").write_text(MODULE)
    (tmp_path / "site" / "lab_formats-1.dist-info" / "METADATA").write_text("Name: lab-formats\nVersion: 1\n")
    (tmp_path / "site" / "lab_formats-1.dist-info" / "entry_points.txt").write_text(ENTRIES)
    for name in ("a.blanks", "a.failing", "a.unloaded", "a.LOUD"):
        (tmp_path / name).write_text(TABLE)
    (tmp_path / "a.csv").write_text(TABLE.replace(" ", ","))
    return tmp_path


def run_command(lab: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where the plug-ins are installed."""
    return subprocess.run(
        [sys.executable, "-m", "importer", *arguments],
        cwd=lab,
        env={**os.environ, "PYTHONPATH": str(lab / "site"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_plug_in_reads_and_broken_ones_are_named(lab: Path) -> None:
    """A file of a plug-in's suffix is read by it; each plug-in that can't be used is named once, with the reason."""
    done = run_command(lab, "validate", "a.blanks")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 rows, all valid.\n"
    told = done.stderr.splitlines()
    for name, why in {
        "broken": "No module named 'lab_formats_that_are_not_there'",
        "not-a-format": "isn't of the type InputFormat",
        "csv": "a format of this name",
        "mine": ".yml belongs to another format",
        "shouting": "'.LOUD' isn't a suffix",
    }.items():
        (line,) = [line for line in told if f"plug-in {name} was left out" in line]
        assert why in line


def test_our_own_formats_need_no_look_at_plug_ins(lab: Path) -> None:
    """A CSV is read without a word about plug-ins that it doesn't need, and a plug-in can't take its place."""
    done = run_command(lab, "validate", "a.csv")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_plug_in_is_chosen_by_name_and_listed_with_the_others(lab: Path) -> None:
    """``--input-format`` takes a plug-in's name, and names it where a wrong one is given."""
    (lab / "a.dat").write_text(TABLE)
    assert run_command(lab, "validate", "a.dat", "--input-format", "blanks").returncode == 0
    wrong = run_command(lab, "validate", "a.dat", "--input-format", "docx")
    assert wrong.returncode == 2
    assert "blanks, csv" in wrong.stderr


@pytest.mark.parametrize(
    ("name", "said"), [("failing", "KeyError: 'lost'"), ("unloaded", "AttributeError: module 'lab_formats'")]
)
def test_a_plug_in_that_fails_is_named(lab: Path, name: str, said: str) -> None:
    """What a plug-in raises by mistake ends in a message with its name, not in a traceback."""
    done = run_command(lab, "validate", f"a.{name}")
    assert done.returncode == 2
    assert f"a.{name} can't be read: the plug-in {name} failed ({said}" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_report_of_a_plug_in(lab: Path) -> None:
    """Reports of plug-ins are written; one that fails is named and doesn't keep the others from being written."""
    command = ["import", "a.csv", "--dry-run", "--report", "a.fail", "--report", "a.md", "--report", "b.csv"]
    done = run_command(lab, *command)
    assert (lab / "a.md").read_text() == "* not_sent: 2\n"
    assert (lab / "b.csv").read_text().startswith("source,")
    assert not (lab / "a.fail").exists()
    assert done.returncode == 2
    assert "plug-in lab_formats:fail_writing failed (KeyError: 'lost')" in " ".join(done.stderr.split())
    assert "plug-in gone was left out" in done.stderr
    assert "plug-in lab_formats:write was left out: there is a report with the suffix .csv already" in done.stderr


def test_a_format_of_a_plug_in_for_checks(lab: Path) -> None:
    """What one module registers is a format of `validate` and a report of it; a name that isn't there names all."""
    done = run_command(lab, "validate", "a.csv", "--format", "md", "--report", "a.md", "--report", "a.sarif")
    assert done.stdout == "* 2 of 2 rows valid\n"
    assert (lab / "a.md").read_text() == "* not_sent: 2\n"
    assert (lab / "a.sarif").read_text().startswith("{")
    assert done.returncode == 0
    done = run_command(lab, "validate", "a.csv", "--format", "xml")
    assert done.returncode == 2
    assert "Use text, csv, github, json, junit, md, sarif." in " ".join(done.stderr.split())


def test_a_report_of_no_kind_names_the_kinds(lab: Path) -> None:
    """A suffix that no report has is refused with those that there are, plug-ins' too."""
    done = run_command(lab, "import", "a.csv", "--dry-run", "--report", "a.docx")
    assert done.returncode == 2
    assert ".csv, .fail, .html, .jsonl, .junit.xml, .md, .parquet, .sarif, .xlsx" in " ".join(done.stderr.split())


def test_our_own_registrations_lead_somewhere() -> None:
    """Each format and report of ours has a function behind its name, and none takes the suffix of another."""
    writers = [name for each in list_own_reports() for name in (each.writer, each.check_writer) if name]
    for target in (*(each.reader for each in list_own_formats()), *writers):
        assert callable(pkgutil.resolve_name(target))
    suffixes = [suffix for each in list_own_formats() for suffix in each.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    for names in ([each.suffix for each in list_own_reports()], [each.name for each in list_own_reports()]):
        named = [name for name in names if name]
        assert len(set(named)) == len(named)


def test_a_module_that_lists_something_else_is_a_fault_of_ours() -> None:
    """What isn't of the kind that a folder is to list ends at once, not as a format that fails later."""
    with pytest.raises(TypeError, match="isn't of the type str"):
        list_own("importer.formats", "FORMATS", str)


def test_suffixes_are_found_in_any_case(tmp_path: Path) -> None:
    """A suffix in capitals, as old programs write it, tells the format too."""
    assert find_format(tmp_path / "A.CSV.GZ") == "csv"
