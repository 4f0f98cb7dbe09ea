"""Which inputs were meant: files, folders, patterns and standard input, each with its format."""

from __future__ import annotations

import atexit
import glob
import shutil
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from importer.chunks import Source
from importer.errors import InputError, InputLimitError, UsageError
from importer.formats.digest import digest_file
from importer.formats.limits import MAX_FILES, MAX_INPUT_BYTES
from importer.formats.registry import find_format, get_format, list_names
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

_BLOCK = 1024 * 1024
_PATTERN_CHARACTERS = "*?["


def find_sources(inputs: Sequence[str | Path], read: ReadSettings = ReadSettings()) -> tuple[Source, ...]:
    """Return the inputs that were named, each once, in the order named; those of a folder or pattern by name.

    Args:
        inputs: files, folders (their direct files with a known suffix), patterns (``*``, ``?``, ``[]``, ``**``), and
            ``-`` for standard input, which is copied to a private file first.
        read: the format to read all of them as, which standard input needs, and the only sheet of workbooks to read.

    Raises:
        UsageError: nothing was named, or a format is unknown or missing.
        InputError: an input doesn't exist, can't be read, or a folder or pattern holds no input.
        InputLimitError: too many files, or too large a standard input.
    """
    if not inputs:
        raise UsageError("Name at least one file, folder or pattern, or - for standard input.")
    if read.input_format is not None and get_format(read.input_format) is None:
        raise UsageError(f"{read.input_format!r} is no input format; known are: {list_names()}.")
    found: dict[Path, Source] = {}
    for given in inputs:
        for source in _iter_sources(given, read):
            found.setdefault(source.path.absolute(), source)
            if len(found) > MAX_FILES:
                raise InputLimitError(f"More than {MAX_FILES} files were named: import them in several runs.")
    return tuple(found.values())


def _iter_sources(given: str | Path, read: ReadSettings) -> Iterator[Source]:
    """Yield what one argument stands for."""
    if str(given) == "-":
        if read.input_format is None:
            raise UsageError("Standard input has no name to tell its format by: give --input-format, e.g. csv.")
        yield Source("-", _copy_standard_input(), read.input_format, read.sheet)
        return
    path = Path(given)
    if path.is_dir():
        paths = sorted(
            p for p in path.iterdir() if p.is_file() and find_format(p) and not p.name.startswith((".", "~$"))
        )
        if not paths:
            raise InputError(f"The folder {given} holds no input: no file in it has a known suffix.")
    elif any(character in str(given) for character in _PATTERN_CHARACTERS) and not path.exists():
        matches = map(Path, sorted(glob.glob(str(given), recursive=True)))  # noqa: PTH207 takes absolute patterns too
        paths = [match for match in matches if match.is_file()]
        if not paths:
            raise InputError(f"No file matches the pattern {given}.")
    else:
        paths = [path]
    for each in paths:
        yield Source(str(each), each, _choose_format(each, read.input_format), read.sheet)


def _choose_format(path: Path, input_format: str | None) -> str:
    """Return the format of a file that exists.

    Raises:
        InputError: there is no such file, it is none, or its suffix tells nothing.
    """
    try:
        if not path.is_file():
            what = "is not a file" if path.exists() else "does not exist: check the path"
            raise InputError(f"{path} {what}.")
        if not path.stat().st_size:
            raise InputError(f"{path} is empty: there is nothing in it to import. Export it again.")
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.") from None
    chosen = input_format or find_format(path)
    if chosen is None:
        raise InputError(f"The suffix of {path} tells no format. Give --input-format ({list_names()}), or rename it.")
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


def _copy_stream(stream: BinaryIO, path: Path) -> None:
    size = 0
    try:
        with path.open("xb") as copy:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > MAX_INPUT_BYTES:
                    raise InputLimitError("Standard input is too large: split it into several runs.")
                copy.write(block)
    except OSError as error:
        raise InputError(f"Standard input can't be copied to {path.parent}: {error.strerror}.") from None


def digest_source(source: Source) -> str:
    """Return the SHA-256 of an input's bytes, as hexadecimal text.

    Raises:
        InputError: it can't be read.
    """
    return digest_file(source.path, name=source.name)
