"""What people give to `fix`: edits in a file of JSON lines, and rows to delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from importer.copies import Edit, locate_cell
from importer.errors import UsageError
from importer.model import Where

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = frozenset({"sheet", "cell", "was", "now"})
_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", re.ASCII)
MAX_ROWS = 1_000_000
"""Rows that may be deleted at once."""


def load_edits(path: Path) -> tuple[Edit, ...]:
    """Return the edits of a file of JSON lines: ``{"sheet": "MBE", "cell": "C7", "was": "batio3", "now": "BaTiO3"}``.

    ``cell`` is an address as issues have it, in YAML and JSON files ``line:column``; ``sheet`` is for workbooks.

    Raises:
        UsageError: the file can't be read, or one of its lines isn't such an edit.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    return tuple(_parse_edit(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip())


def _parse_edit(line: bytes, name: str) -> Edit:
    """Return one edit.

    Raises:
        UsageError: it isn't one.
    """
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{name}: this isn't valid JSON ({error}).") from None
    if not isinstance(found, dict) or not {"cell", "was", "now"} <= found.keys() <= _KEYS:
        raise UsageError(f'{name}: write an edit as {{"cell": "C7", "was": "old text", "now": "new text"}}.')
    sheet, cell, was, now = (found.get(key) for key in ("sheet", "cell", "was", "now"))
    if (
        not isinstance(now, str)
        or not isinstance(cell, str)
        or not all(isinstance(each, str | None) for each in (was, sheet))
    ):
        raise UsageError(f"{name}: each value of an edit is a text in double quotes; was may be null.")
    place = locate_cell(Where("", sheet, cell=cell))
    if place is None or place.row < 1 or place.column < 0:
        raise UsageError(f"{name}: {cell!r} isn't the address of a cell, such as C7, or 12:9 in YAML and JSON.")
    return Edit(place.row, place.column, was, now, sheet)


def parse_rows(text: str) -> tuple[int, ...]:
    """Return the rows that a text such as ``17,203-210`` names.

    Raises:
        UsageError: it names none, or too many.
    """
    rows: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last or last - first >= MAX_ROWS:
            raise UsageError(f"{text!r} doesn't name rows: write e.g. 17,203-210.")
        rows += range(first, last + 1)
    return tuple(dict.fromkeys(rows))
