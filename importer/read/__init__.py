"""Reading inputs as text: one module a format, nothing interpreted, every cell with its place."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from importer.chunks import CHUNK_ROWS
from importer.errors import InputError
from importer.read.sources import digest_source, find_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from importer.chunks import RawChunk, Source

__all__ = ["digest_source", "find_sources", "iter_raw_chunks"]

_READERS = {
    "csv": "delimited",
    "tsv": "delimited",
    "yaml": "structured",
    "orso": "structured",
    "json": "structured",
    "jsonl": "structured",
    "xlsx": "xlsx",
    "ods": "ods",
    "parquet": "arrow",
    "feather": "arrow",
    "xls": "xls",
    "xlsb": "xlsb",
}
"""Format -> the module that reads it by its ``iter_MODULE_chunks``; loaded when it is wanted, for all of them together
take longer to load than a small table takes to check."""


def iter_raw_chunks(source: Source, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[RawChunk]:
    """Yield the rows of an input as text, a chunk at a time, table after table.

    Raises:
        InputError: the input can't be read at all, or what reads it isn't installed.
        InputLimitError: it is past a bound of size, depth or ratio.
    """
    name = _READERS[source.format]
    try:
        module = importlib.import_module(f"importer.read.{name}")
    except ImportError as error:
        if name != "arrow" or (error.name or "").partition(".")[0] != "pyarrow":
            raise
        raise InputError(f"{source.name} needs the package pyarrow: pip install 'layer-importer[parquet]'.") from None
    read: Callable[..., Iterator[RawChunk]] = getattr(module, f"iter_{name}_chunks")
    return read(source, chunk_rows=chunk_rows)
