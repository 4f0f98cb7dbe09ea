"""What becomes of each stack as a whole: all of it can get in, some, or none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from importer.validate.rows_seen import take_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from importer.validate.rows_seen import SortedRows

NAMED = 20
"""Missing positions of a stack that are listed one by one."""


class Verdict(StrEnum):
    """How much of a stack can get in."""

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
        ready: layers that can be sent: a layer that can't be holds back those above it.
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


def iter_verdicts(
    rows: SortedRows, stopped: npt.NDArray[np.bool_], *, only_open: bool = False
) -> Iterator[StackVerdict]:
    """Yield the verdict on each stack, in the order in which the stacks appear.

    Args:
        rows: the rows of the run.
        stopped: shape (rows of the run,), bool: rows with an error, by their ordinal.
        only_open: leave out the stacks that are complete, nearly all of them.
    """
    if not len(rows.stack):
        return
    starts = np.flatnonzero(rows.is_first)
    bad = take_numbers(stopped, rows.seq)
    step = np.ones(len(rows.layer), dtype=rows.layer.dtype)
    step[1:] = rows.layer[1:] - rows.layer[:-1]
    is_odd = bad | (~rows.is_first & (step != 1))
    # Whole stacks, nearly all of them, are told from the others in one go.
    odd = np.logical_or.reduceat(is_odd, starts)
    ends = np.append(starts[1:], len(rows.stack))
    wanted = np.flatnonzero(odd) if only_open else np.arange(len(starts))
    first_seen = np.minimum.reduceat(rows.seq, starts)
    for number in wanted[np.argsort(first_seen[wanted])].tolist():
        start, end = int(starts[number]), int(ends[number])
        sample = rows.sample(start)
        if odd[number]:
            verdict = _judge(sample, rows.layer[start:end].tolist(), bad[start:end].tolist())
            if not only_open or verdict.verdict is not Verdict.COMPLETE:
                yield verdict
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
