"""Reading inputs as text: one reader a format, nothing interpreted, every cell with its place."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

from importer.chunks import CHUNK_ROWS
from importer.errors import InputError, UsageError
from importer.formats.plug_ins import load_late, name_fault
from importer.formats.registry import get_format, list_names, list_own_formats
from importer.formats.sources import digest_source, find_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from importer.chunks import RawChunk, Source
    from importer.formats.input_format import InputFormat

    Reader = Callable[..., Iterator[RawChunk]]

__all__ = ["digest_source", "find_sources", "iter_raw_chunks", "list_sheets"]


def iter_raw_chunks(source: Source, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[RawChunk]:
    """Yield the rows of an input as text, a chunk at a time, table after table.

    Raises:
        InputError: the input can't be read at all, or what reads it isn't installed.
        InputLimitError: it is past a bound of size, depth or ratio.
    """
    if source.fault:
        raise InputError(source.fault)
    chosen = get_format(source.format)
    if chosen is None:
        raise UsageError(f"{source.format!r} isn't an input format. The formats are {list_names()}.")
    if chosen not in list_own_formats():
        return _iter_plug_in_chunks(chosen, source, chunk_rows)
    read: Reader = load_late(chosen.reader, extra=chosen.extra, wanted=source.name, error=InputError)
    return read(source, chunk_rows=chunk_rows)


def list_sheets(source: Source) -> tuple[str, ...]:
    """Return the names of a workbook's sheets, in its order; nothing for a format without sheets.

    Raises:
        InputError: the workbook can't be read.
        InputLimitError: it is past a bound.
    """
    chosen = get_format(source.format)
    if chosen is None or chosen.sheets is None:
        return ()
    with name_fault(chosen.name, wanted=f"{source.name} can't be read", error=InputError):
        return tuple(pkgutil.resolve_name(chosen.sheets)(source))


def _iter_plug_in_chunks(chosen: InputFormat, source: Source, chunk_rows: int) -> Iterator[RawChunk]:
    with name_fault(chosen.name, wanted=f"{source.name} can't be read", error=InputError):
        yield from pkgutil.resolve_name(chosen.reader)(source, chunk_rows=chunk_rows)
