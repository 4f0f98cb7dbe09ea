"""Rows of a large run, on disk by what the rules compare, so that memory doesn't grow with them.

A rule compares only rows with something in common, its `Key`. For each key the rows are parted into buckets by a
digest of it: whatever a rule finds among all rows it finds in the buckets, one after the other.
"""

from __future__ import annotations

import contextlib
import tempfile
import weakref
import zlib
from dataclasses import replace
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from importer.errors import StorageError
from importer.rules.cross_stack_rules import fold_name
from importer.rules.rows_seen import COMPARED, SeenRows, add_ordinals, take_numbers
from importer.rules.seen_parts import NONE, SeenPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from importer.rules.rows_seen import SortedRows
    from importer.rules.seen_parts import Numbers, SeenTable
    from importer.rules.touched import Key

_READ: dict[Key, tuple[str, ...]] = {
    "stack": ("sample_name", "substrate", "composition_string", "space_group"),
    "name": ("sample_name",),
    "record": ("record",),
    "material": ("composition_string", "mp_id"),
    "formula": ("composition_string",),
}
"""What the rules of each key read of a row, beside its layer and place; of the first two its stack, too."""
_NO_NUMBERS = np.zeros(0, dtype=np.int64)
BUCKETS = 64
"""Parts of the rows for each key: of as many rows as one run may have, each holds less than a million."""


class Bucket(NamedTuple):
    """The rows of one bucket.

    Attributes:
        rows: sorted.
        unplaced: stacks of the bucket of which a row has no position that can be read.
    """

    rows: SortedRows
    unplaced: set[int]


class RowsOnDisk:
    """Keeps rows in a file that has no name, so that nothing of it stays behind, however the program ends."""

    def __init__(self) -> None:
        self._tables: list[SeenTable] = []
        self._places: dict[tuple[Key, int], list[tuple[int, int]]] = {}
        self._end = 0
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # as long as this object
        except OSError as error:
            raise _explain(error) from error
        weakref.finalize(self, _close, self._file)

    def add(self, part: SeenPart) -> None:
        """Keep some rows, numbered over the whole run; they come in its order.

        Raises:
            StorageError: they can't be written.
        """
        if not part.columns:
            return
        columns = {**part.columns, "table": part.columns["table"].astype(np.int64) + len(self._tables)}
        columns["seq"] = add_ordinals(columns["seq"])
        self._tables += part.tables
        rows = SeenPart(columns, part.texts, [], part.unplaced)
        names, formulas, materials = (
            _sort_texts(part.texts[name], fold)
            for name, fold in (("sample_name", fold_name), ("composition_string", str.casefold), ("mp_id", str))
        )
        unplaced = np.asarray([*part.unplaced], dtype=np.int64)
        by_stack = _sort_stacks(columns["stack"], names)
        has_formula = columns["composition_string"] != NONE
        by_material = np.where(has_formula, take_numbers(materials, columns["mp_id"]), NONE)
        by_record = np.where(columns["record"] == NONE, NONE, columns["record"] % BUCKETS)
        self._add_rows("stack", rows, by_stack, {"sample_name": names}, (unplaced, _sort_stacks(unplaced, names)))
        self._add_rows("name", rows, take_numbers(names, columns["sample_name"]), {"sample_name": names})
        self._add_rows("record", rows, by_record)
        self._add_rows("material", rows, by_material)
        by_formula = take_numbers(formulas, columns["composition_string"])
        self._add_rows("formula", rows, by_formula, {"composition_string": formulas})

    def iter_buckets(self, key: Key) -> Iterator[Bucket]:
        """Yield the rows that have a key, a bucket at a time.

        Raises:
            StorageError: they can't be read back.
        """
        for number in range(BUCKETS):
            if places := self._places.get((key, number)):
                seen = SeenRows()
                for start, size in places:
                    seen.add_part(SeenPart.load(self._read(start, size)), 0)
                yield Bucket(seen.sort(self._tables), seen.unplaced)

    def _add_rows(
        self,
        key: Key,
        rows: SeenPart,
        buckets: Numbers,
        texts: Mapping[str, Numbers] = MappingProxyType({}),
        unplaced: tuple[Numbers, Numbers] = (_NO_NUMBERS, _NO_NUMBERS),
    ) -> None:
        """Write rows by their buckets, `NONE` for in none; and texts by theirs, also those of rows that aren't kept.

        Args:
            key: what the rows are parted by.
            rows: the rows.
            buckets: for each row.
            texts: compared field -> for each of its texts.
            unplaced: stacks of which a row has no position that can be read, and for each its bucket.
        """
        kept, (stacks, among) = _leave_out(key, rows), unplaced
        for number, index in _iter_parted(buckets):
            wanted = {name: np.flatnonzero(of == number) for name, of in texts.items()}
            self._write(key, number, kept.take(index, wanted, stacks[among == number]))

    def _write(self, key: Key, number: int, piece: SeenPart) -> None:
        if not (len(piece.columns["seq"]) or piece.unplaced or any(piece.texts.values())):
            return
        packed = piece.dump()
        try:
            self._file.seek(self._end)
            self._file.write(packed)
        except OSError as error:
            raise _explain(error) from error
        self._places.setdefault((key, number), []).append((self._end, len(packed)))
        self._end += len(packed)

    def _read(self, start: int, size: int) -> bytes:
        try:
            self._file.seek(start)
            return self._file.read(size)
        except OSError as error:  # what was written last may still have to be written out
            raise _explain(error) from error


def _close(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what a full disk didn't take has been told
        file.close()


def _explain(error: OSError) -> StorageError:
    folder = tempfile.tempdir or "the system's folder for such files"
    return StorageError(
        f"What the rules across all rows need can't be kept in {folder}: {error.strerror or error}. "
        "It takes about 100 bytes a row. Free some space there, or set TMPDIR to a folder with more."
    )


def _leave_out(key: Key, rows: SeenPart) -> SeenPart:
    """Return rows without what no rule of a key reads."""
    read = (*_READ[key], "stack") if "sample_name" in _READ[key] else _READ[key]
    nothing = np.broadcast_to(np.int64(NONE), len(rows.columns["seq"]))
    left_out = {name: nothing for name in ("stack", "record", *COMPARED) if name not in read}
    return replace(rows, columns={**rows.columns, **left_out})


def _sort_texts(texts: list[str], fold: Callable[[str], str]) -> Numbers:
    """Return the bucket of each text, and last that of no text, `NONE`: the same for texts that are the same folded."""
    found = [zlib.crc32(fold(text).encode("utf-8", "surrogatepass")) % BUCKETS for text in texts]
    return np.asarray([*found, NONE], dtype=np.int64)


def _sort_stacks(stacks: Numbers, names: Numbers) -> Numbers:
    """Return the buckets of stacks: by their id, or by their name as `names` has them."""
    by_name = take_numbers(names, np.where(stacks < NONE, NONE - 1 - stacks, NONE))
    return np.where(stacks < NONE, by_name, stacks % BUCKETS)


def _iter_parted(buckets: Numbers) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Yield each bucket's number and the positions of its rows, in their order."""
    order = np.argsort(buckets, kind="stable")
    bounds = np.searchsorted(buckets[order], np.arange(BUCKETS + 1))
    for number in range(BUCKETS):
        yield number, order[bounds[number] : bounds[number + 1]]
