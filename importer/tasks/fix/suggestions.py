"""Which suggestions of a check can take the place of cells' texts, and which can't, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from importer.copies import Edit, Place, locate_cell, read_places
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from importer.chunks import Source
    from importer.model import Issue, Where

_MOST = 3
"""Suggestions taken one after the other for one cell: two slips at once, and one to spare."""
Row = tuple[str | None, int]
"""Sheet and physical row."""


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that is changed.

    Attributes:
        where: its place in the file.
        was: its text before.
        now: its text from now on.
        codes: the issue codes whose suggestions were taken, one after the other; none for an edit that was given.
    """

    where: Where
    was: str
    now: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A suggestion that wasn't taken.

    Attributes:
        issue: the issue that has it.
        why: why it wasn't, in a sentence.
    """

    issue: Issue
    why: str


@dataclass(slots=True)
class _Taken:
    """The suggestions that were taken for a cell, one after the other."""

    was: str
    issues: list[Issue]

    @property
    def now(self) -> str:
        return self.issues[-1].suggestion or ""


@dataclass(slots=True)
class Choice:
    """The suggestions that are taken so far, and those that were put aside.

    Attributes:
        codes: the codes whose suggestions are taken.
        taken: cell -> what is taken for it.
        put_aside: cell and code -> a suggestion that isn't taken.
    """

    codes: frozenset[str]
    taken: dict[Place, _Taken] = field(default_factory=dict)
    put_aside: dict[tuple[Place | None, str], NotTaken] = field(default_factory=dict)

    def list_changes(self) -> list[Change]:
        """Return what is changed, in the order of the rows."""
        found = sorted(self.taken.items(), key=lambda each: (each[0].sheet or "", each[0].row, each[0].column))
        return [
            Change(each.issues[0].where, each.was, each.now, tuple(issue.code for issue in each.issues))
            for _, each in found
        ]

    def list_edits(self, places: Iterable[Place] | None = None) -> list[Edit]:
        """Return what is changed as edits; of some cells, or of all."""
        chosen = self.taken if places is None else places
        return [
            Edit(place.row, place.column, self.taken[place].was, self.taken[place].now, place.sheet) for place in chosen
        ]

    def add(self, issues: Sequence[Issue], original: Source, current: Source) -> bool:
        """Take the suggestions of some issues; tell whether that changes anything.

        Args:
            issues: what a check of the file with the changes so far has found.
            original: the file.
            current: the file with the changes so far.
        """
        found: dict[Place, Issue] = {}
        for issue in issues:
            if issue.code not in self.codes or issue.suggestion is None:
                continue
            place = locate_cell(issue.where)
            told = replace(issue, where=replace(issue.where, source=original.name))
            if place is None:
                self._leave(None, told, "it isn't about a single cell")
            elif (place, issue.code) not in self.put_aside:
                found.setdefault(place, told)
        texts, firsts = read_places(current, found), read_places(original, found)
        is_changed = False
        for place, issue in found.items():
            taken = self.taken.get(place)
            before = [] if taken is None else taken.issues
            if place not in firsts or texts.get(place, "").strip() != (issue.value or "").strip():
                self._leave(place, issue, "its text is only a part of the cell, or comes from several cells")
            elif len(before) >= _MOST or any(each.code == issue.code for each in before):
                self._drop(place, f"{issue.code} is still there with it")
                is_changed = True
            else:
                self.taken[place] = _Taken(firsts[place], [*before, issue])
                is_changed = True
        return is_changed

    def drop_rows(self, issue: Issue, rows: Collection[Row]) -> bool:
        """Put aside what is taken in some rows, for it would give a new error; tell whether anything is."""
        here = [place for place in self.taken if (place.sheet, place.row) in rows]
        for place in here:
            self._drop(place, f"it would give {issue.code} in row {issue.where.row}: {issue.message}")
        return bool(here)

    def drop_cell(self, place: Place, why: str) -> None:
        """Put aside what is taken for a cell."""
        self._drop(place, why)

    def drop_text(self, issue: Issue) -> bool:
        """Put aside the changes to the text of a new error; tell whether there are any."""
        return self.drop_rows(issue, {place[:2] for place, each in self.taken.items() if each.now == issue.value})

    def _drop(self, place: Place, why: str) -> None:
        for issue in self.taken.pop(place).issues:
            self._leave(place, issue, why)

    def _leave(self, place: Place | None, issue: Issue, why: str) -> None:
        self.put_aside.setdefault((place, issue.code), NotTaken(issue, why))


def find_new_errors(before: Iterable[Issue], after: Iterable[Issue]) -> list[Issue]:
    """Return the errors of a check that an earlier one didn't have at the same place."""
    known = {_key_of(issue) for issue in before}
    return [issue for issue in after if issue.severity is Severity.ERROR and _key_of(issue) not in known]


def _key_of(issue: Issue) -> tuple[str, str | None, int | None, str | None]:
    return issue.code, issue.where.sheet, issue.where.row, issue.where.cell
