"""``validate``: read and check, without any network."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import typer

from importer.cli.options import Files
from importer.cli.terminal import make_console, outlive_reader, tell
from importer.errors import ImporterError
from importer.settings import CheckSettings, ReadSettings
from importer.settings.option import Option

if TYPE_CHECKING:
    from importer.report.findings import Findings
    from importer.tasks.validate import CheckedInputs

_TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDisplay:
    """What is shown of a check, and how.

    Attributes:
        reports: report files to write.
        output_format: how the result is printed.
        verbose: all places of every issue.
    """

    PANEL: ClassVar[str] = "Report"

    reports: tuple[Path, ...] = Option(
        "--report",
        "Write a report, e.g. check.html, check.xlsx, check.junit.xml or check.sarif. Repeatable.",
        metavar="PATH",
    ).with_default(())
    output_format: str = Option(
        "--format",
        "How to print the result, e.g. json or github; `guide report-columns` lists all ways. Default: text.",
        metavar="NAME",
    ).with_default("text")
    verbose: bool = Option("--verbose", "Show all places of every issue.").with_default(False)


def validate_files(files: Files, *, read: ReadSettings, check: CheckSettings, show: CheckDisplay) -> None:
    """Check files and say exactly what is wrong and where.

    Needs no network and no key.

    Example: layer-importer validate growths.xlsx --format json
    """
    from importer.report.files import check_other_file, check_report_path, find_check_format

    is_text = show.output_format == _TEXT
    if not is_text:
        find_check_format(show.output_format)
    for path in show.reports:
        check_report_path(path)
        for each in files:
            check_other_file(path, Path(each))
    try:
        result = _check(files, read=read, check=check, show=show)
    except ImporterError as error:
        _tell_failure(error, show)
        raise
    if is_text:
        _print_summary(result, verbose=show.verbose)
    else:
        _print_findings(result.findings, show.output_format)
    if show.reports:
        from importer.tasks.check.reports import write_check_reports

        for path in write_check_reports(files, show.reports, result, read=read, check=check):
            tell(f"Written: {path}")
    if result.unreadable:
        named = "1 file" if result.unreadable == 1 else f"{result.unreadable:,} files"
        tell(f"{named} can't be read: see unreadable-file above.")
    raise typer.Exit(result.exit_code)


def _check(files: list[str], *, read: ReadSettings, check: CheckSettings, show: CheckDisplay) -> CheckedInputs:
    from importer.report.screen import console, summary
    from importer.tasks import validate as task

    is_text = show.output_format == _TEXT
    is_brief = is_text and not show.verbose and not show.reports
    checked = task.validate(
        files,
        read=read,
        check=check,
        keep_frame=False,
        keep_stacks=None if show.output_format == "json" else console.STACKS_SHOWN if is_brief else sys.maxsize,
        keep_issues=summary.FIRST if is_brief else None,
    )
    return task.read_check(checked)


def _tell_failure(error: ImporterError, show: CheckDisplay) -> None:
    """Tell programs what stopped the check, in each format that they read."""
    from importer.report.files import find_report, write_findings
    from importer.report.findings import Findings

    failed = Findings(0, 0, (), (), (), str(error))
    if show.output_format != _TEXT:
        _print_findings(failed, show.output_format)
    for path in show.reports:
        if not find_report(path).writer:
            write_findings(failed, path)


def _print_findings(found: Findings, name: str) -> None:
    from importer.report.files import print_findings

    with outlive_reader(1):
        stream = typer.get_binary_stream("stdout")
        print_findings(found, name, stream)
        stream.flush()


def _print_summary(result: CheckedInputs, *, verbose: bool) -> None:
    from importer.report.screen import console

    summary = console.make_check_summary(
        result.rows,
        result.valid,
        result.issues,
        stacks=result.stacks,
        extent=result.extent,
        all_places=verbose,
    )
    make_console().print(summary)
