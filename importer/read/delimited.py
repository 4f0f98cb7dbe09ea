"""CSV, TSV and their kin: the strict reader of the standard library, rows turned into columns a chunk at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from importer.codes import make_issue
from importer.errors import InputError, InputLimitError
from importer.model import Problem, Where
from importer.read.limits import MAX_COLUMNS, MAX_HEADER_SEARCH
from importer.read.records import DELIMITERS, Records, sniff_delimiter
from importer.read.rows import Head, find_header, is_blank, is_units_row, make_chunk, note_blank_rows, note_titles
from importer.read.text import find_damage, note_encoding, open_text, scan_text, show_damage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.chunks import RawChunk, Source
    from importer.model import Issue
    from importer.read.records import Batch
    from importer.read.text import TextFacts

_SNIFF_LINES = 200


def iter_delimited_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the table of a delimited text file.

    Raises:
        InputError: it can't be read, is empty, or holds no row.
        InputLimitError: it is past a bound.
    """
    facts = scan_text(source)
    with open_text(source, facts) as stream:
        top = list(islice(stream, _SNIFF_LINES))
        delimiter = "\t" if source.format == "tsv" else sniff_delimiter(_drop_comments(top, "".join(DELIMITERS)))
        body = _drop_comments(top, delimiter)
        skipped = len(top) - len(body)
        records = Records(chain(body, stream), delimiter=delimiter, skipped=skipped)
        batch = records.read_batch(max(chunk_rows, MAX_HEADER_SEARCH))
        reader = _TableReader(source, facts)
        reader.issues += [_note_comment(source, number) for number in range(1, skipped + 1)][:MAX_HEADER_SEARCH]
        reader.issues += note_encoding(source, facts)
        position = reader.take_header(batch)
        yield from _iter_chunks(reader, records, batch, position=position, chunk_rows=chunk_rows)


def _iter_chunks(
    reader: _TableReader, records: Records, batch: Batch, *, position: int, chunk_rows: int
) -> Iterator[RawChunk]:
    """Yield the chunks of a table, beginning inside a batch; each is held until the next is known to have rows."""
    first = True
    while True:
        reader.add_batch(batch, position)
        if batch.is_lost or not batch.records:
            break
        if reader.rows:
            yield reader.make_chunk(first=first)
            first = False
        batch, position = records.read_batch(chunk_rows), 0
    if first or reader.rows or reader.issues:
        yield reader.make_chunk(first=first)


def _drop_comments(lines: Sequence[str], delimiters: str) -> Sequence[str]:
    """Return some lines without the comments at their top; a ``#`` that is a cell of its own is no comment."""
    for position, line in enumerate(lines):
        if not line.startswith("#") or line[1:2] in delimiters:
            return lines[position:]
    return ()


def _note_comment(source: Source, number: int) -> Issue:
    problem = Problem("comment-row", "A line that begins with # was passed over.")
    return make_issue(problem, Where(source.name, None, number))


