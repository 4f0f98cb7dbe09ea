"""A run's rows as files of the input's own format and header: those that are valid, those that aren't, those not in.

So a file with a few bad rows among many is mended in a small file, and imported from there.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import os
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

import openpyxl
import orjson
from openpyxl.cell import WriteOnlyCell

from importer.contract import ALL_FIELDS, OBJECT_FIELDS, STACK_FIELDS
from importer.errors import UsageError
from importer.formats.registry import get_format
from importer.layers.header_names import match_header
from importer.model import GOOD_STATUSES, Status
from importer.report.files import check_not_input
from importer.report.output import open_output
from importer.report.workbook.marked_copy import set_text
from importer.report.workbook.marks import iter_row_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from openpyxl.workbook import Workbook

    from importer.formats.input_format import InputFormat
    from importer.report.workbook.marks import RowMark
    from importer.run import InputRecord, RunFile, TableRecord

PARTS: Mapping[str, Callable[[RowMark], bool]] = {
    "valid": lambda mark: all(record.status is not Status.INVALID for record in mark.records),
    "invalid": lambda mark: any(record.status is Status.INVALID for record in mark.records),
    "not-in": lambda mark: any(record.status not in GOOD_STATUSES for record in mark.records),
}
"""Name of a part -> whether a row belongs to it. A row may belong to two."""
DELIMITERS = ",;\t|"
_UNNAMEABLE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
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
        folder: made where it isn't there; files of sub-folders go to sub-folders of it.

    Raises:
        UsageError: the folder can't be made or written.
        RunFileError: the run's lines don't add up.
        StorageError: the disk is full, or fails.
    """
    _make_folder(folder)
    tables = {(table.source, table.sheet): table for table in run.iter_tables()}
    inputs = {record.name: record for record in run.iter_inputs()}
    common = _find_common_folder(inputs.values())
    written: list[Path] = []
    taken: set[Path] = set()
    for source, marks in itertools.groupby(iter_row_marks(run), key=lambda mark: mark.source):
        base = folder / _choose_name(inputs[source], common, taken)
        _make_folder(base.parent)
        written += _split_source(run, marks, tables=tables, record=inputs[source], base=base)
    return written


def _make_folder(folder: Path) -> None:
    """Make a folder where it isn't there.

    Raises:
        UsageError: it can't be made.
    """
    try:
        folder.mkdir(exist_ok=True, parents=True)
    except OSError as error:
        raise UsageError(f"The folder {folder} can't be made ({error.strerror}). Name another place.") from error


def _is_file(record: InputRecord) -> bool:
    """Tell whether an input was a file of the user's, not a table in memory or standard input."""
    return record.format != "table" and record.name != "-" and Path(record.name).name != ""


def _find_common_folder(inputs: Iterable[InputRecord]) -> Path | None:
    """Return the folder that all inputs are in, themselves or in folders below it; None where there is none."""
    parents = [Path(record.name).parent for record in inputs if _is_file(record)]
    try:
        return Path(os.path.commonpath(parents)) if parents else None
    except ValueError:  # some are whole paths and some aren't, or they are on several drives
        return None


def _choose_name(record: InputRecord, common: Path | None, taken: set[Path]) -> Path:
    """Return a path for an input's files below the folder: its own below the common one, which no other input has.

    A table in memory has whatever name its owner likes; of that stays what can be a file's name everywhere.
    """
    if _is_file(record):
        own = Path(record.name)
        path = own.relative_to(common) if common is not None and own.is_relative_to(common) else Path(own.name)
        path = path if ".." not in path.parts else Path(own.name)
    else:
        name = "stdin" if record.name == "-" else _UNNAMEABLE.sub("_", record.name).strip(". ")
        path = Path(name or "table")
    chosen, number = path, 1
    while chosen in taken:
        number += 1
        chosen = path.with_name(f"{path.stem}-{number}{path.suffix}")
    taken.add(chosen)
    return chosen


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
    own_suffix = Path(record.name).suffix.lower()
    suffix = own_suffix if any(own_suffix in each.suffixes for each in _list_delimited()) else ".csv"
    return suffix, lambda stream: DelimitedWriter(stream, own[0].header, delimiter=delimiter, has_bom=has_bom)


def _list_delimited() -> list[InputFormat]:
    """Return the formats of delimited text."""
    return [each for name in ("csv", "tsv") if (each := get_format(name)) is not None]


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
