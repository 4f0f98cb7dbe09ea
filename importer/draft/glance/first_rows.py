"""The first rows of a file, at once, while the whole of it is still being read."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import InputError
from importer.formats.read import iter_raw_chunks
from importer.formats.workbook.xlsx.shortened import write_shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source

FIRST_ROWS = 500
_STREAMED = frozenset({"csv", "tsv"})
"""Formats whose first rows are there before the last ones are read."""


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Some rows of a table, not checked.

    Attributes:
        sheet: the sheet's name, or None.
        header: its headers.
        letters: spreadsheet position of each column, from 0.
        rows: physical row and texts of each.
        is_transposed: rows of it are columns of the file.
    """

    sheet: str | None
    header: tuple[str, ...]
    letters: tuple[int, ...]
    rows: tuple[tuple[int, tuple[str | None, ...]], ...]
    is_transposed: bool = False


def read_first_rows(source: Source, *, rows: int = FIRST_ROWS) -> PlainRows | None:
    """Return the first rows of a file's first table; None where they can't be had sooner than all of them.

    In a workbook, texts of merged cells stand in their first cell only, and the totals of Excel tables are rows.

    Raises:
        InputError: the file can't be read at all.
        InputLimitError: it is past a bound.
    """
    if source.format in _STREAMED:
        return _take_first(source, rows)
    if source.format != "xlsx":
        return None
    with tempfile.TemporaryDirectory(prefix="layer-importer-") as folder:
        short = Path(folder, "short.xlsx")
        if not write_shortened(source.path, short, rows=rows):
            return None
        try:
            return _take_first(replace(source, path=short), rows)
        except InputError:  # whatever is wrong is told of the whole file, not of a part of it
            return None


def _take_first(source: Source, rows: int) -> PlainRows | None:
    chunks: Iterator[RawChunk]
    with closing(iter_raw_chunks(source, chunk_rows=rows)) as chunks:  # type: ignore[type-var]  # readers are generators
        raw = next(islice(chunks, 1), None)
    return None if raw is None else take_rows(raw, 0, rows)


def take_rows(raw: RawChunk, first: int, count: int) -> PlainRows:
    """Return some rows of a chunk, from a position on."""
    numbers = raw.rows[first : first + count].tolist()
    cells = [column.cells[first : first + count].tolist() for column in raw.columns]
    texts = zip(*cells, strict=True) if cells else (() for _ in numbers)
    return PlainRows(raw.sheet, raw.header, raw.letters, tuple(zip(numbers, texts, strict=True)), raw.is_transposed)
