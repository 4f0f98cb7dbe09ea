"""What each column of a table is taken for, and what its rows taught by now."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

State = tuple[int | None, tuple[tuple[int, str | None], ...], tuple[tuple[str, ...], int] | None]
"""What is known of a table from its earlier rows, as a value to be compared."""


class Role(StrEnum):
    """What a column is taken for."""

    FIELD = "field"
    ELEMENT = "element"
    GROUP = "group"
    SPLIT = "split"
    PART = "part of a template"
    IGNORED = "ignored"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """How one column is understood.

    Attributes:
        position: frame column.
        header: its text.
        role: what it is taken for.
        field: the field, for a field or a field of a group.
        group: the layer's number, for a group.
        element: the symbol, for an element.
        by_mapping: a mapping file says so.
    """

    position: int
    header: str
    role: Role
    field: str | None = None
    group: int | None = None
    element: str | None = None
    by_mapping: bool = False


@dataclass(slots=True)
class TableState:
    """What is known of a table from its earlier rows.

    Attributes:
        other_header: the row of another header, None while there is none.
        above: column -> the last text in it, for columns that are filled down.
        counted: the texts that name the last row's sample, and that row's number, where rows are numbered.
    """

    other_header: int | None = None
    above: dict[int, str | None] = field(default_factory=dict)
    counted: tuple[tuple[str, ...], int] | None = None

    def reset(self) -> None:
        """Forget what is known, as at the first row."""
        self.take_over((None, (), None))

    def freeze(self) -> State:
        """Return what is known as a value."""
        return self.other_header, tuple(sorted(self.above.items())), self.counted

    def take_over(self, state: State) -> None:
        """Know what was known once, and no more."""
        self.other_header, above, self.counted = state
        self.above = dict(above)
