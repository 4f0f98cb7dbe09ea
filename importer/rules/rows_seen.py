"""What is kept of the rows of a run for the rules that look across all of them: integers, no texts a row.

Texts that the rules compare become numbers, one a distinct text; places are made for the few rows that are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from importer.chunks.column import ValueNumbers
from importer.issues import Problem, make_issue
from importer.rules.seen_parts import NONE, SeenPart, SeenTable, is_constant, pack

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from importer.chunks import LayerChunk
    from importer.chunks.column import Coded
    from importer.issues import Code
    from importer.model import Issue, Where
    from importer.rules.seen_parts import Numbers

MERGED = 8
"""Chunks that are kept as one part; with four times as many the peak memory of a million rows is a seventh higher."""
COMPARED = ("sample_name", "substrate", "composition_string", "space_group", "mp_id")
SLICE = 100_000
"""Rows looked up at once: NumPy makes eight bytes of every position of a look-up."""


class SeenRows:
    """Collects the rows of a run chunk by chunk."""

    def __init__(self) -> None:
        self._texts = {name: ValueNumbers() for name in COMPARED}
        self._tables: list[SeenTable] = []
        self._parts: list[dict[str, Numbers]] = []
        self._loose: list[dict[str, Numbers]] = []
        self._count = 0
        self.unplaced: set[int] = set()
        """Stacks of which a row has no position that can be read."""

    def add(self, chunk: LayerChunk) -> None:
        """Take note of the rows of a chunk that name a stack and a position; bad rows hold their position too.

        A stack is the number of its sample_id, or one below `NONE` that stands for its sample_name. What counts up with
        the rows is kept as its distance from their ordinals, which is one number for nearly all tables.
        """
        raw, coded = chunk.fields.raw, chunk.coded
        if raw.first or not self._tables:
            self._tables.append(SeenTable.of(chunk))
        columns = {name: self._number_texts(name, coded[name]) for name in COMPARED}
        ids, names = _take_integers(coded["sample_id"]), columns["sample_name"]
        rows = len(ids)
        seq = np.arange(chunk.fields.start, chunk.fields.start + rows, dtype=np.int64)
        columns |= {
            "stack": np.where((ids != NONE) | (names == NONE), ids, NONE - 1 - names),
            "layer": _take_integers(coded["layer_id"]),
            "record": _take_integers(coded["id"]),
            "table": np.full(rows, len(self._tables) - 1, dtype=np.int64),
            "row": raw.rows[chunk.fields.index] - seq,
            "column": np.broadcast_to(np.asarray(chunk.fields.columns.get("layer_id", NONE), dtype=np.int64), rows),
        }
        named = (columns["stack"] != NONE) & (columns["layer"] != NONE)
        kept = int(np.count_nonzero(named))
        if kept != rows:
            self.unplaced.update(columns["stack"][~named & (columns["stack"] != NONE)].tolist())
        columns = columns if kept == rows else {name: values[named] for name, values in columns.items()}
        columns["seq"] = seq[named] - np.arange(self._count, self._count + kept, dtype=np.int64)
        self._count += kept
        self._loose.append({name: pack(values) for name, values in columns.items()})
        if len(self._loose) == MERGED:
            self._merge_loose()

    def take_part(self) -> SeenPart:
        """Return what is kept, to be put behind other parts by `add_part`; nothing is kept any more then."""
        self._merge_loose()
        names = tuple(self._parts[0] if self._parts else ())
        columns = {name: self._gather(name) for name in names}
        texts = {name: cast("list[str]", list(numbers)[1:]) for name, numbers in self._texts.items()}
        return SeenPart(columns, texts, self._tables, self.unplaced)

    def add_part(self, part: SeenPart, start: int) -> None:
        """Take what was kept of the rows of some inputs, as if they had been added here chunk by chunk.

        Args:
            part: of rows that were numbered from 0.
            start: ordinal of the first of these rows over the whole run.
        """
        numbers = {
            name: np.asarray([*map(self._texts[name].__getitem__, texts), NONE], dtype=np.int64)
            for name, texts in part.texts.items()
        }

        def move_stacks(stacks: Numbers) -> Numbers:
            named = stacks < NONE
            return np.where(named, NONE - 1 - numbers["sample_name"][np.where(named, NONE - 1 - stacks, NONE)], stacks)

        moves: dict[str, Callable[[Numbers], Numbers]] = {
            **{name: table.__getitem__ for name, table in numbers.items()},
            "stack": move_stacks,
            "table": lambda tables: tables + len(self._tables),
            "row": lambda rows: rows - start,
            "seq": lambda distances: distances + (start - self._count),
        }
        if part.columns:
            self._merge_loose()
            self._parts.append({name: _move(values, moves.get(name)) for name, values in part.columns.items()})
            self._count += len(part.columns["seq"])
        self._tables += part.tables
        if part.unplaced:
            self.unplaced.update(move_stacks(np.asarray([*part.unplaced], dtype=np.int64)).tolist())

    @property
    def size(self) -> int:
        """How many rows are kept, or distinct texts of a field where these are more."""
        return max(self._count, *(len(numbers) - 1 for numbers in self._texts.values()))

    def sort(self, tables: list[SeenTable] | None = None) -> SortedRows:
        """Return the rows sorted by stack, layer and input order.

        Args:
            tables: that the rows are of, where the parts came without.
        """
        self._merge_loose()
        columns = {name: self._gather(name) for name in tuple(self._parts[0] if self._parts else ())}
        if columns:
            columns["seq"] = add_ordinals(columns["seq"])
            order = _find_order(columns["stack"], columns["layer"])
            if order is not None:
                for name, values in columns.items():
                    columns[name] = values if is_constant(values) else values[order]
        texts = {name: cast("list[str]", list(numbers)[1:]) for name, numbers in self._texts.items()}
        return SortedRows(columns, texts, self._tables if tables is None else tables)

    def _merge_loose(self) -> None:
        """Put the latest chunks into one part: large arrays go back to the system once let go, small ones don't."""
        if not self._loose:
            return
        names = tuple(self._loose[0])
        self._parts.append({name: pack(np.concatenate([part[name] for part in self._loose])) for name in names})
        self._loose = []

    def _gather(self, name: str) -> Numbers:
        """Return a column of all chunks, letting go of its parts; one value throughout takes no room."""
        parts = [part.pop(name) for part in self._parts]
        rows = sum(map(len, parts))
        values: set[int | None] = {int(part[0]) if is_constant(part) else None for part in parts if len(part)}
        if len(values) == 1 and None not in values:
            return np.broadcast_to(np.int64(values.pop() or 0), rows)
        return np.concatenate(parts)

    def _number_texts(self, name: str, column: Coded) -> Numbers:
        if len(column.distinct) == 1:
            return _repeat_none(column)
        return column.take(self._texts[name].number(column.distinct), np.int64)


