"""Parquet and Feather files opened, and measured: one of a few kilobytes can unpack to gigabytes.

Also run by a bounded process of its own, so that nothing of this package is imported here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import compute, ipc, parquet

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FREE = 256 * 1024**2
"""Bytes that a file may unpack to, however small it is."""
MOST_TIMES = 500
"""How many times its size a larger one may unpack to; tables of layers reach about 50."""
DAMAGE: tuple[type[Exception], ...] = (pa.ArrowException, OSError, ValueError, SystemError)
"""What pyarrow raises for files that it can't read."""


def open_table(path: str, kind: str, *, batch_rows: int) -> tuple[tuple[str, ...], Iterator[pa.RecordBatch]]:
    """Return the names of the columns of a file, and its batches as they are read; those of Feather are its own."""
    if kind == "parquet":
        file = parquet.ParquetFile(path, pre_buffer=False)
        return tuple(file.schema_arrow.names), file.iter_batches(batch_size=batch_rows, use_threads=False)
    reader = ipc.open_file(pa.memory_map(path))
    return tuple(reader.schema.names), map(reader.get_batch, range(reader.num_record_batches))


def measure_rows(batch: pa.RecordBatch, offset: int, rows: int) -> int:
    """Return at most how many bytes some rows of a batch have, each text of a dictionary counted where it stands."""
    size = 0
    for column in batch.columns:
        part = column.slice(offset, rows)
        if not pa.types.is_dictionary(column.type):
            size += part.nbytes
        elif len(part.dictionary):
            size += rows * _measure_longest(part.dictionary)
    return size


def _measure_longest(values: pa.Array) -> int:
    """Return how many bytes the longest of some values has."""
    if pa.types.is_nested(values.type) or pa.types.is_primitive(values.type):
        return int(values.nbytes) // len(values) + 1 if pa.types.is_primitive(values.type) else int(values.nbytes)
    return int(compute.max(compute.binary_length(values)).as_py() or 0)


def measure_file(batches: Iterator[pa.RecordBatch], packed: int) -> dict[str, object]:
    """Return the bytes of the largest batch, and how many times its size a file unpacks to, if that is too many."""
    largest = total = 0
    for batch in batches:
        largest = max(largest, batch.nbytes)
        total += measure_rows(batch, 0, batch.num_rows)
        if total > MOST_FREE and total > MOST_TIMES * packed:
            return {"largest": largest, "times": total // max(packed, 1)}
    return {"largest": largest}


def look_at_file(path: str, kind: str, batch_rows: str) -> dict[str, object]:
    """Read a file to its end, and return what its batches need."""
    # other pools set memory aside that they may never need
    pa.set_memory_pool(pa.system_memory_pool())
    _, batches = open_table(path, kind, batch_rows=int(batch_rows))
    return measure_file(batches, Path(path).stat().st_size)
