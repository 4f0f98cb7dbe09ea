"""What sees the rows of a run chunk by chunk, and asks the rules that look across all of them."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from importer.issues import Code
from importer.model import Severity
from importer.rules.rows_on_disk import Bucket, RowsOnDisk
from importer.rules.rows_seen import SeenRows, take_numbers
from importer.rules.stack_rules import LAYER_GAP, STACK_HIGH, STACK_RULES, STACK_START, check_heights
from importer.rules.verdicts import Verdicts
from importer.settings import MAX_LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from importer.chunks import LayerChunk
    from importer.model import Issue
    from importer.rules.rows_seen import SortedRows
    from importer.rules.seen_parts import Numbers, SeenPart
    from importer.rules.touched import Key, StackRule, Touched


class StackRules:
    """Sees the rows of a run chunk by chunk, then says what is wrong with its stacks.

    Args:
        max_layers: layers of a stack above which it is told.
        judges_gaps: whether missing positions are told; where the server is asked, it may have them.
        held: rows that are held in memory, the others on disk; None for all in memory, as verdicts need them.
    """

    def __init__(self, *, max_layers: int = MAX_LAYERS, judges_gaps: bool = True, held: int | None = None) -> None:
        self._seen = SeenRows()
        self._held = held
        self._disk: RowsOnDisk | None = None
        self._judges_gaps = judges_gaps
        self._max_layers = max_layers
        self._rows: SortedRows | None = None

    def add(self, chunk: LayerChunk) -> None:
        """Take note of the rows of a chunk that name a stack and a position; bad rows hold their position too.

        Raises:
            StorageError: what is more than may be held can't be written.
        """
        self._seen.add(chunk)
        self._bound()

    def take_part(self) -> SeenPart:
        """Return what was taken note of, for the rules of the whole run, which see it by `add_part`."""
        return self._seen.take_part()

    def add_part(self, part: SeenPart, start: int) -> None:
        """Take note of rows that were seen elsewhere, numbered from 0.

        Args:
            part: what was taken note of there.
            start: ordinal of the first of these rows over the whole run.

        Raises:
            StorageError: what is more than may be held can't be written.
        """
        self._seen.add_part(part, start)
        self._bound()

    def iter_issues(self) -> Iterator[Issue]:
        """Yield what is wrong, rule by rule; of rows on disk, rules with one key together."""
        for key, rules in groupby(self._list_rules(), key=attrgetter("key")):
            checks = [rule.check for rule in rules]
            for rows, _ in self._iter_buckets(key):
                for check in checks:
                    yield from check(rows)

    def iter_touched(self, touched: Touched) -> Iterator[tuple[str, Numbers, Iterator[Issue]]]:
        """Yield each rule's code, the ordinals of the rows that it looks at again, and what is wrong with these.

        Args:
            touched: what the changed rows say, before and after; the issues of all other rows are what they were.
        """
        rows = self._sort()
        masks: dict[Key, npt.NDArray[np.bool_]] = {}
        for rule in self._list_rules():
            if rule.key not in masks:
                masks[rule.key] = touched.find_rows(rows, rule.key)
            chosen = rows.take(masks[rule.key])
            yield rule.code.code, chosen.seq, rule.check(chosen)

    def _list_rules(self) -> Iterator[StackRule]:
        for rule in STACK_RULES:
            if self._judges_gaps or rule.code not in (LAYER_GAP, STACK_START):
                is_height = rule.code is STACK_HIGH
                yield rule._replace(check=partial(check_heights, max_layers=self._max_layers)) if is_height else rule

    def iter_parted(self, stopped: npt.NDArray[np.bool_]) -> Iterator[Issue]:
        """Yield an error for each row that could be sent, but whose stack couldn't be sent whole.

        Args:
            stopped: shape (rows of the run,), bool: rows with an error.
        """
        for rows, unplaced in self._iter_buckets("stack"):
            if len(rows.stack):
                yield from _iter_parted(rows, unplaced, stopped)

    def find_verdicts(self, stopped: npt.NDArray[np.bool_]) -> Verdicts:
        """Return for each stack whether all, some or none of it can be sent.

        Args:
            stopped: shape (rows of the run,), bool: rows with an error.
        """
        return Verdicts(self._sort(), stopped)

    def _bound(self) -> None:
        if self._held is not None and self._seen.size >= self._held:
            self._disk = self._disk or RowsOnDisk()
            self._disk.add(self._seen.take_part())
            self._seen = SeenRows()

    def _iter_buckets(self, key: Key) -> Iterator[Bucket]:
        """Yield all rows as one bucket, or those on disk, which share a key with no row of another one."""
        if self._disk is None:
            yield Bucket(self._sort(), self._seen.unplaced)
            return
        if self._seen.size:
            self._disk.add(self._seen.take_part())
            self._seen = SeenRows()
        yield from self._disk.iter_buckets(key)

    def _sort(self) -> SortedRows:
        """Return the rows sorted; they are complete once something is asked of them."""
        if self._disk is not None:
            raise RuntimeError("some rows are on disk: who asks for all of them at once can't bound those held")
        if self._rows is None:
            self._rows = self._seen.sort()
        return self._rows


def _iter_parted(rows: SortedRows, unplaced: set[int], stopped: npt.NDArray[np.bool_]) -> Iterator[Issue]:
    bad, starts = take_numbers(stopped, rows.seq), np.flatnonzero(rows.is_first)
    is_parted = np.logical_or.reduceat(bad, starts)
    is_parted |= np.isin(rows.stack[starts], np.fromiter(unplaced, dtype=np.int64))
    lengths = np.diff(np.append(starts, len(rows.stack)))
    for position in np.flatnonzero(np.repeat(is_parted, lengths) & ~bad).tolist():
        message = f"Another row of {rows.label(position)} isn't valid, so nothing of it will be sent (--whole-stacks)."
        yield rows.make(position, STACK_NOT_WHOLE, message)


STACK_NOT_WHOLE = Code(
    "stack-not-whole",
    Severity.ERROR,
    "With --whole-stacks: another row of this stack isn't valid, so none of its rows will be sent.",
    "Correct the other row, or allow part of a stack to be sent.",
    "a valid layer above an invalid one",
)
