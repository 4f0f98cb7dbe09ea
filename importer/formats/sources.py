"""Which inputs were meant: files, folders, patterns and standard input, each with its format."""

from __future__ import annotations

import atexit
import contextlib
import secrets
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias, TypeGuard

from importer.chunks import Source
from importer.chunks.layout import DELIMITER_FORMS, FOUND, Layout, read_delimiter
from importer.errors import InputError, InputLimitError, UsageError
from importer.formats.digest import digest_file
from importer.formats.folders import Found, find_files, is_system_file
from importer.formats.limits import MAX_FILES, MAX_INPUT_BYTES
from importer.formats.plug_ins import load_late
from importer.formats.registry import find_format, get_format, list_names
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    import pandas as pd

_BLOCK = 1024 * 1024
_PATTERN_CHARACTERS = "*?["


@dataclass(frozen=True, slots=True)
class Table:
    """A table in memory under a name of its own, by which places and reports call it.

    Attributes:
        data: a DataFrame, or a list with a dict for each row.
        name: its name.
    """

    data: pd.DataFrame | Sequence[Mapping[str, object]]
    name: str


Input: TypeAlias = "str | Path | Table | pd.DataFrame | IO[str] | IO[bytes]"
"""A file, folder, glob pattern, ``-`` for standard input, a table in memory, or an open file."""
Inputs: TypeAlias = "Input | Sequence[Input] | Sequence[Mapping[str, Any]]"
"""One input or several; a list of dicts is one table."""


def list_inputs(inputs: Inputs) -> list[Input]:
    """Return one input or several as a list.

    Raises:
        UsageError: there is none, or dicts stand beside other inputs.
    """
    if isinstance(inputs, Mapping):
        raise UsageError("A single dict isn't a table. Give a list with one dict per row.")
    if isinstance(inputs, str | Path | Table) or _is_frame(inputs) or _is_stream(inputs):
        return [inputs]
    if not isinstance(inputs, Iterable):
        raise _explain_type(inputs)
    listed: list[Any] = list(inputs)
    if not listed:
        raise UsageError("Name at least one file, folder or pattern.")
    rows = [each for each in listed if isinstance(each, Mapping)]
    if len(rows) == len(listed):
        return [Table(rows, "<list of dicts>")]
    if rows:
        raise UsageError("Dicts can't be mixed with other inputs. Put the dicts of a table in Table(rows, name).")
    return listed


def _is_frame(given: object) -> TypeGuard[pd.DataFrame]:
    """Tell whether something is a DataFrame; where pandas isn't loaded nothing is."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(given, pandas.DataFrame)


def _is_stream(given: object) -> TypeGuard[IO[str] | IO[bytes]]:
    return callable(getattr(given, "read", None))


def name_place(given: Input) -> str | Path:
    """Return the path of an input, ``-`` for one that has none."""
    if isinstance(given, str | Path):
        return given
    named = getattr(given, "name", None) if _is_stream(given) else None
    return named if isinstance(named, str) else "-"


def _explain_type(given: object) -> UsageError:
    return UsageError(
        f"A {type(given).__name__} can't be read. Give a path, an open file, a DataFrame or a list of dicts."
    )


def find_sources(inputs: Sequence[Input], read: ReadSettings = ReadSettings()) -> tuple[Source, ...]:
    """Return the inputs that were named, each once, in the order named; those of a folder or pattern by name.

    Args:
        inputs: files, folders with their sub-folders, patterns (``*``, ``?``, ``[]``, ``**``), and ``-`` for standard
            input. Standard input, open files and tables in memory are copied to private files.
        read: the format to read all files as, which standard input needs, and the only sheet of workbooks to read.

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
            if len(found) > MAX_FILES:
                raise InputLimitError(f"More than {MAX_FILES} files were given. Import them in several runs.")
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
        yield Source("-", _copy_standard_input(), read.input_format, read.sheet, read.encoding, _make_layout(read))
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
            chosen, fault = "", str(error)
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
            raise InputError(f"{path} {what}.")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise InputError(f"{path} is empty. Export it again.")
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.") from None
    chosen = input_format or find_format(path)
    if chosen is None:
        raise InputError(f"Can't tell what kind of file {path} is. Rename it, or give --input-format ({list_names()}).")
    return chosen


_COPYING = threading.Lock()
"""Held while standard input is copied: a second thread waits for the whole copy."""


@cache
def _make_private_folder() -> Path:
    """Return a folder that only this user can read and that is removed when the program ends."""
    folder = Path(tempfile.mkdtemp(prefix="layer-importer-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _copy_standard_input(stream: BinaryIO | None = None) -> Path:
    """Copy standard input to a private file, once a run, so that it can be read more than once.

    Raises:
        InputLimitError: it is larger than the bound.
        InputError: it can't be copied.
    """
    with _COPYING:
        path = _make_private_folder() / "stdin"
        if not path.exists():
            _copy_stream(sys.stdin.buffer if stream is None else stream, path)
        return path


def _copy_open_input(given: Table | pd.DataFrame | IO[str] | IO[bytes], read: ReadSettings) -> Source:
    """Return an open file or a table in memory as a private file.

    Raises:
        UsageError: it is neither, or an open file's name doesn't tell its format.
        InputError, InputLimitError: it can't be copied.
    """
    table = Table(given, "<DataFrame>") if _is_frame(given) else given
    if isinstance(table, Table):
        kind = "frame" if _is_frame(table.data) else "rows"
        path = _make_private_file("")
        copy = load_late(f"importer.formats.memory.tables:copy_{kind}", extra=None, wanted=table.name, error=InputError)
        copy(table.data, table.name, path)
        return Source(table.name, path, "table")
    if not _is_stream(table):
        raise _explain_type(table)
    named = getattr(table, "name", None)
    name = named if isinstance(named, str) and named else "<open file>"
    chosen = read.input_format or find_format(Path(name))
    if chosen is None:
        raise UsageError(f"Can't tell the format of {name}. Give input_format, one of {list_names()}.")
    # the suffix says how it is packed
    path = _make_private_file("".join(Path(name).suffixes[-2:])[-40:])
    _copy_stream(table, path, name=name)
    if not path.stat().st_size:
        raise InputError(f"{name} is empty, or was read to its end before.")
    return Source(name, path, chosen, read.sheet, read.encoding, _make_layout(read))


def _make_private_file(suffix: str) -> Path:
    return _make_private_folder() / f"{secrets.token_hex(8)}{suffix}"


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
            if source.name != "-" and source.path.parent == _make_private_folder():
                source.path.unlink(missing_ok=True)


def _copy_stream(stream: IO[str] | IO[bytes], path: Path, *, name: str = "Standard input") -> None:
    """Copy what is left of a stream to a file; characters as UTF-8, those that stand for bytes as the bytes."""
    size = 0
    try:
        with path.open("xb") as copy:
            while block := stream.read(_BLOCK):
                data = block.encode("utf-8", "surrogateescape") if isinstance(block, str) else block
                size += len(data)
                if size > MAX_INPUT_BYTES:
                    raise InputLimitError(f"{name} is too large. Split it into several runs.")
                copy.write(data)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{name} can't be copied to {path.parent}: {said}.") from None


def digest_source(source: Source) -> str:
    """Return the SHA-256 of an input's bytes, as hexadecimal text.

    Raises:
        InputError: it can't be read.
    """
    return digest_file(source.path, name=source.name)
