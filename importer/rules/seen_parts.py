"""What the rules across a run keep of some of its inputs, as it goes from who read them to who asks the rules."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from importer.chunks import column_letters
from importer.model import Where

if TYPE_CHECKING:
    import numpy.typing as npt

    from importer.chunks import LayerChunk

    Numbers = npt.NDArray[np.signedinteger[Any]]

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
        placed = {name: column for name, column in columns.items() if isinstance(column, int)}
        return cls(raw.source, raw.sheet, raw.header, raw.letters, raw.marks is not None, placed, chunk.is_turned)

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

    def dump(self) -> bytes:
        """Return it as packed bytes, from which `load` makes it again."""
        kept = {
            name: np.ascontiguousarray(values[:1] if _is_one(values) else values)
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
        tables = [
            SeenTable(source, sheet, tuple(header), tuple(letters), *rest)
            for source, sheet, header, letters, *rest in head["tables"]
        ]
        return cls(columns, head["texts"], tables, set(head["unplaced"]))


def _is_one(values: Numbers) -> bool:
    return len(values) > 0 and values.strides == (0,)
