"""``validate``: read and check, without any network."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.options import Files
from importer.cli.terminal import make_console, tell
from importer.settings import CheckSettings, ReadSettings

if TYPE_CHECKING:
    from importer.tasks.validate import Validation


class CheckFormat(StrEnum):
    """How the result of a check is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"
    GITHUB = "github"


def validate_files(
    files: Files,
    *,
    read: ReadSettings,
    check: CheckSettings,
    output_format: Annotated[
        CheckFormat,
        typer.Option(
            "--format", help="How to write the result. Default: text.", rich_help_panel="Report", show_default=False
        ),
    ] = CheckFormat.TEXT,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show all places of every issue.", rich_help_panel="Report")
    ] = False,
) -> None:
    """Check files and say exactly what is wrong and where.

    Needs no network and no key.

    Example: layer-importer validate growths.xlsx --format json
    """
    from importer.report.screen import console, summary
    from importer.tasks import validate as task

    is_brief = output_format is CheckFormat.TEXT and not verbose
    is_whole = output_format is CheckFormat.JSON
    result = task.validate(
        files,
        read=read,
        check=check,
        keep_frame=False,
        keep_stacks=None if is_whole else console.STACKS_SHOWN if is_brief else sys.maxsize,
        keep_issues=summary.FIRST if is_brief else None,
    )
    _write_result(result, output_format, verbose=verbose)
    if result.unreadable:
        named = "1 file" if result.unreadable == 1 else f"{result.unreadable:,} files"
        tell(f"{named} can't be read: see unreadable-file above.")
    raise typer.Exit(result.exit_code)


def _write_result(result: Validation, output_format: CheckFormat, *, verbose: bool) -> None:
    import orjson

    from importer.report.screen import console, lines
    from importer.report.tables import ci, table_files

    if output_format is CheckFormat.TEXT:
        summary = console.make_check_summary(
            result.rows,
            result.valid,
            result.issues,
            counts=result.counts,
            stacks=result.stacks,
            open_stacks=result.open_stacks,
            all_places=verbose,
        )
        make_console().print(summary)
        return
    stream = typer.get_binary_stream("stdout")
    if output_format is CheckFormat.CSV:
        table_files.write_issues_csv(result.issues, stream)
    elif output_format is CheckFormat.JUNIT:
        stream.writelines(f"{line}\n".encode() for line in ci.iter_junit(result.rows, result.valid, result.issues))
    elif output_format is CheckFormat.GITHUB:
        stream.writelines(f"{line}\n".encode() for line in ci.iter_annotations(result.issues))
    else:
        found = {
            "rows": result.rows,
            "valid": result.valid,
            "issues": [lines.describe_issue(issue) for issue in result.issues],
            "stacks": [lines.describe_stack(stack) for stack in result.stacks],
        }
        stream.write(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    stream.flush()
