"""A chunk on its way from the columns of a table to the fields of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Texts
from importer.layers.header_names import normalise_header

if TYPE_CHECKING:
    import numpy.typing as npt

    from importer.chunks import RawChunk
    from importer.columns.plan import ColumnPlan
    from importer.model import Issue, Where

    Columns = dict[str, int | npt.NDArray[np.int64]]


class Arrangement:
    """A chunk on its way: cells by field, where they come from, and what is to be said of them.

    Shapes:
        cells, columns: (rows of the arrangement,); index: the same, positions in the raw chunk.
    """

    def __init__(self, raw: RawChunk, plan: ColumnPlan, start: int) -> None:
        self.raw = raw
        self.plan = plan
        self.start = start
        self.index: npt.NDArray[np.int64] = np.arange(len(raw.rows), dtype=np.int64)
        self.cells: dict[str, Texts] = {}
        self.columns: Columns = {}
        self.issues: list[Issue] = []
        self.odd: set[tuple[str, int]] = set()
        self.suspicions: dict[str, dict[int, Issue]] = {}

    def take_column(self, position: int) -> Texts:
        """Return the texts of a column, with the mapping's values in place of those it names."""
        column = self.raw.columns[position]
        header = normalise_header(self.raw.header[position])
        for text, values in self.plan.rules.texts.items():
            if normalise_header(text) == header:
                taken = [None if t is None else values.get(str(t).strip(), str(t)) for t in column.coded.distinct]
                return Texts.of_coded(column.coded.codes, tuple(taken))
        return column

    def place(self, name: str, row: int) -> Where:
        """Return the place that a row takes a field from."""
        origin = self.columns.get(name, -1)
        column = origin if isinstance(origin, int) else int(origin[row])
        index = int(self.index[row])
        return self.raw.place_cell(index, column) if column >= 0 else self.raw.place_row(index)
