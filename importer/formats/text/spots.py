"""Where in a delimited text some cells stand, by line and character: found when asked for, not kept while reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from importer.chunks import Source
from importer.chunks.layout import FOUND
from importer.errors import InputError
from importer.formats.digest import mark_file
from importer.formats.text.delimited import find_cutter
from importer.formats.text.packing import DAMAGE
from importer.formats.text.spans import read_cell
from importer.formats.text.text import open_text, scan_text, show_damage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import TextIO

    from importer.formats.digest import ReadText
    from importer.formats.text.spans import Cutter, Span

Cell: TypeAlias = "tuple[int, int]"
"""The line on which a cell's record starts, from 1, and the cell's position in it, from 0."""

_MOST_LINES = 1_000
"""Lines of one record; a cell holds 131,072 characters."""
_LOST: tuple[type[Exception], ...] = (InputError, UnicodeError, *DAMAGE)
"""What a file raises that isn't any more what it was."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell in a text: its line and its first character there, both from 1, and what is read there."""

    line: int
    column: int
    text: str


def find_spots(text: ReadText, cells: Collection[Cell]) -> dict[Cell, Spot]:
    """Return where cells stand; those that can't be found are left out, all of them if the file has changed."""
    try:
        if not cells or (mark := text.find_mark()) is None:
            return {}
        layout = FOUND if text.layout is None else text.layout
        source = Source(text.name, text.path, text.format, encoding=text.encoding, layout=layout)
        facts = scan_text(source)
        cut = find_cutter(source, facts)
        with open_text(source, facts) as stream:
            spots = dict(_iter_spots(stream, cut, cells))
        return spots if mark_file(text.path, name=text.name) == mark else {}
    except _LOST:
        return {}


def _iter_spots(stream: TextIO, cut: Cutter, cells: Collection[Cell]) -> Iterator[tuple[Cell, Spot]]:
    wanted: dict[int, list[int]] = {}
    for row, column in cells:
        wanted.setdefault(row, []).append(column)
    last, number = max(wanted), 0
    while number < last and (record := stream.readline()):
        number += 1
        if number not in wanted:
            continue
        row = number
        while (spans := cut(record)) is None and number - row < _MOST_LINES and (line := stream.readline()):
            record += line
            number += 1
        for column in wanted[row]:
            if spans is not None and column < len(spans):
                yield (row, column), _make_spot(record, spans[column], row)


def _make_spot(record: str, span: Span, row: int) -> Spot:
    start, end = span
    cell = record[start:end]
    start += len(cell) - len(cell.lstrip()) if cell.strip() else 0
    above = record[:start].replace("\r\n", "\n\n").replace("\r", "\n")
    breaks = record[:start].replace("\r\n", "\n").replace("\r", "\n").count("\n")
    return Spot(row + breaks, start - above.rfind("\n"), show_damage(read_cell(cell)))
