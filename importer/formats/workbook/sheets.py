"""The sheets of a workbook: which are read, which are passed over and told, whatever format they come in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from importer.chunks import column_letters
from importer.errors import InputError
from importer.formats.workbook.table import iter_table_chunks
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import OWN_SHEETS, count_known
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from importer.chunks import RawChunk, Source
    from importer.formats.workbook.table import Merge, SheetRow
    from importer.model import Issue

_MOST_TOLD = 10
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class SheetContent:
    """What is in a sheet.

    Attributes:
        rows: its rows, equally wide.
        left: number of the column of each row's first cell, from 0.
        merges: its merged cells.
        hidden: rows that aren't shown, from 0.
        hidden_columns: columns that aren't shown, from 0, whether or not they hold anything.
        issues: what is to be said of it already.
    """

    rows: Iterable[SheetRow]
    left: int = 0
    merges: Sequence[Merge] = ()
    hidden: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    issues: Sequence[Issue] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, read when it is wanted.

    Attributes:
        name: its name.
        load: returns what is in it, None where it is empty.
        is_hidden: it isn't shown.
    """

    name: str
    load: Callable[[], SheetContent | None] = field(repr=False)
    is_hidden: bool = False


SHEET_SKIPPED = Code(
    "sheet-skipped",
    Severity.WARNING,
    "A sheet without known headers wasn't read.",
    "If it has layers, name its columns after the fields, or give a mapping file for it.",
    "a sheet of notes",
)

HIDDEN_SHEET = Code(
    "hidden-sheet",
    Severity.NOTE,
    "A hidden sheet was read too.",
    "If you don't want its layers, name the sheet to read.",
    "a hidden sheet with layers",
    option="--sheet NAME",
)


def iter_sheets_chunks(source: Source, sheets: Sequence[Sheet], *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the tables of the wanted sheets; of several, those without a known header are passed over and told.

    Raises:
        InputError: no such sheet, or no table in any.
    """
    chosen = _choose_sheets(source, sheets)
    news: list[Issue] = []
    held: RawChunk | None = None
    for sheet in chosen:
        for chunk in _iter_sheet(source, sheet, chunk_rows=chunk_rows):
            if chunk.first and len(chosen) > 1 and not count_known(chunk.header):
                said = f"None of the headers of the sheet {sheet.name!r} is known, so it wasn't read."
                news.append(make_issue(Problem(SHEET_SKIPPED, said), Where(source.name, sheet.name, chunk.header_row)))
                break
            if chunk.first and sheet.is_hidden:
                said = f"The sheet {sheet.name!r} is hidden, but was read too."
                news.append(make_issue(Problem(HIDDEN_SHEET, said), Where(source.name, sheet.name)))
            if held is not None:
                yield held
            held = replace(chunk, table_issues=(*news, *chunk.table_issues))
            news = []
    if held is not None:
        yield replace(held, table_issues=(*held.table_issues, *news))
        return
    # no sheet has a known header: the first with text is shown, so that its headers can be told
    for sheet in chosen:
        chunks = list(_iter_sheet(source, sheet, chunk_rows=chunk_rows))
        if chunks:
            yield from chunks
            return
    raise InputError(f"{source.name} has no table: its sheets are empty.")


def _choose_sheets(source: Source, sheets: Sequence[Sheet]) -> Sequence[Sheet]:
    """Return the sheets to be read: the one that was asked for, else all but one that this program wrote itself.

    Raises:
        InputError: there is no such sheet.
    """
    if source.sheet is None:
        return [sheet for sheet in sheets if sheet.name not in OWN_SHEETS] or sheets
    chosen = [sheet for sheet in sheets if sheet.name == source.sheet]
    if not chosen:
        names = ", ".join(repr(sheet.name) for sheet in sheets)
        raise InputError(f"{source.name} has no sheet {source.sheet!r}. Its sheets are {names}.")
    return chosen


HIDDEN_ROWS = Code(
    "hidden-rows",
    Severity.NOTE,
    "Hidden rows of a sheet were read too.",
    "If you don't want their layers, delete the rows.",
    "rows hidden by a filter",
)


HIDDEN_COLUMNS = Code(
    "hidden-columns",
    Severity.NOTE,
    "Hidden columns of a sheet were read too.",
    "If you don't want what they hold, delete them, or list them under `ignore` in a mapping file.",
    "a column of old formulas that was hidden",
)


def _iter_sheet(source: Source, sheet: Sheet, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the table of one sheet."""
    content = sheet.load()
    if content is None:
        return
    issues = list(content.issues)
    if content.hidden:
        rows = ", ".join(str(row + 1) for row in content.hidden[:_MOST_TOLD])
        rows += ", ..." if len(content.hidden) > _MOST_TOLD else ""
        count = len(content.hidden)
        said = f"{count} hidden {'row was' if count == 1 else 'rows were'} read too: {rows}."
        issues.append(make_issue(Problem(HIDDEN_ROWS, said), Where(source.name, sheet.name, content.hidden[0] + 1)))
    chunks = iter_table_chunks(
        content.rows,
        source=source,
        sheet=sheet.name,
        first_column=content.left,
        merges=content.merges,
        chunk_rows=chunk_rows,
        issues=issues,
    )
    for chunk in chunks:
        if chunk.first and content.hidden_columns:
            told = _note_hidden_columns(chunk, frozenset(content.hidden_columns))
            yield replace(chunk, table_issues=(*chunk.table_issues, *told))
        else:
            yield chunk


def _note_hidden_columns(chunk: RawChunk, hidden: frozenset[int]) -> list[Issue]:
    """Return what is to be said of a table's hidden columns; a whole sheet's unused ones are often hidden too."""
    if chunk.is_transposed:
        found = [(row - 1, "") for row in chunk.rows.tolist() if row - 1 in hidden]
    else:
        found = [
            (letter, name)
            for letter, name in zip(chunk.letters, chunk.header, strict=True)
            if letter in hidden and (name.strip() or not chunk.header_row)
        ]
    if not found:
        return []
    named = [(column_letters(letter), name) for letter, name in found[:_MOST_TOLD]]
    columns = ", ".join(f"{name[:_LONGEST_NAME]!r} ({letters})" if name else letters for letters, name in named)
    columns += ", ..." if len(found) > _MOST_TOLD else ""
    said = f"{len(found)} hidden {'column was' if len(found) == 1 else 'columns were'} read too: {columns}."
    letters, name = named[0]
    row = None if chunk.is_transposed else chunk.header_row or None
    place = Where(chunk.source, chunk.sheet, row, name or None, f"{letters}{row}" if row else None)
    return [make_issue(Problem(HIDDEN_COLUMNS, said), place)]
