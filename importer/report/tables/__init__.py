"""Reports that are lines: CSV, JSON Lines, Parquet, split files, and formats for CI."""

from __future__ import annotations

from importer.report.report_format import ReportFormat

_LOSSLESS = "for programs, lossless; lines are described by `schemas/report.schema.json`"

REPORTS = (
    ReportFormat(
        ".csv",
        "importer.report.tables.table_files:write_csv_report",
        "to sort and filter; cells that a spreadsheet would run as a formula begin with an apostrophe",
    ),
    ReportFormat(".jsonl", "importer.report.tables.table_files:write_jsonl_report", _LOSSLESS),
    ReportFormat(".parquet", "importer.report.tables.parquet:write_parquet_report", _LOSSLESS, extra="parquet"),
)
