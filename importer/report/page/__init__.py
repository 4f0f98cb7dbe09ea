"""The report as one HTML page that fetches nothing."""

from __future__ import annotations

from importer.report.report_format import ReportFormat

REPORTS = (
    ReportFormat(
        ".html",
        "importer.report.page.html:write_html_report",
        "for people: the result, each cell to correct and what to type there, drawings of the stacks, all rows "
        "with filters, how the run went, hashes of the inputs; one file that loads nothing from elsewhere",
    ),
)
