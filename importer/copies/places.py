"""Where in a file an issue's cell stands, and what the reader reads there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from importer.formats.read import iter_raw_chunks
from importer.formats.workbook.xlsx.rewriting import number_column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from importer.chunks import RawChunk, Source
    from importer.model import Where

_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,9})", re.ASCII)
_MARK = re.compile(r"([0-9]{1,12}):([0-9]{1,12})", re.ASCII)


class Place(NamedTuple):
    """A cell, as an `Edit` names it: row from 1, column from 0."""

    sheet: str | None
    row: int
    column: int


def locate_cell(where: Where) -> Place | None:
    """Return the cell that an issue is about; None for a whole row or table."""
    text = where.cell or ""
    if match := _CELL.fullmatch(text):
        return Place(where.sheet, int(match[2]), number_column(match[1]))
    if match := _MARK.fullmatch(text):
        return Place(where.sheet, int(match[1]), int(match[2]) - 1)
    return None


def read_places(source: Source, places: Collection[Place]) -> dict[Place, str]:
    """Return the text of each of some cells as the reader gives it; one that no row has is left out.

    Raises:
        InputError: the file can't be read.
    """
    wanted: dict[tuple[str | None, int], list[Place]] = {}
    for place in places:
        wanted.setdefault((place.sheet, place.row), []).append(place)
    found: dict[Place, str] = {}
    for raw in iter_raw_chunks(source) if places else ():
        found.update(_iter_texts(raw, wanted))
    return found


def _iter_texts(raw: RawChunk, wanted: dict[tuple[str | None, int], list[Place]]) -> Iterator[tuple[Place, str]]:
    rows = [row for sheet, row in wanted if sheet == raw.sheet]
    if raw.marks is not None:
        for row, column in np.argwhere(np.isin(raw.marks[:, :, 0], rows)).tolist():
            line, at = raw.marks[row, column].tolist()
            yield Place(raw.sheet, line, at - 1), raw.columns[column].text_at(row) or ""
        return
    columns = {letter: position for position, letter in enumerate(raw.letters)}
    if raw.is_transposed:
        numbers = {int(number): position for position, number in enumerate(raw.rows)}
        for place in (each for row in rows for each in wanted[raw.sheet, row]):
            if place.column + 1 in numbers and place.row - 1 in columns:
                yield place, raw.columns[columns[place.row - 1]].text_at(numbers[place.column + 1]) or ""
        return
    for position in np.flatnonzero(np.isin(raw.rows, rows)).tolist():
        for place in wanted[raw.sheet, int(raw.rows[position])]:
            if place.column in columns:
                yield place, raw.columns[columns[place.column]].text_at(position) or ""
