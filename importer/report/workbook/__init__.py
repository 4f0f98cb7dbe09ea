"""Workbooks that are written: the marked copy of the user's own and templates to fill in."""

from __future__ import annotations

from importer.report.report_format import ReportFormat

REPORTS = (
    ReportFormat(
        ".xlsx",
        "importer.report.workbook.marked_copy:write_workbook_report",
        "your own workbook with its formatting: wrong cells are coloured and commented, the answers are on the "
        "right, a summary sheet is added. You can import it again: what was added is ignored. From other or "
        "several inputs, a new workbook with the same marks",
    ),
)
