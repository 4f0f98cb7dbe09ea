"""Parquet and Feather files, by pyarrow (extra ``parquet``): typed columns as the texts that mean the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import orjson

from importer.codes import make_issue
from importer.errors import InputError, InputLimitError
from importer.model import Where
from importer.read.book import show_number, show_odd_value
from importer.read.limits import MAX_COLUMNS
from importer.read.rows import Head, is_blank, make_chunk, note_blank_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.chunks import RawChunk, Source
    from importer.model import Issue, Problem

try:
    import pyarrow as pa
    from pyarrow import ipc, parquet
except ImportError:  # the extra "parquet" isn't installed
    _has_pyarrow = False
else:
    _has_pyarrow = True


def iter_arrow_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the rows of a Parquet or Feather file; a row's number is its position from 1.

    Raises:
        InputError: it can't be read, or pyarrow isn't installed.
        InputLimitError: it has too many columns.
    """
    if not _has_pyarrow:
        raise InputError(f"{source.name} needs the package pyarrow: pip install 'layer-importer[parquet]'.")
    try:
        yield from _iter_chunks(source, chunk_rows)
    except (pa.ArrowException, OSError, ValueError, SystemError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{source.name} can't be read as {source.format} ({said}). Write the file again.") from None


def _iter_chunks(source: Source, chunk_rows: int) -> Iterator[RawChunk]:
    if source.format == "parquet":
        file = parquet.ParquetFile(source.path)
        header, batches = tuple(file.schema_arrow.names), file.iter_batches(batch_size=chunk_rows)
    else:
        reader = ipc.open_file(pa.memory_map(str(source.path)))
        header = tuple(reader.schema.names)
        batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
    if len(header) > MAX_COLUMNS:
        raise InputLimitError(f"{source.name} has {len(header)} columns; {MAX_COLUMNS} are the most.")
    head = Head(source.name, None, header, None, tuple(range(len(header))))
    start, first = 1, True
    for batch in batches:
        for offset in range(0, batch.num_rows, chunk_rows):
            part = batch.slice(offset, chunk_rows)
            part.validate(full=True)
            yield _make_chunk(head, [column.to_pylist() for column in part.columns], start=start, first=first)
            start, first = start + part.num_rows, False
    if first:
        yield make_chunk(head, [], numbers=np.empty(0, dtype=np.int64), first=True)


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


def show_typed_value(value: object) -> tuple[str | None, Problem | None]:
    """Return text and problem of a typed value: texts as they are, numbers shortest, lists and mappings as JSON."""
    if value is None or isinstance(value, str):
        return value, None
    if isinstance(value, float):
        return (None if math.isnan(value) else show_number(value)), None
    if isinstance(value, dict | list):
        return orjson.dumps(_to_texts(value)).decode(), None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace"), None
    return show_odd_value(value)


def _to_texts(value: object) -> object:
    """Return a nested value with all scalars as texts; fields without a value are left out."""
    if isinstance(value, dict):
        return {str(key): _to_texts(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_to_texts(inner) for inner in value]
    return show_typed_value(value)[0]
