"""The runs that are reported together, each in a line: its file, how its rows ended, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.model import GOOD_STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.run import JoinedRun, RunFile

ADDRESSES_SHOWN = 10
"""Addresses of the runs that are named."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in a line.

    Attributes:
        path: its run file.
        rows: how many rows it has.
        result: how they ended, or that it can't be read.
        command: what goes on with it; empty where nothing would change.
        is_good: whether nothing is left to do.
    """

    path: str
    rows: int
    result: str
    command: str
    is_good: bool


def list_run_lines(run: RunFile) -> list[RunLine]:
    """Return the runs in the order in which they were named; none where the report is of one run."""
    are_rehearsals = run.meta.is_rehearsal
    return [_describe(each, are_rehearsals=are_rehearsals) for each in run.joined]


def _describe(run: JoinedRun, *, are_rehearsals: bool) -> RunLine:
    if run.meta is None:
        return RunLine(run.path, 0, "can't be read", "", is_good=False)
    counts = ", ".join(
        f"{run.counts[status]:,} {status.value.replace('_', ' ')}" for status in Status if status in run.counts
    )
    good = GOOD_STATUSES | {Status.NOT_SENT} if are_rehearsals else GOOD_STATUSES
    is_good = all(status in good for status in run.counts)
    kind = {"dry-run": "dry run: ", "plan": "plan: "}[run.meta.mode] if run.meta.is_rehearsal else ""
    return RunLine(run.path, sum(run.counts.values()), f"{kind}{counts or 'no rows'}", run.step, is_good)


def word_addresses(run: RunFile) -> str:
    """Return where a run goes, or each of several."""
    urls = [run.meta.api_url] if not run.joined else [each.meta.api_url for each in run.joined if each.meta]
    named = sorted({url for url in urls if url is not None})
    more = f" and {len(named) - ADDRESSES_SHOWN:,} more" if len(named) > ADDRESSES_SHOWN else ""
    return f"{', '.join(named[:ADDRESSES_SHOWN])}{more}" or "none (dry run)"


def list_doubts(runs: Sequence[JoinedRun], *, shared: int) -> list[str]:
    """Return in words what keeps a report of several runs from being the whole truth, and the only one.

    Args:
        runs: the runs.
        shared: how many stacks are of a sample that an earlier run has too.
    """
    unread = sum(each.meta is None for each in runs)
    read = [each.meta for each in runs if each.meta is not None]
    rehearsals = sum(meta.is_rehearsal for meta in read)
    doubts = []
    if unread:
        doubts.append(f"{unread:,} of {len(runs):,} run files can't be read.")
    if 0 < rehearsals < len(read):
        which = "One run sent" if rehearsals == 1 else f"{rehearsals:,} runs sent"
        doubts.append(f"{which} nothing, as a dry run or a plan.")
    if shared:
        doubts.append(f"{shared:,} {'sample is' if shared == 1 else 'samples are'} in more than one run.")
    return doubts


def word_servers(runs: Sequence[JoinedRun]) -> str:
    """Return that runs went to several addresses; nothing where they didn't."""
    urls = {run.meta.api_url for run in runs if run.meta is not None and run.meta.api_url is not None}
    return f"They go to {len(urls):,} addresses." if len(urls) > 1 else ""
