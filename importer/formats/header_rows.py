"""Headers of more than one row: a name above that spans columns, and the names below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from importer.chunks import column_letters
from importer.errors import InputError
from importer.formats.table import find_header
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import match_group, match_header
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.chunks.layout import Layout
    from importer.model import Issue

    Row = Sequence[str | None]

HEADER_ROWS = Code(
    "header-rows",
    Severity.NOTE,
    "The header has several rows. They were read as one, with upper names before lower ones.",
    "Check that each column is read as you expect.",
    "Layer 1 above Material and Orientation",
)


def fold_headers(rows: Sequence[Row], at: int) -> tuple[int, int, list[str]] | None:
    """Return first row, last row and the names of a header of several rows; None where one row is the header.

    Two rows are one header where together they name more fields than each alone, and the upper one spans columns: it
    has a blank or a repeated cell above another name. A third row that names the first columns alone, as pandas writes
    the names of an index, belongs to them.

    Args:
        rows: the first rows of the table.
        at: the row that looks most like a header.
    """
    best: tuple[int, int, list[str]] | None = None
    most = max(_count_named(_clean(rows[at])), 1)
    for upper in (at - 1, at):
        if upper < 0 or upper + 1 >= len(rows):
            continue
        above, below = _clean(rows[upper]), _clean(rows[upper + 1])
        if not any(below) or not _spans(above, below):
            continue
        names, last = _join(above, below), upper + 1
        if last + 1 < len(rows) and (index := _find_index_names(_clean(rows[last + 1]), len(names))):
            names[: len(index)] = index
            last += 1
        if (count := _count_named(names)) > most:
            best, most = (upper, last, names), count
    return best


def note_header_rows(source: str, sheet: str | None, numbers: tuple[int, int]) -> Issue:
    """Return a note that the header has several rows."""
    said = f"Rows {numbers[0]} to {numbers[1]} were read as one header."
    return make_issue(Problem(HEADER_ROWS, said), Where(source, sheet, numbers[0]))


def _clean(row: Row) -> list[str]:
    return [(cell or "").strip() for cell in row]


def _spans(above: list[str], below: list[str]) -> bool:
    """Tell whether a row's names stand above several columns: blank or the same above another name."""
    pairs = list(zip(above, above[1:], below[1:], strict=False))
    return any(name and under and (not after or after == name) for name, after, under in pairs)


def _join(above: list[str], below: list[str]) -> list[str]:
    """Return one name a column: upper and lower name together where that names a field, else the one that does."""
    names, spanning = list[str](), ""
    for position in range(max(len(above), len(below))):
        upper = above[position] if position < len(above) else ""
        lower = below[position] if position < len(below) else ""
        spanning = upper or (spanning if lower else "")
        if not lower or not spanning:
            names.append(lower or upper)
        else:
            both = f"{spanning} {lower}"
            names.append(both if _is_named(both) or not _is_named(lower) else lower)
    return names


def _find_index_names(row: list[str], width: int) -> list[str]:
    """Return the names that a row gives to the first columns alone, each a field's; else nothing."""
    names = [cell for cell in row if cell]
    is_index = bool(names) and len(names) < width and row[: len(names)] == names
    return names if is_index and all(match_header(name)[0] is not None for name in names) else []


def _is_named(text: str) -> bool:
    return match_header(text)[0] is not None or match_group(text) is not None


def _count_named(names: list[str]) -> int:
    """Return how many different fields, or fields of different layers, some names name."""
    return len({match_group(name) or match_header(name)[0] for name in names} - {None})


class FoundHead(NamedTuple):
    """The header of a table among its first rows.

    Attributes:
        first: position of its first row, -1 where there is none.
        last: position of its last row.
        names: its texts.
    """

    first: int
    last: int
    names: Sequence[str]


def find_head(rows: Sequence[Row], numbers: Sequence[int], *, layout: Layout, name: str) -> FoundHead:
    """Return the header of a table: the rows that its user names, else the one that looks most like it.

    Args:
        rows: the first rows of the table.
        numbers: the physical row or line of each.
        layout: what the user says of the table.
        name: the input's name, for the error.

    Raises:
        InputError: a row that the user names isn't there, or is blank.
    """
    if layout.header_rows is None:
        at = find_header(rows)
        folded = fold_headers(rows, at)
        return FoundHead(at, at, [cell or "" for cell in rows[at]]) if folded is None else FoundHead(*folded)
    if not layout.header_rows:
        width = max(map(len, rows))
        return FoundHead(-1, -1, [f"column {column_letters(at)}" for at in range(width)])
    found = [at for at, number in enumerate(numbers) if number in layout.header_rows and any(_clean(rows[at]))]
    absent = set(layout.header_rows) - {numbers[at] for at in found}
    if absent:
        raise InputError(f"{name} has no text in row {min(absent)}. Correct `header_rows` in the mapping file.")
    names = _clean(rows[found[0]])
    for at in found[1:]:
        names = _join(names, _clean(rows[at]))
    return FoundHead(found[0], found[-1], names)
