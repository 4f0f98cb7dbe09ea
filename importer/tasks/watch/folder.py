"""The files of a folder as they settle; nothing is moved or changed there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from importer.errors import InputError
from importer.formats.folders import find_files
from importer.run import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from importer.context import Context

POLL = 2.0
"""Seconds between two looks at the folder."""
SETTLE = 10.0
"""Seconds without a change after which a file is taken for finished."""

State = tuple[int, int]
"""Size and time of the last change, in nanoseconds."""


def name_run(path: Path) -> Path:
    """Return the run file of a watched file: always the same, so that a changed file is imported as a corrected one."""
    return path.with_name(f"{path.name}{SUFFIX}")


def iter_settled(
    folder: Path, *, context: Context, settle: float = SETTLE, exclude: Sequence[str] = ()
) -> Iterator[Path]:
    """Yield each file that hasn't changed for a while, and each again that has changed since; end when stopped.

    A file whose run file is newer than itself was imported before.

    Args:
        folder: the folder, watched with its sub-folders.
        context: the time, and what stops it.
        settle: seconds without a change.
        exclude: patterns of names that are left out.

    Raises:
        InputError: there is no such folder.
    """
    clock, condition = context.clock, threading.Condition()
    seen: dict[Path, tuple[State, float]] = {}
    given: dict[Path, State] = {}
    while not context.stop.is_set():
        now, found = clock.now(), _list_states(folder, exclude)
        seen = {
            path: seen[path] if path in seen and seen[path][0] == state else (state, now)
            for path, state in found.items()
        }
        for path, (state, since) in seen.items():
            if given.get(path) == state or now - since < settle or context.stop.is_set():
                continue
            is_known = path in given
            given[path] = state
            if is_known or not _is_imported(path, state):
                yield path
        with condition:
            clock.wait(condition, POLL)


def _list_states(folder: Path, exclude: Sequence[str]) -> dict[Path, State]:
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder} to watch.")
    try:
        paths = find_files(folder, exclude=exclude).paths
    except InputError:
        return {}  # nothing is there yet
    states: dict[Path, State] = {}
    for path in paths:
        try:
            facts = path.stat()
        except OSError:
            continue  # gone since, as a file that is being saved anew may be for a moment
        states[path] = (facts.st_size, facts.st_mtime_ns)
    return states


def _is_imported(path: Path, state: State) -> bool:
    try:
        return name_run(path).stat().st_mtime_ns > state[1]
    except OSError:
        return False
