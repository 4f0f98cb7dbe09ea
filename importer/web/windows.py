"""Rows as the page is given them: plain values, texts numbered once a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.chunks import column_letters
from importer.draft import can_take
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.draft import Draft, Window
    from importer.draft.glance import PlainRows

SEVERITIES = {Severity.ERROR: "e", Severity.WARNING: "w", Severity.NOTE: "n"}


def view_window(draft: Draft, table: int, window: Window) -> dict[str, Any]:
    """Return rows and marks; code, message and suggestion of a mark are positions in ``texts``."""
    texts: dict[str, int] = {}
    chosen = draft.tables[table]
    marks = [
        [
            mark.position,
            mark.column,
            SEVERITIES[mark.issue.severity],
            *number_texts(texts, mark.issue.code, mark.issue.message, mark.issue.suggestion),
            int(can_take(chosen, mark)),
        ]
        for mark in window.marks
    ]
    rows = [
        [row.position, row.number, [cell or "" for cell in row.cells], list(row.edited), int(row.is_deleted)]
        for row in window.rows
    ]
    return {"total": window.total, "rows": rows, "marks": marks, "texts": list(texts)}


def view_plain_rows(found: PlainRows | None) -> dict[str, Any]:
    """Return rows that aren't checked, as a window without marks; nothing where there are none."""
    if found is None:
        return {}
    columns = list_columns(found.header, found.letters, {}, is_turned=found.is_transposed)
    rows = [[at, number, [cell or "" for cell in cells], [], 0] for at, (number, cells) in enumerate(found.rows)]
    turned = {"turned": found.is_transposed}
    return {"sheet": found.sheet, "columns": columns, "rows": rows, "marks": [], "texts": []} | turned


def number_texts(known: dict[str, int], *texts: str | None) -> list[int]:
    """Return the numbers of texts among those known, which new ones are added to; -1 for none."""
    return [-1 if text is None else known.setdefault(text, len(known)) for text in texts]


def list_columns(
    header: Sequence[str], letters: Sequence[int], uses: Mapping[int, str], *, is_turned: bool
) -> list[dict[str, str]]:
    """Return the columns of a table: letters, header, and what each is used for; a turned table's are rows."""
    return [
        {"letter": name_column(letters[at], is_turned=is_turned), "header": text, "use": uses.get(at, "unused")}
        for at, text in enumerate(header)
    ]


def name_column(position: int, *, is_turned: bool) -> str:
    """Return what a column is called in its own sheet, by its position from 0: in a turned table it's a row."""
    return str(position + 1) if is_turned else column_letters(position)
