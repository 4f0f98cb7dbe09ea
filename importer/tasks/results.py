"""What the library functions return: the answers, as counts, issues and DataFrames."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from importer.model import GOOD_STATUSES, Issue, Status
from importer.report.drawing.drawn_stacks import list_drawn_stacks
from importer.report.drawing.stack_svg import draw_stack
from importer.run import RowRecord, RunFile, StackRecord

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


DRAWN = 24
"""Stacks that a notebook draws."""
EXIT_GOOD, EXIT_SOME_BAD, EXIT_UNCONFIRMED, EXIT_INTERRUPTED = 0, 1, 4, 130


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
        """Whether nothing was to be sent: a dry run, or a plan that hasn't begun."""
        with RunFile.open(self.run_path) as run:
            return run.meta.is_rehearsal

    @property
    def _good(self) -> frozenset[Status]:
        """The statuses after which nothing is left to do."""
        return GOOD_STATUSES | {Status.NOT_SENT} if self.is_dry_run else GOOD_STATUSES

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """Everything that was said, whole tables first, then by row in input order."""
        with RunFile.open(self.run_path) as run:
            return tuple(run.iter_issues())

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One line a row, in input order: place, sample, layer, status, record id, attempts, message, payload."""
        import pandas as pd  # noqa: PLC0415  # only those who ask for the frame pay for it

        names = [field.name for field in fields(RowRecord)]
        with RunFile.open(self.run_path) as run:
            records = [tuple(getattr(record, name) for name in names) for record in run.iter_rows()]
        frame = pd.DataFrame(records, columns=names)
        for name in ("row", "sample_id", "layer_id", "record_id", "http_status"):
            frame[name] = frame[name].astype("Int64")
        return frame

    @cached_property
    def stacks(self) -> tuple[StackRecord, ...]:
        """The stacks in the order in which the inputs name them, with counts of their rows by status."""
        with RunFile.open(self.run_path) as run:
            return tuple(run.iter_stacks())

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the counts, and the stacks drawn, those with something to look at first."""
        with RunFile.open(self.run_path) as run:
            drawn = list_drawn_stacks(run, most=DRAWN, good=self._good)
        counts = ", ".join(
            f"<b>{count:,}</b> {status.value.replace('_', ' ')}" for status, count in self.counts.items()
        )
        figures = "".join(
            '<figure style="display:inline-block;margin:0 12px 12px 0;vertical-align:bottom">'
            f"{draw_stack(stack, key=f'layers-{number}')}<figcaption>{escape(stack.label)}</figcaption></figure>"
            for number, stack in enumerate(drawn)
        )
        more = f"<p>and {len(self.stacks) - len(drawn):,} more stacks</p>" if len(self.stacks) > len(drawn) else ""
        return f"<div><p>{escape(self.run_path.name)}: {counts}</p>{figures}{more}</div>"

    @property
    def exit_code(self) -> int:
        """The command's exit code: 0 all good, 1 some row is not, 4 some row unconfirmed, 130 interrupted."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if Status.UNCONFIRMED in self.counts:
            return EXIT_UNCONFIRMED
        return EXIT_GOOD if all(status in self._good for status in self.counts) else EXIT_SOME_BAD
