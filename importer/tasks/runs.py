"""The run files of a folder or the runs of a database, and what came of each."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.context import take_path
from importer.errors import ImporterError, UsageError
from importer.run import SUFFIX, RunFile, list_run_places, remove_run
from importer.settings import is_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from importer.model import RunPlace, Status

DRY_RUN = "dry-run"
MAX_RUNS = 1_000
"""Run files that are looked at; of more, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run file as a list shows it.

    Attributes:
        path: the run file, or where the run is on a server.
        created_at: POSIX time; None where it can't be read.
        mode: ``import``, ``dry-run`` or ``plan``.
        counts: status -> rows.
        undone: stacks that were put back to what they were.
        stacks: stacks in all.
        fault: why it can't be read, in words; empty where it can.
    """

    path: RunPlace
    created_at: float | None = None
    mode: str = ""
    counts: Mapping[Status, int] = field(default_factory=dict)
    undone: int = 0
    stacks: int = 0
    fault: str = ""


def list_runs(folder: str | Path = ".") -> tuple[RunView, ...]:
    """Return the run files of a folder, the newest first; one that can't be read says why.

    Args:
        folder: the folder; or the address of a database on a server, as text, for the runs in it.

    Raises:
        UsageError: there is no such folder, or the address can't be used.
        StorageError: the server can't be reached.
    """
    if isinstance(folder, str) and is_address(folder):
        views = [_view_run(place) for place in list_run_places(folder)[:MAX_RUNS]]
        return tuple(sorted(views, key=lambda view: view.created_at or 0.0, reverse=True))
    place = take_path("folder", folder)
    if not place.is_dir():
        raise UsageError(f"There is no folder {place}.")
    found = sorted(place.glob(f"*{SUFFIX}"), key=_find_time, reverse=True)
    return tuple(_view_run(path) for path in found[:MAX_RUNS])


def clean_runs(folder: str | Path = ".") -> tuple[RunPlace, ...]:
    """Remove the runs of dry runs from a folder or a database, and return them; those of imports are needed on.

    One that another process is using stays.
    """
    removed: list[RunPlace] = []
    for run in list_runs(folder):
        if run.mode != DRY_RUN:
            continue
        with contextlib.suppress(ImporterError, OSError):
            RunFile.open(run.path, readonly=False).close()  # fails while another process has it
            remove_run(run.path)
            removed.append(run.path)
    return tuple(removed)


def _find_time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _view_run(path: RunPlace) -> RunView:
    try:
        with RunFile.open(path) as run:
            meta, counts, (undone, stacks) = run.meta, run.count_statuses(), run.count_undone()
    except (ImporterError, OSError) as error:
        return RunView(path=path, fault=str(error))
    return RunView(path=path, created_at=meta.created_at, mode=meta.mode, counts=counts, undone=undone, stacks=stacks)
