"""What people and programs read of a run, all of it drawn from the run file."""

from __future__ import annotations

from importer.report.files import check_report_path, write_report
from importer.report.split import split_run

__all__ = ["check_report_path", "split_run", "write_report"]
