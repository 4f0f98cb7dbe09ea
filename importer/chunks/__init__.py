"""What flows between reading and validating: chunks of rows, each cell traceable to its place.

``read`` yields `RawChunk`, ``columns`` arranges it into a `FieldChunk`, ``normalise`` types it into a
`LayerChunk`. Columns of text hold ``str`` (or None for "no such cell"); nothing in a `RawChunk` or `FieldChunk`
has been interpreted. Each chunk gives itself as a DataFrame to who asks for its ``frame``; checking doesn't.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from importer.chunks.column import make_frame, make_typed_frame
from importer.chunks.layout import FOUND, Layout
from importer.contract import INTEGER_FIELDS
from importer.model import Issue, Where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from importer.chunks.column import Coded, Texts
    from importer.issues import Parsed

CHUNK_ROWS = 10_000
"""Rows held in memory at once by every stage."""


@dataclass(frozen=True, slots=True)
class Source:
    """One input to be read.

    Attributes:
        name: what the user called it; every place and report line names it so.
        path: where its bytes are (a private copy for standard input).
        format: ``csv``, ``tsv``, ``xlsx``, ``yaml``, ... as chosen from suffix or option.
        sheet: only this sheet, for workbooks; None for the default.
        encoding: the encoding of a text, where the user says it; None to find it.
        layout: how its tables stand in it, where the user says it.
        sheet_layouts: sheet -> how its table stands in it, where that is another way.
        fault: why it can't be read, where that is known already; empty where it can.
        notes: what is to be said of files beside it that weren't read.
    """

    name: str
    path: Path
    format: str
    sheet: str | None = None
    encoding: str | None = None
    layout: Layout = FOUND
    sheet_layouts: Mapping[str, Layout] = field(default_factory=dict)
    fault: str = ""
    notes: tuple[Issue, ...] = ()

    def find_layout(self, sheet: str | None) -> Layout:
        """Return what the user says of how the table of a sheet stands there (None: a file without sheets)."""
        return self.layout if sheet is None else self.sheet_layouts.get(sheet, self.layout)


@lru_cache(1_024)
def column_letters(index: int) -> str:
    """Return the spreadsheet letters of a column counted from 0: 0 is ``A``, 26 is ``AA``."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class RawChunk:
    """Rows of one table (a file, or a sheet of it) as text, exactly as they stand there.

    Attributes:
        source: the input's name.
        sheet: the sheet's name, or None.
        header: the header's texts (tables) or keys (YAML, JSON), one a frame column, as they stand in the file;
            may hold duplicates and empty texts.
        header_row: physical row of the header; 0 where a table has none; None where keys are written with every row.
        columns: the texts of each column, by its position in ``header``; each shape (rows,).
        rows: shape (rows,), int64: physical row or line of each row, from 1.
        letters: spreadsheet position of each column (0-based), since leading empty columns may be absent.
        marks: for YAML, JSON and tables in memory: shape (rows, columns, 2), int64: line and column of each value, 0
            for none.
        first: True for the first chunk of a table: it carries the table's issues.
        table_issues: what is to be said of the whole table (``seq`` None); an error here makes all its rows invalid.
        row_issues: (position in this chunk, issue without ``seq``) of rows that couldn't be read cleanly; an
            error among them makes just that row invalid.
        cell_issues: (position in this chunk, column, issue without ``seq``) of cells whose text isn't what a
            person typed (a date, an error); they count only where the column is used.
        units: what a row of units below the header says of each column; empty where there is no such row.
        titles: the rows with text above the header, each with its number.
        is_transposed: fields run down the first column, so that each row here is a column of the file.
    """

    source: str
    sheet: str | None
    header: tuple[str, ...]
    header_row: int | None
    columns: tuple[Texts, ...]
    rows: npt.NDArray[np.int64]
    letters: tuple[int, ...]
    marks: npt.NDArray[np.int64] | None = None
    first: bool = False
    table_issues: tuple[Issue, ...] = ()
    row_issues: tuple[tuple[int, Issue], ...] = ()
    cell_issues: tuple[tuple[int, int, Issue], ...] = ()
    units: tuple[str, ...] = ()
    titles: tuple[tuple[int, Sequence[str | None]], ...] = ()
    is_transposed: bool = False

    @property
    def frame(self) -> pd.DataFrame:
        """The cells as object columns; labels are 0..n-1, positions in ``header``."""
        return make_frame(dict(enumerate(column.cells for column in self.columns)), len(self.rows))

    def place_row(self, index: int) -> Where:
        """Return the place of a whole row, by its position in this chunk."""
        return Where(self.source, self.sheet, int(self.rows[index]))

    def place_cell(self, index: int, column: int) -> Where:
        """Return the place of a cell, by its row's position and its column."""
        row = int(self.rows[index])
        if self.is_transposed:
            cell: str | None = f"{column_letters(row - 1)}{self.letters[column] + 1}"
        elif self.marks is None:
            cell = f"{column_letters(self.letters[column])}{row}"
        else:
            line, at = (int(n) for n in self.marks[index, column])
            cell = f"{line}:{at}" if line else None
            row = line or row
        return Where(self.source, self.sheet, row, self.header[column], cell)

    def place_table(self) -> Where:
        """Return the place of the table as a whole: its header, where it has one."""
        return Where(self.source, self.sheet, None if self.is_transposed else self.header_row or None)

    def place_header(self, column: int) -> Where:
        """Return the place of a column's header; of a key, that of its first value."""
        if self.marks is not None:
            named = self.marks[:, column, 0].nonzero()[0]
            if not len(named):
                return Where(self.source, column=self.header[column])
            return self.place_cell(int(named[0]), column)
        cell = None
        if self.is_transposed:
            row, letters = self.letters[column] + 1, column_letters((self.header_row or 1) - 1)
            return Where(self.source, self.sheet, row, self.header[column], f"{letters}{row}")
        if self.header_row:
            cell = f"{column_letters(self.letters[column])}{self.header_row}"
        return Where(self.source, self.sheet, self.header_row or None, self.header[column], cell)


