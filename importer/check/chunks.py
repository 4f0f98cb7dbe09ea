"""The rows of all inputs through the row rules, a chunk at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    from collections.abc import Collection, Generator, Iterator, Sequence

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


@dataclass(slots=True)
class ReadSoFar:
    """How far the reading of several inputs has come, and what is said of them at its end.

    Attributes:
        rows: rows read.
        starts: for each input begun, the ordinal that its first row has, or would have.
        sheets: the names of the sheets that were read, None for files without sheets.
        said: what is to be said of files without rows.
    """

    rows: int = 0
    starts: list[int] = field(default_factory=list)
    sheets: set[str | None] = field(default_factory=set)
    said: list[Issue] = field(default_factory=list)


def iter_checked_chunks(
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
    reading, so_far = prepare_reading(read, check), ReadSoFar()
    last = yield from iter_but_last(
        sources, stack_rules, reading, so_far=so_far, context=context, chunk_rows=chunk_rows, is_alone=len(sources) == 1
    )
    if last is not None:
        yield _finish(last, judge_absent(reading, so_far.sheets, sources), so_far.said)
    else:
        require_readable(so_far.said, len(sources))


def iter_but_last(
    sources: Sequence[Source],
    stack_rules: StackRules,
    reading: Reading,
    *,
    so_far: ReadSoFar,
    context: Context,
    chunk_rows: int = CHUNK_ROWS,
    is_alone: bool = False,
) -> Generator[CheckedChunk, None, CheckedChunk | None]:
    """Yield the chunks of some inputs but the last, which is returned: more may have to be said of it.

    Args:
        sources: the inputs.
        stack_rules: shown all rows.
        reading: what is the same for the whole run.
        so_far: what was read before these inputs; it is kept up to date.
        context: who watches.
        chunk_rows: rows of a chunk.
        is_alone: whether the run has no other input, so that there is none to go on with.

    Raises:
        InputError: an input can't be read at all.
        InputLimitError: the inputs hold more rows than one run may have.
    """
    held: CheckedChunk | None = None
    for source in tell_sources(sources, reading.mapping):
        so_far.said += judge_issues(source.notes, reading.check)
        so_far.starts.append(so_far.rows)
        try:
            for checked in _iter_file_chunks(source, reading, start=so_far.rows, chunk_rows=chunk_rows):
                stack_rules.add(checked.layers)
                so_far.rows += len(checked.bad)
                check_row_count(so_far.rows, source.name)
                context.watch(RowsRead(source.name, so_far.rows))
                so_far.sheets.add(checked.layers.fields.raw.sheet)
                if held is not None:
                    yield held
                held = checked
        except InputError as error:
            if isinstance(error, MappingError) or so_far.rows > limits.MAX_ROWS or is_alone:
                raise
            if not reading.read.skip_unreadable:
                raise type(error)(f"{error} --skip-unreadable imports the other files.") from error
            issue = _tell_unreadable(source, error)
            opened = so_far.starts[-1]
            if held is not None and so_far.rows > opened:
                held = _stop_file(held, issue, opened)
            else:
                so_far.said.append(issue)
    return held


def check_row_count(rows: int, name: str) -> None:
    """Refuse more rows than one run may have.

    Raises:
        InputLimitError: it names the input at which the bound is passed.
    """
    if rows > limits.MAX_ROWS:
        raise InputLimitError(
            f"{name}: the inputs hold more than {limits.MAX_ROWS:,} rows. Import them in several runs."
        )


def judge_absent(reading: Reading, sheets: Collection[str | None], sources: Collection[Source]) -> tuple[Issue, ...]:
    """Return what is to be said of what the mapping file has rules for and no input has, known only at the end."""
    late = () if reading.mapping is None else list_absent(reading.mapping, sheets, sources)
    return tuple(judge_issues(late, reading.check))


def require_readable(said: Sequence[Issue], count: int) -> None:
    """Refuse inputs that have no rows, if one of them can't be read.

    Raises:
        InputError: it tells the first that can't.
    """
    if unreadable := next((issue for issue in said if issue.code == UNREADABLE_FILE.code), None):
        words = f"{unreadable.where}: {unreadable.message}"
        raise InputError(f"None of the {count:,} files can be read. {words}")


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
