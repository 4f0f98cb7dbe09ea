"""What is kept of the rows of a run for the rules that look across all of them: integers, no texts a row.

Texts that the rules compare become numbers, one a distinct text; places are made for the few rows that are told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from importer.chunks import column_letters
from importer.codes import make_issue
from importer.model import Issue, Problem, Where

if TYPE_CHECKING:
    import numpy.typing as npt

    from importer.chunks import Coded, LayerChunk, RawChunk

    Numbers = npt.NDArray[np.signedinteger[Any]]

_SMALL = 2**31
MERGED = 32
"""Chunks that are kept as one part."""
NONE = -1
"""Stands for no value in an array of numbers."""
PLACED = ("layer_id", "sample_id", "sample_name", "substrate", "space_group", "mp_id", "id")
COMPARED = ("sample_name", "substrate", "composition_string", "space_group", "mp_id")


class SeenRows:
    """Collects the rows of a run chunk by chunk."""

    def __init__(self) -> None:
        self._stacks: dict[int | str, int] = {}
        self._texts: dict[str, dict[str, int]] = {name: {} for name in COMPARED}
        self._tables: list[_Table] = []
        self._parts: list[dict[str, Numbers]] = []
        self._loose: list[dict[str, Numbers]] = []

    def add(self, chunk: LayerChunk) -> None:
        """Take note of the rows of a chunk that name a stack and a position; bad rows hold their position too."""
        raw, coded = chunk.fields.raw, chunk.coded
        if raw.first or not self._tables:
            self._tables.append(_Table.of(chunk))
        columns = {name: self._number_texts(name, coded[name]) for name in COMPARED}
        has_id = ~coded["sample_id"].find_absent()
        stack = self._find_stacks(coded["sample_id"], coded["sample_name"], has_id)
        rows = len(stack)
        columns |= {
            "stack": stack,
            "has_id": has_id.astype(np.int64),
            "layer": _take_integers(coded["layer_id"]),
            "record": _take_integers(coded["id"]),
            "seq": np.arange(chunk.fields.start, chunk.fields.start + rows, dtype=np.int64),
            "table": np.full(rows, len(self._tables) - 1, dtype=np.int64),
            "row": raw.rows[chunk.fields.index],
            "column": np.broadcast_to(np.asarray(chunk.fields.columns.get("layer_id", NONE), dtype=np.int64), rows),
        }
        named = (stack != NONE) & (columns["layer"] != NONE)
        self._loose.append({name: _pack(values[named]) for name, values in columns.items()})
        if len(self._loose) == MERGED:
            self._merge()

    def sort(self) -> SortedRows:
        """Return the rows sorted by stack, layer and input order."""
        if self._loose:
            self._merge()
        columns = {name: self._gather(name) for name in tuple(self._parts[0] if self._parts else ())}
        if columns:
            order = _find_order(columns["stack"], columns["layer"])
            if order is not None:
                for name, values in columns.items():
                    columns[name] = values if _is_constant(values) else values[order]
        texts = {name: list(numbers) for name, numbers in self._texts.items()}
        labels = list(self._stacks)
        self._stacks.clear()  # no more rows come, and a million stacks weigh
        return SortedRows(columns, labels, texts, self._tables)

    def _merge(self) -> None:
        """Put the latest chunks into one part: large arrays go back to the system once let go, small ones don't."""
        names = tuple(self._loose[0])
        self._parts.append({name: _pack(np.concatenate([part[name] for part in self._loose])) for name in names})
        self._loose = []

    def _gather(self, name: str) -> Numbers:
        """Return a column of all chunks, letting go of its parts; one value throughout takes no room."""
        parts = [part.pop(name) for part in self._parts]
        rows = sum(map(len, parts))
        values: set[int | None] = {int(part[0]) if _is_constant(part) else None for part in parts if len(part)}
        if len(values) == 1 and None not in values:
            return np.broadcast_to(np.int64(values.pop() or 0), rows)
        return np.concatenate(parts)

    def _number_texts(self, name: str, column: Coded) -> Numbers:
        known = self._texts[name]
        return column.take([_number(known, text) for text in column.distinct], np.int64)

    def _find_stacks(self, sample_ids: Coded, names: Coded, has_id: npt.NDArray[np.bool_]) -> Numbers:
        """Return the stack's number of each row: by sample_id if there is one, else by name."""
        stacks = self._stacks
        found = sample_ids.take([_number(stacks, key) for key in sample_ids.distinct], np.int64)
        if not has_id.all():
            only_named = set(names.codes[~has_id].tolist())
            last = len(names.distinct) - 1
            numbers = [
                _number(stacks, key) if at in only_named else NONE for at, key in enumerate(names.distinct[:last])
            ]
            found = np.where(has_id, found, names.take([*numbers, NONE], np.int64))
        return found


