"""CSV, TSV and their kin: the strict reader of the standard library, rows turned into columns a chunk at a time."""

from __future__ import annotations

import io
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.layout import BLANKS, FIXED
from importer.formats.limits import MAX_HEADER_SEARCH
from importer.formats.table import is_blank, note_comment
from importer.formats.text.aligned import AlignedRecords, find_columns
from importer.formats.text.records import DELIMITERS, RAGGED_ROW, Batch, Records, sniff_delimiter
from importer.formats.text.rows import BATCH_ROWS, TextTable
from importer.formats.text.spans import cut_blanks, make_column_cutter, make_cutter
from importer.formats.text.text import doubt_text, find_damage, note_encoding, open_text, scan_text, show_damage
from importer.formats.text.unquoted import cut_columns, iter_line_blocks
from importer.formats.transposed import iter_transposed_chunks
from importer.issues import Problem, make_issue
from importer.layers.header_names import count_known
from importer.model import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from importer.chunks import RawChunk, Source
    from importer.formats.table import Row
    from importer.formats.text.spans import Cutter
    from importer.formats.text.text import TextFacts
    from importer.model import Issue

_SNIFF_LINES = 200
_SNIFF_CHARACTERS = 1024 * 1024


def iter_delimited_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the table of a delimited text file.

    Raises:
        InputError: it can't be read, is empty, or holds no row.
        InputLimitError: it is past a bound.
    """
    facts = scan_text(source)
    layout = source.find_layout(None)
    with open_text(source, facts) as stream:
        top = _read_top(stream)
        delimiter = _choose_delimiter(source, top)
        body = _find_body(source, top, delimiter)
        skipped = len(top) - len(body)
        records = _make_records(chain(body, stream), body, delimiter=delimiter, skipped=skipped, name=source.name)
        batch = records.read_batch(max(MAX_HEADER_SEARCH, *(layout.header_rows or (0,))))
        notes = [note_comment(source.name, None, number) for number in range(1, skipped + 1)][:MAX_HEADER_SEARCH]
        notes += note_encoding(source, facts)
        if layout.is_transposed:
            yield from _iter_transposed(source, facts, records, batch, issues=notes)
            return
        table = TextTable(source, facts, chunk_rows)
        table.issues += notes
        table.comments = [(at, [line]) for at, line in enumerate(top[:skipped][:MAX_HEADER_SEARCH], start=1)]
        position = table.take_header(batch)
        if not facts.is_plain or delimiter in {BLANKS, FIXED}:
            yield from _iter_chunks(table, records, batch, position=position)
            return
        skipped = batch.starts[position] - 1 if position < len(batch.starts) else batch.starts[-1]
    yield from _iter_plain_chunks(table, source, delimiter=delimiter, skipped=skipped)


def _make_records(
    lines: Iterable[str], body: Sequence[str], *, delimiter: str, skipped: int, name: str
) -> Records | AlignedRecords:
    """Return the records of a text, by its delimiter; ``body`` is its first lines."""
    if delimiter in {BLANKS, FIXED}:
        columns = find_columns(body) if delimiter == FIXED else None
        return AlignedRecords(lines, columns=columns, skipped=skipped)
    return Records(lines, delimiter=delimiter, skipped=skipped, name=name)


def _iter_transposed(
    source: Source, facts: TextFacts, records: Records | AlignedRecords, batch: Batch, *, issues: list[Issue]
) -> Iterator[RawChunk]:
    """Yield the layers of a text whose fields run down; a line that can't be read, or is ragged, stops all of them."""
    rows: list[tuple[int, Row]] = []
    oddities: dict[tuple[int, int], Problem] = {}
    while batch.records:
        for at, (number, record) in enumerate(zip(batch.starts, batch.records, strict=True)):
            if at in batch.faults:
                problem = Problem(*batch.faults[at])
                issues.append(make_issue(problem, Where(source.name, None, number)))
                continue
            for column, cell in enumerate(record):
                if (damage := find_damage(cell)) is not None:
                    issues.append(
                        make_issue(Problem(*damage), Where(source.name, None, number), value=show_damage(cell))
                    )
                elif (doubt := doubt_text(cell, facts)) is not None:
                    oddities[number, column] = doubt
            rows.append((number, list(map(show_damage, record))))
        batch = records.read_batch(BATCH_ROWS) if not batch.is_lost else Batch()
    widths = {len(row) for _, row in rows if not is_blank(row)}
    if len(widths) > 1:
        number = next(number for number, row in rows if not is_blank(row) and len(row) < max(widths))
        said = f"This row has fewer cells than others ({min(widths)} instead of {max(widths)})."
        issues.append(make_issue(Problem(RAGGED_ROW, said), Where(source.name, None, number)))
    yield from iter_transposed_chunks(
        rows, source=source.name, sheet=None, first_column=0, issues=issues, oddities=oddities
    )


