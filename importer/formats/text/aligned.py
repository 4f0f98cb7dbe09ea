"""Texts whose columns are separated by blanks or aligned below each other, where their user says so."""

from __future__ import annotations

import csv
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from importer.formats.text.records import RAGGED_ROW, Batch
from importer.layers.header_names import count_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_WIDE = re.compile(r" {2,}")


def expand_line(line: str) -> str:
    """Return a line without its end and with its tabs as blanks, so that characters stand below each other."""
    return line.rstrip("\r\n").expandtabs(8)


def split_blanks(line: str) -> list[str]:
    """Return the cells of a line that are separated by any number of blanks; a cell in quotes may hold some.

    Raises:
        csv.Error: its quotes don't close.
    """
    text = line.replace("\t", " ").strip()
    return next(csv.reader([text], delimiter=" ", skipinitialspace=True, strict=True), [])


def find_columns(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return start and end of each column of aligned lines, the last without an end.

    A column begins behind two blanks or more that run through all lines. One blank may be part of a header such as
    ``Layer #``: it counts where there are no two anywhere, or where a field is named on either side of it.
    """
    texts = [expand_line(line) for line in lines]
    texts = [text for text in texts[_find_start(texts) :] if text.strip()]
    width = max(map(len, texts), default=0)
    filled = [any(at < len(text) and not text[at].isspace() for text in texts) for at in range(width)]
    words = [(match.start(), match.end()) for match in re.finditer("1+", "".join("01"[each] for each in filled))]
    has_wide = any(start - end > 1 for (_, end), (start, _) in pairwise(words))
    joined = words[:1]
    for start, end in words[1:]:
        names = (texts[0][slice(*joined[-1])].strip(), texts[0][start:end].strip())
        are_names = count_known(names) > 1 and not count_known([" ".join(names)])
        if has_wide and start - joined[-1][1] == 1 and not are_names:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _find_start(texts: Sequence[str]) -> int:
    """Return the position of the line that looks like the header: what stands above it is a title."""
    for at, text in enumerate(texts):
        if max(count_known(_WIDE.split(text.strip())), count_known(text.split())) > 1:
            return at
    return 0


class AlignedRecords:
    """The records of a text, one a line, cut at blanks or at the places where all lines have blanks.

    Args:
        lines: the text's lines with their ends.
        columns: start and end of each column; None to cut at blanks.
        skipped: how many lines of the file stand above them.
    """

    def __init__(self, lines: Iterable[str], *, columns: Sequence[tuple[int, int]] | None, skipped: int) -> None:
        self._lines: Iterator[str] = iter(lines)
        self._columns = columns
        self._line = skipped

    def read_batch(self, size: int) -> Batch:
        """Return the next records, none at the end of the text; a line that can't be cut is a fault."""
        batch = Batch()
        first = self._line + 1
        for line in self._lines:
            self._line += 1
            batch.records.append(self._cut(line, batch))
            if len(batch.records) == size:
                break
        batch.starts = range(first, first + len(batch.records))
        return batch

    def _cut(self, line: str, batch: Batch) -> list[str]:
        if self._columns is None:
            try:
                return split_blanks(line)
            except csv.Error:
                return self._refuse(line, batch, "A quote in this line is never closed.")
        text = expand_line(line)
        starts = [start for start, _ in self._columns]
        gaps = zip([end for _, end in self._columns], [*starts[1:], len(text)], strict=True)
        before = [(0, starts[0])] if starts else []
        if any(text[start:end].strip() for start, end in [*before, *list(gaps)[:-1]]):
            return self._refuse(line, batch, "A text in this line crosses the gap between two columns.")
        return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]

    def _refuse(self, line: str, batch: Batch, said: str) -> list[str]:
        batch.faults[len(batch.records)] = (RAGGED_ROW, f"{said} Write the cells below their headers.")
        return [line.rstrip("\r\n")]
