"""From rows of text cells to chunks of a table: the header found, blank rows noted, ragged rows named."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks import RawChunk, column_letters
from importer.chunks.column import Texts
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import count_known
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from importer.model import Issue

    Row = Sequence[str | None]

_UNITS = (
    "nm|pm|\u00b5m|\u03bcm|um|mm|\u00c5|\u212b|A|\u00b0C|\u2103|deg(?:\\.? ?C)?|C|K|eV|s|sec|min|h|hkl|uvw|u\\.?c\\.?|"
    "ML|%|at\\.? ?%|wt\\.? ?%|mol ?%|mbar|m?Torr|m?Pa|bar|sccm|Hz|mW|W|a\\.u\\.|arb\\.? ?u\\.?|J/cm\\^?[2\u00b2]|"
    "(?:nm|\u00c5|A)/(?:s|min)|int(?:eger)?|text|string|number|no\\.|#"
)
_UNIT = re.compile(rf"[(\[]?(?:{_UNITS})[)\]]?")
_DASHES = frozenset({"-", "\u2013", "\u2014", "/", ""})
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """What all chunks of one table share.

    Attributes:
        source: the input's name.
        sheet: the sheet's name, or None.
        header: the header's texts.
        header_row: physical row of the header, 0 where there is none.
        letters: spreadsheet position of each column, from 0.
        units: what the row of units below the header says of each column, if there is one.
        titles: the rows with text above the header, each with its number.
        is_transposed: fields run down the first column; physical rows and columns change places.
    """

    source: str
    sheet: str | None
    header: tuple[str, ...]
    header_row: int | None
    letters: tuple[int, ...]
    units: tuple[str, ...] = ()
    titles: tuple[tuple[int, Row], ...] = ()
    is_transposed: bool = False

    def place_cell(self, row: int, column: int) -> Where:
        """Return the place of a cell, by its physical row and its column."""
        if self.is_transposed:
            cell = f"{column_letters(row - 1)}{self.letters[column] + 1}"
            return Where(self.source, self.sheet, row, self.header[column], cell)
        return Where(self.source, self.sheet, row, self.header[column], f"{column_letters(self.letters[column])}{row}")


def is_blank(row: Row) -> bool:
    """Tell whether a row has no text at all; spaces are none."""
    if row and (first := row[0]) and not first.isspace():
        return False
    return not any(row) or not any(cell and not cell.isspace() for cell in row)


def find_header(rows: Sequence[Row]) -> int:
    """Return the position of the header among the first rows of a table.

    The header is the first row with about the most names of fields whose next row holds a number, as every row of
    layers does (its ``layer_id``); else the one with the most names. Where no row has two names it is the row with
    the most cells of which none is a number, a later one only if it has two cells more, and else the first with text.
    """
    texts = [[cell.strip() for cell in row if cell and not cell.isspace()] for row in rows]
    filled = [position for position, cells in enumerate(texts) if cells]
    known = {position: count_known(texts[position]) for position in filled}
    most = max(known.values(), default=0)
    if most > 1:
        # a second table further down may have more names: the rows above it are layers, not titles
        good = [position for position in filled if known[position] >= max(2, (most + 1) // 2)]
        plain = [position for position in good if not any(map(_NUMBER.fullmatch, texts[position]))]
        followed = [position for position in plain if _is_followed_by_number(texts, position)]
        return followed[0] if followed else max(good, key=lambda position: (known[position], -position))
    names = [position for position in filled if not any(map(_NUMBER.fullmatch, texts[position]))]
    chosen = next(iter(names or filled), 0)
    for position in names:
        count = len(texts[position])
        if count > len(texts[chosen]) + 1 or (len(texts[chosen]) == 1 and count > 1):
            chosen = position
    return next((position for position in filled if known[position]), chosen) if len(texts[chosen]) == 1 else chosen


def _is_followed_by_number(texts: Sequence[Sequence[str]], position: int) -> bool:
    """Tell whether the next row with text holds a number, or is one of units with such a row below it."""
    following = [cells for cells in texts[position + 1 :] if cells][:2]
    if len(following) > 1 and is_units_row(following[0]):
        following = following[1:]
    return bool(following) and any(map(_NUMBER.fullmatch, following[0]))


UNITS_ROW = Code(
    "units-row",
    Severity.NOTE,
    "The row below the header contains only units. It wasn't read as a layer.",
    "",
    "-, -, hkl, nm",
)


def is_units_row(row: Row) -> bool:
    """Tell whether a row holds units and dashes only, at least one unit, as some people write below their header."""
    cells = [cell.strip() for cell in row if cell and not cell.isspace()]
    return any(map(_UNIT.fullmatch, cells)) and all(_UNIT.fullmatch(cell) or cell in _DASHES for cell in cells)


def note_units(head: Head, row: Row, number: int) -> tuple[Head, Issue]:
    """Return what a table's chunks share with the row of units that stands below its header, and a note of it."""
    said = "This row below the header contains units. It wasn't read as a layer."
    value = " ".join(cell for cell in row if cell)[:200]
    units = tuple((cell or "").strip() for cell in row[: len(head.header)])
    issue = make_issue(Problem(UNITS_ROW, said), Where(head.source, head.sheet, number), value=value)
    return replace(head, units=units + ("",) * (len(head.header) - len(units))), issue


