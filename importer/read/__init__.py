"""Reading inputs as text: one module a format, nothing interpreted, every cell with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.chunks import CHUNK_ROWS
from importer.errors import InputError
from importer.read.delimited import iter_delimited_chunks
from importer.read.ods import iter_ods_chunks
from importer.read.sources import digest_source, find_sources
from importer.read.structured import iter_structured_chunks
from importer.read.xls import iter_xls_chunks
from importer.read.xlsb import iter_xlsb_chunks
from importer.read.xlsx import iter_xlsx_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk, Source

__all__ = ["digest_source", "find_sources", "iter_raw_chunks"]


def _iter_arrow_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the rows of a Parquet or Feather file.

    Raises:
        InputError: it can't be read, or pyarrow isn't installed.
        InputLimitError: it is past a bound.
    """
    try:
        from importer.read.arrow import iter_arrow_chunks  # noqa: PLC0415  # 40 MB that no other format needs
    except ImportError:
        raise InputError(f"{source.name} needs the package pyarrow: pip install 'layer-importer[parquet]'.") from None
    return iter_arrow_chunks(source, chunk_rows=chunk_rows)


_READERS = {
    "csv": iter_delimited_chunks,
    "tsv": iter_delimited_chunks,
    "yaml": iter_structured_chunks,
    "orso": iter_structured_chunks,
    "json": iter_structured_chunks,
    "jsonl": iter_structured_chunks,
    "xlsx": iter_xlsx_chunks,
    "ods": iter_ods_chunks,
    "parquet": _iter_arrow_chunks,
    "feather": _iter_arrow_chunks,
    "xls": iter_xls_chunks,
    "xlsb": iter_xlsb_chunks,
}


def iter_raw_chunks(source: Source, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[RawChunk]:
    """Yield the rows of an input as text, a chunk at a time, table after table.

    Raises:
        InputError: the input can't be read at all.
        InputLimitError: it is past a bound of size, depth or ratio.
    """
    return _READERS[source.format](source, chunk_rows=chunk_rows)
