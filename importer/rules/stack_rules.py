"""Rules that look across the whole run: the layers of a stack, and what several rows say of one thing.

Source of the stack rules: the API page, layers are ordered from the substrate up; positions are counted from 1 in all
its examples, and whether they may start at 0 isn't said.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from importer.issues import Code
from importer.model import Severity
from importer.rules.cross_stack_rules import (
    CASE_DOUBT,
    DUPLICATE_ID,
    LAYER_SPLIT,
    MP_ID_TWO_FORMULAS,
    NAMES_ALIKE,
    SAMPLE_KEY_MIXED,
    TWO_SUBSTRATES,
    check_cases,
    check_keys,
    check_materials,
    check_names,
    check_records,
    check_splits,
    check_substrates,
)
from importer.rules.rows_on_disk import Bucket, RowsOnDisk
from importer.rules.rows_seen import SeenRows, take_numbers
from importer.rules.touched import StackRule
from importer.rules.verdicts import Verdicts
from importer.settings import MAX_LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from importer.chunks import LayerChunk
    from importer.model import Issue
    from importer.rules.rows_seen import SortedRows
    from importer.rules.seen_parts import Numbers, SeenPart
    from importer.rules.touched import Key, Touched

_NAMED_GAP = 5
"""Missing positions that a message lists one by one."""


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

DUPLICATE_LAYER = Code(
    "duplicate-layer",
    Severity.ERROR,
    "Two rows give the same layer of a stack. Neither will be sent, because we can't tell which one you mean.",
    "Remove one of them, or correct its layer_id.",
    "layer 2 twice",
)


def check_duplicates(rows: SortedRows) -> Iterator[Issue]:
    """A position of a stack is named once; every copy is told where the other is, and none is sent."""
    same = np.zeros(len(rows.stack), dtype=np.bool_)
    same[1:] = ~rows.is_first[1:] & (rows.layer[1:] == rows.layer[:-1])
    first = -1
    for position in np.flatnonzero(same).tolist():
        if not same[position - 1]:
            first = position - 1
            yield _make_duplicate(rows, first, position)
        yield _make_duplicate(rows, position, first)


def _make_duplicate(rows: SortedRows, position: int, other: int) -> Issue:
    message = (
        f"Layer {rows.layer[position]} of {rows.label(position)} is also in {rows.place(other)}. Neither will be sent, "
        "because we can't tell which one you mean."
    )
    return rows.make(position, DUPLICATE_LAYER, message)


LAYER_GAP = Code(
    "layer-gap",
    Severity.ERROR,
    "A layer below this one is missing from its stack.",
    "Add the missing layer, or correct the numbering.",
    "1, 2, 4",
)


def check_gaps(rows: SortedRows) -> Iterator[Issue]:
    """Positions of a stack follow each other: a layer over a hole would lie on the wrong one."""
    step = np.zeros(len(rows.stack), dtype=rows.layer.dtype)
    step[1:] = rows.layer[1:] - rows.layer[:-1]
    step[rows.is_first] = 0
    for position in np.flatnonzero(step > 1).tolist():
        below, above = int(rows.layer[position - 1]), int(rows.layer[position])
        named = [str(missing) for missing in range(below + 1, min(above, below + 1 + _NAMED_GAP))]
        rest = above - below - 1 - len(named)
        missing = ", ".join(named) + (f" and {rest} more" if rest else "")
        message = f"Sample {rows.sample(position)} has layers {below} and {above}, but no layer {missing} in between."
        yield rows.make(position, LAYER_GAP, message)


STACK_START = Code(
    "stack-start",
    Severity.WARNING,
    "The lowest layer of the stack is neither 1 nor 0.",
    "Check that the lower layers are already on the server. If not, add them or correct the numbering.",
    "3, 4, 5",
)


def check_starts(rows: SortedRows) -> Iterator[Issue]:
    """A stack begins at 1 (or 0); one that begins higher adds to a stack that must be there already."""
    for position in np.flatnonzero(rows.is_first & (rows.layer > 1)).tolist():
        message = f"The lowest layer of {rows.label(position)} is {rows.layer[position]}; stacks start at 1 (or 0)."
        yield rows.make(position, STACK_START, message)


ROWS_OUT_OF_ORDER = Code(
    "rows-out-of-order",
    Severity.WARNING,
    "The rows of a stack aren't in the order of their layers. They will be sent from the substrate up.",
    "Check that layer 1 is the one on the substrate.",
    "3, 2, 1",
)


def check_order(rows: SortedRows) -> Iterator[Issue]:
    """Rows stand in the order of their layers; told once a stack, at the first row that stands too early."""
    late = np.zeros(len(rows.stack), dtype=np.bool_)
    late[1:] = ~rows.is_first[1:] & (rows.seq[1:] < rows.seq[:-1]) & (rows.layer[1:] != rows.layer[:-1])
    told = -1
    for position in np.flatnonzero(late).tolist():
        if rows.stack[position] != told and not rows.is_turned(position):
            told = int(rows.stack[position])
            message = (
                f"The rows of {rows.label(position)} aren't in the order of their layers. "
                "They will be sent from layer 1 (on the substrate) upwards."
            )
            yield rows.make(position, ROWS_OUT_OF_ORDER, message)


STACK_HIGH = Code(
    "stack-high",
    Severity.WARNING,
    "A stack has more layers than the limit (1000 unless changed in the settings).",
    "Check that these aren't several samples under one name.",
    "1001 layers of one sample",
)


def check_heights(rows: SortedRows, max_layers: int = MAX_LAYERS) -> Iterator[Issue]:
    """A stack of very many layers is more likely two samples under one name; told once a stack."""
    starts = np.flatnonzero(rows.is_first)
    ends = np.append(starts[1:], len(rows.stack))
    for start in starts[ends - starts > max_layers].tolist():
        position = start + max_layers
        message = f"Sample {rows.sample(position)} has more than {max_layers} layers."
        yield rows.make(position, STACK_HIGH, message)


STACK_RULES = (
    StackRule(check_duplicates, DUPLICATE_LAYER, "stack"),
    StackRule(check_gaps, LAYER_GAP, "stack"),
    StackRule(check_starts, STACK_START, "stack"),
    StackRule(check_order, ROWS_OUT_OF_ORDER, "stack"),
    StackRule(check_heights, STACK_HIGH, "stack"),
    StackRule(check_keys, SAMPLE_KEY_MIXED, "name"),
    StackRule(check_substrates, TWO_SUBSTRATES, "stack"),
    StackRule(check_records, DUPLICATE_ID, "record"),
    StackRule(check_materials, MP_ID_TWO_FORMULAS, "material"),
    StackRule(check_splits, LAYER_SPLIT, "stack"),
    StackRule(check_cases, CASE_DOUBT, "formula"),
    StackRule(check_names, NAMES_ALIKE, "name"),
)
"""What is asked of the rows of a whole run, in this order; a new rule is added here."""
