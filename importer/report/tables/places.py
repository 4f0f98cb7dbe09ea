"""How an issue and its place are told in formats for CI, which know files, lines and columns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from importer.formats.registry import find_format, get_format
from importer.formats.text.spots import find_spots
from importer.formats.workbook.xlsx.rewriting import number_column
from importer.issues import describe_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.formats.digest import ReadText
    from importer.formats.text.spots import Cell, Spot
    from importer.model import Issue, Where
    from importer.report.findings import Findings

_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,9})", re.ASCII)


def has_lines(source: str) -> bool:
    """Tell whether the rows of an input are lines of a text: tables of a workbook or in memory have none."""
    if source == "-":
        return True
    chosen = get_format(find_format(Path(source)) or "")
    return chosen is not None and (chosen.is_packable or chosen.has_keys)


class Spotted(NamedTuple):
    """An issue, and where in a text it stands: line and character from 1, as far as they are known."""

    issue: Issue
    line: int | None = None
    column: int | None = None


def iter_spotted(found: Findings) -> Iterator[Spotted]:
    """Yield the issues of a check in their order, each with its place in its file; workbooks have no lines.

    A delimited text is read once more for the characters at which its cells begin. Where it isn't as it was, or a cell
    doesn't hold what was said of it, the place has a line only.
    """
    cells: dict[str, set[Cell]] = {}
    for issue in found.issues:
        cell = _read_address(issue.where)
        if cell is not None and issue.where.source in found.texts:
            cells.setdefault(issue.where.source, set()).add(cell)
    spots = {name: find_spots(found.texts[name], wanted) for name, wanted in cells.items()}
    for issue in found.issues:
        where, text = issue.where, found.texts.get(issue.where.source)
        if where.row is None or not has_lines(where.source):
            yield Spotted(issue)
        elif text is None:
            yield Spotted(issue, where.row, _find_key(where))
        elif (cell := _read_address(where)) is None:
            yield Spotted(issue, None if text.is_transposed else where.row)
        elif (spot := spots[where.source].get(cell)) is not None and _is_meant(issue, spot, text):
            yield Spotted(issue, spot.line, spot.column)
        else:
            yield Spotted(issue, cell[0])


def _find_key(where: Where) -> int | None:
    """Return the character of its line at which a value of a YAML or JSON file begins, from 1."""
    _, colon, column = (where.cell or "").partition(":")
    return int(column) if colon and column.isdecimal() else None


def _read_address(where: Where) -> Cell | None:
    """Return the line and column of a cell of a table."""
    match = _CELL.fullmatch(where.cell or "")
    return None if match is None else (int(match[2]), number_column(match[1]))


def _is_meant(issue: Issue, spot: Spot, text: ReadText) -> bool:
    """Tell whether a cell is surely the one that an issue is about."""
    if text.layout is not None and not spot.text.startswith("#"):
        return True  # nothing has changed since it was read; but a header in a comment begins behind the sign
    if issue.value is None:
        return not spot.text.strip() or spot.text == issue.where.column
    return spot.text == issue.value


def say_issue(issue: Issue) -> str:
    """Return the cell, what is wrong with it, and what to do about it."""
    where = issue.where
    cell = f"{where.sheet + ', ' if where.sheet else ''}{where.cell}: " if where.cell else ""
    step = describe_code(issue).remedy if issue.suggestion is None else f"Type: {issue.suggestion}"
    return f"{cell}{issue.message} {step}".strip()