@dataclass(slots=True)
class _TableReader:
    """The rows of one table as they gather into a chunk.

    Attributes:
        source: the input.
        facts: what is known of its text.
        head: header and places; set by `take_header`.
        rows: the rows of the chunk, as wide as the header.
        numbers: the line on which each row starts.
        issues: what is to be said of the table, not yet handed on.
        row_issues: position in ``rows`` and issue.
    """

    source: Source
    facts: TextFacts
    head: Head = field(init=False)
    rows: list[list[str] | list[str | None]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    row_issues: list[tuple[int, Issue]] = field(default_factory=list)

    def take_header(self, batch: Batch) -> int:
        """Find the header among the first records and return the position after it.

        Raises:
            InputError: there is no text in the table.
            InputLimitError: it has too many columns.
        """
        top = batch.records[:MAX_HEADER_SEARCH]
        if all(map(is_blank, top)):
            raise InputError(f"{self.source.name} holds no table: there is no text in its first rows.")
        at = find_header([[] if position in batch.faults else row for position, row in enumerate(top)])
        header = tuple(map(show_damage, batch.records[at]))
        if len(header) > MAX_COLUMNS:
            raise InputLimitError(f"{self.source.name} has {len(header)} columns; {MAX_COLUMNS} are the most.")
        self.head = Head(self.source.name, None, header, batch.starts[at], tuple(range(len(header))))
        self.issues += note_titles(list(zip(batch.starts[:at], top[:at], strict=True)), self.source.name, None)
        if at + 1 < len(top) and at + 1 not in batch.faults and is_units_row(top[at + 1]):
            said = "This row below the header holds units and was not read as a layer."
            where = Where(self.source.name, None, batch.starts[at + 1])
            self.issues.append(make_issue(Problem("units-row", said), where, value=" ".join(top[at + 1])[:200]))
            return at + 2
        return at + 1

    def add_batch(self, batch: Batch, position: int) -> None:
        """Add the records of a batch from a position on."""
        width = len(self.head.header)
        records = batch.records[position:] if position else batch.records
        is_clean = not batch.faults and not self.facts.has_nul and not self.facts.has_undecodable
        if is_clean and all(len(row) == width and row[0] and not row[0].isspace() for row in records):
            self.rows += records
            self.numbers += batch.starts[position:]
            return
        blank: list[int] = []
        for at in range(position, len(batch.records)):
            if at in batch.faults:
                self._add_fault(batch, at)
            elif is_blank(batch.records[at]):
                blank.append(batch.starts[at])
            else:
                self._add_row(batch.records[at], batch.starts[at])
        self.issues += note_blank_rows(blank, self.source.name, None)

    def _add_fault(self, batch: Batch, at: int) -> None:
        """Add a record that can't be told apart; one that takes the rest of the file along is the table's fault."""
        code, message = batch.faults[at]
        text = show_damage(batch.records[at][0])[:200]
        issue = make_issue(Problem(code, message), Where(self.source.name, None, batch.starts[at]), value=text)
        if batch.is_lost and at == len(batch.records) - 1:
            self.issues.append(issue)
        else:
            self.row_issues.append((len(self.rows), issue))
        nothing: list[str | None] = [None] * len(self.head.header)
        self.rows.append(nothing)
        self.numbers.append(batch.starts[at])

    def _add_row(self, row: list[str], number: int) -> None:
        """Add a record that has text, as wide as the header, with what is wrong with it."""
        width = len(self.head.header)
        if width > 1 and len(row) == 1 and row[0].startswith("#"):
            self.issues.append(_note_comment(self.source, number))
            return
        surplus = row[width:]
        if len(row) < width or not is_blank(surplus):
            shown = show_damage(" | ".join(surplus))[:200] if surplus else None
            said = f"The row has {len(row)} cells, the header has {width}. Give it as many."
            where = Where(self.source.name, None, number)
            self.row_issues.append((len(self.rows), make_issue(Problem("ragged-row", said), where, value=shown)))
        cells: list[str | None] = [*row[:width], *[None] * (width - len(row))]
        if self.facts.has_nul or self.facts.has_undecodable:
            self._mend_row(cells, number)
        self.rows.append(cells)
        self.numbers.append(number)

    def _mend_row(self, cells: list[str | None], number: int) -> None:
        """Write NULs and undecodable bytes so that they can be shown, and name the cells that hold them."""
        for column, cell in enumerate(cells):
            damage = None if cell is None else find_damage(cell)
            if cell is not None and damage is not None:
                cells[column] = show_damage(cell)
                place = make_chunk(self.head, [], numbers=np.array([number]), first=False).place_cell(0, column)
                issue = make_issue(Problem(*damage), place, value=cells[column])
                self.row_issues.append((len(self.rows), issue))

    def make_chunk(self, *, first: bool) -> RawChunk:
        """Return the gathered rows as a chunk, and start the next."""
        chunk = make_chunk(
            self.head,
            self.rows,
            numbers=np.asarray(self.numbers, dtype=np.int64),
            first=first,
            table_issues=self.issues,
            row_issues=self.row_issues,
        )
        self.rows, self.numbers, self.issues, self.row_issues = [], [], [], []
        return chunk
