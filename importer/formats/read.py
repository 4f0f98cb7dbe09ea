"""Reading inputs as text: one module a format, nothing interpreted, every cell with its place."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from importer.chunks import CHUNK_ROWS
from importer.errors import InputError
from importer.formats.sources import digest_source, find_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from importer.chunks import RawChunk, Source

__all__ = ["digest_source", "find_sources", "iter_raw_chunks"]

_READERS = {
    "csv": ("text.delimited", "iter_delimited_chunks"),
    "tsv": ("text.delimited", "iter_delimited_chunks"),
    "yaml": ("stacks.files", "iter_structured_chunks"),
    "orso": ("stacks.files", "iter_structured_chunks"),
    "json": ("stacks.files", "iter_structured_chunks"),
    "jsonl": ("stacks.files", "iter_structured_chunks"),
    "xlsx": ("workbook.xlsx.book", "iter_xlsx_chunks"),
    "ods": ("workbook.ods.book", "iter_ods_chunks"),
    "parquet": ("arrow.read", "iter_arrow_chunks"),
    "feather": ("arrow.read", "iter_arrow_chunks"),
    "xls": ("workbook.binary.xls", "iter_xls_chunks"),
    "xlsb": ("workbook.binary.xlsb", "iter_xlsb_chunks"),
}
"""Format -> the module that reads it and its function; loaded when it is wanted, for all of them together take longer
to load than a small table takes to check."""


def iter_raw_chunks(source: Source, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[RawChunk]:
    """Yield the rows of an input as text, a chunk at a time, table after table.

    Raises:
        InputError: the input can't be read at all, or what reads it isn't installed.
        InputLimitError: it is past a bound of size, depth or ratio.
    """
    name, function = _READERS[source.format]
    try:
        module = importlib.import_module(f"importer.formats.{name}")
    except ImportError as error:
        if name != "arrow.read" or (error.name or "").partition(".")[0] != "pyarrow":
            raise
        raise InputError(f"{source.name} needs the package pyarrow: pip install 'layer-importer[parquet]'.") from None
    read: Callable[..., Iterator[RawChunk]] = getattr(module, function)
    return read(source, chunk_rows=chunk_rows)
