"""Parquet and Feather files, by pyarrow (extra ``parquet``): typed columns as the texts that mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.errors import InputError, InputLimitError
from importer.formats.arrow import files as arrow_files
from importer.formats.bounded import ask_child
from importer.formats.limits import (
    MAX_ARROW_BYTES,
    MAX_BATCH_BYTES,
    MAX_CHUNK_CELLS,
    MAX_COLUMNS,
    MAX_PART_BYTES,
    MAX_PROBE_SECONDS,
)
from importer.formats.table import Head, is_blank, make_chunk, note_blank_rows
from importer.formats.workbook.typed_values import show_typed_value
from importer.issues import make_issue
from importer.model import Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyarrow import RecordBatch

    from importer.chunks import RawChunk, Source
    from importer.model import Issue


def iter_arrow_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the rows of a Parquet or Feather file; a row's number is its position from 1.

    Raises:
        InputError: it can't be read.
        InputLimitError: it has too many columns, or unpacks to more than the bounds.
    """
    _check_in_child(source, chunk_rows)
    try:
        yield from _iter_chunks(source, chunk_rows)
    except arrow_files.DAMAGE as error:
        raise _explain_damage(source, " ".join(str(error).split())[:200]) from None


def _check_in_child(source: Source, chunk_rows: int) -> None:
    """Read the file in a process of its own first.

    Raises:
        InputError: it can't be read.
        InputLimitError: it unpacks to more than the bounds.
    """
    remedy = "Write it in smaller row groups, without the columns that aren't needed."
    answer = ask_child(
        source,
        arrow_files.__file__,
        source.format,
        str(chunk_rows),
        most_bytes=MAX_ARROW_BYTES,
        most_seconds=MAX_PROBE_SECONDS,
        remedy=remedy,
    )
    if "error" in answer:
        raise _explain_damage(source, answer["error"])
    if "times" in answer:
        raise InputLimitError(
            f"{source.name} unpacks to more than {answer['times']} times its size, as no table of layers does. {remedy}"
        )
    if answer["largest"] > MAX_BATCH_BYTES:
        raise InputLimitError(f"{source.name} unpacks to more than fits in memory. {remedy}")


def _explain_damage(source: Source, said: str) -> InputError:
    return InputError(f"{source.name} can't be read as {source.format} ({said}). Write the file again.")


def _iter_chunks(source: Source, chunk_rows: int) -> Iterator[RawChunk]:
    header, batches = arrow_files.open_table(str(source.path), source.format, batch_rows=chunk_rows)
    if len(header) > MAX_COLUMNS:
        raise InputLimitError(f"{source.name} has {len(header)} columns (limit {MAX_COLUMNS}). Leave some out.")
    head = Head(source.name, None, header, None, tuple(range(len(header))))
    start, first = 1, True
    for batch in batches:
        offset = 0
        while offset < batch.num_rows:
            part = _cut_part(batch, offset, chunk_rows, f"{source.name}, row {start}")
            part.validate(full=True)
            yield _make_chunk(head, [column.to_pylist() for column in part.columns], start=start, first=first)
            start, first, offset = start + part.num_rows, False, offset + part.num_rows
    if first:
        yield make_chunk(head, [], numbers=np.empty(0, dtype=np.int64), first=True)


def _cut_part(batch: RecordBatch, offset: int, rows: int, place: str) -> RecordBatch:
    """Return as many rows of a batch as may become texts at once: Python's objects take many times their bytes.

    Raises:
        InputLimitError: one row alone is too large.
    """
    rows = min(rows, batch.num_rows - offset, max(1, MAX_CHUNK_CELLS // max(batch.num_columns, 1)))
    while arrow_files.measure_rows(batch, offset, rows) > MAX_PART_BYTES:
        if rows == 1:
            raise InputLimitError(
                f"{place}: more than {MAX_PART_BYTES // 1024**2} MiB in one row, more than a layer can need. "
                "Write the file without the column that holds it."
            )
        rows //= 2
    return batch.slice(offset, rows)


def _make_chunk(head: Head, columns: Sequence[Sequence[object]], *, start: int, first: bool) -> RawChunk:
    """Return typed columns as a chunk of text."""
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    blank: list[int] = []
    odd: list[tuple[int, int, Issue]] = []
    for number, values in enumerate(zip(*columns, strict=True), start=start):
        shown = [show_typed_value(value) for value in values]
        cells = [text for text, _ in shown]
        if is_blank(cells):
            blank.append(number)
            continue
        for column, (text, problem) in enumerate(shown):
            if problem is not None:
                place = Where(head.source, None, number, head.header[column])
                odd.append((len(rows), column, make_issue(problem, place, value=text)))
        rows.append(cells)
        numbers.append(number)
    return make_chunk(
        head,
        rows,
        numbers=np.asarray(numbers, dtype=np.int64),
        first=first,
        table_issues=note_blank_rows(blank, head.source, None),
        cell_issues=odd,
    )
