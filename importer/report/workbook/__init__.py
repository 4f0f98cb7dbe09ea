"""Workbooks that are written: the marked copy of the user's own and templates to fill in."""

from __future__ import annotations

from importer.report.report_format import ReportFormat

REPORTS = (
    ReportFormat(
        ".xlsx",
        "importer.report.workbook.marked_copy:write_workbook_report",
        "your own workbook back, formats kept: bad cells filled and commented, answers at the right, a summary sheet. "
        "Importing it again passes over what was added. From other inputs, or several, a new workbook with the same "
        "marks",
    ),
)
