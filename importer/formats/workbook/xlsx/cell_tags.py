"""The cells of a worksheet's XML found by looking at all its bytes at once, where it is written in the usual way.

A pattern that is tried at each cell takes longer than the reading of the values. What isn't written as spreadsheet
programs write it is not guessed at: `find_cell_tags` says so, and the caller has it rewritten first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Positions = npt.NDArray[np.int64]
    Bytes = npt.NDArray[np.uint8]

_MOST_LETTERS, _MOST_DIGITS, _MOST_STYLE_DIGITS = 3, 7, 6
_PADDING = bytes(16)


def _mark(characters: bytes) -> npt.NDArray[np.bool_]:
    """Return shape (256,), bool: whether a byte is one of some."""
    marked = np.zeros(256, dtype=np.bool_)
    marked[list(characters)] = True
    return marked


_SPACE, _AFTER_NAME, _AFTER_KEY = _mark(b" \t\r\n"), _mark(b" \t\r\n/>"), _mark(b" \t\r\n=")
_BEFORE_NAME = _mark(b"<:")


@dataclass(frozen=True, slots=True)
class CellTags:
    """The cells of a piece of a worksheet.

    Attributes:
        rows: shape (cells,), int64: row of each, from 0.
        columns: the same of the columns.
        styles: the number of its style, -1 for none.
    """

    rows: Positions
    columns: Positions
    styles: Positions


def find_cell_tags(data: bytes) -> CellTags | None:
    """Return the cells of a piece of XML that ends behind a tag; None where it isn't written in the usual way.

    The usual way is a tag ``<c r="B7" s="3">`` that holds no apostrophe, that has one ``r`` and at most one ``s``, each
    between quotation marks right behind its ``=``, as every ``t`` is: then nothing else can be taken for them.
    """
    text: Bytes = np.frombuffer(data + _PADDING, dtype=np.uint8)
    starts = _find_keys(text, ord("c"), _BEFORE_NAME, _AFTER_NAME)
    closing = np.flatnonzero(text == ord(">"))
    at = np.searchsorted(closing, starts)
    if len(at) and at[-1] == len(closing):
        return None
    tags = starts, closing[at]
    if len(_find_inside(np.flatnonzero(text == ord("'")), tags)[0]):
        return None
    keys, owners = _find_inside(_find_keys(text, ord("r"), _SPACE, _AFTER_KEY), tags)
    if len(keys) != len(starts) or (owners != np.arange(len(starts))).any():
        return None
    columns, after = _read_number(text, keys + 3, most=_MOST_LETTERS, zero=ord("A") - 1, base=26)
    rows, end = _read_number(text, after, most=_MOST_DIGITS, zero=ord("0"), base=10)
    is_usual = _is_quoted(text, keys, end) & (after > keys + 3) & (end > after) & (rows > 0)
    styled, owners = _find_inside(_find_keys(text, ord("s"), _SPACE, _AFTER_KEY), tags)
    numbers, end = _read_number(text, styled + 3, most=_MOST_STYLE_DIGITS, zero=ord("0"), base=10)
    is_one_each = len(np.unique(owners)) == len(owners)
    kinds, _ = _find_inside(_find_keys(text, ord("t"), _SPACE, _AFTER_KEY), tags)
    if ((text[kinds + 1] != ord("=")) | (text[kinds + 2] != ord('"'))).any():
        return None
    if not (is_usual.all() and is_one_each and (_is_quoted(text, styled, end) & (end > styled + 3)).all()):
        return None
    styles = np.full(len(starts), -1, dtype=np.int64)
    styles[owners] = numbers
    return CellTags(rows - 1, columns - 1, styles)


def _find_keys(text: Bytes, name: int, before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> Positions:
    """Return where a name of one letter stands between two kinds of bytes."""
    found = np.flatnonzero(text == name)
    found = found[found > 0]
    return found[before[text[found - 1]] & after[text[found + 1]]]


def _find_inside(found: Positions, tags: tuple[Positions, Positions]) -> tuple[Positions, Positions]:
    """Return those of some positions that lie within a tag, and the number of that tag."""
    starts, ends = tags
    owners = np.searchsorted(starts, found, side="right") - 1
    inside = owners >= 0
    inside[inside] = found[inside] < ends[owners[inside]]
    return found[inside], owners[inside]


def _is_quoted(text: Bytes, keys: Positions, end: Positions) -> npt.NDArray[np.bool_]:
    """Tell which values begin with ``="`` right behind their key and end with a quotation mark."""
    quote = ord('"')
    is_quoted: npt.NDArray[np.bool_] = (text[keys + 1] == ord("=")) & (text[keys + 2] == quote) & (text[end] == quote)
    return is_quoted


def _read_number(text: Bytes, start: Positions, *, most: int, zero: int, base: int) -> tuple[Positions, Positions]:
    """Return the number that stands at each of some positions in so many digits at the most, and where it ends."""
    number = np.zeros(len(start), dtype=np.int64)
    end = start.copy()
    going = np.ones(len(start), dtype=np.bool_)
    first = 1 if base == 26 else 0  # noqa: PLR2004  # the letters of columns have no zero
    for _ in range(most):
        digit = text[end].astype(np.int64) - zero
        going &= (digit >= first) & (digit < base + first)
        if not going.any():
            break
        number = np.where(going, number * base + digit, number)
        end = end + going
    return number, end
