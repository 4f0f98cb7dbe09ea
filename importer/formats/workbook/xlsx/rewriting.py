"""A worksheet whose XML isn't written as spreadsheet programs write it, rewritten in their way.

XML leaves much open: apostrophes for quotation marks, white space about ``=``, prefixes, addresses left out. A scan by
bytes would pass such cells over, and the reader of values, which knows them, allocates whatever they span.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from importer.chunks import column_letters
from importer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ADDRESS = re.compile(r"([A-Za-z]{1,3})0*([1-9][0-9]{0,6})", re.ASCII)
_ROW = re.compile(r"0*([1-9][0-9]{0,6})", re.ASCII)
_KEPT = ("s", "t")
_HIDDEN = ' hidden="1"'
_BLOCK = 1024 * 1024


def number_column(letters: str) -> int:
    """Return the number of a column from 0: ``A`` is 0, ``AA`` is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def iter_rewritten(blocks: Iterable[bytes], *, name: str) -> Iterator[bytes]:
    """Yield the rows and cells of a worksheet's XML, each with its address, in the usual way of writing.

    Raises:
        InputError: it is no XML, or names a row or a cell that no sheet has.
    """
    writer = _Writer(name)
    parser = expat.ParserCreate()
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.add_text
    parser.buffer_text = True
    try:
        for block in blocks:
            parser.Parse(block, False)
            if writer.size > _BLOCK:
                yield writer.take()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise InputError(f"{name} is damaged ({error}). Open it and save it again.") from None
    yield writer.take()


def _is_hidden(attributes: dict[str, str]) -> bool:
    """Tell whether a row or column isn't shown."""
    return attributes.get("hidden", "").strip() in {"1", "true"}


class _Writer:
    """Takes the events of a worksheet's XML and writes those of rows, hidden columns, cells, formulas and values."""

    def __init__(self, name: str) -> None:
        self.size = 0
        self._name = name
        self._parts: list[str] = []
        self._row, self._column = 0, 0
        self._is_value = False

    def take(self) -> bytes:
        """Return what was written since the last call."""
        written = "".join(self._parts).encode()
        self._parts, self.size = [], 0
        return written

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        local = name.rpartition(":")[2]
        if local == "row":
            self._start_row(attributes)
        elif local == "col":
            self._write_column(attributes)
        elif local == "c":
            kept = "".join(f' {key}="{html.escape(attributes[key])}"' for key in _KEPT if key in attributes)
            self._write(f'<c r="{self._find_address(attributes.get("r"))}"{kept}>')
        elif local in {"f", "v"}:
            self._is_value = local == "v"
            self._write(f"<{local}>")

    def end(self, name: str) -> None:
        """Take the end of an element."""
        local = name.rpartition(":")[2]
        if local in {"row", "c", "f", "v"}:
            self._is_value = False
            self._write(f"</{local}>")

    def add_text(self, text: str) -> None:
        """Take text; only that of values tells anything."""
        if self._is_value:
            self._write(html.escape(text))

    def _start_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r")
        self._row, self._column = self._row + 1, 0
        if given is not None:
            match = _ROW.fullmatch(given.strip())
            if match is None:
                raise InputError(f"{self._name} has a row of the number {given[:20]!r}. Open it and save it again.")
            self._row = int(match[1])
        self._write(f'<row r="{self._row}"{_HIDDEN if _is_hidden(attributes) else ""}>')

    def _write_column(self, attributes: dict[str, str]) -> None:
        first, last = (_ROW.fullmatch(attributes.get(key, "").strip()) for key in ("min", "max"))
        if first and last and _is_hidden(attributes):
            self._write(f'<col min="{first[1]}" max="{last[1]}"{_HIDDEN}/>')

    def _find_address(self, given: str | None) -> str:
        """Return a cell's address: the one it has, else the one behind the cell before it."""
        if given is not None:
            match = _ADDRESS.fullmatch(given.strip())
            if match is None:
                raise InputError(f"{self._name} has a cell at {given[:20]!r}. Open it and save it again.")
            self._column = number_column(match[1].upper()) + 1
            return f"{match[1].upper()}{match[2]}"
        self._column += 1
        return f"{column_letters(self._column - 1)}{max(1, self._row)}"

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self.size += len(text)
