"""The records of a delimited text, each with the physical line on which it starts, and what is wrong with them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from importer.errors import InputLimitError
from importer.formats.limits import MAX_COLUMNS
from importer.formats.table import is_blank
from importer.issues import Code
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DELIMITERS = (",", ";", "\t", "|")
_LONG_LINE = 65_536
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Batch:
    """Records read together.

    Attributes:
        records: the cells of each record; for one that can't be told apart, its whole line as the only cell.
        starts: the line on which each record starts, from 1.
        faults: position of a record -> code and message of what makes it unreadable.
        is_lost: what follows the last record can't be told apart; reading ends here.
    """

    records: list[list[str]] = field(default_factory=list)
    starts: Sequence[int] = ()
    faults: dict[int, tuple[Code, str]] = field(default_factory=dict)
    is_lost: bool = False


class Records:
    """The records of a delimited text, read in batches.

    Args:
        lines: the text's lines with their ends.
        delimiter: what stands between cells.
        skipped: how many lines of the file stand above them.
        name: the input's name, for messages.
    """

    def __init__(self, lines: Iterable[str], *, delimiter: str, skipped: int, name: str) -> None:
        self._last = ""
        self._name = name
        self._delimiter = delimiter
        self._reader = csv.reader(self._keep_last(lines), delimiter=delimiter, strict=True)
        self._skipped = skipped

    def _keep_last(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._last = line
            if len(line) > _LONG_LINE and line.count(self._delimiter) > MAX_COLUMNS:
                number = self._skipped + self._reader.line_num + 1
                raise InputLimitError(f"{self._name}, line {number}: more than {MAX_COLUMNS} columns. Export it again.")
            yield line

    def read_batch(self, size: int) -> Batch:
        """Return the next records, none at the end of the text.

        A record that breaks the rules of quoting on one line is a fault and the next is read on; one over several
        lines ends the reading, because nobody can tell where it was meant to end.
        """
        batch = Batch()
        before = self._reader.line_num
        self._fill(batch, size)
        batch.starts = self._number(batch, before)
        return batch

    def _fill(self, batch: Batch, size: int) -> None:
        """Read records into a batch up to a size, the end, or a record that takes the rest of the text along."""
        before = self._reader.line_num
        records = batch.records
        while len(records) < size and not batch.is_lost:
            try:
                # list.extend keeps what came before an error, so that nothing is read twice
                records.extend(islice(self._reader, size - len(records)))
            except csv.Error as error:
                lines = self._reader.line_num - before - sum(map(count_lines, records))
                batch.is_lost = lines > 1 or "unexpected end" in str(error) or "field limit" in str(error)
                start = self._skipped + self._reader.line_num - lines + 1
                batch.faults[len(records)] = _explain(start, is_lost=batch.is_lost)
                records.append([self._last.rstrip("\r\n")])
            else:
                break

    def _number(self, batch: Batch, before: int) -> Sequence[int]:
        """Return the line on which each record of a batch starts."""
        line = self._skipped + before + 1
        if self._reader.line_num - before == len(batch.records):
            return range(line, line + len(batch.records))
        starts = []
        for record in batch.records:
            starts.append(line)
            line += count_lines(record)
        return starts


def count_lines(record: Sequence[str]) -> int:
    """Return how many lines of the file a record takes: quoted cells may hold line breaks."""
    return 1 + sum(len(_LINE_BREAK.findall(cell)) for cell in record if "\n" in cell or "\r" in cell)


RAGGED_ROW = Code(
    "ragged-row",
    Severity.ERROR,
    "The row has more or fewer cells than the header, so we can't tell which cell belongs to which column.",
    "Give the row as many cells as the header has. Put cells that contain the delimiter in quotes.",
    "1,BaTiO3,001,extra under a header of three columns",
)

UNTERMINATED_QUOTE = Code(
    "unterminated-quote",
    Severity.ERROR,
    "A quote is opened and never closed, so the rest of the file can't be read. None of it will be sent.",
    'Close the quote. Inside a quoted cell, write a quote twice ("").',
    '1,"BaTiO3,001',
)

BROKEN_QUOTING = Code(
    "broken-quoting",
    Severity.ERROR,
    "There is text after a closing quote, so we can't tell where the cells of the row begin and end.",
    'Put the whole cell in quotes, and write a quote inside it twice ("").',
    '1,"BaTiO3"x,001',
)


def _explain(start: int, *, is_lost: bool) -> tuple[Code, str]:
    """Return code and message for a record that breaks the rules of quoting."""
    if is_lost:
        return (
            UNTERMINATED_QUOTE,
            (f"A quote opened in line {start} is never closed, so the rest of the file can't be read."),
        )
    return (
        BROKEN_QUOTING,
        "There is text after a closing quote.",
    )


def sniff_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter under which the most of some lines have the same number of cells, two or more.

    Of two that do equally well the one with more cells wins; a table of one column has none, and gets the comma.
    """
    best, delimiter = (0.0, 0), ","
    for candidate in DELIMITERS:
        try:
            # the last record may be cut off inside its quotes: it doesn't count
            widths = [len(row) for row in csv.reader(lines, delimiter=candidate) if not is_blank(row)]
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = max(Counter(widths).items(), key=lambda pair: (pair[0] > 1, pair[1], pair[0]))
        if width > 1 and (count / len(widths), width) > best:
            best, delimiter = (count / len(widths), width), candidate
    return delimiter
