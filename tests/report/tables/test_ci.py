"""JUnit XML and GitHub annotations."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from importer.model import Issue, Severity, Where
from importer.report.tables.ci import iter_annotations, iter_junit

BAD = Issue(
    "unknown-element", Severity.ERROR, Where("a,b.csv", row=3, cell="C3"), "no Xx:\n100%", value="Xx", seq=1
)  # fmt: skip
NOTE = Issue("unused-column", Severity.NOTE, Where("log.xlsx", "Growth", 1, "Notes", "E1"), "not sent")


def test_junit_has_a_case_for_each_bad_row() -> None:
    """One failed case for the bad row with code and words, one passed for the others; notes fail nothing."""
    root = ET.fromstring("\n".join(iter_junit(3, 2, [BAD, BAD, NOTE])))  # noqa: S314  # our own output
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["2 of 3 rows valid", "row 3"]
    failure = suite[1][0]
    assert failure.get("type") == "unknown-element"
    said = failure.get("message") or ""
    assert "C3: no Xx:\\n100%" in said
    assert "Correct the symbol" in said


def test_check_of_nothing_valid_has_no_passed_case() -> None:
    """Where no row is valid no case passes."""
    root = ET.fromstring("\n".join(iter_junit(1, 0, [BAD])))  # noqa: S314  # our own output
    assert [len(case) for case in root[0]] == [1]


@given(st.text())
def test_junit_is_always_xml(text: str) -> None:
    """Whatever a cell holds, the report can be parsed."""
    issue = Issue("unknown-element", Severity.ERROR, Where(text, text, 1), text, seq=0)
    ET.fromstring("\n".join(iter_junit(1, 0, [issue])))  # noqa: S314  # our own output


def test_annotations_stand_at_file_and_line() -> None:
    """An annotation names severity, file, line and code; what would end a property or a line is escaped."""
    first, second = iter_annotations([BAD, NOTE])
    assert first.startswith("::error file=a%2Cb.csv,line=3,title=unknown-element::C3: no Xx:\\n100%25 ")
    assert second.startswith("::notice file=log.xlsx,title=unused-column::Growth, E1: not sent")


@given(st.text())
def test_annotation_is_one_line(text: str) -> None:
    """No text can forge a second workflow command."""
    (line,) = iter_annotations([Issue("unknown-element", Severity.ERROR, Where(text, row=1), text, seq=0)])
    assert len(line.splitlines()) == 1