class SortedRows:
    """The rows of all stacks, sorted by stack, layer and input order.

    Attributes:
        stack, layer, seq, record, ...: shape (rows,), whole numbers in as little room as they need; `NONE` for no
            value. Positions and ids aren't below zero, so that differences fit too.
        has_id: shape (rows,), bool: the stack is named by a sample_id.
        is_first: shape (rows,), bool: the lowest row of its stack.
    """

    def __init__(self, columns: dict[str, Numbers], texts: dict[str, list[str]], tables: list[SeenTable]) -> None:
        empty = np.zeros(0, dtype=np.int64)
        self._columns, self._texts, self._tables = columns, texts, tables
        self.stack, self.layer = columns.get("stack", empty), columns.get("layer", empty)
        self.seq, self.record = columns.get("seq", empty), columns.get("record", empty)
        self.has_id = self.stack > NONE
        self.is_first = np.ones(len(self.stack), dtype=np.bool_)
        self.is_first[1:] = self.stack[1:] != self.stack[:-1]

    def take(self, mask: npt.NDArray[np.bool_]) -> SortedRows:
        """Return some of the rows, in their order."""
        return SortedRows({name: values[mask] for name, values in self._columns.items()}, self._texts, self._tables)

    def numbers(self, name: str) -> Numbers:
        """Return the numbers of a compared text, one a row."""
        return self._columns.get(name, np.zeros(0, dtype=np.int64))

    def texts(self, name: str) -> list[str]:
        """Return the distinct texts of a compared field, by their numbers."""
        return self._texts.get(name, [])

    def text(self, name: str, position: int) -> str:
        """Return the text of a row that a number stands for."""
        return self._texts[name][int(self._columns[name][position])]

    def is_turned(self, position: int) -> bool:
        """Tell whether a row is of a table that counts layers from the top."""
        return self._tables[int(self._columns["table"][position])].is_turned

    def place(self, position: int, name: str = "layer_id") -> Where:
        """Return the place of a field of a row, by its position in the sorted rows."""
        table = self._tables[int(self._columns["table"][position])]
        column = int(self._columns["column"][position]) if name == "layer_id" else table.columns.get(name, NONE)
        return table.place(int(self._columns["row"][position]) + int(self.seq[position]), column)

    def sample(self, position: int) -> int | str:
        """Return the sample_id of a row, or its sample_name where it has no id."""
        stack = int(self.stack[position])
        return stack if stack > NONE else self._texts["sample_name"][NONE - 1 - stack]

    def label(self, position: int) -> str:
        """Return the sample of a row in words."""
        return f"sample {self.sample(position)}"

    def make(
        self, position: int, code: Code, message: str, *, name: str = "layer_id", value: str | None = None
    ) -> Issue:
        """Return an issue at a field of a row."""
        value = str(int(self.layer[position])) if value is None else value
        return make_issue(Problem(code, message), self.place(position, name), value=value, seq=int(self.seq[position]))