def find_delimiter(source: Source, facts: TextFacts) -> str:
    """Return what stands between the cells of a delimited text file, as its reader takes it.

    Raises:
        InputError: it can't be opened.
    """
    with open_text(source, facts) as stream:
        return _choose_delimiter(source, _read_top(stream))


def find_cutter(source: Source, facts: TextFacts) -> Cutter:
    """Return what cuts the records of a delimited text file into the cells that its reader reads.

    Raises:
        InputError: it can't be opened.
    """
    with open_text(source, facts) as stream:
        top = _read_top(stream)
    delimiter = _choose_delimiter(source, top)
    if delimiter == FIXED:
        return make_column_cutter(find_columns(_find_body(source, top, delimiter)))
    return cut_blanks if delimiter == BLANKS else make_cutter(delimiter)


def _find_body(source: Source, top: Sequence[str], delimiter: str) -> Sequence[str]:
    """Return the first lines of a text without the comments at their top."""
    if source.find_layout(None).header_rows is not None:
        return top
    return _take_commented_header(top, _drop_comments(top, delimiter), delimiter)


def _choose_delimiter(source: Source, top: Sequence[str]) -> str:
    """Return what the user says, else what the first lines tell."""
    if (told := source.find_layout(None).delimiter) is not None:
        return told
    is_tabbed = source.format == "tsv" and any("\t" in line for line in top)
    return "\t" if is_tabbed else sniff_delimiter(_drop_comments(top, "".join(DELIMITERS)))


def _read_top(stream: TextIO) -> list[str]:
    """Return the first lines of a text, few and short enough to be looked at several times."""
    lines: list[str] = []
    size = 0
    while len(lines) < _SNIFF_LINES and size < _SNIFF_CHARACTERS and (line := stream.readline()):
        lines.append(line)
        size += len(line)
    return lines


def _iter_chunks(
    table: TextTable, records: Records | AlignedRecords, batch: Batch, *, position: int
) -> Iterator[RawChunk]:
    """Yield the chunks of a table, beginning inside a batch."""
    first = True
    while True:
        table.add_batch(batch, position)
        if batch.is_lost or not batch.records:
            break
        if table.count >= table.chunk_rows:
            yield table.make_chunk(first=first)
            first = False
        batch, position = records.read_batch(min(table.chunk_rows, BATCH_ROWS)), 0
    if first or table.has_news:
        yield table.make_chunk(first=first)


def _iter_plain_chunks(table: TextTable, source: Source, *, delimiter: str, skipped: int) -> Iterator[RawChunk]:
    """Yield the chunks of a table whose records are lines, without those of the header and above it."""
    first, is_lost = True, False
    for block, lines in iter_line_blocks(source, skipped=skipped, rows=table.chunk_rows):
        columns = cut_columns(block, lines, delimiter=delimiter, width=len(table.head.header))
        if columns is not None:
            yield table.make_chunk(columns, np.arange(skipped + 1, skipped + 1 + lines, dtype=np.int64), first=first)
            first = False
        else:
            text = io.StringIO(block.decode(errors="surrogateescape"), newline="")
            records = Records(text, delimiter=delimiter, skipped=skipped, name=source.name)
            while not is_lost and (batch := records.read_batch(BATCH_ROWS)).records:
                table.add_batch(batch, 0)
                is_lost = batch.is_lost
            if table.count:
                yield table.make_chunk(first=first)
                first = False
        skipped += lines
        if is_lost:
            break
    if first or table.has_news:
        yield table.make_chunk(first=first)


def _take_commented_header(top: Sequence[str], body: Sequence[str], delimiter: str) -> Sequence[str]:
    """Return a text's lines with the header that stands in the comment just above them, as numpy writes it."""
    if len(body) == len(top) or not body:
        return body
    line = top[len(top) - len(body) - 1].lstrip("#").lstrip()
    sign = None if delimiter in {BLANKS, FIXED} else delimiter
    names, first = line.rstrip("\r\n").split(sign), body[0].rstrip("\r\n").split(sign)
    is_header = len(names) == len(first) > 1 < count_known(names) > count_known(first)
    return [line, *body] if is_header else body


def _drop_comments(lines: Sequence[str], delimiters: str) -> Sequence[str]:
    """Return some lines without the comments at their top; a ``#`` that is a cell of its own is no comment."""
    for position, line in enumerate(lines):
        if not line.startswith("#") or line[1:2] in tuple(delimiters):
            return lines[position:]
    return ()
