"""Delimited text without a quote: a record is a line, so that whole blocks are cut into columns at once.

Only what is surely the same on the strict reader is done here; a block with anything else goes there. On a million rows
of eight cells this takes a sixth of the strict reader's time, for no text is made of a cell that stood there before.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Coded, Texts
from importer.errors import InputError
from importer.formats.limits import MAX_CELL_CHARACTERS
from importer.formats.text.text import iter_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from importer.chunks import Source
    from importer.chunks.column import Codes

    Positions = npt.NDArray[np.intp]
    Words = npt.NDArray[np.uint64]

_MOST_BYTES = 8 * 1024**2
"""Bytes of the lines that are cut at once; one line may be longer."""
_NEWLINE = ord("\n")
_WORD = 8
_MOST_WORDS = 8
_MASKS = np.array([(1 << 8 * length) - 1 for length in range(_WORD + 1)], dtype="<u8")
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
"""Odd numbers of many bits, as xxHash and splitmix64 multiply by to spread what they hash."""


def iter_line_blocks(source: Source, *, skipped: int, rows: int) -> Iterator[tuple[bytes, int]]:
    """Yield the lines of a text in blocks, with how many they are; each ends in a line feed alone.

    Args:
        source: a text that has no quote, and no carriage return but before a line feed.
        skipped: lines at its top that are left out.
        rows: lines of a block at the most.

    Raises:
        InputError: it can't be read, or isn't what it was when it was looked through.
    """
    rest = b""
    for block in _iter_ended_blocks(source):
        rest += block
        start = 0
        while True:
            end, lines = _find_end(rest, start, skipped or rows)
            is_enough = lines == (skipped or rows) or end - start >= _MOST_BYTES
            if not lines or not (skipped or is_enough):
                break
            if skipped:
                skipped -= lines
            else:
                yield rest[start:end], lines
            start = end
        rest = rest[start:]
    if rest and not skipped:
        yield rest, rest.count(b"\n")


def _iter_ended_blocks(source: Source) -> Iterator[bytes]:
    """Yield a text in blocks, all line ends as line feeds, the last line ended too."""
    held, last = b"", b"\n"
    for found in iter_blocks(source):
        block = held + found
        held = block[-1:] if block.endswith(b"\r") else b""
        block = block.removesuffix(b"\r").replace(b"\r\n", b"\n") if b"\r" in block else block
        if b'"' in block or b"\r" in block:
            raise InputError(f"{source.name} changed while it was being read.")
        if block:
            last = block[-1:]
            yield block
    if held:
        raise InputError(f"{source.name} changed while it was being read.")
    if last != b"\n":
        yield b"\n"


def _find_end(text: bytes, start: int, lines: int) -> tuple[int, int]:
    """Return where so many lines from a place on end, or as many as are there and fit, and how many these are."""
    data = np.frombuffer(text, dtype=np.uint8, offset=start)[:_MOST_BYTES]
    ends = np.flatnonzero(data == _NEWLINE)[:lines]
    if len(ends):
        return start + int(ends[-1]) + 1, len(ends)
    end = text.find(b"\n", start) + 1
    return (end, 1) if end else (start, 0)


def cut_columns(block: bytes, lines: int, *, delimiter: str, width: int) -> tuple[Texts, ...] | None:
    """Return the columns of some lines; None where not every line is a row of so many cells.

    Args:
        block: the lines, each ended by a line feed, with neither quotes nor carriage returns nor NULs.
        lines: how many they are.
        delimiter: what stands between cells, one ASCII character.
        width: cells of a row.
    """
    data = np.frombuffer(block + bytes(_WORD), dtype=np.uint8)
    is_end = data == _NEWLINE
    is_end |= data == ord(delimiter)
    ends: Positions = np.flatnonzero(is_end)
    if len(ends) != lines * width:
        return None
    starts = np.concatenate([[0], ends[:-1] + 1]).reshape(lines, width)
    ends = ends.reshape(lines, width)
    if (data[ends[:, -1]] != _NEWLINE).any() or (ends - starts).max() > MAX_CELL_CHARACTERS:
        return None
    if _has_blank(block, data[starts[:, 0]], starts[:, 0], ends[:, -1], delimiter):
        return None
    return tuple(Texts(partial(_code_cells, block, data, starts[:, at], ends[:, at])) for at in range(width))


def _has_blank(block: bytes, begins: npt.NDArray[np.uint8], starts: Positions, ends: Positions, delimiter: str) -> bool:
    """Tell whether a line has no text at all; one that begins with a visible ASCII character surely has."""
    unsure = (begins <= ord(" ")) | (begins > ord("~")) | (begins == ord(delimiter))
    for row in np.flatnonzero(unsure).tolist():
        text = block[starts[row] : ends[row]].decode(errors="surrogateescape").replace(delimiter, "")
        if not text or text.isspace():
            return True
    return False


def _code_cells(block: bytes, data: npt.NDArray[np.uint8], starts: Positions, ends: Positions) -> Coded:
    """Return a column of cells by its distinct texts, which are compared as whole numbers of eight bytes."""
    lengths = ends - starts
    count = max(1, -(-int(lengths.max()) // _WORD))
    if count > _MOST_WORDS:
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return Texts.of_cells(block[start:end].decode(errors="surrogateescape") for start, end in spans).coded
    windows = np.ndarray((len(data) - _WORD + 1,), dtype="<u8", buffer=data, strides=(1,))
    words = []
    for number in range(count):
        places = np.minimum(starts + number * _WORD, len(windows) - 1)
        words.append(windows[places] & _MASKS[np.clip(lengths - number * _WORD, 0, _WORD)])
    codes, firsts = number_words(words)
    # No cell ends in a NUL, so that those of the last word are none of its text; and none holds a line feed.
    found = np.stack([word[firsts] for word in words], axis=1).view(f"S{_WORD * count}").ravel().tolist()
    return Coded(codes, (*b"\n".join(found).decode(errors="surrogateescape").split("\n"), None))


def number_words(words: Sequence[Words]) -> tuple[Codes, Positions]:
    """Return for each row the number of its words among the distinct ones, and the first row of each of those.

    Rows whose words are spread to the same slot of a table are compared with the first of them. Those that differ try
    again with another spreading, and the few that always meet are told apart one by one.

    Args:
        words: each shape (rows,); rows are equal where all of their words are.
    """
    rows = len(words[0])
    bits = max(8, (4 * rows).bit_length())
    table = np.empty(1 << bits, dtype=np.intp)
    mixed = np.zeros(rows, dtype=np.uint64)
    for word in words:
        mixed = (mixed ^ word) * np.uint64(_MULTIPLIERS[0])
    first, left = np.arange(rows), np.arange(rows)
    for multiplier in _MULTIPLIERS:
        slots = ((mixed[left] * np.uint64(multiplier)) >> np.uint64(64 - bits)).astype(np.intp)
        table[slots[::-1]] = left[::-1]
        found = table[slots]
        same = np.logical_and.reduce([word[found] == word[left] for word in words])
        first[left[same]] = found[same]
        left = left[~same]
        if not len(left):
            break
    known: dict[tuple[int, ...], int] = {}
    for row in left.tolist():
        first[row] = known.setdefault(tuple(int(word[row]) for word in words), row)
    firsts = np.flatnonzero(first == np.arange(rows))
    numbers = np.empty(rows, dtype=np.intp)
    numbers[firsts] = np.arange(len(firsts))
    return numbers[first], firsts