def take_numbers(table: npt.NDArray[Any], positions: Numbers) -> npt.NDArray[Any]:
    """Return ``table[positions]``, looked up a slice at a time."""
    found = np.empty(len(positions), dtype=table.dtype)
    for start in range(0, len(positions), SLICE):
        found[start : start + SLICE] = table[positions[start : start + SLICE]]
    return found


def _repeat_none(column: Coded) -> Numbers:
    """Return the numbers of a column without a value: one, which takes no room."""
    return np.broadcast_to(np.int64(NONE), len(column.codes))


def _take_integers(column: Coded) -> Numbers:
    if len(column.distinct) == 1:
        return _repeat_none(column)
    return column.take([NONE if value is None else value for value in column.distinct], np.int64)


def _move(values: Numbers, move: Callable[[Numbers], Numbers] | None) -> Numbers:
    """Return a column of a part as it counts among others; one value throughout takes no room here either."""
    if move is None:
        return pack(values)
    if is_constant(values):
        return np.broadcast_to(move(values[:1].astype(np.int64))[0].copy(), len(values))
    return pack(move(values.astype(np.int64)))


def add_ordinals(distances: Numbers) -> Numbers:
    """Return numbers that were kept as their distances from 0, 1, 2, ..."""
    small = np.iinfo(np.int32).max // 2
    ordinals: Numbers = np.arange(len(distances), dtype=np.int32 if len(distances) < small else np.int64)
    if is_constant(distances):
        return ordinals if distances[0] == 0 else ordinals + int(distances[0])
    found: Numbers = ordinals + distances
    return found


def _find_order(stack: Numbers, layer: Numbers) -> npt.NDArray[np.intp] | None:
    """Return the order of rows by stack, layer and input; None where they stand in it already, as in most files."""
    same = stack[1:] == stack[:-1]
    if ((stack[1:] > stack[:-1]) | (same & (layer[1:] >= layer[:-1]))).all():
        return None
    # The rows came in input order, and the sort is stable.
    return np.lexsort((layer, stack))
