"""The steps of a draft: kept, taken back, done again, and replayed after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.draft.edits.journal import Direction, HistoryEntry, Journal
from importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.clock import Clock
    from importer.draft.edits.overlay import Change
    from importer.draft.tables import DraftTable


class History:
    """What was done to some tables, in order.

    Args:
        tables: the tables, whose overlays are changed here and nowhere else.
        journal: where the steps are kept; those in it are done at once.
        clock: the time.

    Attributes:
        version: how many steps there were, undoing among them.
        left_out: edits of the journal that weren't applied, because the file has other texts there now.
    """

    def __init__(self, tables: Sequence[DraftTable], journal: Journal | None, clock: Clock) -> None:
        self._tables, self._journal, self._clock = tables, journal, clock
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self.version = 0
        self.left_out = 0
        for step in [] if journal is None else journal.read():
            self._replay(step)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return bool(self._undone)

    def add(self, change: Change) -> None:
        """Do something new."""
        self._keep(HistoryEntry("edit", change))
        self._apply(change)
        self._done.append(change)
        self._undone.clear()
        self.version += 1

    def step(self, direction: Direction) -> None:
        """Take the last step back, or do the last one again that was taken back.

        Raises:
            UsageError: there is none.
            StorageError: it can't be kept; nothing was changed.
        """
        if direction not in {"undo", "redo"}:
            raise UsageError(f"A step is undo or redo, not {direction!r}.")
        if not self._find_steps(direction):
            raise UsageError(f"There is nothing to {direction}.")
        self._keep(HistoryEntry(direction))
        self._turn(direction)

    def _find_steps(self, direction: Direction) -> list[Change]:
        return self._done if direction == "undo" else self._undone

    def _turn(self, direction: Direction) -> None:
        change = self._find_steps(direction).pop()
        self._apply(change.reverse() if direction == "undo" else change)
        self._find_steps("redo" if direction == "undo" else "undo").append(change)
        self.version += 1

    def _keep(self, step: HistoryEntry) -> None:
        if self._journal is not None:
            self._journal.add(step, at=self._clock.time())

    def _replay(self, step: HistoryEntry) -> None:
        if step.kind != "edit":
            if self._find_steps(step.kind):
                self._turn(step.kind)
        elif step.change is not None:
            change = self._fit(step.change)
            self._apply(change)
            self._done.append(change)
            self._undone.clear()
            self.version += 1

    def _fit(self, change: Change) -> Change:
        """Return the part of a change that fits the files as they are now."""
        cells = tuple(
            each
            for each in change.cells
            if (found := self._find(each.table, each.row)) is not None
            and each.column < len(found[0].head.header)
            and (found[0].text(found[1], each.column) or "") == (each.was or "")
        )
        rows = tuple(each for each in change.rows if self._find(each.table, each.row) is not None)
        self.left_out += len(change.cells) - len(cells) + len(change.rows) - len(rows)
        return type(change)(change.why, cells, rows)

    def _find(self, number: int, row: int) -> tuple[DraftTable, int] | None:
        if not 0 <= number < len(self._tables):
            return None
        position = self._tables[number].find_row(row)
        return None if position is None else (self._tables[number], position)

    def _apply(self, change: Change) -> None:
        """Change the overlays, and have what is touched checked again."""
        for cell in change.cells:
            table = self._tables[cell.table]
            position = table.find_row(cell.row)
            if position is None:
                continue
            original = table.original(position, cell.column)
            changed = table.overlay.cells.setdefault(cell.row, {})
            if cell.now == original:
                changed.pop(cell.column, None)
            else:
                changed[cell.column] = cell.now
            if not changed:
                del table.overlay.cells[cell.row]
            table.find_part(position).forget()
        for row in change.rows:
            table = self._tables[row.table]
            position = table.find_row(row.row)
            if position is None:
                continue
            if row.is_deleted:
                table.overlay.deleted.add(row.row)
            else:
                table.overlay.deleted.discard(row.row)
            table.find_part(position).forget()
