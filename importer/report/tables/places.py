"""How an issue and its place are told in formats for CI, which know files, lines and columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importer.formats.registry import find_format, get_format
from importer.issues import describe_code

if TYPE_CHECKING:
    from importer.model import Issue, Where


def has_lines(source: str) -> bool:
    """Tell whether the rows of an input are lines of a text: tables of a workbook or in memory have none."""
    if source == "-":
        return True
    chosen = get_format(find_format(Path(source)) or "")
    return chosen is not None and (chosen.is_packable or chosen.name == "orso")


def find_column(where: Where) -> int | None:
    """Return the character of its line at which a value of a YAML or JSON file begins, from 1."""
    _, colon, column = (where.cell or "").partition(":")
    return int(column) if colon and column.isdecimal() else None


def say_issue(issue: Issue) -> str:
    """Return the cell, what is wrong with it, and what to do about it."""
    where = issue.where
    cell = f"{where.sheet + ', ' if where.sheet else ''}{where.cell}: " if where.cell else ""
    step = describe_code(issue).remedy if issue.suggestion is None else f"Type: {issue.suggestion}"
    return f"{cell}{issue.message} {step}".strip()
