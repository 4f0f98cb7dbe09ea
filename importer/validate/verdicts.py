"""What becomes of each stack as a whole: all of it can get in, some, or none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

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
        label: its sample_id or sample_name.
        verdict: complete, partial or untouched.
        layers: rows that name a position of it.
        ready: layers that can be sent: a layer that can't be holds back those above it.
        missing: positions, at most `NAMED`, that have no row or an erroneous one.
    """

    label: str
    verdict: Verdict
    layers: int
    ready: int
    missing: tuple[int, ...]


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
    bad = stopped[rows.seq]
    step = np.ones(len(rows.layer), dtype=rows.layer.dtype)
    step[1:] = rows.layer[1:] - rows.layer[:-1]
    is_odd = bad | (~rows.is_first & (step != 1))
    # Whole stacks, nearly all of them, are told from the others in one go.
    odd = np.add.reduceat(is_odd, starts, dtype=np.int64) > 0
    ends = np.append(starts[1:], len(rows.stack))
    wanted = np.flatnonzero(odd) if only_open else range(len(starts))
    for number in wanted:
        start, end = int(starts[number]), int(ends[number])
        label = rows.label(start).removeprefix("sample ")
        if odd[number]:
            verdict = _judge(label, rows.layer[start:end], bad[start:end])
            if not only_open or verdict.verdict is not Verdict.COMPLETE:
                yield verdict
        else:
            yield StackVerdict(label, Verdict.COMPLETE, end - start, end - start, ())


def _judge(label: str, layers: npt.NDArray[np.int64], is_bad: npt.NDArray[np.bool_]) -> StackVerdict:
    good = np.unique(layers[~is_bad])
    first_bad = int(layers[is_bad].min()) if is_bad.any() else None
    ready = len(good) if first_bad is None else int((good < first_bad).sum())
    missing = _list_missing(layers, good)
    complete = ready == len(layers) and not missing
    verdict = Verdict.COMPLETE if complete else Verdict.PARTIAL if ready else Verdict.UNTOUCHED
    return StackVerdict(label, verdict, len(layers), ready, missing)


def _list_missing(layers: npt.NDArray[np.int64], good: npt.NDArray[np.int64]) -> tuple[int, ...]:
    missing = sorted(set(layers.tolist()) - set(good.tolist()))[:NAMED]
    known = np.unique(layers)
    for below in np.flatnonzero(np.diff(known) > 1).tolist():
        start = int(known[below]) + 1
        missing += range(start, min(int(known[below + 1]), start + NAMED))
        if len(missing) > 2 * NAMED:
            break
    return tuple(sorted(missing)[:NAMED])
