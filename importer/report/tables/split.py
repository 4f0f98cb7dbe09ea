"""A run's rows as files of the input's own format and header: those that are valid, those that aren't, those not in.

So a file with a few bad rows among many is mended in a small file, and imported from there.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

import openpyxl
import orjson
from openpyxl.cell import WriteOnlyCell

from importer.contract import ALL_FIELDS, OBJECT_FIELDS, STACK_FIELDS
from importer.errors import UsageError
from importer.layers.header_names import match_header
from importer.model import GOOD_STATUSES, Status
from importer.report.files import check_not_input
from importer.report.output import open_output
from importer.report.workbook.marked_copy import set_text
from importer.report.workbook.marks import iter_row_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from openpyxl.workbook import Workbook

    from importer.report.workbook.marks import RowMark
    from importer.run import InputRecord, RunFile, TableRecord

PARTS: Mapping[str, Callable[[RowMark], bool]] = {
    "valid": lambda mark: all(record.status is not Status.INVALID for record in mark.records),
    "invalid": lambda mark: any(record.status is Status.INVALID for record in mark.records),
    "not-in": lambda mark: any(record.status not in GOOD_STATUSES for record in mark.records),
}
"""Name of a part -> whether a row belongs to it. A row may belong to two."""
DELIMITERS = ",;\t|"
_HEAD = 64 * 2**10
_BOM = b"\xef\xbb\xbf"


class Writer(Protocol):
    """Writes rows of one input to one stream."""

    def add(self, mark: RowMark) -> None:
        """Write a row."""

    def finish(self) -> None:
        """Write what must stand at the end."""


def split_run(run: RunFile, folder: Path) -> list[Path]:
    """Write the rows of each input as up to three files of its own format; return those that were written.

    Cells stand as they stood in the input, nothing defused and nothing normalised; columns that weren't used too.

    Args:
        run: an open run file.
        folder: made where it isn't there.

    Raises:
        UsageError: the folder can't be made or written.
        RunFileError: the run's lines don't add up.
        StorageError: the disk is full, or fails.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {folder} can't be made ({error.strerror}). Name another place.") from error
    tables = {(table.source, table.sheet): table for table in run.iter_tables()}
    inputs = {record.name: record for record in run.iter_inputs()}
    written: list[Path] = []
    taken: set[str] = set()
    for source, marks in itertools.groupby(iter_row_marks(run), key=lambda mark: mark.source):
        name = _choose_name(source, taken)
        written += _split_source(run, marks, tables=tables, record=inputs[source], base=folder / name)
    return written


def _choose_name(source: str, taken: set[str]) -> str:
    """Return a file name for an input, one that no other input of the run has."""
    name = Path(source).name if source != "-" else "stdin"
    path, number = Path(name), 1
    while name in taken:
        number += 1
        name = f"{path.stem}-{number}{path.suffix}"
    taken.add(name)
    return name


def _split_source(
    run: RunFile,
    marks: Iterable[RowMark],
    *,
    tables: Mapping[tuple[str, str | None], TableRecord],
    record: InputRecord,
    base: Path,
) -> list[Path]:
    suffix, make = choose_writer(record, tables)
    writers: dict[str, Writer] = {}
    with contextlib.ExitStack() as stack:
        paths = []
        for mark in marks:
            for part, belongs in PARTS.items():
                if not belongs(mark):
                    continue
                if part not in writers:
                    paths.append(base.with_name(f"{base.stem}.{part}{suffix}"))
                    check_not_input(run, paths[-1])
                    writers[part] = make(stack.enter_context(open_output(paths[-1])))
                writers[part].add(mark)
        for writer in writers.values():
            writer.finish()
    return paths


def choose_writer(
    record: InputRecord, tables: Mapping[tuple[str, str | None], TableRecord]
) -> tuple[str, Callable[[IO[bytes]], Writer]]:
    """Return the suffix and the maker of the writer for an input: delimited text, workbook, or stacks."""
    own = [table for (source, _), table in tables.items() if source == record.name]
    if any(table.sheet is not None for table in own):
        return ".xlsx", lambda stream: WorkbookWriter(stream, tables)
    if all(table.header_row is None for table in own):
        return ".yaml", lambda stream: StackWriter(stream, tables)
    delimiter, has_bom = find_dialect(Path(record.path), own[0].header)
    suffix = Path(record.name).suffix if Path(record.name).suffix in {".csv", ".tsv", ".txt", ".tab"} else ".csv"
    return suffix, lambda stream: DelimitedWriter(stream, own[0].header, delimiter=delimiter, has_bom=has_bom)


