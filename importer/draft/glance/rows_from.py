"""Rows of a file from some row on, by reading it up to there: for files that aren't kept in memory."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from importer.draft.glance.first_rows import PlainRows, take_rows
from importer.formats.read import iter_raw_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source

SHOWN = 100
ABOVE = 5
"""Rows above the wanted one that are shown with it."""


def read_rows_from(source: Source, row: int, *, sheet: str | None = None, count: int = SHOWN) -> PlainRows | None:
    """Return the rows of a table about a physical row; the last ones where it ends above that row.

    Args:
        source: the file.
        row: the physical row, or the line.
        sheet: the sheet; None for the first table.
        count: how many rows.

    Returns:
        The rows, as many as one chunk of them has; None where there is no such table.

    Raises:
        InputError: the file can't be read at all.
        InputLimitError: it is past a bound.
    """
    last: RawChunk | None = None
    chunks: Iterator[RawChunk]
    with closing(iter_raw_chunks(source)) as chunks:  # type: ignore[type-var]  # readers are generators
        for raw in chunks:
            if last is not None and raw.first:
                break
            if not len(raw.rows) or (sheet is not None and raw.sheet != sheet):
                continue
            last = raw
            if (raw.rows >= row).any():
                break
    if last is None:
        return None
    below = np.flatnonzero(last.rows >= row)
    first = int(below[0]) - ABOVE if len(below) else len(last.rows) - count
    return take_rows(last, max(0, first), count)
