"""The files of a folder as they settle; nothing is moved or changed there."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from importer.errors import BusyError, InputError
from importer.formats.folders import find_files
from importer.report.files import find_report
from importer.run import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from importer.context import Context

POLL = 2.0
"""Seconds between two looks at the folder."""
SETTLE = 10.0
"""Seconds without a change after which a file is taken for finished."""

LOCK_NAME = ".layer-importer.watch.lock"
"""The file in a watched folder by which a second watcher is kept out."""

State = tuple[int, int]
"""Size and time of the last change, in nanoseconds."""


def name_run(path: Path) -> Path:
    """Return the run file of a watched file: always the same, so that a changed file is imported as a corrected one."""
    return path.with_name(f"{path.name}{SUFFIX}")


def name_report(given: Path, path: Path, folder: Path) -> Path:
    """Return the report of a watched file's next run: named for the file and what was given, and not there yet.

    Args:
        given: the report as it was asked for: its folder, and a name with the suffix that says its kind.
        path: the watched file.
        folder: the watched folder, whose sub-folders are those of the reports too.
    """
    suffix = find_report(given).suffix
    stem = ".".join(filter(None, (path.name, given.name[: -len(suffix)])))
    place = given.parent / path.relative_to(folder).parent
    names = (f"{stem}{suffix}" if number == 1 else f"{stem}.{number}{suffix}" for number in count(1))
    return next(place / name for name in names if not (place / name).exists())


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Keep others from watching a folder while the block runs, by a lock on a file in it.

    The system ends it with the process, however that ends.

    Raises:
        BusyError: it is watched already.
        InputError: there is no such folder, or nothing can be written there.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder} to watch.")
    place = folder.resolve() / LOCK_NAME
    lock = FileLock(place, timeout=0, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another `layer-importer watch` is watching {folder} already. Two would import each file twice. End that "
            "one first, or name another folder."
        ) from None
    except (OSError, NotImplementedError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{folder} can't be watched, because {LOCK_NAME} can't be written there ({said}).") from error
    try:
        yield
    finally:
        # Removed while it is held, as the lock of a run file is; Windows doesn't, there the library does it afterwards.
        with suppress(OSError):
            place.unlink()
        lock.release()


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
