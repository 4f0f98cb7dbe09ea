"""What a workbook's file tells of a sheet beside the values: formats, errors, formulas without a result."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.read.number_formats import NumberFormat

Address = tuple[int, int]
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
        self._formats: list[NumberFormat] = []
        self._numbers: dict[NumberFormat, int] = {}
        self._rows, self._columns, self._kinds = array("i"), array("i"), array("i")

    def add(self, row: int, column: int, number_format: NumberFormat) -> None:
        """Note a cell; row and column count from 0."""
        number = self._numbers.setdefault(number_format, len(self._formats))
        if number == len(self._formats):
            self._formats.append(number_format)
        self._rows.append(row)
        self._columns.append(column)
        self._kinds.append(number)

    def iter_rows(self) -> Iterator[tuple[int, list[tuple[int, NumberFormat]]]]:
        """Yield each row that has such cells, from the top, with their columns and formats."""
        order = np.argsort(np.asarray(self._rows, dtype=np.int64), kind="stable")
        row, cells = -1, list[tuple[int, "NumberFormat"]]()
        for position in order:
            if self._rows[position] != row:
                if cells:
                    yield row, cells
                row, cells = self._rows[position], []
            cells.append((self._columns[position], self._formats[self._kinds[position]]))
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
    """

    formats: FormattedCells = field(default_factory=FormattedCells)
    errors: dict[Address, str] = field(default_factory=dict)
    uncached: set[Address] = field(default_factory=set)
    hidden: list[int] = field(default_factory=list)