def find_dialect(path: Path, header: Sequence[str]) -> tuple[str, bool]:
    """Return the delimiter with which a file's header reads as it was read, and whether the file has a BOM."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return ",", False
    lines = head.decode("utf-8-sig", "replace").splitlines()
    for delimiter in DELIMITERS:
        with contextlib.suppress(csv.Error):
            if list(header) in list(csv.reader(lines, delimiter=delimiter)):
                return delimiter, head.startswith(_BOM)
    return ",", head.startswith(_BOM)


class DelimitedWriter:
    """Rows as delimited text, UTF-8."""

    def __init__(self, stream: IO[bytes], header: Sequence[str], *, delimiter: str, has_bom: bool) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig" if has_bom else "utf-8", newline="")
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\r\n")
        self._writer.writerow(header)

    def add(self, mark: RowMark) -> None:
        """Write a row; a missing cell is an empty one."""
        self._writer.writerow(["" if text is None else text for text in orjson.loads(mark.raw)])

    def finish(self) -> None:
        """Hand the rest over."""
        self._text.detach()


class WorkbookWriter:
    """Rows as a workbook with the sheets of the input, each cell as the text that was read."""

    def __init__(self, stream: IO[bytes], tables: Mapping[tuple[str, str | None], TableRecord]) -> None:
        self._stream, self._tables = stream, tables
        self._book: Workbook = openpyxl.Workbook(write_only=True)

    def add(self, mark: RowMark) -> None:
        """Write a row to its sheet."""
        title = mark.sheet or "rows"
        if title not in self._book.sheetnames:
            self._book.create_sheet(title)
            self._append(title, self._tables[mark.source, mark.sheet].header)
        self._append(title, orjson.loads(mark.raw))

    def finish(self) -> None:
        """Write the workbook."""
        self._book.save(self._stream)

    def _append(self, title: str, texts: Sequence[str | None]) -> None:
        sheet = self._book[title]
        cells = []
        for text in texts:
            cell = WriteOnlyCell(sheet)
            if text is not None:
                set_text(cell, text)
            cells.append(cell)
        sheet.append(cells)


class StackWriter:
    """Rows as stacks in YAML: what the layers of a stack share once, then a layer a line."""

    def __init__(self, stream: IO[bytes], tables: Mapping[tuple[str, str | None], TableRecord]) -> None:
        self._stream, self._tables = stream, tables
        self._shared: dict[str, str] | None = None
        stream.write(b"stacks:\n")

    def add(self, mark: RowMark) -> None:
        """Write a layer, after its stack where a new one begins."""
        header = self._tables[mark.source, mark.sheet].header
        pairs = {key: text for key, text in zip(header, orjson.loads(mark.raw), strict=False) if text is not None}
        fields = {key: match_header(key)[0] or key for key in pairs}
        shared = {key: text for key, text in pairs.items() if fields[key] in STACK_FIELDS}
        if shared != self._shared:
            self._shared = shared
            opening = "".join(f"{_write_pair(key, text, fields[key])}\n    " for key, text in shared.items())
            self._stream.write(f"  - {opening}layers:\n".encode())
        layer = ", ".join(_write_pair(key, text, fields[key]) for key, text in pairs.items() if key not in shared)
        self._stream.write(f"      - {{{layer}}}\n".encode())

    def finish(self) -> None:
        """Do nothing; a list needs no end."""


def _write_pair(key: str, text: str, name: str) -> str:
    """Return a key and its value in YAML's flow style: JSON strings, so that nothing is guessed from them."""
    shown = name if key.startswith("sample.") else key
    shown = shown if shown in ALL_FIELDS else _quote(shown)
    if name in OBJECT_FIELDS and text.startswith("{"):
        with contextlib.suppress(orjson.JSONDecodeError):
            orjson.loads(text)
            return f"{shown}: {text}"
    return f"{shown}: {_quote(text)}"


def _quote(text: str) -> str:
    return orjson.dumps(text).decode().replace("\x7f", "\\x7f")
