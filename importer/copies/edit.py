"""What is changed in a file: single cells, and whole rows that are deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.chunks import column_letters

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Edit:
    """One cell of a file, or one value of a YAML or JSON file, and the text that takes its place.

    Attributes:
        row: physical row, or line, from 1; as `Where.row` has it, also that of the header.
        column: position of the column, from 0: A is 0. Of a value in YAML and JSON the character where it begins.
        was: the text in the cell now, as the reader gives it; None and an empty text are the same.
        now: the new text; empty to clear the cell.
        sheet: the sheet's name, for workbooks.
    """

    row: int
    column: int
    was: str | None
    now: str
    sheet: str | None = None

    @property
    def cell(self) -> str:
        """The cell's address in its sheet or table, such as ``C7``."""
        return f"{column_letters(self.column)}{self.row}"

    @property
    def place(self) -> str:
        """The cell's address in words, with its sheet."""
        return f"cell {self.cell}" if self.sheet is None else f"sheet {self.sheet!r}, cell {self.cell}"


@dataclass(frozen=True, slots=True)
class Deletion:
    """A row that is deleted: its text goes, all rows keep their numbers.

    Attributes:
        row: physical row, or the line on which it starts, from 1.
        sheet: the sheet's name, for workbooks.
    """

    row: int
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """All that is changed in one file.

    Attributes:
        edits: sheet -> row -> column -> edit; those of deleted rows are left out.
        deleted: sheet -> rows that are deleted.
    """

    edits: dict[str | None, dict[int, dict[int, Edit]]]
    deleted: dict[str | None, frozenset[int]]

    @property
    def sheets(self) -> set[str | None]:
        """The sheets in which something is changed."""
        return {*self.edits, *self.deleted}

    def of_sheet(self, sheet: str | None) -> tuple[dict[int, dict[int, Edit]], frozenset[int]]:
        """Return the edits of a sheet, by row and column, and its deleted rows."""
        return self.edits.get(sheet, {}), self.deleted.get(sheet, frozenset())


def gather_changes(edits: Iterable[Edit], deleted: Iterable[Deletion]) -> Changes:
    """Return edits and deletions by their places; of several edits of one cell the last one counts."""
    rows: dict[str | None, set[int]] = {}
    for each in deleted:
        rows.setdefault(each.sheet, set()).add(each.row)
    found: dict[str | None, dict[int, dict[int, Edit]]] = {}
    for edit in edits:
        if edit.row not in rows.get(edit.sheet, ()):
            found.setdefault(edit.sheet, {}).setdefault(edit.row, {})[edit.column] = edit
    return Changes(found, {sheet: frozenset(numbers) for sheet, numbers in rows.items()})
