"""Which cells of a sheet are rewritten, where some of them are merged.

The text of cells merged over several rows is read as that of each row. Where such rows differ from now on, or the first
of them is deleted, the cells are unmerged and each gets its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from importer.copies.workbook.sheet_writer import SheetChanges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.copies.edit import Edit
    from importer.copies.workbook.sheet_map import Range, SheetMap

SheetRows: TypeAlias = "tuple[int, Mapping[int, Mapping[int, str]]]"
"""Row of the header, and row -> column -> text, as the reader gives them."""
Texts: TypeAlias = "dict[int, dict[int, tuple[str, str]]]"


def plan_sheet(
    found: SheetMap,
    rows: SheetRows,
    *,
    edits: Mapping[int, Mapping[int, Edit]],
    deleted: frozenset[int],
    name: str,
) -> SheetChanges:
    """Return which cells of a sheet are rewritten.

    Args:
        found: the sheet's merged ranges.
        rows: the header's row, and the texts of the rows of merged ranges.
        edits: row -> column -> edit.
        deleted: rows that are deleted.
        name: file and sheet, for messages.
    """
    texts: Texts = {
        row: {column: (edit.was or "", edit.now) for column, edit in by_column.items()}
        for row, by_column in edits.items()
    }
    changes = SheetChanges(name, texts, deleted)
    for merged in list_touched_merges(found, edits, deleted):
        touched = [
            (row, column) for row in edits if row in merged.rows for column in texts[row] if merged.has(row, column)
        ]
        is_covered_written = any(column != merged.left and texts[row][column][1] for row, column in touched)
        is_spread = merged.top > rows[0] and merged.bottom > merged.top
        if is_spread:
            _plan_spread(changes, merged, rows[1], is_covered_written=is_covered_written)
        elif is_covered_written:
            changes.unmerged.append(merged)
    return changes


def list_touched_merges(
    found: SheetMap, edits: Mapping[int, Mapping[int, Edit]], deleted: frozenset[int]
) -> list[Range]:
    """Return the merged ranges of a sheet with rows that are edited or deleted."""
    rows = sorted({*edits, *deleted})
    return [merged for merged, *_ in found.merges if merged.touches(rows)]


def _plan_spread(
    changes: SheetChanges, merged: Range, rows: Mapping[int, Mapping[int, str]], *, is_covered_written: bool
) -> None:
    """Write one text for cells merged over several rows, or unmerge them."""
    left = merged.left
    held = {row: rows[row].get(left, "") for row in sorted(merged.rows) if row in rows and row not in changes.emptied}
    meant = {row: changes.texts.get(row, {}).get(left, (text, text))[1] for row, text in held.items()}
    if len(set(meant.values())) <= 1 and merged.top in meant and not is_covered_written:
        for row in held:
            changes.texts.get(row, {}).pop(left, None)
        if meant[merged.top] != held[merged.top]:
            changes.texts.setdefault(merged.top, {})[left] = held[merged.top], meant[merged.top]
        return
    changes.unmerged.append(merged)
    for row, text in held.items():
        changes.texts.setdefault(row, {})[left] = text, meant[row]
