"""The rows of all inputs through the row rules, a chunk at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from importer.check.reading import check_chunk, plan_table, prepare_reading
from importer.chunks import CHUNK_ROWS
from importer.columns import Turns, arrange_chunk, list_absent
from importer.errors import InputError, InputLimitError, MappingError
from importer.events import RowsRead
from importer.formats import limits
from importer.formats.digest import mark_file
from importer.formats.read import iter_raw_chunks
from importer.formats.sources import check_encoding
from importer.issues import Problem, make_issue
from importer.issues.unreadable import UNREADABLE_FILE
from importer.layers.normalise import normalise_chunk
from importer.model import Issue, Severity, Where
from importer.rules import judge_issues
from importer.settings import CheckSettings, ReadSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from importer.check.reading import Reading
    from importer.chunks import LayerChunk, Source
    from importer.chunks.layout import Layout
    from importer.columns import ColumnPlan, MappingFile
    from importer.context import Context
    from importer.rules import StackRules

CHECKED_ROWS = 4 * CHUNK_ROWS
"""Rows of a chunk where nothing is written of them: what costs by distinct text of a chunk costs a third less."""


@dataclass(frozen=True, slots=True)
class CheckedChunk:
    """Rows that went through the row rules.

    Attributes:
        layers: the typed rows.
        bad: shape (rows,), bool: rows with an error of their own or of their table.
        issues: the issues of the rows.
        table_issues: the issues of the whole table, found by now; an error makes all its rows bad, also those of
            earlier chunks.
        table_start: ordinal of the table's first row.
        file_issues: what is to be said of files without rows: those that can't be read, and those that weren't.
    """

    layers: LayerChunk
    bad: npt.NDArray[np.bool_]
    issues: tuple[Issue, ...]
    table_issues: tuple[Issue, ...]
    table_start: int
    file_issues: tuple[Issue, ...] = ()


def iter_checked_chunks(  # noqa: C901  # the one loop over files, each with its own end
    sources: Sequence[Source],
    stack_rules: StackRules,
    *,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    context: Context,
    chunk_rows: int = CHUNK_ROWS,
) -> Iterator[CheckedChunk]:
    """Yield the rows of all inputs through the row rules, a chunk at a time, and show them to the stack rules.

    Raises:
        InputError: an input can't be read at all.
        InputLimitError: the inputs hold more rows than one run may have.
        MappingError: the mapping file can't be used.
        UsageError: a code is none that can be repaired, or that can be ignored.
    """
    reading = prepare_reading(read, check)
    start = 0
    held: CheckedChunk | None = None
    seen: set[str | None] = set()
    said: list[Issue] = []
    for source in tell_sources(sources, reading.mapping):
        said += judge_issues(source.notes, check)
        opened = start
        try:
            for checked in _iter_file_chunks(source, reading, start=start, chunk_rows=chunk_rows):
                stack_rules.add(checked.layers)
                start += len(checked.bad)
                if start > limits.MAX_ROWS:
                    raise InputLimitError(
                        f"{source.name}: the inputs hold more than {limits.MAX_ROWS:,} rows. Import them in several "
                        "runs."
                    )
                context.watch(RowsRead(source.name, start))
                seen.add(checked.layers.fields.raw.sheet)
                if held is not None:
                    yield held
                held = checked
        except InputError as error:
            if isinstance(error, MappingError) or start > limits.MAX_ROWS or len(sources) == 1:
                raise
            if not read.skip_unreadable:
                raise type(error)(f"{error} --skip-unreadable imports the other files.") from error
            issue = _tell_unreadable(source, error)
            if held is not None and start > opened:
                held = _stop_file(held, issue, opened)
            else:
                said.append(issue)
    if held is not None:
        late: Sequence[Issue] = ()
        if reading.mapping is not None:
            late = list_absent(reading.mapping, seen, sources)
        yield _finish(held, tuple(judge_issues(late, check)), said)
    elif unreadable := next((issue for issue in said if issue.code == UNREADABLE_FILE.code), None):
        words = f"{unreadable.where}: {unreadable.message}"
        raise InputError(f"None of the {len(sources):,} files can be read. {words}")


def _finish(last: CheckedChunk, late: tuple[Issue, ...], said: Sequence[Issue]) -> CheckedChunk:
    """Return the last chunk of all, with what is known only at the end."""
    table_issues = (*last.table_issues, *late)
    return replace(last, bad=last.bad | has_error(late), table_issues=table_issues, file_issues=tuple(said))


def _iter_file_chunks(source: Source, reading: Reading, *, start: int, chunk_rows: int) -> Iterator[CheckedChunk]:
    """Yield the rows of one input through the row rules.

    Raises:
        InputError: it can't be read at all, or changed while it was read.
    """
    mark = mark_file(source.path, name=source.name)
    table_start, is_table_bad = start, False
    turns: Turns | None = None
    for raw in iter_raw_chunks(source, chunk_rows=chunk_rows):
        table_issues = raw.table_issues
        if raw.first:
            columns = plan_table(raw, reading)
            table_issues = (*table_issues, *columns.issues)
            table_start, is_table_bad = start, False
            turns = _gather_turns(source, raw.sheet, columns) if columns.is_turned else None
        table_issues = tuple(judge_issues(table_issues, reading.check))
        is_table_bad = is_table_bad or has_error(table_issues)
        layers, bad, row_issues = check_chunk(raw, columns, reading, start=start, turns=turns)
        bad |= is_table_bad
        yield CheckedChunk(layers, bad, row_issues, table_issues, table_start)
        start += len(bad)
    if mark_file(source.path, name=source.name) != mark:
        raise InputError(f"{source.name} changed while it was being read. Check it again when it is finished.")


def _tell_unreadable(source: Source, error: InputError) -> Issue:
    said = str(error).removeprefix(source.name)
    said = f"This file{said}" if said.startswith((" ", "'")) else said.lstrip(",: ")
    return make_issue(Problem(UNREADABLE_FILE, said), Where(source.name))


def _stop_file(last: CheckedChunk, issue: Issue, start: int) -> CheckedChunk:
    """Return the last chunk of a file that broke off, with all rows of the file stopped."""
    sheet = last.layers.fields.raw.sheet
    stopping = replace(issue, where=replace(issue.where, sheet=sheet))
    return replace(last, bad=np.ones_like(last.bad), table_issues=(*last.table_issues, stopping), table_start=start)


def tell_sources(sources: Sequence[Source], mapping: MappingFile | None) -> Sequence[Source]:
    """Return inputs with the encoding and the layout that a mapping file tells, where no option does.

    Raises:
        UsageError: there is no such encoding.
    """
    if mapping is None:
        return sources
    for encoding in [each.encoding for each in (mapping, *(special for _, special in mapping.files))]:
        if encoding is not None:
            check_encoding(encoding)
    return [_tell_source(each, mapping.choose(each.name)) for each in sources]


def _tell_source(source: Source, mapping: MappingFile) -> Source:
    return replace(
        source,
        encoding=source.encoding or mapping.encoding,
        layout=_lay_out(source, mapping.rules.layout),
        sheet_layouts={sheet: _lay_out(source, rules.layout) for sheet, rules in mapping.sheets.items()},
    )


def _lay_out(source: Source, layout: Layout) -> Layout:
    return replace(layout, delimiter=source.layout.delimiter or layout.delimiter)


def _gather_turns(source: Source, sheet: str | None, columns: ColumnPlan) -> Turns:
    """Return the positions of all stacks of a table that counts layers from the top, by reading it once more."""
    turns = Turns()
    for raw in iter_raw_chunks(source):
        if raw.sheet == sheet:
            turns.add(normalise_chunk(arrange_chunk(raw, columns, start=0)))
    return turns


def has_error(issues: Sequence[Issue]) -> bool:
    """Tell whether one of some issues is an error."""
    return any(issue.severity is Severity.ERROR for issue in issues)
