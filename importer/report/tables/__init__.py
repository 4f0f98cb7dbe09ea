"""Reports that are lines: CSV, JSON Lines, Parquet, split files, and formats for CI."""

from __future__ import annotations

from importer.report.report_format import ReportFormat

_LOSSLESS = "for programs, lossless; lines are described by `schemas/report.schema.json`"

REPORTS = (
    ReportFormat(
        ".csv",
        "importer.report.tables.table_files:write_csv_report",
        "to sort and filter; cells that a spreadsheet would run as a formula begin with an apostrophe",
        name="csv",
        check_writer="importer.report.tables.table_files:write_issues_csv",
    ),
    ReportFormat(".jsonl", "importer.report.tables.table_files:write_jsonl_report", _LOSSLESS),
    ReportFormat(".parquet", "importer.report.tables.parquet:write_parquet_report", _LOSSLESS, extra="parquet"),
    ReportFormat(
        "",
        "",
        "for programs: rows, issues, and the verdict on each stack",
        name="json",
        check_writer="importer.report.tables.table_files:write_check_json",
    ),
    ReportFormat(
        ".junit.xml",
        "",
        "JUnit XML, for the test reports of Jenkins, GitLab and others: a suite for each input, a failed case for each "
        "row with an error",
        name="junit",
        check_writer="importer.report.tables.ci:write_junit",
    ),
    ReportFormat(
        ".sarif",
        "",
        "SARIF 2.1.0, for GitHub code scanning and editors: each issue at its file, line and column",
        name="sarif",
        check_writer="importer.report.tables.sarif:write_sarif",
    ),
    ReportFormat(
        "",
        "",
        "annotations for GitHub's pull requests, printed by a workflow",
        name="github",
        check_writer="importer.report.tables.ci:write_annotations",
    ),
)
