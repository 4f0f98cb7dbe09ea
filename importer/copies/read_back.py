"""A copy read back by the reader of its format, and compared cell by cell with what was meant."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from importer.errors import InputError, UsageError
from importer.formats.read import iter_raw_chunks
from importer.formats.table import is_blank

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from importer.chunks import RawChunk, Source
    from importer.copies.edit import Changes, Edit

    Line = tuple[str | None, int, tuple[str | None, ...]]
    Edits = Mapping[int, Mapping[int, Edit]]


def compare_copy(source: Source, copy: Source, changes: Changes) -> None:
    """Compare a copy with what was meant: the file with its changes.

    Raises:
        UsageError: a change is of no cell or row of a table, or of one with another text, or the copy reads otherwise.
        InputError: the file can't be read.
    """
    meant = _Meant(source, changes)
    expected = meant.iter_lines()
    try:
        for want, got in zip_longest(expected, _iter_lines(copy)):
            if want is None or got is None or want != got:
                raise _explain_difference(source, want, got)
    except InputError as error:
        raise UsageError(f"The corrected copy can't be read ({error}); it wasn't written.") from error
    meant.check_all_used()


def _iter_lines(source: Source) -> Iterator[Line]:
    """Yield sheet, row and cells of each header and row of an input."""
    for raw in iter_raw_chunks(source):
        if raw.first or raw.marks is not None:
            yield raw.sheet, raw.header_row or 0, tuple(text or None for text in raw.header)
        columns = [column.cells.tolist() for column in raw.columns]
        for row, *cells in zip(raw.rows.tolist(), *columns, strict=True):
            yield raw.sheet, row, tuple(cell or None for cell in cells)


class _Meant:
    """The lines of a file as they are to be in its copy."""

    def __init__(self, source: Source, changes: Changes) -> None:
        self._source = source
        self._changes = changes
        self._unused = {
            (sheet, row, column): edit
            for sheet, rows in changes.edits.items()
            for row, edits in rows.items()
            for column, edit in edits.items()
        }
        self._deleted = {(sheet, row) for sheet, rows in changes.deleted.items() for row in rows}

    def iter_lines(self) -> Iterator[Line]:
        """Yield the lines.

        Raises:
            UsageError: an edit is of a cell that isn't there, or that holds another text.
        """
        for raw in iter_raw_chunks(self._source):
            if raw.marks is not None:
                yield from self._iter_marked(raw, raw.marks)
                continue
            places = {letter: position for position, letter in enumerate(raw.letters)}
            edits = self._find_edits(raw)
            if raw.first and raw.header_row is not None:
                if (raw.sheet, raw.header_row) in self._deleted:
                    raise UsageError(f"{self._source.name}, row {raw.header_row} is the header; it can't be deleted.")
                yield from self._change(
                    (raw.sheet, raw.header_row, tuple(text or None for text in raw.header)), places, edits
                )
            columns = [column.cells.tolist() for column in raw.columns]
            for row, *cells in zip(raw.rows.tolist(), *columns, strict=True):
                if (raw.sheet, row) in self._deleted:
                    self._deleted.remove((raw.sheet, row))
                else:
                    yield from self._change((raw.sheet, row, tuple(cell or None for cell in cells)), places, edits)

    def _find_edits(self, raw: RawChunk) -> Edits:
        """Return the edits of a chunk's table by row and column as the chunk counts them.

        Raises:
            UsageError: a row of a table is to be deleted whose layers stand side by side.
        """
        edits, deleted = self._changes.of_sheet(raw.sheet)
        if not raw.is_transposed:
            return edits
        if deleted:
            raise UsageError(f"{self._source.name}: rows of a transposed table are fields; they can't be deleted.")
        turned: dict[int, dict[int, Edit]] = {}
        for edit in (each for columns in edits.values() for each in columns.values()):
            turned.setdefault(edit.column + 1, {})[edit.row - 1] = edit
        return turned

    def _change(self, line: Line, places: dict[int, int], by_row: Edits) -> Iterator[Line]:
        """Yield a line with its edits; nothing where they leave no text in it, for the reader passes over it then."""
        edits = by_row.get(line[1])
        if edits is None:
            yield line
            return
        cells = list(line[2])
        for column, edit in edits.items():
            self._unused.pop((edit.sheet, edit.row, edit.column), None)
            at = places.get(column)
            if at is None or (cells[at] or "") != (edit.was or ""):
                held = "isn't in the table" if at is None else f"holds {(cells[at] or '')[:60]!r}"
                raise UsageError(f"{self._source.name}, {edit.place} {held}, not {(edit.was or '')[:60]!r}.")
            cells[at] = edit.now or None
        if not is_blank(cells):
            yield line[0], line[1], tuple(cells)

    def _iter_marked(self, raw: RawChunk, marks: npt.NDArray[np.int64]) -> Iterator[Line]:
        """Yield the lines of a chunk whose values have lines and columns of their own; one may stand in many rows."""
        yield raw.sheet, 0, tuple(text or None for text in raw.header)
        columns = [column.cells.tolist() for column in raw.columns]
        edits, _ = self._changes.of_sheet(raw.sheet)
        touched = np.isin(marks[:, :, 0], list(edits)).tolist()
        for position, (row, *cells) in enumerate(zip(raw.rows.tolist(), *columns, strict=True)):
            for at in (number for number, is_touched in enumerate(touched[position]) if is_touched):
                line, column = (int(number) for number in marks[position, at])
                edit = edits[line].get(column - 1)
                if edit is not None and (cells[at] or "") == (edit.was or ""):
                    self._unused.pop((raw.sheet, line, column - 1), None)
                    cells[at] = edit.now
            yield raw.sheet, row, tuple(cell or None for cell in cells)

    def check_all_used(self) -> None:
        """Refuse changes that no line of the file has taken.

        Raises:
            UsageError: there is one.
        """
        for edit in self._unused.values():
            raise UsageError(
                f"{self._source.name}, {edit.place} doesn't hold {edit.was!r}, or is in no row of a table."
            )
        for sheet, row in self._deleted:
            where = "" if sheet is None else f"sheet {sheet!r}, "
            raise UsageError(f"{self._source.name}, {where}row {row} isn't a row of a table, so it can't be deleted.")


def _explain_difference(source: Source, want: Line | None, got: Line | None) -> UsageError:
    line = want or got
    where = "" if line is None else f" from row {line[1]} on" + ("" if line[0] is None else f" of sheet {line[0]!r}")
    return UsageError(
        f"The corrected copy of {source.name} would read differently{where} than meant, so it wasn't written. "
        "Make the changes by hand."
    )
