"""Columns by their distinct values, so that what holds of a value is found once and not once a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    Cells = npt.NDArray[np.object_]
    Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as its distinct values.

    Attributes:
        codes: shape (rows,): for each row the position of its value; -1 for no cell.
        distinct: the values, each at least once, None for nothing or for a fault; the last one is None and stands for
            no cell.
    """

    codes: Codes
    distinct: tuple[object, ...]

    def take(self, found: Sequence[object], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return for each row what was found of its value, shape (rows,)."""
        table = np.empty(len(self.distinct), dtype=dtype)
        table[:] = found
        return table[self.codes]

    def find_absent(self) -> npt.NDArray[np.bool_]:
        """Return which rows have no value, shape (rows,)."""
        return self.take([value is None for value in self.distinct], np.bool_)

    def list_values(self) -> list[Any]:
        """Return the value of each row; rows with equal values share one object."""
        values: list[Any] = self.take(self.distinct, object).tolist()
        return values

    def value_at(self, position: int) -> object:
        """Return the value of one row."""
        return self.distinct[self.codes[position]]


class ValueNumbers(dict[object, int]):
    """Gives each distinct value the next number, from 0; None, for no value, has -1."""

    def __init__(self) -> None:
        super().__init__({None: -1})

    def number(self, values: Sequence[object]) -> list[int]:
        """Return the number of each of some values; new ones are numbered together, which is quicker."""
        fresh = dict.fromkeys([value for value in values if value not in self])
        self.update(zip(fresh, range(len(self) - 1, len(self) - 1 + len(fresh)), strict=True))
        return list(map(self.__getitem__, values))

    def __missing__(self, value: object) -> int:
        """Number a value that has none yet."""
        number = self[value] = len(self) - 1
        return number


class Texts:
    """The texts of one column, as cells or coded; the one is made of the other when it is asked for first."""

    __slots__ = ("_cells", "_code", "_coded")

    def __init__(self, code: Callable[[], Coded] | None = None) -> None:
        self._code = code
        self._cells: Cells | None = None
        self._coded: Coded | None = None

    @classmethod
    def of_cells(cls, cells: Iterable[str | None]) -> Texts:
        """Return a column of cells: ``str``, or None for no cell."""
        texts = cls()
        if isinstance(cells, np.ndarray):
            texts._cells = cells
        else:
            listed = list(cells)
            texts._cells = np.empty(len(listed), dtype=object)
            texts._cells[:] = listed
        return texts

    @classmethod
    def of_coded(cls, codes: Codes, distinct: tuple[str | None, ...]) -> Texts:
        """Return a column of coded texts; see `Coded`."""
        texts = cls()
        texts._coded = Coded(codes, distinct)
        return texts

    @property
    def cells(self) -> Cells:
        """The cell of each row, shape (rows,), not to be written to; equal ones of coded texts are one object."""
        if self._cells is None:
            self._cells = self.coded.take(self.coded.distinct, object)
        return self._cells

    @property
    def coded(self) -> Coded:
        """The column by its distinct texts, in the order of their first rows."""
        if self._coded is None:
            self._coded = _code_cells(self.cells) if self._code is None else self._code()
        return self._coded

    def take(self, rows: npt.NDArray[np.int64]) -> Texts:
        """Return the texts of some rows."""
        if self._coded is None and self._cells is not None:
            return Texts.of_cells(self._cells[rows])
        return Texts.of_coded(self.coded.codes[rows], self.coded.distinct)  # type: ignore[arg-type]  # texts they are

    def find_filled(self) -> npt.NDArray[np.bool_]:
        """Return which cells hold more than white space, shape (rows,)."""
        filled = [bool(text) and not str(text).isspace() for text in self.coded.distinct]
        return self.coded.take(filled, np.bool_)

    def text_at(self, position: int) -> str | None:
        """Return the text of one row."""
        text: str | None = self.coded.value_at(position) if self._cells is None else self._cells[position]  # type: ignore[assignment]
        return text


def _code_cells(cells: Cells) -> Coded:
    numbers = ValueNumbers()
    codes = np.fromiter(map(numbers.__getitem__, cells.tolist()), dtype=np.intp, count=len(cells))
    return Coded(codes, (*list(numbers)[1:], None))


def make_frame(columns: Mapping[int, Cells] | Mapping[str, Cells], rows: int) -> pd.DataFrame:
    """Return columns of cells as a frame of object columns."""
    import pandas as pd  # noqa: PLC0415  # checking does without frames, and starts in half the time

    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()}, index=range(rows))


def make_typed_frame(columns: Mapping[str, Coded], *, integers: Collection[str]) -> pd.DataFrame:
    """Return typed columns as a frame that its user may change: what is kept from chunk to chunk isn't in it.

    Args:
        columns: name -> values.
        integers: the columns that are whole numbers; they become ``Int64``, the others object columns.
    """
    import pandas as pd  # noqa: PLC0415  # as above

    series = {}
    for name, column in columns.items():
        if name in integers:
            numbers = column.take([value or 0 for value in column.distinct], np.int64)
            series[name] = pd.Series(pd.arrays.IntegerArray(numbers, column.find_absent()))
        else:
            values = [dict(value) if isinstance(value, dict) else value for value in column.distinct]
            series[name] = pd.Series(column.take(values, object), dtype=object)
    return pd.DataFrame(series)
