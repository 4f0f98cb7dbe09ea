"""Where the cells of a delimited text's records begin and end, quotes included."""

from __future__ import annotations

import csv
import io
import re
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from importer.formats.text.aligned import split_blanks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Span: TypeAlias = "tuple[int, int]"
"""The first character of a cell, and the one after its last."""
Cutter: TypeAlias = "Callable[[str], list[Span] | None]"
"""What returns the cells of a record: none where it can't be cut as it was read, None where it isn't whole yet."""

_WORD = re.compile(r'"(?:[^"]|"")*"|[^ \t\r\n]+')


def cut_cells(text: str, delimiter: str) -> list[Span] | None:
    """Return where each cell of a record begins and ends; None where a quote is still open.

    Only a quote at a cell's very beginning opens one (RFC 4180, as the strict reader has it).
    """
    end = len(text.rstrip("\r\n"))
    cells: list[Span] = []
    at = 0
    while True:
        start = at
        if text.startswith('"', start):
            at = start + 1
            while (quote := text.find('"', at)) >= 0 and text.startswith('"', quote + 1):
                at = quote + 2
            if quote < 0:
                return None
            at = quote + 1
        found = text.find(delimiter, at, end)
        at = end if found < 0 else found
        cells.append((start, at))
        if found < 0:
            return cells
        at += 1


def read_cell(cell: str) -> str:
    """Return the text of a cell as it stands in a record."""
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def make_cutter(delimiter: str) -> Cutter:
    """Return what cuts records at a delimiter, and says nothing where the strict reader reads other cells."""
    return partial(_cut_as_read, delimiter=delimiter)


def make_column_cutter(columns: Sequence[tuple[int, int]]) -> Cutter:
    """Return what cuts lines at the places where columns begin; nothing of a line with tabs, which has no such."""
    return partial(_cut_columns, starts=[start for start, _ in columns])


def cut_blanks(text: str) -> list[Span] | None:
    """Return where each cell of a line begins and ends that is separated by blanks."""
    cells = [match.span() for match in _WORD.finditer(text)]
    try:
        is_same = [read_cell(text[start:end]) for start, end in cells] == split_blanks(text)
    except csv.Error:
        return []
    return cells if is_same else []


def _cut_as_read(text: str, *, delimiter: str) -> list[Span] | None:
    cells = cut_cells(text, delimiter)
    if cells is None:
        return None
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return cells if records == [[read_cell(text[start:end]) for start, end in cells]] else []


def _cut_columns(text: str, *, starts: Sequence[int]) -> list[Span] | None:
    line = text.rstrip("\r\n")
    if "\t" in line:
        return []
    ends = [*starts[1:], len(line)]
    return [_strip_span(line, start, min(end, len(line))) for start, end in zip(starts, ends, strict=True)]


def _strip_span(line: str, start: int, end: int) -> Span:
    """Return a span without the blanks on either side."""
    text = line[start:end]
    start = min(start, len(line)) + len(text) - len(text.lstrip())
    return start, start + len(text.strip())
