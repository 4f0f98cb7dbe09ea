"""From rows of text cells to chunks of a table: the header found, blank rows noted, ragged rows named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from importer.chunks import RawChunk
from importer.codes import make_issue
from importer.model import Problem, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from importer.model import Issue

    Row = Sequence[str | None]

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """What all chunks of one table share.

    Attributes:
        source: the input's name.
        sheet: the sheet's name, or None.
        header: the header's texts.
        header_row: physical row of the header.
        letters: spreadsheet position of each column, from 0.
    """

    source: str
    sheet: str | None
    header: tuple[str, ...]
    header_row: int | None
    letters: tuple[int, ...]


def is_blank(row: Row) -> bool:
    """Tell whether a row has no text at all; spaces are none."""
    return not any(row) or not any(cell and not cell.isspace() for cell in row)


def find_header(rows: Sequence[Row]) -> int:
    """Return the position of the header among the first rows of a table.

    The header is the row with the most cells of which none is a number: every row of layers has one, its
    ``layer_id``. A later row wins only by two cells or more, so that a long row of data doesn't; where every row
    has a number, the first that isn't blank is taken.
    """
    best, most = -1, 0
    first = 0
    for position, row in enumerate(rows):
        cells = [cell.strip() for cell in row if cell and not cell.isspace()]
        if cells and not most and best < 0:
            first = position
            best = position
            most = 0 if any(map(_NUMBER.fullmatch, cells)) else len(cells)
        elif cells and not any(map(_NUMBER.fullmatch, cells)) and (len(cells) > most + 1 or _is_title(most, cells)):
            best, most = position, len(cells)
    return best if best >= 0 else first


def _is_title(most: int, cells: list[str]) -> bool:
    """Tell whether the best row so far is a lone text above a row of two names or more."""
    return most == 1 and len(cells) > 1


def note_titles(rows: Sequence[tuple[int, Row]], source: str, sheet: str | None) -> list[Issue]:
    """Return a note for each row above the header that holds text."""
    issues = []
    for number, row in rows:
        if not is_blank(row):
            text = " ".join(cell for cell in row if cell)
            problem = Problem("title-row", "This row stands above the header and was not read as a layer.")
            issues.append(make_issue(problem, Where(source, sheet, number), value=text[:200]))
    return issues


def note_blank_rows(numbers: Sequence[int], source: str, sheet: str | None) -> list[Issue]:
    """Return one note for the blank rows of a chunk, which names the first of them."""
    if not numbers:
        return []
    said = "A blank row was passed over."
    if len(numbers) > 1:
        more = ", ".join(map(str, numbers[1:6])) + (", ..." if len(numbers) > 6 else "")  # noqa: PLR2004 the five shown
        said = f"{len(numbers)} blank rows were passed over: {numbers[0]}, {more}."
    return [make_issue(Problem("blank-row", said), Where(source, sheet, numbers[0]))]


def make_frame(rows: Sequence[Row], width: int) -> pd.DataFrame:
    """Return equally long rows as a frame of object columns, labelled 0..width-1.

    Shapes:
        rows: each of ``width`` cells; result: (len(rows), width).
    """
    cells = np.empty((width, len(rows)), dtype=object)
    for position, column in enumerate(zip(*rows, strict=True)):
        cells[position] = column
    return pd.DataFrame(cells.T, columns=range(width), dtype=object, copy=False)


def make_chunk(
    head: Head,
    rows: Sequence[Row],
    *,
    numbers: npt.NDArray[np.int64],
    first: bool,
    table_issues: Sequence[Issue] = (),
    row_issues: Sequence[tuple[int, Issue]] = (),
) -> RawChunk:
    """Return rows as wide as the header as a chunk of the table."""
    return RawChunk(
        source=head.source,
        sheet=head.sheet,
        header=head.header,
        header_row=head.header_row,
        frame=make_frame(rows, len(head.header)),
        rows=numbers,
        letters=head.letters,
        first=first,
        table_issues=tuple(table_issues),
        row_issues=tuple(row_issues),
    )
