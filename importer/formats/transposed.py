"""Tables whose fields run down the first column and whose layers stand side by side, turned into rows of layers."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from importer.errors import InputLimitError
from importer.formats.limits import MAX_COLUMNS
from importer.formats.table import Head, is_blank, is_units_row, make_chunk, note_units
from importer.issues import make_issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from importer.chunks import RawChunk
    from importer.formats.table import Row
    from importer.issues import Problem
    from importer.model import Issue

    Oddities = Mapping[tuple[int, int], Problem]


def iter_transposed_chunks(
    rows: Iterable[tuple[int, Row]],
    *,
    source: str,
    sheet: str | None,
    first_column: int,
    issues: Iterable[Issue],
    oddities: Oddities,
) -> Iterator[RawChunk]:
    """Yield the layers of a table that stand side by side; nothing for a table without text.

    Args:
        rows: physical number and cells of each row, from the first used column.
        source: the input's name.
        sheet: the sheet's name, None for a text.
        first_column: number of the column of each row's first cell, from 0.
        issues: what is to be said of the table already.
        oddities: physical row and column from the first used one -> what is to be said of a cell.

    Raises:
        InputLimitError: there are more fields than a table may have.
    """
    kept = list(islice(((number, cells) for number, cells in rows if not is_blank(cells)), MAX_COLUMNS + 1))
    if len(kept) > MAX_COLUMNS:
        raise InputLimitError(f"{source} has more than {MAX_COLUMNS} rows, so it can't be a transposed table.")
    if not kept:
        return
    width = max(len(cells) for _, cells in kept)
    labels = min(at for _, cells in kept for at, cell in enumerate(cells) if cell and not cell.isspace())
    columns = list(zip(*([*cells, *[None] * (width - len(cells))] for _, cells in kept), strict=True))
    head = Head(
        source,
        sheet,
        tuple((cell or "").strip().rstrip(":").rstrip() for cell in columns[labels]),
        first_column + labels + 1,
        tuple(number - 1 for number, _ in kept),
        is_transposed=True,
    )
    told = list(issues)
    layers = [(at, list(columns[at])) for at in range(labels + 1, width) if not is_blank(columns[at])]
    if layers and is_units_row(layers[0][1]):
        head, issue = note_units(head, layers[0][1], first_column + layers[0][0] + 1)
        told.append(issue)
        layers = layers[1:]
    numbers = [first_column + at + 1 for at, _ in layers]
    places = {number: row for row, (number, _) in enumerate(kept)}
    cell_issues = [
        (position, row, make_issue(problem, head.place_cell(numbers[position], row), value=cells[row]))
        for position, (at, cells) in enumerate(layers)
        for (number, column), problem in oddities.items()
        if column == at and (row := places.get(number)) is not None
    ]
    yield make_chunk(
        head,
        [cells for _, cells in layers],
        numbers=np.array(numbers, dtype=np.int64),
        first=True,
        table_issues=told,
        cell_issues=cell_issues,
    )
