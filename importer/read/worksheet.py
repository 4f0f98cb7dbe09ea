"""The XML of a worksheet passed once in blocks: its extent, and the cells that need more than their value.

The values themselves are read by calamine; it tells neither number formats nor errors, and it allocates the whole
rectangle of a sheet, so that the rectangle must be known before.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from importer.errors import InputLimitError
from importer.read.limits import MAX_CELL_BYTES, MAX_SHEET_CELLS
from importer.read.sheet_facts import SheetFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from importer.read.number_formats import NumberFormat

_ADDRESS = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
# no pattern reads past the next "<" or ">" of a tag: each passes its text once, whatever a hostile file holds
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^<>]*\br="([0-9]{1,7})")[^<>]*\bhidden="(?:1|true)"')
_FORMULA = rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)"
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^<>]*\bt="e")[^<>]*\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*>\s*(?:%s)?\s*<(?:\w+:)?v>([^<]*)<'
    % _FORMULA
)
_UNCACHED = re.compile(
    rb'<(?:\w+:)?c\b(?![^<>]*\bt="str")[^<>]*\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*>\s*%s\s*'
    rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>" % _FORMULA
)
_STYLED = rb'<(?:\w+:)?c\b(?=[^<>]*\bs="(%s)")[^<>]*\br="([A-Z]{1,3})([0-9]{1,7})"'


def number_column(letters: str) -> int:
    """Return the number of a column from 0: ``A`` is 0, ``AA`` is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def scan_sheet(blocks: Iterable[bytes], formats: Mapping[int, NumberFormat], *, name: str) -> SheetFacts:
    """Return what is to be known of a sheet before its values are read.

    Args:
        blocks: the XML.
        formats: style number -> number format to be rendered.
        name: file and sheet, for messages.

    Raises:
        InputLimitError: the sheet's rectangle, or a cell, is past its bound.
    """
    facts = SheetFacts()
    styled = re.compile(_STYLED % b"|".join(b"%d" % style for style in formats)) if formats else None
    extent = _Extent()
    rest = b""
    for block in blocks:
        data = rest + block
        cut = max(data.rfind(b"</c>"), data.rfind(b":c>"), data.rfind(b"</row>"), data.rfind(b":row>"))
        if cut < 0:
            if len(data) > MAX_CELL_BYTES:
                raise InputLimitError(
                    f"{name} has a cell of more than {MAX_CELL_BYTES // 1024**2} MiB: no layer needs that."
                )
            rest = data
            continue
        cut = data.index(b">", cut) + 1
        data, rest = data[:cut], data[cut:]
        _scan_block(data, facts, styled, formats)
        extent.add(data, name)
    _scan_block(rest, facts, styled, formats)
    extent.add(rest, name)
    return facts


def _scan_block(
    data: bytes, facts: SheetFacts, styled: re.Pattern[bytes] | None, formats: Mapping[int, NumberFormat]
) -> None:
    """Note the cells of a block that need more than their value."""
    if styled is not None:
        for style, letters, row in styled.findall(data):
            facts.formats.add(int(row) - 1, number_column(letters.decode()), formats[int(style)])
    if b't="e"' in data:
        for letters, row, text in _ERROR.findall(data):
            facts.errors[int(row) - 1, number_column(letters.decode())] = html.unescape(text.decode("utf-8", "replace"))
    if b"<f" in data or b":f" in data:
        for letters, row in _UNCACHED.findall(data):
            facts.uncached.add((int(row) - 1, number_column(letters.decode())))
    if b'hidden="' in data:
        facts.hidden += [int(row) - 1 for row in _HIDDEN_ROW.findall(data)]


class _Extent:
    """The smallest rectangle that holds all cells seen."""

    def __init__(self) -> None:
        self._rows: tuple[int, int] | None = None
        self._columns: set[bytes] = set()

    def add(self, data: bytes, name: str) -> None:
        """Take the cells of a block in.

        Raises:
            InputLimitError: the rectangle is past its bound.
        """
        found = _ADDRESS.findall(data)
        if not found:
            return
        rows = {int(row) for _, row in found}
        self._columns |= {letters for letters, _ in found}
        low, high = min(rows), max(rows)
        self._rows = (low, high) if self._rows is None else (min(low, self._rows[0]), max(high, self._rows[1]))
        columns = [number_column(letters.decode()) for letters in self._columns]
        cells = (self._rows[1] - self._rows[0] + 1) * (max(columns) - min(columns) + 1)
        if cells > MAX_SHEET_CELLS:
            raise InputLimitError(
                f"{name} spans {cells:,} cells, more than the {MAX_SHEET_CELLS:,} that can be read. "
                "Delete stray cells far from the table, or split the sheet."
            )
