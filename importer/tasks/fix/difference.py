"""The lines in which a text file and its corrected copy differ."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from importer.formats.text.text import open_text, scan_text

if TYPE_CHECKING:
    from importer.chunks import Source

_TEXTS = frozenset({"csv", "tsv", "yaml", "json", "jsonl"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that differs; line numbers stay, whatever is changed.

    Attributes:
        line: its number, from 1.
        was: the line before, without its end.
        now: the line from now on.
    """

    line: int
    was: str
    now: str


def compare_files(source: Source, copy: Source) -> tuple[Difference, ...] | None:
    """Return the lines in which a text file and its copy differ; None for a workbook."""
    if source.format not in _TEXTS:
        return None
    facts = scan_text(source)
    with open_text(source, facts) as before, open_text(copy, facts) as after:
        pairs = enumerate(zip_longest(before, after, fillvalue=""), start=1)
        return tuple(
            Difference(number, was.rstrip("\r\n"), now.rstrip("\r\n")) for number, (was, now) in pairs if was != now
        )
