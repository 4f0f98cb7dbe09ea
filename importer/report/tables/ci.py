"""The result of a check for CI: JUnit XML for test reports, annotations for GitHub's pull requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from importer.issues import describe_code
from importer.model import Severity
from importer.report.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from importer.model import Issue

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_NO_LINES = re.compile(r"\.(?:xlsx|xlsm|xls|xlsb|ods)$", re.IGNORECASE)


def iter_junit(rows: int, valid: int, issues: Iterable[Issue]) -> Iterator[str]:
    """Yield the lines of a JUnit report: one failed case for each bad row or table, one passed case for the rest.

    Source of the form: the schema that Jenkins' xUnit plug-in and GitLab read.

    Args:
        rows: rows read.
        valid: rows that could be sent.
        issues: everything that was said.
    """
    failed: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        if issue.severity is Severity.ERROR:
            failed.setdefault((issue.where.source, _name_case(issue)), []).append(issue)
    cases = len(failed) + (1 if valid else 0)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="layer-importer validate" tests="{cases}" failures="{len(failed)}">'
    yield f'<testsuite name="layer-importer validate" tests="{cases}" failures="{len(failed)}" errors="0" skipped="0">'
    if valid:
        yield f'<testcase classname="validate" name="{valid} of {rows} rows valid"/>'
    for (source, name), found in failed.items():
        words = "; ".join(f"{issue.code}: {_describe(issue)}" for issue in found)
        kinds = ", ".join(dict.fromkeys(issue.code for issue in found))
        yield f"<testcase classname={_quote(source)} name={_quote(name)}>"
        yield f"<failure type={_quote(kinds)} message={_quote(words)}/>"
        yield "</testcase>"
    yield "</testsuite>"
    yield "</testsuites>"


def iter_annotations(issues: Iterable[Issue]) -> Iterator[str]:
    """Yield a GitHub workflow command for each issue, at its file and line; workbooks have no lines.

    Source: GitHub Docs, "Workflow commands for GitHub Actions".
    """
    for issue in issues:
        where = issue.where
        properties = [f"file={escape_text(where.source).translate(_PROPERTY)}"]
        if where.row is not None and not _NO_LINES.search(where.source):
            properties.append(f"line={where.row}")
        properties.append(f"title={issue.code}")
        said = escape_text(_describe(issue)).translate(_DATA)
        yield f"::{_COMMANDS[issue.severity]} {','.join(properties)}::{said}"


def _describe(issue: Issue) -> str:
    """Return the cell, what is wrong with it, and what to do about it."""
    where = issue.where
    cell = f"{where.sheet + ', ' if where.sheet else ''}{where.cell}: " if where.cell else ""
    step = describe_code(issue).remedy if issue.suggestion is None else f"Type: {issue.suggestion}"
    return f"{cell}{issue.message} {step}".rstrip()


def _name_case(issue: Issue) -> str:
    if issue.seq is None or issue.where.row is None:
        return "the whole table"
    return f"{issue.where.sheet + ' ' if issue.where.sheet else ''}row {issue.where.row}"


def _quote(text: str) -> str:
    """Return an XML attribute's value with its quotes; what XML can't hold is shown by its escape."""
    return quoteattr(escape_text(text))
