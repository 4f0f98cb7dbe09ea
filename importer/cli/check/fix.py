"""``fix``: a corrected copy of a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from importer.cli.terminal import make_console, tell
from importer.errors import UsageError
from importer.settings import CheckSettings, ReadSettings
from importer.settings.option import Option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.tasks.fix.trial import Fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be corrected, and where the copy goes.

    Attributes:
        to: the copy.
        take: codes whose suggestions are taken; none for all that are sure.
        edits: a file of edits.
        delete_rows: rows that are deleted, as a text.
        diff: nothing is written, and what would change is shown.
    """

    PANEL: ClassVar[str] = "Fix"

    to: Path | None = Option("--to", "The corrected copy to write, a new file.", metavar="FIXED").with_default(None)
    take: tuple[str, ...] = Option(
        "--take",
        "Take the suggestions of this issue code, e.g. formula-case. Repeatable. Default: all sure ones.",
        metavar="CODE",
    ).with_default(())
    edits: Path | None = Option(
        "--edits",
        'Change these cells, one JSON object a line: {"cell": "C7", "was": "old", "now": "new"}.',
        metavar="E.jsonl",
    ).with_default(None)
    delete_rows: str | None = Option(
        "--delete-rows", "Delete these rows, e.g. 17,203-210.", metavar="ROWS"
    ).with_default(None)
    diff: bool = Option("--diff", "Show what would change and write nothing.").with_default(False)


def fix_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to correct. It is never changed itself.")],
    *,
    read: ReadSettings,
    check: CheckSettings,
    fix: Asked,
) -> None:
    """Write a corrected copy of a file, with the suggestions taken.

    Each change is listed. All other bytes and cells of the file stay as they are.

    Example: layer-importer fix growths.xlsx --to growths.fixed.xlsx
    """
    from importer.report.escape import escape_text
    from importer.tasks.fix import file as task
    from importer.tasks.fix.given import load_edits, parse_rows
    from importer.tasks.fix.trial import FixSettings

    if (fix.to is None) is not fix.diff:
        raise UsageError("Give either --to FIXED, to write a corrected copy, or --diff, to see what would change.")
    what = FixSettings(
        take=fix.take or None,
        edits=() if fix.edits is None else load_edits(fix.edits),
        delete_rows=() if fix.delete_rows is None else parse_rows(fix.delete_rows),
    )
    fixed = task.fix(file, fix.to, what=what, read=read, check=check)
    console = make_console()
    for line in _list_differences(fixed, file) if fix.diff else _list_changes(fixed):
        console.print(escape_text(line), soft_wrap=True)
    for each in fixed.not_taken:
        tell(f"Not taken: {each.issue.where}: {each.issue.code}, {each.issue.suggestion!r}: {each.why}")
    for note in fixed.notes:
        tell(note)
    tell(_word_end(fixed, file))
    raise typer.Exit(fixed.exit_code)


def _list_changes(fixed: Fixed) -> Iterator[str]:
    """Yield a line for each change: cell, text before and after, codes."""
    for change in fixed.changes:
        codes = f" ({', '.join(change.codes)})" if change.codes else ""
        yield f"{change.where}: {change.was!r} -> {change.now!r}{codes}"
    for row in fixed.deleted:
        yield f"row {row}: deleted"


def _list_differences(fixed: Fixed, file: Path) -> Iterator[str]:
    """Yield the lines that differ as a unified diff without context; of a workbook its changes."""
    if fixed.difference is None:
        yield from _list_changes(fixed)
        return
    yield f"--- {file}"
    yield f"+++ {file} (corrected)"
    for each in fixed.difference:
        yield f"@@ -{each.line} +{each.line} @@"
        yield f"-{each.was}"
        yield f"+{each.now}"


def _word_end(fixed: Fixed, file: Path) -> str:
    codes = Counter(change.codes[0] if change.codes else "edited" for change in fixed.changes)
    counted = ", ".join(f"{count:,} {code}" for code, count in codes.items())
    said = f"Cells changed: {sum(codes.values()):,}" + (f" ({counted})." if counted else ".")
    if fixed.deleted:
        said += f" Rows deleted: {len(fixed.deleted):,}."
    rows, valid = fixed.checked.rows, fixed.checked.valid
    said += f" Rows valid then: {valid:,} of {rows:,}."
    if fixed.path is None:
        return f"{said} Nothing was written."
    return f"{said} Written: {fixed.path}. {file} is as it was."
