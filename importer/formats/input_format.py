"""What an input format is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputFormat:
    """One way in which layers come.

    A module or folder of ``importer.formats`` lists its own as ``FORMATS``; another package names one of its objects
    under the entry point group ``layer_importer.formats``.

    Attributes:
        name: as ``--input-format`` takes it and run files keep it.
        suffixes: of its files, in lower case, with the dot.
        reader: ``"package.module:function"``, loaded when such an input is read, for all readers together take longer
            to load than a small table takes to check. The function takes a `Source` and ``chunk_rows=`` and yields
            each `RawChunk`; it raises `InputError` for what can't be read.
        description: how it is read, in a line or two, for the documentation.
        extra: the extra of this package without which it can't be read.
        sheets: function, named as ``reader`` is, that takes a `Source` and returns the names of its sheets; None for a
            format without sheets.
        is_packable: it is text, which may come packed (``.csv.gz``).
        has_keys: its files have lines and keys, not rows and columns.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    description: str
    extra: str | None = None
    sheets: str | None = None
    is_packable: bool = False
    has_keys: bool = False
