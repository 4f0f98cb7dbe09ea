"""The XML of a worksheet passed once in blocks: its extent, and the cells that need more than their value.

The values themselves are read by calamine; it tells neither number formats nor errors, and it allocates the whole
rectangle of a sheet, so that the rectangle must be known before.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import numpy as np

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_CELL_BYTES, MAX_SHEET_CELLS
from importer.formats.workbook.cell_facts import SheetFacts, note_columns
from importer.formats.workbook.xlsx.cell_tags import find_cell_tags
from importer.formats.workbook.xlsx.rewriting import iter_rewritten, number_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from importer.formats.workbook.number_formats import NumberFormat
    from importer.formats.workbook.xlsx.cell_tags import CellTags

# no pattern reads past the next "<" or ">" of a tag: each passes its text once, whatever a hostile file holds
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^<>]*\br="([0-9]{1,7})")[^<>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMNS = re.compile(
    rb'<(?:\w+:)?col\b(?=[^<>]*\bmin="([0-9]{1,5})")(?=[^<>]*\bmax="([0-9]{1,5})")[^<>]*\bhidden="(?:1|true)"'
)
_FORMULA = rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)"
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^<>]*\bt="e")[^<>]*\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*>\s*(?:%s)?\s*<(?:\w+:)?v>([^<]*)<'
    % _FORMULA
)
_FORMULA_CELL = (
    rb'<(?:\w+:)?c\b(?![^<>]*\bt="str")[^<>]*\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*>\s*' + _FORMULA + rb"\s*"
    rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v>%s</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_UNCACHED = re.compile(_FORMULA_CELL % b"")
_ZERO_OR_UNCACHED = re.compile(_FORMULA_CELL % b"0?")


def scan_sheet(
    open_blocks: Callable[[], Iterable[bytes]],
    formats: Mapping[int, NumberFormat],
    *,
    name: str,
    has_zeros: bool = False,
) -> SheetFacts:
    """Return what is to be known of a sheet before its values are read.

    Args:
        open_blocks: returns the XML from its beginning; called again where it has to be rewritten first.
        formats: style number -> number format to be rendered.
        name: file and sheet, for messages.
        has_zeros: the workbook asks to be reckoned when it is opened: a formula's 0 may stand for no result.

    Raises:
        InputError: the sheet's XML is damaged.
        InputLimitError: the sheet's rectangle, or a cell, is past its bound.
    """
    uncached = _ZERO_OR_UNCACHED if has_zeros else _UNCACHED
    facts = _scan_blocks(open_blocks(), formats, uncached, name)
    if facts is None:
        facts = _scan_blocks(iter_rewritten(open_blocks(), name=name), formats, uncached, name)
    if facts is None:
        raise InputError(f"{name} has an unusual structure that can't be read. Open it and save it again.")
    return facts


def _scan_blocks(
    blocks: Iterable[bytes], formats: Mapping[int, NumberFormat], uncached: re.Pattern[bytes], name: str
) -> SheetFacts | None:
    """Return what is to be known of a sheet, None where its XML isn't written in the usual way."""
    facts = SheetFacts()
    extent = _Extent(name)
    styles = np.zeros(max(formats, default=0) + 2, dtype=np.bool_)  # the last is that of no style
    styles[list(formats)] = True
    for data in _iter_pieces(blocks, name):
        tags = find_cell_tags(data)
        if tags is None:
            return None
        extent.add(tags)
        known = np.where(tags.styles < len(styles) - 1, tags.styles, -1)
        shown = np.flatnonzero(styles[known])
        if len(shown):
            facts.formats.add_many(tags.rows[shown], tags.columns[shown], tags.styles[shown], formats)
        _scan_odd_cells(data, facts, uncached)
    return facts


def _iter_pieces(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield the XML in pieces that end behind a cell or a row.

    Raises:
        InputLimitError: a cell is past its bound.
    """
    rest = b""
    for block in blocks:
        data = rest + block
        cut = max(data.rfind(b"</c>"), data.rfind(b":c>"), data.rfind(b"</row>"), data.rfind(b":row>"))
        if cut < 0:
            if len(data) > MAX_CELL_BYTES:
                raise InputLimitError(f"{name} has a cell of more than {MAX_CELL_BYTES // 1024**2} MiB. Empty it.")
            rest = data
            continue
        cut = data.index(b">", cut) + 1
        yield data[:cut]
        rest = data[cut:]
    yield rest


def _scan_odd_cells(data: bytes, facts: SheetFacts, uncached: re.Pattern[bytes]) -> None:
    """Note the errors, the formulas without a result, and the hidden rows and columns of a piece."""
    if b't="e"' in data:
        for letters, row, text in _ERROR.findall(data):
            facts.errors[int(row) - 1, number_column(letters.decode())] = html.unescape(text.decode("utf-8", "replace"))
    if b"f" in data and (b"<f" in data or b":f" in data):  # nearly all pieces hold no "f" at all
        for letters, row in uncached.findall(data):
            facts.uncached.add((int(row) - 1, number_column(letters.decode())))
    if b'hidden="' in data:
        facts.hidden += [int(row) - 1 for row in _HIDDEN_ROW.findall(data)]
        for first, last in _HIDDEN_COLUMNS.findall(data):
            note_columns(facts.hidden_columns, int(first) - 1, int(last) - 1)


class _Extent:
    """The smallest rectangle that holds all cells seen."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._corners: list[tuple[int, int]] = []

    def add(self, tags: CellTags) -> None:
        """Take the cells of a piece in.

        Raises:
            InputLimitError: the rectangle is past its bound.
        """
        if not len(tags.rows):
            return
        rows, columns = tags.rows, tags.columns
        corners = [*self._corners, (int(rows.min()), int(columns.min())), (int(rows.max()), int(columns.max()))]
        (top, bottom), (left, right) = ((min(side), max(side)) for side in zip(*corners, strict=True))
        self._corners = [(top, left), (bottom, right)]
        cells = (bottom - top + 1) * (right - left + 1)
        if cells > MAX_SHEET_CELLS:
            raise InputLimitError(
                f"{self._name} spans {cells:,} cells (limit {MAX_SHEET_CELLS:,}). Delete stray cells far from the "
                "table, or split the sheet."
            )
