"""What the rules across a run keep of some of its inputs, as it goes from who read them to who asks the rules."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from importer.chunks import column_letters
from importer.model import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from importer.chunks import LayerChunk

    Numbers = npt.NDArray[np.signedinteger[Any]]

NONE = -1
"""Stands for no value in an array of numbers."""
_WIDTHS = (np.int8, np.int16, np.int32)
PLACED = ("layer_id", "sample_id", "sample_name", "substrate", "composition_string", "space_group", "mp_id", "id")


@dataclass(frozen=True, slots=True)
class SeenTable:
    """What is kept of a table: its names, and the columns of the fields that stand in one."""

    source: str
    sheet: str | None
    header: tuple[str, ...]
    letters: tuple[int, ...]
    is_marked: bool
    columns: dict[str, int]
    is_turned: bool = False

    @classmethod
    def of(cls, chunk: LayerChunk) -> SeenTable:
        """Return what is kept of the table that a chunk begins."""
        raw = chunk.fields.raw
        columns = {name: chunk.fields.columns.get(name) for name in PLACED}
        placed = tuple((name, column) for name, column in columns.items() if isinstance(column, int))
        header, letters, found = _share(raw.header, raw.letters, placed)
        return cls(raw.source, raw.sheet, header, letters, raw.marks is not None, found, chunk.is_turned)

    def place(self, row: int, column: int) -> Where:
        """Return the place of a cell; of the whole row where it has no cell of its own."""
        if column < 0:
            return Where(self.source, self.sheet, row)
        cell = None if self.is_marked else f"{column_letters(self.letters[column])}{row}"
        return Where(self.source, self.sheet, row, self.header[column], cell)


@dataclass(frozen=True, slots=True)
class SeenPart:
    """What is kept of the rows of some inputs, numbered from 0; texts, tables and rows count from 0 too.

    Attributes:
        columns: name -> a number for each row.
        texts: compared field -> its distinct texts, by their numbers.
        tables: the tables.
        unplaced: stacks of which a row has no position that can be read.
    """

    columns: dict[str, Numbers]
    texts: dict[str, list[str]]
    tables: list[SeenTable]
    unplaced: set[int]

    def take(self, index: npt.NDArray[np.intp], texts: Mapping[str, Numbers], unplaced: Iterable[int] = ()) -> SeenPart:
        """Return some of the rows, as a part of their own but for the tables, which keep their numbers.

        Each row's `seq` is its ordinal here, and in the part its distance from where it stands, as parts have it.

        Args:
            index: positions of the rows, in their order.
            texts: compared field -> texts that are kept whether one of these rows has them or not.
            unplaced: of the stacks that are known as such, those to be kept.
        """
        columns = {
            name: np.broadcast_to(values[0], len(index)) if is_constant(values) else values[index]
            for name, values in self.columns.items()
        }
        numbers = {name: _find_used(columns[name], texts.get(name)) for name in self.texts}
        names = numbers["sample_name"]

        def move_stacks(stacks: Numbers) -> Numbers:
            return np.where(stacks < NONE, NONE - 1 - np.searchsorted(names, NONE - 1 - stacks), stacks)

        columns["stack"] = move_stacks(columns["stack"])
        columns["seq"] = columns["seq"] - np.arange(len(index), dtype=np.int64)
        for name, used in numbers.items():
            values = columns[name]
            if len(used):
                columns[name] = np.where(values == NONE, NONE, np.searchsorted(used, values))
        return SeenPart(
            {name: pack(values) for name, values in columns.items()},
            {name: [*map(self.texts[name].__getitem__, used.tolist())] for name, used in numbers.items()},
            [],
            set(move_stacks(np.asarray([*unplaced], dtype=np.int64)).tolist()),
        )

    def dump(self) -> bytes:
        """Return it as packed bytes, from which `load` makes it again."""
        kept = {
            name: np.ascontiguousarray(values[:1] if is_constant(values) else values)
            for name, values in self.columns.items()
        }
        head = {
            "rows": len(next(iter(self.columns.values()), ())),
            "columns": [(name, values.dtype.str, len(values)) for name, values in kept.items()],
            "texts": self.texts,
            "tables": [[getattr(table, name) for name in SeenTable.__slots__] for table in self.tables],
            "unplaced": [*map(int, self.unplaced)],
        }
        lines = json.dumps(head).encode()
        data = b"".join([len(lines).to_bytes(8, "little"), lines, *(values.tobytes() for values in kept.values())])
        return zlib.compress(data, 1)

    @classmethod
    def load(cls, packed: bytes) -> SeenPart:
        """Return what `dump` made bytes of."""
        data = zlib.decompress(packed)
        at = 8 + int.from_bytes(data[:8], "little")
        head = json.loads(data[8:at])
        columns: dict[str, Numbers] = {}
        for name, kind, count in head["columns"]:
            values = np.frombuffer(data, np.dtype(kind), count, at)
            at += values.nbytes
            columns[name] = values if count == head["rows"] else np.broadcast_to(values[0], head["rows"])
        tables = []
        for source, sheet, header, letters, is_marked, placed, is_turned in head["tables"]:
            names, places, found = _share(tuple(header), tuple(letters), tuple(placed.items()))
            tables.append(SeenTable(source, sheet, names, places, is_marked, found, is_turned))
        return cls(columns, head["texts"], tables, set(head["unplaced"]))


def is_constant(values: Numbers) -> bool:
    """Tell whether an array is one value throughout, kept once."""
    return len(values) > 0 and values.strides == (0,)


def pack(values: Numbers) -> Numbers:
    """Return an array in as little room as its numbers need: none for one value throughout."""
    if not len(values):
        return values.astype(np.int8)
    if is_constant(values):
        return values
    low, high = int(values.min()), int(values.max())
    if low == high:
        return np.broadcast_to(values[0].copy(), len(values))
    for width in _WIDTHS:
        limits = np.iinfo(width)
        if limits.min <= low and high <= limits.max:
            return values.astype(width)
    return values


def _find_used(values: Numbers, also: Numbers | None) -> Numbers:
    """Return the numbers of the texts that some rows have, and others, in their order."""
    values = values[:1] if is_constant(values) else values
    used: Numbers = np.unique(values if also is None else np.concatenate([values, also]))
    found: Numbers = used[used != NONE]
    return found


@lru_cache(maxsize=1000)
def _share(
    header: tuple[str, ...], letters: tuple[int, ...], columns: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, ...], tuple[int, ...], dict[str, int]]:
    """Return what tables of one kind have in common, once for all of them: runs have a hundred thousand."""
    return header, letters, dict(columns)
