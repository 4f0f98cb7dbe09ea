"""Rows that carry their own keys as they gather into chunks, whose headers hold the keys as they appear."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks import RawChunk
from importer.chunks.column import Texts
from importer.formats.limits import MAX_CHUNK_CELLS
from importer.formats.stacks.layers import iter_rows
from importer.issues import Problem, make_issue
from importer.model import Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.chunks import Source
    from importer.formats.stacks.nodes import Fault, MappingNode, Node
    from importer.formats.stacks.rows import Row
    from importer.model import Issue


def gather_rows(
    source: Source,
    stacks: Iterator[tuple[Node, MappingNode | None]],
    *,
    chunk_rows: int,
    issues: Sequence[Issue] = (),
    surplus: Sequence[Fault] = (),
) -> Iterator[RawChunk]:
    """Yield the rows of stacks in chunks; a stack larger than a chunk is cut.

    Args:
        source: the file.
        stacks: each with what stands beside the list that it is in.
        chunk_rows: rows of a chunk.
        issues: what is to be said of the file.
        surplus: takes, while the stacks are read, what is to be said of keys beside them.
    """
    rows = _Rows()
    first = True
    for node, outer in stacks:
        for row in iter_rows(node, outer, name=source.name):
            # a full chunk waits for the next row, so that what the file's end brings has a chunk to be told in
            if len(rows.lines) >= chunk_rows or rows.area > MAX_CHUNK_CELLS:
                yield rows.make_chunk(source, first=first, issues=issues if first else ())
                rows, first = _Rows(), False
            rows.add(row)
    if first:
        yield rows.make_chunk(source, first=True, issues=[*issues, *(_make_issue(source, fault) for fault in surplus)])
    elif rows.lines:
        rows.add_faults(surplus)
        yield rows.make_chunk(source, first=False, issues=())


class _Rows:
    """Rows that carry their own keys as they gather into a chunk; its header holds their keys as they appear.

    Only flat lists of texts and numbers are kept: as objects, the values of a chunk are so many that Python's garbage
    collector would spend a quarter of the reading on them.
    """

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._keys: list[tuple[str, ...]] = []
        self._texts: list[str | None] = []
        self._lines: list[int] = []
        self._columns: list[int] = []
        self._faults: list[tuple[int, Fault]] = []
        self._names: set[str] = set()

    @property
    def area(self) -> int:
        """How many cells the chunk would have: rows may have keys of their own, each a column."""
        return len(self.lines) * len(self._names)

    def add(self, row: Row) -> None:
        """Take a row in."""
        cells = row.cells.values()
        self._texts += [cell.text for cell in cells]
        self._lines += [cell.line for cell in cells]
        self._columns += [cell.column for cell in cells]
        self._faults += [(len(self.lines), fault) for fault in row.faults]
        keys = tuple(row.cells)
        if not self._keys or keys != self._keys[-1]:
            self._names.update(keys)
        self._keys.append(keys)
        self.lines.append(row.line)

    def add_faults(self, faults: Sequence[Fault]) -> None:
        """Add what is to be said to the last row."""
        self._faults += [(len(self.lines) - 1, fault) for fault in faults]

    def make_chunk(self, source: Source, *, first: bool, issues: Sequence[Issue]) -> RawChunk:
        """Return the rows as a chunk."""
        kinds = dict.fromkeys(self._keys)
        header = tuple(dict.fromkeys(chain.from_iterable(kinds)))
        column = {key: number for number, key in enumerate(header)}
        places = {keys: [column[key] for key in keys] for keys in kinds}
        width, rows = len(header), len(self.lines)
        # where each value goes, all of them at once: one by one they cost more than their parsing
        at = np.array([row * width + place for row, keys in enumerate(self._keys) for place in places[keys]], np.intp)
        cells = np.full(rows * width, None, dtype=object)
        cells[at] = np.fromiter(self._texts, dtype=object, count=len(at))
        marks = np.zeros((rows * width, 2), dtype=np.int64)
        marks[at, 0], marks[at, 1] = self._lines, self._columns
        return RawChunk(
            source=source.name,
            sheet=None,
            header=header,
            header_row=None,
            columns=tuple(map(Texts.of_cells, cells.reshape(rows, width).T)),
            rows=np.array(self.lines, dtype=np.int64),
            letters=tuple(range(width)),
            marks=marks.reshape(rows, width, 2),
            first=first,
            table_issues=tuple(issues),
            row_issues=tuple((row, _make_issue(source, fault)) for row, fault in self._faults),
        )


def _make_issue(source: Source, fault: Fault) -> Issue:
    """Return a fault as an issue at its place."""
    cell = f"{fault.line}:{fault.column}" if fault.column else None
    where = Where(source.name, None, fault.line, None, cell)
    return make_issue(Problem(fault.code, fault.message, fault.suggestion), where, value=fault.value or None)
