"""``columns``: how each column is read, before anything is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.options import Files
from importer.cli.terminal import make_console, tell
from importer.errors import UsageError
from importer.settings import ReadSettings, word_command

if TYPE_CHECKING:
    from rich.table import Table

    from importer.tasks.preview_columns import TableView


def show_columns(
    files: Files,
    *,
    read: ReadSettings,
    write: Annotated[
        Path | None,
        typer.Option(metavar="M.yaml", help="Write a mapping file to start from.", rich_help_panel="Report"),
    ] = None,
) -> None:
    """Show how each column is read, and which ones aren't used.

    Needs no network and no key.

    Example: layer-importer columns growths.xlsx --write growths.mapping.yaml
    """
    from importer.columns.plan_issues import COLUMN_NEAR_MISS
    from importer.formats.read import find_sources
    from importer.model import Severity
    from importer.report.escape import escape_text
    from importer.report.output import open_output
    from importer.tasks.preview_columns import draft_mapping, iter_tables

    if write is not None and write.exists():
        raise UsageError(f"{write} exists already and may have been edited by hand. Name another file.")
    tables = list(iter_tables(find_sources(files, read), read=read))
    console = make_console()
    for table in tables:
        console.print(_draw_table(table))
        for issue in table.issues:
            if issue.severity is not Severity.NOTE and issue.code != COLUMN_NEAR_MISS.code:
                console.print(escape_text(f"{issue.severity} {issue.code}: {issue.where}: {issue.message}"))
    if write is not None:
        with open_output(write) as stream:
            stream.write(draft_mapping(tables).encode())
        tell(f"Written: {write}. Correct it, then run: {word_command('validate', files[0], '--mapping', write)}")
    bad = any(issue.severity is Severity.ERROR for table in tables for issue in table.issues)
    raise typer.Exit(1 if bad else 0)


def _draw_table(view: TableView) -> Table:
    from rich import box
    from rich.table import Table

    from importer.report.escape import escape_text

    name = view.source if view.sheet is None else f"{view.source}, sheet {view.sheet}"
    table = Table(title=escape_text(name), title_justify="left", box=box.SIMPLE)
    for header in ("", "header", "read as", "first value"):
        table.add_column(header)
    for column in view.columns:
        meaning = column.meaning
        if column.suggestion is not None:
            meaning += f" (did you mean {column.suggestion}?)"
        table.add_row(column.letters or "", escape_text(column.header), meaning, escape_text(column.sample))
    return table
