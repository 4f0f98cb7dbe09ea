"""The result of a check as SARIF 2.1.0, which code hosts show beside the lines of a change.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from importer._version import __version__
from importer.issues import describe_code
from importer.model import Severity
from importer.report.tables.places import iter_spotted, say_issue

if TYPE_CHECKING:
    from importer.model import Issue
    from importer.report.findings import Findings
    from importer.report.tables.places import Spotted

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def write_sarif(found: Findings, stream: IO[bytes]) -> None:
    """Write what a check has found as SARIF."""
    numbers: dict[str, int] = {}
    rules: list[dict[str, Any]] = []
    for issue in found.issues:
        if issue.code not in numbers:
            numbers[issue.code] = len(rules)
            rules.append(_describe_rule(issue))
    invocation: dict[str, Any] = {"executionSuccessful": found.error is None}
    if found.error is not None:
        invocation["toolExecutionNotifications"] = [{"level": "error", "message": {"text": found.error}}]
    run = {
        "tool": {"driver": {"name": "layer-importer", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "artifacts": [{"location": _locate_file(source)} for source in found.sources],
        "results": [_describe_result(each, numbers[each.issue.code]) for each in iter_spotted(found)],
    }
    stream.write(
        orjson.dumps(
            {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]},
            option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
        )
    )


def _describe_rule(issue: Issue) -> dict[str, Any]:
    code = describe_code(issue)
    rule: dict[str, Any] = {
        "id": code.code,
        "shortDescription": {"text": code.meaning},
        "defaultConfiguration": {"level": _LEVELS[code.severity]},
    }
    return rule | {"help": {"text": code.remedy}} if code.remedy else rule


def _describe_result(spotted: Spotted, number: int) -> dict[str, Any]:
    issue, line, column = spotted
    where = issue.where
    place: dict[str, Any] = {"artifactLocation": _locate_file(where.source)}
    if line is not None:
        place["region"] = {"startLine": line} | ({} if column is None else {"startColumn": column})
    location: dict[str, Any] = {"physicalLocation": place}
    if where.cell is not None or where.sheet is not None:
        name = "!".join(filter(None, (where.sheet, where.cell)))
        location["logicalLocations"] = [{"name": name, "kind": "element"}]
    return {
        "ruleId": issue.code,
        "ruleIndex": number,
        "level": _LEVELS[issue.severity],
        "message": {"text": say_issue(issue)},
        "locations": [location],
    }


def _locate_file(source: str) -> dict[str, str]:
    return {"uri": quote(PurePath(source).as_posix(), errors="replace")}
