"""Which inputs were meant, each with its format."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from importer.chunks import Source
from importer.chunks.layout import DELIMITER_FORMS, FOUND, Layout, read_delimiter
from importer.errors import InputError, InputLimitError, UsageError
from importer.formats.digest import digest_file
from importer.formats.folders import Found, find_files, is_system_file
from importer.formats.limits import MAX_FILES
from importer.formats.plug_ins import load_late
from importer.formats.registry import find_format, get_format, list_names
from importer.formats.sources.copies import copy_standard_input, copy_stream, is_private, make_private_file
from importer.formats.sources.inputs import Table, explain_content, explain_type, is_frame, is_stream, list_inputs
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from importer.formats.sources.inputs import Input, Inputs

_PATTERN_CHARACTERS = "*?["


def find_sources(
    inputs: Sequence[Input], read: ReadSettings = ReadSettings(), *, most: int = MAX_FILES
) -> tuple[Source, ...]:
    """Return the inputs that were named, each once, in the order named; those of a folder or pattern by name.

    Args:
        inputs: files, folders with their sub-folders, patterns (``*``, ``?``, ``[]``, ``**``), and ``-`` for standard
            input. Standard input, open files and tables in memory are copied to private files.
        read: the format to read all files as, which standard input needs, and the only sheet of workbooks to read.
        most: how many files they may be.

    A file of a folder or pattern that can't be opened, or is empty, is a source with its fault.

    Raises:
        UsageError: nothing was named, a format is unknown or missing, or something is no input.
        InputError: an input that is named doesn't exist or can't be read, or a folder or pattern holds no input.
        InputLimitError: too many files, or too large a standard input.
    """
    if not inputs:
        raise UsageError("Name at least one file, folder or pattern, or - for standard input.")
    if read.input_format is not None and get_format(read.input_format) is None:
        raise UsageError(f"{read.input_format!r} isn't an input format. The formats are {list_names()}.")
    if read.encoding is not None:
        check_encoding(read.encoding)
    if read.delimiter is not None and read_delimiter(read.delimiter) is None:
        raise UsageError(f"{read.delimiter!r} isn't a delimiter: {DELIMITER_FORMS}")
    found: dict[Path, Source] = {}
    # A shell puts names in the place of a pattern, those of lock files too.
    locks = [given for given in inputs if isinstance(given, str | Path) and is_system_file(Path(given))]
    for given in inputs if len(locks) == len(inputs) else [given for given in inputs if given not in locks]:
        for source in _iter_sources(given, read, is_alone=len(inputs) == 1):
            found.setdefault(source.path.absolute(), source)
            if len(found) > most:
                raise InputLimitError(f"More than {most:,} files were given. Import them in several runs.")
    return _name_apart(found.values())


def check_encoding(name: str) -> None:
    """Refuse an encoding that there isn't.

    Raises:
        UsageError: Python knows no encoding of texts by that name.
    """
    try:
        "1".encode(name)
    except (LookupError, UnicodeError, ValueError):
        raise UsageError(
            f"{name!r} isn't a known encoding. Try utf-8, cp1252, cp1250, cp1251, shift_jis, gb18030, big5 or euc_kr."
        ) from None


def _name_apart(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return sources of which no two have the same name."""
    named: dict[str, Source] = {}
    for source in sources:
        name, number = source.name, 1
        while name in named:
            number += 1
            name = f"{source.name} {number}"
        named[name] = source if name == source.name else replace(source, name=name)
    return tuple(named.values())


def _iter_sources(given: Input, read: ReadSettings, *, is_alone: bool) -> Iterator[Source]:
    """Yield what one argument stands for; a file that is there is a source also if it can't be read, unless alone."""
    if not isinstance(given, str | Path):
        yield _copy_open_input(given, read)
        return
    if str(given) == "-":
        if read.input_format is None:
            raise UsageError("Can't tell the format of standard input. Give it, e.g. --input-format csv.")
        yield Source("-", copy_standard_input(), read.input_format, read.sheet, read.encoding, _make_layout(read))
        return
    path, layout = Path(given), _make_layout(read)
    if not path.is_dir() and (path.exists() or not any(character in str(given) for character in _PATTERN_CHARACTERS)):
        if is_alone or not path.is_file():
            yield Source(str(path), path, _choose_format(path, read.input_format), read.sheet, read.encoding, layout)
            return
        found = Found([path])
    else:
        found = find_files(given, exclude=read.exclude, mapping=read.mapping)
    for number, each in enumerate(found.paths):
        try:
            chosen, fault = _choose_format(each, read.input_format), found.faults.get(each, "")
        except InputError as error:
            chosen, fault = "", found.faults.get(each, str(error))
        notes = tuple(found.notes) if number == 0 else ()
        yield Source(str(each), each, chosen, read.sheet, read.encoding, layout, fault=fault, notes=notes)


def _make_layout(read: ReadSettings) -> Layout:
    return FOUND if read.delimiter is None else Layout(read_delimiter(read.delimiter))


def _choose_format(path: Path, input_format: str | None) -> str:
    """Return the format of a file that exists.

    Raises:
        InputError: there is no such file, it is none, or its suffix tells nothing.
    """
    try:
        if not path.is_file():
            what = "isn't a file" if path.exists() else "doesn't exist. Check the path"
            raise InputError(explain_content(path) or f"{path} {what}.")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise InputError(f"{path} is empty. Export it again.")
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.") from None
    chosen = input_format or find_format(path)
    if chosen is None:
        raise InputError(f"Can't tell what kind of file {path} is. Rename it, or give --input-format ({list_names()}).")
    return chosen


def _copy_open_input(given: Table | pd.DataFrame | IO[str] | IO[bytes], read: ReadSettings) -> Source:
    """Return an open file or a table in memory as a private file.

    Raises:
        UsageError: it is neither, or an open file's name doesn't tell its format.
        InputError, InputLimitError: it can't be copied.
    """
    table = Table(given, "<DataFrame>") if is_frame(given) else given
    if isinstance(table, Table):
        kind = "frame" if is_frame(table.data) else "rows"
        path = make_private_file("")
        copy = load_late(f"importer.formats.memory.tables:copy_{kind}", extra=None, wanted=table.name, error=InputError)
        copy(table.data, table.name, path)
        return Source(table.name, path, "table")
    if not is_stream(table):
        raise explain_type(table)
    named = getattr(table, "name", None)
    name = named if isinstance(named, str) and named else "<open file>"
    chosen = read.input_format or find_format(Path(name))
    if chosen is None:
        raise UsageError(f"Can't tell the format of {name}. Give input_format, one of {list_names()}.")
    # the suffix says how it is packed
    path = make_private_file("".join(Path(name).suffixes[-2:])[-40:])
    copy_stream(table, path, name=name)
    if not path.stat().st_size:
        raise InputError(f"{name} is empty, or was read to its end before.")
    return Source(name, path, chosen, read.sheet, read.encoding, _make_layout(read))


@contextlib.contextmanager
def hold_sources(inputs: Inputs, read: ReadSettings) -> Iterator[tuple[Source, ...]]:
    """Give the inputs that were named; the copies of open files and tables are removed when the block ends.

    That of standard input stays, for it can't be read again.
    """
    sources = find_sources(list_inputs(inputs), read)
    try:
        yield sources
    finally:
        for source in sources:
            if source.name != "-" and is_private(source.path):
                source.path.unlink(missing_ok=True)


def digest_source(source: Source) -> str:
    """Return the SHA-256 of an input's bytes, as hexadecimal text.

    Raises:
        InputError: it can't be read.
    """
    return digest_file(source.path, name=source.name)
