"""Watching a folder from a program: an answer for each file that settles there, and again when it has changed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from importer.context import Context, require_settings, take_path
from importer.errors import (
    AbortedError,
    AddressError,
    BusyError,
    CircuitOpenError,
    FinalCheckError,
    ImporterError,
    InputError,
    ListingError,
    ListingStoppedError,
    NothingToDoError,
    RunFileError,
    StorageError,
    UsageError,
)
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks.results import Report
from importer.tasks.watch.files import Earlier, find_earlier, import_file
from importer.tasks.watch.folder import hold_folder, iter_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from importer.settings import ApiSettings

FIRST_WAIT, LONGEST_WAIT = 15.0, 900.0
"""Seconds until a file is tried again that had to wait: the next time twice as many."""
LOOK = 5.0
"""Seconds between two looks at whether the watching was stopped, as long as a file waits."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of a file of a watched folder.

    Attributes:
        path: the file; or a folder that can't be looked into.
        report: the answers of its run; None where it has no run.
        error: what kept it from being imported, or stopped its run; None where nothing did.
        again_in: seconds until it's tried again; None where it isn't until it changes.
    """

    path: Path
    report: Report | None = None
    error: ImporterError | None = None
    again_in: float | None = None


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """What a try at a file came to: a result or an error, and in how many seconds it's tried again, if it is."""

    result: T | None = None
    error: ImporterError | None = None
    again_in: float | None = None


def watch(
    folder: str | Path,
    *,
    api: ApiSettings,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    plan: PlanSettings = PlanSettings(),
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Iterator[Watched]:
    """Import each file that settles in a folder, and yield what came of it, until `Context.stop` is set.

    ::

        for watched in importer.watch("~/growths", api=api):
            print(watched.path, watched.error or watched.report)

    Each file has a run of its own beside it; one that changes is imported again, and only what changed is sent. The
    folder is watched while you go through the answers: leave the loop, or set the event, to end it.

    Args:
        folder: the folder, with its sub-folders.
        api: the API's address and key.
        read: how the files are read.
        check: how rows are weighed: strict, codes to ignore, ...
        plan: what to do about layers that are already on the server.
        send: bounds and waits of the submitter.
        context: who watches, what stops it, and the time.

    Raises:
        UsageError: a run file is named, or a dry run is asked for.
        InputError: there is no such folder, or nothing can be written there.
        BusyError: it is watched already.
        AbortedError: what no waiting mends: a key that is refused, a full disk.
    """
    require_settings(api=api, read=read, check=check, plan=plan, send=send, context=context)
    place = take_path("folder", folder)
    if plan.run is not None or plan.cluster is not None:
        raise UsageError("watch names the run file of each file itself: leave out run and cluster of plan.")
    if send.dry_run:
        raise UsageError("watch imports what it finds. To check a folder, use importer.validate.")
    if not place.is_dir():
        raise InputError(f"There is no folder {place} to watch.")
    context = context or Context()
    import_once = partial(import_file, api=api, read=read, check=check, plan=plan, send=send, context=context)
    return _iter_watched(place, import_once, api=api, read=read, context=context)


def _iter_watched(
    folder: Path, import_once: Callable[[Path], Report], *, api: ApiSettings, read: ReadSettings, context: Context
) -> Iterator[Watched]:
    def is_done(path: Path) -> bool:
        return find_earlier(path, api.url) is Earlier.NOTHING

    with hold_folder(folder):
        for settled in iter_settled(folder, context=context, exclude=read.exclude, is_done=is_done):
            if settled.fault:
                yield Watched(settled.path, error=InputError(settled.fault))
                continue
            for tried in iter_tries(settled.path, import_once, context=context):
                report = tried.result
                if isinstance(tried.error, AbortedError) and tried.error.run_path is not None:
                    report = Report(tried.error.run_path)
                yield Watched(settled.path, report, tried.error, tried.again_in)


def iter_tries(path: Path, import_once: Callable[[Path], T], *, context: Context) -> Iterator[Tried[T]]:
    """Import a file, again and again while the server is away or somebody else is sending; yield what each try came to.

    Raises:
        AbortedError: what no waiting mends, e.g. a key that is refused.
    """
    seconds = FIRST_WAIT
    while True:
        try:
            result = import_once(path)
        except FinalCheckError as error:  # each row has its answer; only comparing them with the list is missing
            yield Tried(error=error)
        except (AddressError, BusyError, CircuitOpenError, ListingError) as error:  # an address may be right tomorrow
            if isinstance(error, ListingStoppedError):
                raise
            yield Tried(error=error, again_in=seconds)
            if _wait(context, seconds):
                seconds = min(2 * seconds, LONGEST_WAIT)
                continue
        except (InputError, NothingToDoError, RunFileError) as error:
            yield Tried(error=error)
        except StorageError as error:
            if path.parent.is_dir():  # a full disk, which the next file would meet as well
                raise
            yield Tried(error=error)
        else:
            yield Tried(result)
        return


def _wait(context: Context, seconds: float) -> bool:
    """Wait so many seconds, and tell whether nobody has stopped it meanwhile."""
    clock, condition = context.clock, threading.Condition()
    until = clock.now() + seconds
    while not context.stop.is_set() and (left := until - clock.now()) > 0:
        with condition:
            clock.wait(condition, min(LOOK, left))
    return not context.stop.is_set()
