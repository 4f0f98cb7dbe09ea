"""What a workbook's file tells of a sheet beside the values: formats, errors, formulas without a result."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from importer.formats.workbook.number_formats import ShownNumbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from importer.formats.workbook.number_formats import NumberFormat

Address = tuple[int, int]
MOST_COLUMNS = 16_384
"""The columns that a sheet can have. Source: ECMA-376 part 1, 18.3.1.13."""
_SLICE = 65_536
"""Cells that are objects at once while they are handed out."""
ERROR_TEXTS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""What a cell shows for the number of an error. Source: [MS-XLS] 2.5.10 (Bes), [MS-XLSB] 2.5.97.2 (BErr)."""


class FormattedCells:
    """The cells with a number format to be rendered, in twelve bytes each: whole columns have one."""

    def __init__(self) -> None:
        self._formats: list[ShownNumbers] = []
        self._numbers: dict[NumberFormat, int] = {}
        self._rows, self._columns, self._kinds = array("i"), array("i"), array("i")

    def add_many(
        self,
        rows: npt.NDArray[np.int64],
        columns: npt.NDArray[np.int64],
        styles: npt.NDArray[np.int64],
        formats: Mapping[int, NumberFormat],
    ) -> None:
        """Note cells by the numbers of their styles; rows and columns count from 0."""
        distinct, at = np.unique(styles, return_inverse=True)
        kinds = np.array([self._number(formats[style]) for style in distinct.tolist()])
        for kept, values in ((self._rows, rows), (self._columns, columns), (self._kinds, kinds[at])):
            kept.frombytes(values.astype(np.intc).tobytes())

    def _number(self, number_format: NumberFormat) -> int:
        number = self._numbers.setdefault(number_format, len(self._formats))
        if number == len(self._formats):
            self._formats.append(ShownNumbers(number_format))
        return number

    def iter_rows(self) -> Iterator[tuple[int, list[tuple[int, ShownNumbers]]]]:
        """Yield each row that has such cells, from the top, with their columns and what numbers show as there."""
        columns = [np.asarray(column) for column in (self._rows, self._columns, self._kinds)]
        order = np.argsort(columns[0], kind="stable")
        row, cells = -1, list[tuple[int, ShownNumbers]]()
        for start in range(0, len(order), _SLICE):
            part = order[start : start + _SLICE]
            for at, column, kind in zip(*(column[part].tolist() for column in columns), strict=True):
                if at != row:
                    if cells:
                        yield row, cells
                    row, cells = at, []
                cells.append((column, self._formats[kind]))
        if cells:
            yield row, cells


@dataclass(slots=True)
class SheetFacts:
    """What the file of a sheet tells beside the values; rows and columns count from 0.

    Attributes:
        formats: the cells with a number format to be rendered.
        errors: cell -> the error it shows (``#N/A``).
        uncached: cells with a formula and no value.
        hidden: hidden rows.
        hidden_columns: hidden columns, ascending.
        totals: rows that a table of the sheet declares as its totals.
    """

    formats: FormattedCells = field(default_factory=FormattedCells)
    errors: dict[Address, str] = field(default_factory=dict)
    uncached: set[Address] = field(default_factory=set)
    hidden: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    totals: set[int] = field(default_factory=set)


def note_columns(known: list[int], first: int, last: int) -> None:
    """Add the columns from one to another, from 0; a file tells them in ascending order, each once."""
    known += range(max(first, known[-1] + 1 if known else 0), min(last + 1, MOST_COLUMNS))
