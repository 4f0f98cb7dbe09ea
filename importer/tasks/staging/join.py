"""Joining the batches of a run: what holds across all inputs is found, as if one process had read them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from importer.check import check_row_count, has_error, judge_absent, require_readable
from importer.rules import StackRules, judge_issues
from importer.rules.seen_parts import SeenPart
from importer.run import add_issues
from importer.run.batches import INPUT, iter_batches, join_batches, stop_rows
from importer.tasks.staging.batch import BatchFacts, make_reading
from importer.tasks.validate import require_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from importer.chunks import Source
    from importer.model import Issue
    from importer.run import RunFile
    from importer.tasks.staging.batch import Job


HELD = 500_000
"""Rows that are held in memory for the rules across all of them, some 40 bytes each; those of more wait on disk."""


@dataclass(slots=True)
class _Numbers:
    """How the rows are numbered in the run, which the rules across it count without gaps.

    Attributes:
        starts: for each input, how many rows stand before it.
        firsts: for each input, the number of its first row.
    """

    starts: list[int] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)

    def find(self, ordinal: int) -> int:
        """Return the number of a row."""
        at = bisect_right(self.starts, ordinal) - 1
        return self.firsts[at] + ordinal - self.starts[at]

    def find_ordinals(self, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return how many rows stand before each of some rows."""
        found = np.asarray(numbers, dtype=np.int64)
        at = np.searchsorted(np.asarray(self.firsts), found, side="right") - 1
        ordinals: npt.NDArray[np.int64] = found - np.asarray(self.firsts)[at] + np.asarray(self.starts)[at]
        return ordinals


def join_staged(run: RunFile, job: Job, sources: Sequence[Source], *, judges_gaps: bool) -> None:
    """Make one run of the batches that are stored.

    Raises:
        InputError: none of the inputs can be read, or together they have more rows than one run may have.
        NothingToDoError: the inputs name no row.
        StorageError: the run can't be written.
    """
    rules = StackRules(max_layers=job.check.max_layers, judges_gaps=judges_gaps, held=HELD)
    numbers, rows, last = _Numbers(), 0, None
    sheets: set[str | None] = set()
    said: list[Issue] = []
    for batch in iter_batches(run):
        facts = BatchFacts.load(batch.facts)
        rules.add_part(SeenPart.load(batch.seen), rows)
        numbers.starts += [rows + start for start in facts.starts]
        numbers.firsts += [ordinal * INPUT for ordinal in facts.ordinals]
        last = last if facts.last is None else numbers.find(rows + facts.last)
        rows += batch.rows
        check_row_count(rows, sources[facts.ordinals[-1]].name)
        sheets.update(facts.sheets)
        said += facts.said
    if last is None:
        require_readable(said, len(sources))
    require_rows(rows, sources)
    join_batches(run)
    late = judge_absent(make_reading(job), sheets, sources)
    if last is not None and has_error(late):
        stop_rows(run, last)
    add_issues(run, (*late, *said))
    add_issues(run, _iter_numbered(judge_issues(rules.iter_issues(), job.check), numbers))
    if job.check.whole_stacks:
        stopped = np.zeros(rows, dtype=np.bool_)
        stopped[numbers.find_ordinals([*run.iter_invalid()])] = True
        add_issues(run, _iter_numbered(rules.iter_parted(stopped), numbers))


def _iter_numbered(issues: Iterable[Issue], numbers: _Numbers) -> Iterator[Issue]:
    for issue in issues:
        yield issue if issue.seq is None else replace(issue, seq=numbers.find(issue.seq))
