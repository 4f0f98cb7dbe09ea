"""Reports for further work: CSV for people with spreadsheets, JSONL for programs."""

from __future__ import annotations

import csv
import io
from itertools import takewhile
from typing import IO, TYPE_CHECKING, Any

import orjson

from importer.report.escape import defuse_cell
from importer.report.screen.lines import COLUMNS, ISSUE_COLUMNS, describe_issue, describe_stack, iter_report_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from importer.report.findings import Findings
    from importer.report.screen.lines import ReportLine
    from importer.run import RunFile


STOPPED = "stopped"
"""What stands for a code where something stopped the check before its end."""


def write_csv_report(run: RunFile, stream: IO[bytes]) -> None:
    """Write a run as CSV: RFC 4180, UTF-8, JSON text in ``issues`` and ``payload``, formulas defused.

    Raises:
        RunFileError: the lines don't add up to the rows of the run.
    """
    _write_csv(stream, COLUMNS, (list_cells(line) for line in iter_report_lines(run)))


def write_jsonl_report(run: RunFile, stream: IO[bytes]) -> None:
    """Write a run as JSON lines, lossless: nothing is defused, the payload is byte for byte what was sent.

    The first line also carries ``tables``: what was found of whole tables and files, so that each line is a row.

    Raises:
        RunFileError: the lines don't add up to the rows of the run.
    """
    stream.writelines(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in _iter_objects(run))


def write_issues_csv(found: Findings, stream: IO[bytes]) -> None:
    """Write what a check has found as CSV, one line an issue, formulas defused."""
    lines = [list(describe_issue(issue).values()) for issue in found.issues]
    if found.error is not None:
        stopped = {"code": STOPPED, "severity": "error", "message": found.error}
        lines.insert(0, [stopped.get(name) for name in ISSUE_COLUMNS])
    _write_csv(stream, ISSUE_COLUMNS, lines)


def write_check_json(found: Findings, stream: IO[bytes]) -> None:
    """Write what a check has found as one JSON object; ``error`` is there where something stopped the check."""
    written: dict[str, Any] = {
        "rows": found.rows,
        "valid": found.valid,
        "issues": [describe_issue(issue) for issue in found.issues],
        "stacks": [describe_stack(stack) for stack in found.stacks],
    }
    if found.error is not None:
        written["error"] = found.error
    stream.write(orjson.dumps(written, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def make_object(line: ReportLine) -> dict[str, Any]:
    """Return a line as the object that ``schemas/report.schema.json`` describes; the payload as parsed JSON."""
    payload = line.record.payload
    return {**_make_base(line), "payload": None if payload is None else orjson.loads(payload)}


def iter_table_objects(run: RunFile) -> Iterator[dict[str, Any]]:
    """Yield what was found of each table or file as a whole, as ``schemas/report.schema.json`` describes it."""
    whole = takewhile(lambda issue: issue.seq is None, run.iter_issues())
    found: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
    for issue in whole:
        found.setdefault((issue.where.source, issue.where.sheet), []).append(describe_issue(issue))
    for (source, sheet), issues in found.items():
        yield {"source": source, "sheet": sheet, "issues": issues}


def _iter_objects(run: RunFile) -> Iterator[Mapping[str, Any]]:
    tables = list(iter_table_objects(run))
    for line in iter_report_lines(run):
        payload = line.record.payload
        found = {**_make_base(line), "payload": None if payload is None else orjson.Fragment(payload)}
        if tables:
            found, tables = {**found, "tables": tables}, []
        yield found


def _make_base(line: ReportLine) -> dict[str, Any]:
    record = line.record
    return {
        "source": record.source,
        "sheet": record.sheet,
        "row": record.row,
        "sample_id": record.sample_id,
        "sample_name": record.sample_name,
        "substrate": record.substrate,
        "layer_id": record.layer_id,
        "status": record.status.value,
        "record_id": record.record_id,
        "http_status": record.http_status,
        "attempts": record.attempts,
        "issues": [describe_issue(issue) for issue in line.issues],
        "message": record.message,
    }


def list_cells(line: ReportLine) -> list[object]:
    """Return a line as the cells of a table, in the order of `COLUMNS`; nested things as JSON text, nothing defused."""
    found = _make_base(line)
    found["issues"] = orjson.dumps(found["issues"]).decode() if line.issues else ""
    found["payload"] = line.record.payload
    return [found[name] for name in COLUMNS]


def _write_csv(stream: IO[bytes], header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
    try:
        # With CRLF as line end the writer quotes cells that hold either half of it; with LF a lone CR stays bare.
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(header)
        for cells in lines:
            writer.writerow([defuse_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    finally:
        text.detach()
