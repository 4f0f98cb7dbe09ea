"""The file that keeps the edits of a draft: append-only, so that a crash costs nothing and undo survives it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson

from importer.draft.edits.overlay import CellChange, Change, RowChange
from importer.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import FileIO
    from pathlib import Path

MAX_BYTES = 256 * 1024**2
_VERSION = 1

Direction = Literal["undo", "redo"]
"""Which way a step goes."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a journal.

    Attributes:
        kind: ``edit``, ``undo`` or ``redo``.
        change: what an edit changed; nothing for the others.
    """

    kind: Direction | Literal["edit"]
    change: Change | None = None


class Journal:
    """The journal of one draft; what the disk doesn't have yet is never told as done.

    Args:
        path: its file, made when the first line is written.
        digests: input's name -> SHA-256 of its bytes, for the first line.
    """

    def __init__(self, path: Path, digests: Mapping[str, str]) -> None:
        self._path = path
        self._digests = dict(digests)

    def read(self) -> list[HistoryEntry]:
        """Return the steps so far; a last line that a crash cut off is dropped from the file too.

        Raises:
            StorageError: the file can't be read, or a line in its middle isn't one of a journal.
        """
        if not self._path.exists():
            return []
        try:
            if self._path.stat().st_size > MAX_BYTES:
                raise StorageError(f"{self._path} is too large for a list of edits. Move it away to start again.")
            data = self._path.read_bytes()
            whole = data.rfind(b"\n") + 1
            if whole != len(data):
                os.truncate(self._path, whole)
        except OSError as error:
            raise StorageError(f"{self._path} can't be read: {error.strerror}.") from error
        lines = data[:whole].splitlines()
        try:
            head = orjson.loads(lines[0]) if lines else {}
            return list(_iter_steps(head, lines[1:])) if lines else []
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(f"{self._path} isn't a list of edits. Move it away to start again.") from error

    def add(self, step: HistoryEntry, *, at: float) -> None:
        """Write a step, and wait until the disk has it.

        Raises:
            StorageError: it can't be written.
        """
        line: dict[str, Any] = {"do": step.kind, "at": at}
        if step.change is not None:
            line |= {
                "why": step.change.why,
                "cells": [[each.table, each.row, each.column, each.was, each.now] for each in step.change.cells],
                "rows": [[each.table, each.row, each.is_deleted] for each in step.change.rows],
            }
        text = orjson.dumps(line) + b"\n"
        try:
            if not self._path.exists():
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                text = orjson.dumps({"draft": _VERSION, "inputs": self._digests}) + b"\n" + text
            with os.fdopen(os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "ab", 0) as file:
                size = file.seek(0, os.SEEK_END)
                try:
                    _write_whole(file, text)
                except OSError:
                    # half a line, with others after it, would make the list of edits unreadable
                    with contextlib.suppress(OSError):
                        file.truncate(size)
                    raise
        except OSError as error:
            raise StorageError(
                f"The edit couldn't be kept: {self._path} can't be written ({error.strerror})."
            ) from error


def _write_whole(file: FileIO, text: bytes) -> None:
    """Write all of a text, and wait until the disk has it."""
    left = memoryview(text)
    while left:
        left = left[file.write(left) :]
    os.fsync(file.fileno())


def _iter_steps(head: dict[str, Any], lines: list[bytes]) -> Iterator[HistoryEntry]:
    if head["draft"] != _VERSION:
        raise ValueError(head)
    for line in lines:
        found = orjson.loads(line)
        if found["do"] in {"undo", "redo"}:
            yield HistoryEntry(found["do"])
        elif found["do"] == "edit":
            cells = tuple(
                CellChange(int(table), int(row), int(column), _take_text(was), _take_text(now))
                for table, row, column, was, now in found["cells"]
            )
            rows = tuple(RowChange(int(each[0]), int(each[1]), bool(each[2])) for each in found["rows"])
            yield HistoryEntry("edit", Change(str(found["why"]), cells, rows))
        else:
            raise ValueError(found["do"])


def _take_text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    return value