@dataclass(frozen=True, slots=True)
class _Table:
    """What is kept of a table: its names, and the columns of the fields that stand in one."""

    raw: RawChunk
    is_marked: bool
    columns: dict[str, int]

    @classmethod
    def of(cls, chunk: LayerChunk) -> _Table:
        raw = chunk.fields.raw
        bare = replace(raw, frame=raw.frame.iloc[:0], rows=raw.rows[:0], marks=None, row_issues=(), cell_issues=())
        columns = {name: chunk.fields.columns.get(name) for name in PLACED}
        return cls(bare, raw.marks is not None, {n: column for n, column in columns.items() if isinstance(column, int)})

    def place(self, row: int, column: int) -> Where:
        """Return the place of a cell; of the whole row where it has no cell of its own."""
        raw = self.raw
        if column < 0:
            return Where(raw.source, raw.sheet, row)
        cell = None if self.is_marked else f"{column_letters(raw.letters[column])}{row}"
        return Where(raw.source, raw.sheet, row, raw.header[column], cell)


class SortedRows:
    """The rows of all stacks, sorted by stack, layer and input order.

    Attributes:
        stack, layer, seq, record, has_id, sample_name, ...: shape (rows,), int64; `NONE` for no value.
        is_first: shape (rows,), bool: the lowest row of its stack.
    """

    def __init__(
        self, columns: dict[str, Numbers], labels: list[int | str], texts: dict[str, list[str]], tables: list[_Table]
    ) -> None:
        empty = np.zeros(0, dtype=np.int64)
        self._columns = columns
        self._labels, self._texts, self._tables = labels, texts, tables
        self.stack, self.layer = columns.get("stack", empty), columns.get("layer", empty)
        self.seq, self.record = columns.get("seq", empty), columns.get("record", empty)
        self.has_id = columns.get("has_id", empty).astype(np.bool_)
        self.is_first = np.ones(len(self.stack), dtype=np.bool_)
        self.is_first[1:] = self.stack[1:] != self.stack[:-1]

    def numbers(self, name: str) -> Numbers:
        """Return the numbers of a compared text, one a row."""
        return self._columns.get(name, np.zeros(0, dtype=np.int64))

    def text(self, name: str, position: int) -> str:
        """Return the text of a row that a number stands for."""
        return self._texts[name][int(self._columns[name][position])]

    def place(self, position: int, name: str = "layer_id") -> Where:
        """Return the place of a field of a row, by its position in the sorted rows."""
        table = self._tables[int(self._columns["table"][position])]
        column = int(self._columns["column"][position]) if name == "layer_id" else table.columns.get(name, NONE)
        return table.place(int(self._columns["row"][position]), column)

    def sample(self, position: int) -> int | str:
        """Return the sample_id of a row, or its sample_name where it has no id."""
        return self._labels[int(self.stack[position])]

    def label(self, position: int) -> str:
        """Return the sample of a row in words."""
        return f"sample {self.sample(position)}"

    def make(
        self, position: int, code: str, message: str, *, name: str = "layer_id", value: str | None = None
    ) -> Issue:
        """Return an issue at a field of a row."""
        value = str(int(self.layer[position])) if value is None else value
        return make_issue(Problem(code, message), self.place(position, name), value=value, seq=int(self.seq[position]))


def _number(known: dict[Any, int], key: object) -> int:
    """Return the number that stands for a value, a new one where it is new."""
    return NONE if key is None else known.setdefault(key, len(known))


def _take_integers(column: Coded) -> Numbers:
    return column.take([NONE if value is None else value for value in column.distinct], np.int64)


def _pack(values: Numbers) -> Numbers:
    """Return an array in as little room as its numbers need: none for one value throughout, else half where it fits."""
    if len(values) and (values == values[0]).all():
        return np.broadcast_to(values[0].copy(), len(values))
    is_small = not len(values) or (values.min() >= -_SMALL and values.max() < _SMALL)
    return values.astype(np.int32) if is_small else values


def _is_constant(values: Numbers) -> bool:
    """Tell whether an array is one value throughout, kept once."""
    return values.strides == (0,)


def _find_order(stack: Numbers, layer: Numbers) -> npt.NDArray[np.intp] | None:
    """Return the order of rows by stack, layer and input; None where they stand in it already, as in most files."""
    same = stack[1:] == stack[:-1]
    if ((stack[1:] > stack[:-1]) | (same & (layer[1:] >= layer[:-1]))).all():
        return None
    # The rows came in input order, and the sort is stable.
    return np.lexsort((layer, stack))
