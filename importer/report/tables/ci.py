"""The result of a check for CI: JUnit XML for test reports, annotations for GitHub's pull requests."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from importer.model import Severity
from importer.report.escape import escape_text
from importer.report.tables.places import iter_spotted, say_issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from importer.model import Issue
    from importer.report.findings import Findings

    Cases = Mapping[str, Sequence[Issue]]

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})


def write_junit(found: Findings, stream: IO[bytes]) -> None:
    """Write what a check has found as JUnit XML: a suite for each input, with a failed case for each bad row or table.

    An input without an error has one case, which passes. Source of the form: the schema that Jenkins' xUnit plug-in and
    GitLab read.
    """
    stream.writelines(f"{line}\n".encode() for line in _iter_junit(found))


def _iter_junit(found: Findings) -> Iterator[str]:
    suites: dict[str, dict[str, list[Issue]]] = {source: {} for source in found.sources}
    for issue in found.issues:
        if issue.severity is Severity.ERROR:
            suites.setdefault(issue.where.source, {}).setdefault(_name_case(issue), []).append(issue)
    failures = sum(map(len, suites.values()))
    errors = int(found.error is not None)
    tests = sum(max(1, len(failed)) for failed in suites.values()) + errors
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="layer-importer validate" tests="{tests}" failures="{failures}" errors="{errors}">'
    for source, failed in suites.items():
        yield from _iter_suite(source, failed)
    if found.error is not None:
        yield '<testsuite name="layer-importer validate" tests="1" failures="0" errors="1" skipped="0">'
        yield '<testcase classname="layer-importer validate" name="the check as a whole">'
        yield f"<error message={_quote(found.error)}/>"
        yield "</testcase>"
        yield "</testsuite>"
    yield "</testsuites>"


def _iter_suite(source: str, failed: Cases) -> Iterator[str]:
    tests = max(1, len(failed))
    yield f'<testsuite name={_quote(source)} tests="{tests}" failures="{len(failed)}" errors="0" skipped="0">'
    if not failed:
        yield f'<testcase classname={_quote(source)} name="all rows valid"/>'
    for name, issues in failed.items():
        words = "; ".join(f"{issue.code}: {say_issue(issue)}" for issue in issues)
        kinds = ", ".join(dict.fromkeys(issue.code for issue in issues))
        yield f"<testcase classname={_quote(source)} name={_quote(name)}>"
        yield f"<failure type={_quote(kinds)} message={_quote(words)}/>"
        yield "</testcase>"
    yield "</testsuite>"


def write_annotations(found: Findings, stream: IO[bytes]) -> None:
    """Write a GitHub workflow command for each issue, at its file, line and column; workbooks have no lines.

    Source: GitHub Docs, "Workflow commands for GitHub Actions".
    """
    stream.writelines(f"{line}\n".encode() for line in _iter_annotations(found))


def _iter_annotations(found: Findings) -> Iterator[str]:
    if found.error is not None:
        yield f"::error title=layer-importer::{escape_text(found.error).translate(_DATA)}"
    for issue, line, column in iter_spotted(found):
        properties = [f"file={escape_text(issue.where.source).translate(_PROPERTY)}"]
        if line is not None:
            properties.append(f"line={line}")
        if column is not None:
            properties.append(f"col={column}")
        properties.append(f"title={issue.code}")
        said = escape_text(say_issue(issue)).translate(_DATA)
        yield f"::{_COMMANDS[issue.severity]} {','.join(properties)}::{said}"


def _name_case(issue: Issue) -> str:
    if issue.seq is None or issue.where.row is None:
        return "the whole table"
    return f"{issue.where.sheet + ' ' if issue.where.sheet else ''}row {issue.where.row}"


def _quote(text: str) -> str:
    """Return an XML attribute's value with its quotes; what XML can't hold is shown by its escape."""
    return quoteattr(escape_text(text))
