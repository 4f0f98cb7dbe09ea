"""Rules that look across the whole run: duplicates, gaps, beginnings and order of the layers of a stack.

Only integer arrays are kept, about 30 bytes a row; places are made for the rows that have something to be said.
Source: the API page, layers are ordered from the substrate up; positions are counted from 1 in all its examples, and
whether they may start at 0 isn't said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from importer.chunks import column_letters
from importer.codes import make_issue
from importer.model import Problem, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from importer.chunks import LayerChunk, RawChunk
    from importer.model import Issue

_NAMED_GAP = 5
"""Missing positions that a message lists one by one."""


class StackRules:
    """Sees the rows of a run chunk by chunk, then says what is wrong with its stacks."""

    def __init__(self) -> None:
        self._stacks: dict[int | str, int] = {}
        self._tables: list[RawChunk] = []
        self._is_marked: list[bool] = []
        self._parts: list[npt.NDArray[np.int64]] = []

    def add(self, chunk: LayerChunk) -> None:
        """Take note of the rows of a chunk that name a stack and a position; bad rows hold their position too."""
        raw, frame = chunk.fields.raw, chunk.frame
        if raw.first or not self._tables:
            # Of a table only its names are kept: no rows.
            self._tables.append(replace(raw, frame=raw.frame.iloc[:0], rows=raw.rows[:0], marks=None, row_issues=()))
            self._is_marked.append(raw.marks is not None)
        codes = self._find_stacks(frame["sample_id"], frame["sample_name"])
        named = (codes >= 0) & frame["layer_id"].notna().to_numpy()
        layer_ids = frame["layer_id"].fillna(0).to_numpy(dtype=np.int64)
        seqs = np.arange(chunk.fields.start, chunk.fields.start + len(codes), dtype=np.int64)
        tables = np.full(len(codes), len(self._tables) - 1, dtype=np.int64)
        origin = np.broadcast_to(np.asarray(chunk.fields.columns.get("layer_id", -1), dtype=np.int64), len(codes))
        columns = np.stack([codes, layer_ids, seqs, tables, raw.rows[chunk.fields.index], origin])
        self._parts.append(columns[:, named])

    def iter_issues(self) -> Iterator[Issue]:
        """Yield what is wrong, stack by stack."""
        if not self._parts:
            return
        columns = np.concatenate(self._parts, axis=1)
        order = np.lexsort((columns[2], columns[1], columns[0]))
        rows = _Rows(columns[:, order], [str(key) for key in self._stacks], self._place)
        yield from check_duplicates(rows)
        yield from check_gaps(rows)
        yield from check_starts(rows)
        yield from check_order(rows)

    def _place(self, table: int, row: int, column: int) -> Where:
        """Return the place of a row's layer_id; of the whole row where it has no cell of its own."""
        raw = self._tables[table]
        if column < 0:
            return Where(raw.source, raw.sheet, row)
        cell = None if self._is_marked[table] else f"{column_letters(raw.letters[column])}{row}"
        return Where(raw.source, raw.sheet, row, raw.header[column], cell)

    def _find_stacks(self, sample_ids: pd.Series, names: pd.Series) -> npt.NDArray[np.int64]:
        """Return the stack's number of each row, -1 for none: by sample_id if there is one, else by name."""
        found = np.full(len(sample_ids), -1, dtype=np.int64)
        has_id = sample_ids.notna().to_numpy()
        for keys, rows in ((sample_ids, has_id), (names, ~has_id & names.notna().to_numpy())):
            if not rows.any():
                continue
            codes, uniques = pd.factorize(keys[rows])
            numbers = [self._stacks.setdefault(_make_key(key), len(self._stacks)) for key in uniques]
            found[rows] = np.array(numbers, dtype=np.int64)[codes]
        return found


def _make_key(key: object) -> int | str:
    return key if isinstance(key, str) else int(str(key))


