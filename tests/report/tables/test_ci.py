"""The result of a check for CI: JUnit XML, GitHub annotations, SARIF."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import orjson
from hypothesis import given
from hypothesis import strategies as st

from importer.model import Issue, Severity, Where
from importer.report.files import print_findings
from importer.report.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Sequence

BAD = Issue(
    "unknown-element", Severity.ERROR, Where("a,b.csv", row=3, cell="C3"), "no Xx:\n100%", value="Xx", seq=1
)  # fmt: skip
NOTE = Issue("unused-column", Severity.NOTE, Where("log.xlsx", "Growth", 1, "Notes", "E1"), "not sent")
KEY = Issue("value-not-text", Severity.ERROR, Where("my stacks.yaml", row=12, cell="12:9"), "a list", seq=3)


def render(name: str, issues: Sequence[Issue], sources: Sequence[str] = (), error: str | None = None) -> str:
    """Return what a check has found in a format."""
    stream = io.BytesIO()
    print_findings(Findings(3, 2, issues, tuple(sources), (), error), name, stream)
    return stream.getvalue().decode()


def parse_xml(text: str) -> ET.Element:
    """Return our own output as a tree."""
    return ET.fromstring(text)  # noqa: S314  # our own output


def test_junit_has_a_suite_for_each_file() -> None:
    """A bad row is a failed case with codes and words; a file without errors passes; notes fail nothing."""
    root = parse_xml(render("junit", [BAD, BAD, NOTE], ["good.csv", "a,b.csv", "log.xlsx"]))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "0")
    assert [(suite.get("name"), suite.get("failures"), [case.get("name") for case in suite]) for suite in root] == [
        ("good.csv", "0", ["all rows valid"]),
        ("a,b.csv", "1", ["row 3"]),
        ("log.xlsx", "0", ["all rows valid"]),
    ]
    failure = root[1][0][0]
    assert failure.get("type") == "unknown-element"
    said = failure.get("message") or ""
    assert "C3: no Xx:\\n100%" in said
    assert "Correct the symbol" in said


@given(st.text())
def test_junit_is_always_xml(text: str) -> None:
    """Whatever a cell holds, the report can be parsed."""
    issue = Issue("unknown-element", Severity.ERROR, Where(text, text, 1), text, seq=0)
    parse_xml(render("junit", [issue], [text], text))


def test_annotations_stand_at_file_line_and_column() -> None:
    """An annotation names severity, file, line and code; what would end a property or a line is escaped."""
    first, second, third = render("github", [BAD, NOTE, KEY]).splitlines()
    assert first.startswith("::error file=a%2Cb.csv,line=3,title=unknown-element::C3: no Xx:\\n100%25 ")
    assert second.startswith("::notice file=log.xlsx,title=unused-column::Growth, E1: not sent")
    assert third.startswith("::error file=my stacks.yaml,line=12,col=9,title=value-not-text::12:9: a list")


@given(st.text())
def test_annotation_is_one_line(text: str) -> None:
    """No text can forge a second workflow command."""
    found = render("github", [Issue("unknown-element", Severity.ERROR, Where(text, row=1), text, seq=0)])
    assert len(found.splitlines()) == 1


def test_sarif_has_what_its_schema_requires() -> None:
    """Version, tool, rules and results are there; places are files with lines, or cells of a sheet."""
    found: dict[str, Any] = orjson.loads(render("sarif", [BAD, NOTE, KEY], ["a,b.csv"]))
    assert (found["version"], found["$schema"].endswith("sarif-2.1.0.json")) == ("2.1.0", True)
    (run,) = found["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "layer-importer"
    assert [rule["id"] for rule in driver["rules"]] == ["unknown-element", "unused-column", "value-not-text"]
    assert [(result["ruleIndex"], result["level"]) for result in run["results"]] == [
        (0, "error"), (1, "note"), (2, "error"),
    ]  # fmt: skip
    assert all(result["message"]["text"] for result in run["results"])
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place["artifactLocation"]["uri"] for place in places] == ["a%2Cb.csv", "log.xlsx", "my%20stacks.yaml"]
    assert [place.get("region") for place in places] == [{"startLine": 3}, None, {"startLine": 12, "startColumn": 9}]
    assert run["results"][1]["locations"][0]["logicalLocations"][0]["name"] == "Growth!E1"
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_what_stops_a_check_stands_in_every_format() -> None:
    """No format for machines is empty where an input can't be read."""
    said = "growths.csv doesn't exist."
    assert render("github", [], error=said).startswith("::error title=layer-importer::growths.csv doesn't exist.")
    root = parse_xml(render("junit", [], error=said))
    assert (root.get("errors"), root[0][0][0].get("message")) == ("1", said)
    (run,) = orjson.loads(render("sarif", [], error=said))["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == said
    assert orjson.loads(render("json", [], error=said))["error"] == said
    assert f"stopped,error,,,,,,,{said}," in render("csv", [], error=said)
