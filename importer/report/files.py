"""A run's report as a file, of the kind that the file's suffix names."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

from importer.errors import UsageError
from importer.report.output import check_output, open_output
from importer.report.page.html import write_html_report
from importer.report.tables.parquet import write_parquet_report
from importer.report.tables.table_files import write_csv_report, write_jsonl_report
from importer.report.workbook.marked_copy import write_workbook_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from importer.run import RunFile

WRITERS: Mapping[str, Callable[[RunFile, IO[bytes]], None]] = {
    ".csv": write_csv_report,
    ".html": write_html_report,
    ".jsonl": write_jsonl_report,
    ".parquet": write_parquet_report,
    ".xlsx": write_workbook_report,
}
"""Suffix -> what writes such a report to a binary stream."""


def check_report_path(to: Path) -> None:
    """Refuse a report path of an unknown kind, or one that can't be written, before any work is done for it.

    Raises:
        UsageError: see above.
    """
    if to.suffix.lower() not in WRITERS:
        raise UsageError(f"{to} names no kind of report: let it end in {', '.join(WRITERS)}.")
    check_output(to)


def check_not_input(run: RunFile, to: Path) -> None:
    """Refuse to write over an input of the run, which may be the only copy of somebody's data.

    Raises:
        UsageError: the path is one of the inputs.
    """
    for record in run.iter_inputs():
        check_other_file(to, Path(record.path))


def check_other_file(to: Path, source: Path) -> None:
    """Refuse to write to a path that is an input, by whatever name.

    Raises:
        UsageError: both are the same file.
    """
    if to.exists() and source.exists() and to.samefile(source):
        raise UsageError(f"{to} is one of the inputs: it would be written over. Name another file.")


def write_report(run: RunFile, to: Path) -> None:
    """Write the report of a run, in the kind that the path's suffix names; the file is there whole or not at all.

    Args:
        run: an open run file.
        to: path of the report; what stands there is replaced.

    Raises:
        UsageError: the suffix is unknown, or nothing can be written there.
        RunFileError: the run's lines don't add up to its rows.
        StorageError: the disk is full, or fails.
    """
    check_report_path(to)
    check_not_input(run, to)
    with open_output(to) as stream:
        WRITERS[to.suffix.lower()](run, stream)