class _Rows:
    """The rows of all stacks, sorted by stack, layer, and input order."""

    def __init__(
        self, columns: npt.NDArray[np.int64], labels: list[str], place: Callable[[int, int, int], Where]
    ) -> None:
        self.stack, self.layer, self.seq, self._table, self._row, self._column = columns
        self._labels = labels
        self._place = place
        self.is_first = np.ones(len(self.stack), dtype=np.bool_)
        self.is_first[1:] = self.stack[1:] != self.stack[:-1]

    def place(self, position: int) -> Where:
        """Return the place of a row, by its position in the sorted rows."""
        return self._place(int(self._table[position]), int(self._row[position]), int(self._column[position]))

    def label(self, position: int) -> str:
        """Return the sample of a row in words."""
        return f"sample {self._labels[int(self.stack[position])]}"

    def make(self, position: int, code: str, message: str) -> Issue:
        """Return an issue at a row."""
        where, value = self.place(position), str(int(self.layer[position]))
        return make_issue(Problem(code, message), where, value=value, seq=int(self.seq[position]))


def check_duplicates(rows: _Rows) -> Iterator[Issue]:
    """A position of a stack is named once; every copy is told where the other is, and none is sent."""
    same = np.zeros(len(rows.stack), dtype=np.bool_)
    same[1:] = ~rows.is_first[1:] & (rows.layer[1:] == rows.layer[:-1])
    first = -1
    for position in np.flatnonzero(same).tolist():
        if not same[position - 1]:
            first = position - 1
            yield _make_duplicate(rows, first, position)
        yield _make_duplicate(rows, position, first)


def _make_duplicate(rows: _Rows, position: int, other: int) -> Issue:
    message = (
        f"Layer {rows.layer[position]} of {rows.label(position)} stands also in {rows.place(other)}: neither is sent, "
        "for only you know which is meant."
    )
    return rows.make(position, "duplicate-layer", message)


def check_gaps(rows: _Rows) -> Iterator[Issue]:
    """Positions of a stack follow each other: a layer over a hole would lie on the wrong one."""
    step = np.zeros(len(rows.stack), dtype=np.int64)
    step[1:] = rows.layer[1:] - rows.layer[:-1]
    step[rows.is_first] = 0
    for position in np.flatnonzero(step > 1).tolist():
        below, above = int(rows.layer[position - 1]), int(rows.layer[position])
        named = [str(missing) for missing in range(below + 1, min(above, below + 1 + _NAMED_GAP))]
        rest = above - below - 1 - len(named)
        missing = ", ".join(named) + (f" and {rest} more" if rest else "")
        message = f"Between layers {below} and {above} of {rows.label(position)} there is no layer {missing}."
        yield rows.make(position, "layer-gap", message)


def check_starts(rows: _Rows) -> Iterator[Issue]:
    """A stack begins at 1 (or 0); one that begins higher adds to a stack that must be there already."""
    for position in np.flatnonzero(rows.is_first & (rows.layer > 1)).tolist():
        message = f"The lowest layer of {rows.label(position)} is {rows.layer[position]}; stacks begin at 1 (or 0)."
        yield rows.make(position, "stack-start", message)


def check_order(rows: _Rows) -> Iterator[Issue]:
    """Rows stand in the order of their layers; told once a stack, at the first row that stands too early."""
    late = np.zeros(len(rows.stack), dtype=np.bool_)
    late[1:] = ~rows.is_first[1:] & (rows.seq[1:] < rows.seq[:-1]) & (rows.layer[1:] != rows.layer[:-1])
    told = -1
    for position in np.flatnonzero(late).tolist():
        if rows.stack[position] != told:
            told = int(rows.stack[position])
            message = (
                f"The rows of {rows.label(position)} don't stand in the order of their layers; they are sent from "
                "layer 1, at the substrate, upwards."
            )
            yield rows.make(position, "rows-out-of-order", message)
