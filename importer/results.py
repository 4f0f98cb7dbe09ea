"""What the library functions return: the answers, as counts, issues and DataFrames."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from importer.model import GOOD_STATUSES, Issue, Status
from importer.run import RowRecord, RunFile

if TYPE_CHECKING:
    from pathlib import Path

EXIT_GOOD, EXIT_SOME_BAD, EXIT_UNCONFIRMED, EXIT_INTERRUPTED = 0, 1, 4, 130


@dataclass(frozen=True, slots=True)
class Validation:
    """What validating found.

    Attributes:
        rows: rows read: layers that the inputs name, and rows that yield none.
        valid: rows that could be sent.
        issues: everything that is to be said, in input order, whole tables first.
        frame: one line a row: ``source``, ``sheet``, ``row``, ``valid`` and the typed layer and sample fields;
            None where the caller didn't want it kept.
    """

    rows: int
    valid: int
    issues: tuple[Issue, ...]
    frame: pd.DataFrame | None = None

    @property
    def exit_code(self) -> int:
        """0 when every row is valid, else 1."""
        return EXIT_GOOD if self.valid == self.rows else EXIT_SOME_BAD


class Report:
    """The answers of a run, drawn from its run file when asked for."""

    def __init__(self, run_path: Path, *, interrupted: bool = False) -> None:
        self.run_path = run_path
        self.interrupted = interrupted

    def __repr__(self) -> str:
        """Return the counts in a line."""
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items())
        return f"<Report {self.run_path}: {counts}>"

    @cached_property
    def counts(self) -> dict[Status, int]:
        """How many rows ended in which status; statuses that no row has are absent."""
        with RunFile.open(self.run_path) as run:
            found = run.count_statuses()
        return {status: found[status] for status in Status if status in found}

    @property
    def rows(self) -> int:
        """How many rows the run has: the counts' sum."""
        return sum(self.counts.values())

    @cached_property
    def is_dry_run(self) -> bool:
        """Whether nothing was to be sent."""
        with RunFile.open(self.run_path) as run:
            return run.meta.mode == "dry-run"

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """Everything that was said, whole tables first, then by row in input order."""
        with RunFile.open(self.run_path) as run:
            return tuple(run.iter_issues())

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One line a row, in input order: place, sample, layer, status, record id, attempts, message, payload."""
        names = [field.name for field in fields(RowRecord)]
        with RunFile.open(self.run_path) as run:
            records = [tuple(getattr(record, name) for name in names) for record in run.iter_rows()]
        frame = pd.DataFrame(records, columns=names)
        for name in ("row", "sample_id", "layer_id", "record_id", "http_status"):
            frame[name] = frame[name].astype("Int64")
        return frame

    @property
    def exit_code(self) -> int:
        """The command's exit code: 0 all good, 1 some row is not, 4 some row unconfirmed, 130 interrupted."""
        good = {*GOOD_STATUSES, Status.NOT_SENT} if self.is_dry_run else GOOD_STATUSES
        if self.interrupted:
            return EXIT_INTERRUPTED
        if Status.UNCONFIRMED in self.counts:
            return EXIT_UNCONFIRMED
        return EXIT_GOOD if all(status in good for status in self.counts) else EXIT_SOME_BAD