TITLE_ROW = Code(
    "title-row",
    Severity.NOTE,
    "A row above the header was taken as a title. It wasn't read as a layer.",
    "If it is the header, give it at least as many names as the row that was taken as the header.",
    "Growth log MBE 3",
)


def note_titles(rows: Sequence[tuple[int, Row]], source: str, sheet: str | None) -> list[Issue]:
    """Return a note for each row above the header that holds text."""
    issues = []
    for number, row in rows:
        if not is_blank(row):
            text = " ".join(cell for cell in row if cell)
            problem = Problem(TITLE_ROW, "This row is above the header, so it wasn't read as a layer.")
            issues.append(make_issue(problem, Where(source, sheet, number), value=text[:200]))
    return issues


COMMENT_ROW = Code(
    "comment-row",
    Severity.NOTE,
    "A line that starts with # was ignored and isn't counted.",
    "If it is a layer, remove the #.",
    "# chamber opened",
)


def note_comment(source: str, sheet: str | None, number: int) -> Issue:
    """Return a note of a row that is a comment."""
    problem = Problem(COMMENT_ROW, "This line starts with #, so it was ignored.")
    return make_issue(problem, Where(source, sheet, number))


BLANK_ROW = Code(
    "blank-row",
    Severity.NOTE,
    "A blank row was ignored and isn't counted.",
    "",
    ",,,",
)


def note_blank_rows(numbers: Sequence[int], source: str, sheet: str | None) -> list[Issue]:
    """Return one note for the blank rows of a chunk, which names the first of them."""
    if not numbers:
        return []
    said = "This row is blank and was ignored."
    if len(numbers) > 1:
        more = ", ".join(map(str, numbers[1:6])) + (", ..." if len(numbers) > 6 else "")  # noqa: PLR2004 the five shown
        said = f"{len(numbers)} blank rows were ignored: {numbers[0]}, {more}."
    return [make_issue(Problem(BLANK_ROW, said), Where(source, sheet, numbers[0]))]


def stack_cells(
    rows: Sequence[Row], width: int, known: dict[str | None, str | None] | None = None
) -> npt.NDArray[np.object_]:
    """Return equally long rows as one array, shape (len(rows), width).

    Equal texts become one object, which later stages hash and compare once; ``known`` carries them from call to call.
    """
    known = {} if known is None else known
    cells = list(chain.from_iterable(rows))
    shared = map(known.setdefault, cells, cells)
    return np.fromiter(shared, dtype=object, count=width * len(rows)).reshape(len(rows), width)


def make_chunk(
    head: Head,
    rows: Sequence[Row] | npt.NDArray[np.object_] | tuple[Texts, ...],
    *,
    numbers: npt.NDArray[np.int64],
    first: bool,
    table_issues: Sequence[Issue] = (),
    row_issues: Sequence[tuple[int, Issue]] = (),
    cell_issues: Sequence[tuple[int, int, Issue]] = (),
) -> RawChunk:
    """Return rows as wide as the header, or its columns, as a chunk of the table."""
    if isinstance(rows, tuple):
        columns = rows
    else:
        cells = rows if isinstance(rows, np.ndarray) else stack_cells(rows, len(head.header))
        columns = tuple(map(Texts.of_cells, cells.T))
    return RawChunk(
        source=head.source,
        sheet=head.sheet,
        header=head.header,
        header_row=head.header_row,
        columns=columns,
        rows=numbers,
        letters=head.letters,
        units=head.units,
        titles=head.titles,
        is_transposed=head.is_transposed,
        first=first,
        table_issues=tuple(table_issues),
        row_issues=tuple(row_issues),
        cell_issues=tuple(cell_issues),
    )
