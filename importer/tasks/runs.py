"""The run files of a folder, and what came of each."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import ImporterError
from importer.run import SUFFIX, RunFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import Status

DRY_RUN = "dry-run"
MAX_RUNS = 1_000
"""Run files that are looked at; of more, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run file as a list shows it.

    Attributes:
        path: the run file.
        created_at: POSIX time; None where it can't be read.
        mode: ``import``, ``dry-run`` or ``plan``.
        counts: status -> rows.
        undone: stacks that were put back to what they were.
        stacks: stacks in all.
        fault: why it can't be read, in words; empty where it can.
    """

    path: Path
    created_at: float | None = None
    mode: str = ""
    counts: Mapping[Status, int] = field(default_factory=dict)
    undone: int = 0
    stacks: int = 0
    fault: str = ""


def list_runs(folder: str | Path = ".") -> tuple[RunView, ...]:
    """Return the run files of a folder, the newest first; one that can't be read says why."""
    found = sorted(Path(folder).glob(f"*{SUFFIX}"), key=_find_time, reverse=True)
    return tuple(_view_run(path) for path in found[:MAX_RUNS])


def clean_runs(folder: str | Path = ".") -> tuple[Path, ...]:
    """Remove the run files of dry runs from a folder, and return them; undoing and resuming need those of imports.

    One that another process is using stays.
    """
    removed: list[Path] = []
    for run in list_runs(folder):
        if run.mode != DRY_RUN:
            continue
        with contextlib.suppress(ImporterError, OSError):
            RunFile.open(run.path, readonly=False).close()  # fails while another process has it
            run.path.unlink()
            removed.append(run.path)
    return tuple(removed)


def _find_time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _view_run(path: Path) -> RunView:
    try:
        with RunFile.open(path) as run:
            meta, counts, (undone, stacks) = run.meta, run.count_statuses(), run.count_undone()
    except (ImporterError, OSError) as error:
        return RunView(path=path, fault=str(error))
    return RunView(path=path, created_at=meta.created_at, mode=meta.mode, counts=counts, undone=undone, stacks=stacks)
