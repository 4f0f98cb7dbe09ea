"""The files of a folder as they settle; nothing is moved or changed there."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from importer.errors import BusyError, InputError
from importer.formats.folders import search_files
from importer.report.files import find_report
from importer.run import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
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


@dataclass(frozen=True, slots=True)
class Settled:
    """What has settled in a folder.

    Attributes:
        path: a file; or a folder that can't be looked into.
        fault: why it isn't to be imported; empty where it is.
    """

    path: Path
    fault: str = ""


def iter_settled(
    folder: Path,
    *,
    context: Context,
    settle: float = SETTLE,
    exclude: Sequence[str] = (),
    is_done: Callable[[Path], bool] = lambda _: False,
) -> Iterator[Settled]:
    """Yield each file that hasn't changed for a while, and each again that has changed since; end when stopped.

    One that can't be opened, as another program may have it to itself, is given out again once it can.

    Args:
        folder: the folder, watched with its sub-folders.
        context: the time, and what stops it.
        settle: seconds without a change.
        exclude: patterns of names that are left out.
        is_done: whether an earlier watching imported a file whose run file is newer than itself.

    Raises:
        InputError: there is no such folder, or it can't be read.
        InputLimitError: it holds too many files.
    """
    clock, condition = context.clock, threading.Condition()
    seen: dict[Path, tuple[State, float]] = {}
    given: dict[Path, tuple[State, bool]] = {}
    while not context.stop.is_set():
        now, found = clock.now(), _list_states(folder, exclude)
        seen = {
            path: seen[path] if path in seen and seen[path][0] == state else (state, now)
            for path, (state, _) in found.items()
        }
        for path, (state, since) in seen.items():
            if now - since < settle or context.stop.is_set() or given.get(path) == (state, True):
                continue
            mark, is_known = (state, _can_open(path)), path in given
            if given.get(path) == mark:
                continue
            given[path] = mark
            if is_known or not (_has_newer_run(path, state) and is_done(path)):
                yield Settled(path, found[path][1])
        with condition:
            clock.wait(condition, POLL)


def _list_states(folder: Path, exclude: Sequence[str]) -> dict[Path, tuple[State, str]]:
    """Return the state of each file, and why it isn't to be imported."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder} to watch.")
    found = search_files(folder, exclude=exclude)
    states: dict[Path, tuple[State, str]] = {}
    for path in found.paths:
        with suppress(OSError):  # gone since, as a file that is being saved again may be for a moment
            facts = path.lstat() if path.is_symlink() and not path.exists() else path.stat()
            states[path] = (facts.st_size, facts.st_mtime_ns), found.faults.get(path, "")
    return states


def _can_open(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _has_newer_run(path: Path, state: State) -> bool:
    try:
        return name_run(path).stat().st_mtime_ns > state[1]
    except OSError:
        return False
