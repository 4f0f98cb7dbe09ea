"""How an input is known again, and a delimited text read again as it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from importer.errors import InputError

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from importer.chunks.layout import Layout

FileMark: TypeAlias = "tuple[int, int, int]"
"""A file's number, size and time of the last change."""
FileLook: TypeAlias = "tuple[int, int]"
"""A file's size, and the second of its last change: what is the same wherever the file is seen."""
DELIMITED = frozenset({"csv", "tsv"})
"""The formats of delimited texts."""


def digest_file(path: Path, *, name: str) -> str:
    """Return the SHA-256 of a file's bytes, as hexadecimal text.

    Args:
        path: the file.
        name: what the user called it, for the error.

    Raises:
        InputError: it can't be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}.") from None


def mark_file(path: Path, *, name: str) -> FileMark:
    """Return what changes with a file's content, without reading it; an import compares its hash too.

    Raises:
        InputError: it isn't there.
    """
    facts = _read_facts(path, name)
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def look_at(path: Path, *, name: str) -> FileLook:
    """Return what changes with a file's content and is the same on every machine that has the file.

    Raises:
        InputError: it isn't there.
    """
    facts = _read_facts(path, name)
    return facts.st_size, int(facts.st_mtime)


def _read_facts(path: Path, name: str) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}.") from None


@dataclass(frozen=True, slots=True)
class ReadText:
    """A delimited text as it was when it was read.

    Attributes:
        name: what the user called it.
        path: where its bytes are.
        format: its format.
        encoding: its encoding, where the user told it.
        layout: how its table stands in it; None where nobody remembers how the user wanted it read.
        mark: its file's mark when it was read.
        sha256: its digest, where there is no mark.
        is_transposed: its fields run down the first column.
    """

    name: str
    path: Path
    format: str
    encoding: str | None = None
    layout: Layout | None = None
    mark: FileMark | None = None
    sha256: str | None = None
    is_transposed: bool = False

    def find_mark(self) -> FileMark | None:
        """Return its file's mark; None where the file isn't the one that was read.

        Raises:
            InputError: it isn't there any more.
        """
        if not self.path.is_file():
            return None
        mark = mark_file(self.path, name=self.name)
        if self.mark is not None:
            return mark if mark == self.mark else None
        return mark if digest_file(self.path, name=self.name) == self.sha256 else None
