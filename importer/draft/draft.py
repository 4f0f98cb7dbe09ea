"""A draft: what stands in the inputs, what was edited, and what is to be said of it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.check import prepare_reading, tell_sources
from importer.clock import SystemClock
from importer.columns import load_mapping
from importer.draft.corrected import CopiedFile, copy_tables
from importer.draft.history import History
from importer.draft.journal import Journal
from importer.draft.marks import Mark, can_take, find_next, list_marked, list_marks, locate, tally_parts
from importer.draft.overlay import Cell, CellChange, Change, RowChange, check_text
from importer.draft.recheck import Checked, recheck
from importer.draft.tables import DraftTable, read_tables
from importer.draft.tally import RANK, Tally
from importer.errors import InputError, StaleDraftError, UsageError
from importer.formats.digest import digest_file
from importer.formats.sources import find_sources, list_inputs
from importer.issues.catalogue import describe_code
from importer.model import Severity
from importer.settings import CheckSettings, ReadSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from importer.chunks import Source
    from importer.clock import Clock
    from importer.formats.sources import Inputs
    from importer.model import Issue

MAX_CELLS = 200_000
"""Cells that one step may change."""
MAX_WINDOW = 1_000
"""Rows of a window."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a window.

    Attributes:
        position: its position in the table, from 0.
        number: its physical row or line.
        cells: its texts as they are now.
        edited: the columns whose text isn't the file's.
        is_deleted: it won't be in the copy.
        is_bad: it has an error.
    """

    position: int
    number: int
    cells: tuple[str | None, ...]
    edited: tuple[int, ...] = ()
    is_deleted: bool = False
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows of a table with all that is to be said of them.

    Attributes:
        total: rows that there are in all, of those asked for.
        rows: the rows.
        marks: what is said of them.
    """

    total: int
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """All issues of one code.

    Attributes:
        code: the code.
        severity: the gravest among them.
        meaning, remedy: what the catalogue says of it.
        count: how many there are.
        takeable: how many of them have a suggestion that can be taken.
        issues: the first of them.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str
    count: int
    takeable: int
    issues: tuple[Issue, ...]


class Draft:
    """Inputs under edit. One thread at a time: who shares it keeps a lock.

    Args:
        tables: the tables of the inputs.
        sources: the inputs.
        read: how they are read.
        check: how rows are weighed.
        journal: where edits are kept; None to keep none.
        clock: the time.
    """

    def __init__(
        self,
        tables: Sequence[DraftTable],
        sources: Sequence[Source],
        *,
        read: ReadSettings,
        check: CheckSettings,
        journal: Journal | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.tables = tuple(tables)
        self.sources = tuple(sources)
        self.read = read
        self.check = check
        self._history = History(self.tables, journal, clock or SystemClock())
        self._reading = prepare_reading(read, check)
        self.checked: Checked = recheck(self.tables, self._reading, self.sources)

    @property
    def version(self) -> int:
        """How many steps there were, undoing among them."""
        return self._history.version

    @property
    def is_edited(self) -> bool:
        """Whether anything is different from the files."""
        return any(table.overlay.cells or table.overlay.deleted for table in self.tables)

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
        cells: Iterable[Cell] = (),
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
        for cell in cells:
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

    def undo(self, *, version: int | None = None) -> None:
        """Take the last step back.

        Raises:
            StaleDraftError, StorageError: see `edit`.
            UsageError: there is none.
        """
        self._require(version)
        self._history.undo()
        self._recheck()

    def redo(self, *, version: int | None = None) -> None:
        """Do the last step again that was taken back.

        Raises:
            StaleDraftError, StorageError, UsageError: see `undo`.
        """
        self._require(version)
        self._history.redo()
        self._recheck()

    def write_copies(self, folder: Path | None = None) -> tuple[CopiedFile, ...]:
        """Write a corrected copy of each file that is edited, read back and compared before it takes its place.

        Args:
            folder: where the copies go; None for beside each file. A name that is taken gets a number.

        Returns:
            The copies, in the order of the files; none where nothing is edited.

        Raises:
            UsageError: a copy can't be written in its format, or wouldn't read as meant.
            InputError: a file can't be read, or has other texts now.
            StorageError: the disk is full, or fails.
        """
        return copy_tables(self.tables, folder)

    def change_reading(self, read: ReadSettings) -> None:
        """Read the same rows with another mapping file.

        Raises:
            MappingError: it can't be used.
        """
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
        chosen = self._find_table(table)
        last = min(last, first + MAX_WINDOW)
        if only_bad:
            wanted = list_marked(self.checked, chosen)
            positions = wanted[max(0, first) : last]
            total = len(wanted)
            low, high = (positions[0], positions[-1] + 1) if positions else (0, 0)
        else:
            total = len(chosen.rows)
            low, high = max(0, first), min(last, total)
            positions = list(range(low, high))
        marks = list_marks(self.checked, chosen, low, high)
        shown = set(positions)
        marks = [mark for mark in marks if mark.position in shown]
        bad = {mark.position for mark in marks if mark.issue.severity is Severity.ERROR}
        return Window(total, tuple(self._view_row(chosen, at, is_bad=at in bad) for at in positions), tuple(marks))

    def find_next(
        self, table: int, position: int, column: int, *, step: int = 1, code: str | None = None
    ) -> Mark | None:
        """Return the next or previous issue from a cell on, of a code where one is given, going round once.

        Without a code, notes are passed over.
        """
        self._find_table(table)
        return find_next(self.checked, self.tables, (table, position, column), step=step, code=code)

    def find_position(self, table: int, row: int) -> int | None:
        """Return the position of a physical row in a table; None where it has no such row.

        Raises:
            UsageError: there is no such table.
        """
        return self._find_table(table).find_row(row)

    def list_groups(self, *, places: int = 20) -> list[Group]:
        """Return the issues by code, the gravest and most frequent first."""
        found: dict[str, Tally] = {}
        for tally in tally_parts(self.checked, self.tables):
            for code, each in tally.items():
                found.setdefault(code, Tally()).add(each, most=places)
        groups = []
        for code, each in found.items():
            told = describe_code(each.first[0])
            groups.append(
                Group(code, each.severity, told.meaning, told.remedy, each.count, each.takeable, tuple(each.first))
            )
        return sorted(groups, key=lambda group: (RANK[group.severity], -group.count, group.code))

    def locate(self, issue: Issue) -> Mark | None:
        """Return the place of an issue among the draft's rows; None for one of a whole table, or above its rows."""
        return locate(self.checked, self.tables, issue)

    def _view_row(self, table: DraftTable, position: int, *, is_bad: bool) -> Row:
        part = table.find_part(position)
        at = position - part.first
        number = int(table.rows[position])
        cells = [column.text_at(at) for column in part.raw.columns]
        changed = table.overlay.cells.get(number, {})
        for column, text in changed.items():
            cells[column] = text
        return Row(position, number, tuple(cells), tuple(changed), number in table.overlay.deleted, is_bad)

    def _recheck(self) -> None:
        self.checked = recheck(self.tables, self._reading, self.sources)

    def _require(self, version: int | None) -> None:
        if version is not None and version != self.version:
            raise StaleDraftError(
                "The sheet was changed in another tab since. It is shown again now. Please repeat your change."
            )

    def _find_table(self, number: int) -> DraftTable:
        if not 0 <= number < len(self.tables):
            raise UsageError(f"There is no table {number + 1} in this draft.")
        return self.tables[number]

    def _place(self, number: int, row: int) -> int:
        """Return the position of a row that can be edited."""
        table = self._find_table(number)
        if not table.is_editable:
            raise UsageError(f"{table.source.name} can't be edited here. Correct the file itself, then open it again.")
        position = table.find_row(row)
        if position is None:
            raise UsageError(f"There is no row {row} below the header of {table.source.name}.")
        return position


def open_draft(
    inputs: Inputs,
    *,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    journal: Path | None = None,
    clock: Clock | None = None,
) -> Draft:
    """Read inputs into memory to be edited; nothing is ever written to them.

    Args:
        inputs: files, folders or glob patterns; one or a list of them.
        read: how they are read.
        check: how rows are weighed.
        journal: file that keeps the edits; those of an earlier session are done again. None to keep none.
        clock: the time.

    Raises:
        InputError: an input can't be read at all, or changed while it was read.
        InputLimitError: there are more rows than can be edited.
        MappingError: the mapping file can't be used.
        StorageError: the journal can't be used.
    """
    given = None if read.mapping is None else load_mapping(read.mapping)
    sources = tell_sources(find_sources(list_inputs(inputs), read), given)
    digests = {source.name: digest_file(source.path, name=source.name) for source in sources}
    tables = read_tables(sources)
    for source in sources:
        if digest_file(source.path, name=source.name) != digests[source.name]:
            raise InputError(f"{source.name} changed while it was being read. Open it again when it is finished.")
    kept = None if journal is None else Journal(journal, digests)
    return Draft(tables, sources, read=read, check=check, journal=kept, clock=clock)
