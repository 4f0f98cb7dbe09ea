"""How a table stands in its file, where its user says it and the reader need not find it."""

from __future__ import annotations

from dataclasses import dataclass

BLANKS = "blanks"
FIXED = "fixed"
TAB = "\t"
DELIMITER_FORMS = "give one character such as ; or |, or tab, blanks (spaces and tabs), fixed (aligned columns)."
"""The message for any other."""
_NAMES = {"tab": TAB, "\\t": TAB, "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table stands in its file.

    Attributes:
        delimiter: what stands between the cells of a text: one character, ``blanks`` for any number of spaces and tabs,
            or ``fixed`` for columns that each begin at the same character in all lines. None to find it.
        header_rows: the rows of the header, from 1; empty where the table has none. None to find them.
        is_transposed: fields run down the first column and layers across.
    """

    delimiter: str | None = None
    header_rows: tuple[int, ...] | None = None
    is_transposed: bool = False


FOUND = Layout()
"""The layout of tables of which nothing is said: the reader finds it."""


def read_delimiter(text: str) -> str | None:
    """Return a delimiter as `Layout` has it from what a person writes, such as ``tab``; None for something else."""
    if text.strip().lower() in {BLANKS, FIXED}:
        return text.strip().lower()
    text = _NAMES.get(text.strip().lower(), text)
    is_one = len(text) == 1 and text.isascii() and not text.isalnum() and text not in "\"'\r\n#\0 .-_()"
    return text if is_one else None
