"""What a check has found, as its reports need it; a run's issues in the same form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.model import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.model import Issue
    from importer.rules import StackVerdict
    from importer.run import RunFile


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check has found.

    Attributes:
        rows: rows read.
        valid: rows that could be sent.
        issues: everything that was said, whole tables first.
        sources: the inputs that were read, as they were named; those without an issue too.
        stacks: the verdict on each stack, where there is one.
        error: what stopped the check before its end, in a sentence.
    """

    rows: int
    valid: int
    issues: Sequence[Issue]
    sources: tuple[str, ...] = ()
    stacks: Sequence[StackVerdict] = ()
    error: str | None = None


def find_in_run(run: RunFile) -> Findings:
    """Return what was found in the inputs of a run."""
    counts = run.count_statuses()
    rows = sum(counts.values())
    sources = tuple(record.name for record in run.iter_inputs())
    return Findings(rows, rows - counts.get(Status.INVALID, 0), tuple(run.iter_issues()), sources)
