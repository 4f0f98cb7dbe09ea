"""A draft: what stands in the inputs, what was edited, and what is to be said of it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.check import prepare_reading
from importer.clock import SystemClock
from importer.context import name_type, require_settings, take_path
from importer.draft.corrected import CopiedFile, copy_tables
from importer.draft.edits.overlay import Cell, CellChange, Change, RowChange, check_text
from importer.draft.history import History
from importer.draft.marks import Mark, can_take, find_next, list_marks, locate
from importer.draft.recheck import Checked, recheck
from importer.draft.tables import find_table
from importer.draft.windows import IssueGroup, Window, group_issues, view_rows
from importer.errors import InputError, StaleDraftError, UsageError
from importer.formats.digest import digest_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from importer.chunks import Source
    from importer.clock import Clock
    from importer.draft.edits.journal import Direction, Journal
    from importer.draft.tables import DraftTable
    from importer.model import Issue
    from importer.settings import CheckSettings, ReadSettings

MAX_CELLS = 200_000
"""Cells that one step may change."""


class Draft:
    """Inputs under edit. One thread at a time: who shares it keeps a lock.

    Args:
        tables: the tables of the inputs.
        sources: the inputs.
        read: how they are read.
        check: how rows are weighed.
        journal: where edits are kept; None to keep none.
        clock: the time.
        digests: input's name -> SHA-256 of its bytes as they were read; None not to compare them later.
    """

    def __init__(  # made by `open_draft` alone
        self,
        tables: Sequence[DraftTable],
        sources: Sequence[Source],
        *,
        read: ReadSettings,
        check: CheckSettings,
        journal: Journal | None = None,
        clock: Clock | None = None,
        digests: Mapping[str, str] | None = None,
    ) -> None:
        self._digests = digests or {}
        self.tables = tuple(tables)
        self.sources = tuple(sources)
        self.read = read
        self.check = check
        self._history = History(self.tables, journal, clock or SystemClock())
        self._reading = prepare_reading(read, check)
        self.checked: Checked = recheck(self.tables, self._reading, self.sources)

    def __repr__(self) -> str:
        """Return what it is of and how it stands in a line."""
        names = ", ".join(source.name for source in self.sources)
        edited = ", edited" if self.is_edited else ""
        return f"<Draft of {names}: {self.checked.valid:,} of {self.checked.rows:,} rows valid{edited}>"

    @property
    def rows(self) -> int:
        """How many layers there are, and rows that yield none."""
        return self.checked.rows

    @property
    def valid(self) -> int:
        """How many of them could be sent."""
        return self.checked.valid

    def list_issues(self) -> list[Issue]:
        """Return all that is to be said now: what `importer.validate` would say of the corrected copies."""
        return self.checked.list_issues()

    @property
    def version(self) -> int:
        """How many steps there were, undoing among them."""
        return self._history.version

    @property
    def is_edited(self) -> bool:
        """Whether anything is different from the files."""
        return any(table.is_edited for table in self.tables)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return self._history.can_redo

    @property
    def left_out(self) -> int:
        """Edits of an earlier session that weren't applied, because the file has other texts there now."""
        return self._history.left_out

    def edit(
        self,
        cells: Cell | Iterable[Cell] = (),
        *,
        delete: Iterable[tuple[int, int]] = (),
        restore: Iterable[tuple[int, int]] = (),
        why: str = "typed",
        version: int | None = None,
    ) -> None:
        """Change cells, delete and restore rows, as one step.

        Args:
            cells: cells with their new texts.
            delete: table and physical row of rows to delete.
            restore: the same of deleted rows to take back.
            why: what made the step.
            version: the version that whoever asks has seen; None not to compare.

        Raises:
            StaleDraftError: somebody else has changed the draft since.
            UsageError: there is no such cell, or no cell can hold such a text.
            StorageError: the step can't be kept; nothing was changed.
        """
        self._require(version)
        changes: list[CellChange] = []
        for cell in (cells,) if isinstance(cells, Cell) else cells:
            if not isinstance(cell, Cell):
                raise UsageError(f"edit takes importer.Cell(table, row, column, text), not {name_type(cell)}.")
            position = self._place(cell.table, cell.row)
            table = self.tables[cell.table]
            if not 0 <= cell.column < len(table.head.header):
                raise UsageError(f"There is no column {cell.column + 1} in this table.")
            check_text(cell.text)
            was = table.text(position, cell.column)
            original = table.original(position, cell.column)
            now = original if (original or "") == cell.text else cell.text
            if (was or "") != (now or ""):
                changes.append(CellChange(cell.table, cell.row, cell.column, was, now))
            if len(changes) > MAX_CELLS:
                raise UsageError(f"More than {MAX_CELLS:,} cells at once. Do it in several steps.")
        rows = [(*each, True) for each in delete] + [(*each, False) for each in restore]
        turned = []
        for number, row, is_deleted in rows:
            self._place(number, row)
            if (row in self.tables[number].overlay.deleted) is not is_deleted:
                turned.append(RowChange(number, row, is_deleted))
        if changes or turned:
            self._history.add(Change(why, tuple(changes), tuple(turned)))
            self._recheck()

    def take(self, code: str, *, value: str | None = None, version: int | None = None) -> int:
        """Take the suggestions of all issues of a code, or of those of one text; return how many cells changed.

        Raises:
            StaleDraftError, UsageError, StorageError: see `edit`.
        """
        self._require(version)
        found: dict[tuple[int, int, int], Cell] = {}
        for table in self.tables:
            for mark in list_marks(self.checked, table, 0, len(table.rows)):
                if mark.issue.code == code and (value is None or mark.issue.value == value) and can_take(table, mark):
                    row = int(table.rows[mark.position])
                    cell = Cell(table.number, row, mark.column, mark.issue.suggestion or "")
                    found.setdefault((table.number, mark.position, mark.column), cell)
        if not found:
            raise UsageError(f"No issue of {code} has a suggestion that can be taken.")
        self.edit(found.values(), why=f"take {code}")
        return len(found)

    def step(self, direction: Direction, *, version: int | None = None) -> None:
        """Take the last step back, or do the last one again that was taken back.

        Args:
            direction: ``undo`` or ``redo``.
            version: see `edit`.

        Raises:
            StaleDraftError, StorageError: see `edit`.
            UsageError: there is no such step.
        """
        self._require(version)
        self._history.step(direction)
        self._recheck()

    def write_copies(self, folder: str | Path | None = None) -> tuple[CopiedFile, ...]:
        """Write a corrected copy of each file that is edited, read back and compared before it takes its place.

        Args:
            folder: where the copies go; None for beside each file. A name that is taken gets a number, unless that
                file is the same copy, byte for byte.

        Returns:
            The copies, in the order of the files; none where nothing is edited.

        Raises:
            UsageError: a copy can't be written in its format, or wouldn't read as meant.
            InputError: a file can't be read, or isn't the one any more that was opened.
            StorageError: the disk is full, or fails.
        """
        edited = {table.source.name: table.source for table in self.tables if table.is_edited}
        for name, source in edited.items():
            if name in self._digests and digest_file(source.path, name=name) != self._digests[name]:
                raise InputError(f"{name} has changed since it was opened. Open it again: edits that still fit stay.")
        return copy_tables(self.tables, None if folder is None else take_path("folder", folder))

    def change_reading(self, read: ReadSettings) -> None:
        """Read the same rows with another mapping file.

        Raises:
            MappingError: it can't be used.
        """
        require_settings(read=read)
        reading = prepare_reading(read, self.check)
        self.read, self._reading = read, reading
        for table in self.tables:
            table.plan = None
            for part in table.parts:
                part.forget()
        self._recheck()

    def view(self, table: int, first: int, last: int, *, only_bad: bool = False) -> Window:
        """Return rows of a table, from a position up to before another.

        Args:
            table: its number.
            first: position of the first row, among the bad ones where only those are asked for.
            last: position before which it ends; no more than `MAX_WINDOW` rows are given.
            only_bad: only rows with an error or a warning.

        Raises:
            UsageError: there is no such table.
        """
        return view_rows(self.checked, find_table(self.tables, table), first, last, only_bad=only_bad)

    def find_next(
        self, table: int, position: int, column: int, *, step: int = 1, code: str | None = None
    ) -> Mark | None:
        """Return the next or previous issue from a cell on, of a code where one is given, going round once.

        Without a code, notes are passed over.
        """
        find_table(self.tables, table)
        return find_next(self.checked, self.tables, (table, position, column), step=step, code=code)

    def find_position(self, table: int, row: int) -> int | None:
        """Return the position of a physical row in a table; None where it has no such row.

        Raises:
            UsageError: there is no such table.
        """
        return find_table(self.tables, table).find_row(row)

    def list_groups(self, *, places: int = 20) -> list[IssueGroup]:
        """Return the issues by code, the gravest and most frequent first."""
        return group_issues(self.checked, self.tables, places=places)

    def locate(self, issue: Issue) -> Mark | None:
        """Return the place of an issue among the draft's rows; None for one of a whole table, or above its rows."""
        return locate(self.checked, self.tables, issue)

    def _recheck(self) -> None:
        self.checked = recheck(self.tables, self._reading, self.sources, self.checked)

    def _require(self, version: int | None) -> None:
        if version is not None and version != self.version:
            raise StaleDraftError(
                "The sheet was changed in another tab since. It is shown again now. Please repeat your change."
            )

    def _place(self, number: int, row: int) -> int:
        """Return the position of a row that can be edited."""
        table = find_table(self.tables, number)
        if not table.is_editable:
            raise UsageError(f"{table.source.name} can't be edited here. Correct the file itself, then open it again.")
        position = table.find_row(row)
        if position is None:
            raise UsageError(f"There is no row {row} below the header of {table.source.name}.")
        return position
