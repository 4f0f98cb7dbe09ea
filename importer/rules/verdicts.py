"""The verdict on each stack as a whole: all of it can be sent, some, or none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from importer.rules.rows_seen import take_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from importer.rules.rows_seen import SortedRows

NAMED = 20
"""Missing positions of a stack that are listed one by one."""


class Verdict(StrEnum):
    """How much of a stack can be sent."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True)
class StackVerdict:
    """The verdict on one stack.

    Attributes:
        sample: its sample_id, or its sample_name where it has no id.
        verdict: complete, partial or untouched.
        layers: rows that name a position of it.
        ready: layers that can be sent; a layer that can't blocks those above it.
        missing: positions, at most `NAMED`, that have no row or an erroneous one.
    """

    sample: int | str
    verdict: Verdict
    layers: int
    ready: int
    missing: tuple[int, ...]

    @property
    def label(self) -> str:
        """The sample in words."""
        return str(self.sample)


class Verdicts:
    """The verdicts on the stacks of a run, in the order in which the stacks appear; each made when it is asked for.

    Args:
        rows: the rows of the run.
        stopped: shape (rows of the run,), bool: rows with an error, by their ordinal.

    Attributes:
        open_count: how many stacks aren't complete.
    """

    def __init__(self, rows: SortedRows, stopped: npt.NDArray[np.bool_]) -> None:
        self._rows = rows
        self._starts = np.flatnonzero(rows.is_first)
        self._ends = np.append(self._starts[1:], len(rows.stack))
        self._bad = take_numbers(stopped, rows.seq)
        # A stack is complete where no row is in error and each layer follows the one below. A repeated position is an
        # error, but even without that not all of its rows could get in.
        is_odd = self._bad.copy()
        is_odd[1:] |= ~rows.is_first[1:] & (rows.layer[1:] - rows.layer[:-1] != 1)
        self._odd = np.logical_or.reduceat(is_odd, self._starts) if len(self._starts) else is_odd
        self.open_count = int(np.count_nonzero(self._odd))

    def iter_all(self) -> Iterator[StackVerdict]:
        """Yield the verdict on every stack."""
        yield from self._iter_some(np.arange(len(self._starts)))

    def iter_open(self) -> Iterator[StackVerdict]:
        """Yield the verdicts on the stacks that aren't complete."""
        yield from self._iter_some(np.flatnonzero(self._odd))

    def _iter_some(self, wanted: npt.NDArray[np.intp]) -> Iterator[StackVerdict]:
        if not len(wanted):
            return
        rows = self._rows
        first_seen = np.minimum.reduceat(rows.seq, self._starts)
        for number in wanted[np.argsort(first_seen[wanted])].tolist():
            start, end = int(self._starts[number]), int(self._ends[number])
            sample = rows.sample(start)
            if self._odd[number]:
                yield _judge(sample, rows.layer[start:end].tolist(), self._bad[start:end].tolist())
            else:
                yield StackVerdict(sample, Verdict.COMPLETE, end - start, end - start, ())


def _judge(sample: int | str, layers: list[int], is_bad: list[bool]) -> StackVerdict:
    good = {layer for layer, bad in zip(layers, is_bad, strict=True) if not bad}
    first_bad = min((layer for layer, bad in zip(layers, is_bad, strict=True) if bad), default=None)
    ready = len(good) if first_bad is None else sum(layer < first_bad for layer in good)
    missing = _list_missing(sorted(set(layers)), good)
    complete = ready == len(layers) and not missing
    verdict = Verdict.COMPLETE if complete else Verdict.PARTIAL if ready else Verdict.UNTOUCHED
    return StackVerdict(sample, verdict, len(layers), ready, missing)


def _list_missing(layers: list[int], good: set[int]) -> tuple[int, ...]:
    missing: list[int] = []
    for below, layer in zip([None, *layers], layers, strict=False):
        if below is not None:
            missing += range(below + 1, min(layer, below + 1 + NAMED))
        if layer not in good:
            missing.append(layer)
        if len(missing) >= NAMED:
            break
    return tuple(missing[:NAMED])