@dataclass(frozen=True, slots=True)
class FieldChunk:
    """Rows that each name one layer (or none), under the project's own field names, still text.

    Attributes:
        raw: the chunk they come from.
        start: ordinal (``seq``) of the first row over the whole run; the rows are numbered without gaps.
        texts: field -> its texts, in the order of ``ALL_FIELDS``, only those that the table has; each shape (rows,).
            ``element_dict`` and ``sample_metadata`` are the cell's text or, from a mapping or from columns named
            by element, JSON text.
        index: shape (rows,), int64: position of each row's origin in ``raw``.
        columns: field -> column of ``raw`` that it came from: one for the whole chunk, or shape (rows,)
            where rows differ (wide tables); absent for constants.
        issues: what arranging the columns has to say; ``seq`` set where it is about a row.
        suspicions: field -> position -> the one of ``issues`` that says what a program seems to have done to the text.
    """

    raw: RawChunk
    start: int
    texts: Mapping[str, Texts]
    index: npt.NDArray[np.int64]
    columns: Mapping[str, int | npt.NDArray[np.int64]]
    issues: tuple[Issue, ...] = ()
    suspicions: Mapping[str, Mapping[int, Issue]] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The texts as object columns under the names of the fields."""
        return make_frame({name: texts.cells for name, texts in self.texts.items()}, len(self.index))

    def place_field(self, position: int, name: str) -> Where:
        """Return the place of a field of the row at a position of this chunk; the whole row if it has no cell."""
        row = int(self.index[position])
        column = self.columns.get(name)
        if column is None:
            return self.raw.place_row(row)
        if not isinstance(column, int):
            column = int(column[position])
        return self.raw.place_cell(row, column) if column >= 0 else self.raw.place_row(row)


@dataclass(frozen=True, slots=True)
class LayerChunk:
    """Typed rows, with everything that is to be said about them so far.

    Attributes:
        fields: the text they were read from.
        bad: shape (rows,), bool: the row has an issue of severity error, or its table has.
        coded: the columns of ``ALL_FIELDS``, always all of them, in that order: ``layer_id``, ``sample_id`` and ``id``
            hold ``int``; ``composition_string``, ``orientation``, ``space_group``, ``mp_id``, ``sample_name`` and
            ``substrate`` canonical ``str``; ``element_dict`` and ``sample_metadata`` ``dict``, not to be changed.
        parsed: what the distinct values of a column were read as, in their order, None for no cell: an orientation's
            indices, a formula's amounts. Nothing for whole numbers.
        issues: the row issues of reading, arranging and normalising; ``seq`` set.
        is_turned: the table counts layers from the top, so that its rows stand the other way round.
    """

    fields: FieldChunk
    bad: npt.NDArray[np.bool_]
    coded: Mapping[str, Coded]
    parsed: Mapping[str, Sequence[Parsed[Any] | None]]
    issues: tuple[Issue, ...] = ()
    is_turned: bool = False

    @property
    def frame(self) -> pd.DataFrame:
        """The typed columns: integers ``Int64`` (NA for none), the others object columns with None for none."""
        return make_typed_frame(self.coded, integers=INTEGER_FIELDS)
