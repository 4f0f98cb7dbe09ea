"""What a running import tells its watcher; the library never prints.

A watcher is any callable that takes one `Event`. It is called from one thread at a time, must return quickly and
must not raise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from importer.model import Outcome

T = TypeVar("T")
PhaseName = Literal["plan", "verify", "undo", "report"]
TOLD = 200
"""How often the advance of a phase is told, at the most and about."""


@dataclass(frozen=True, slots=True)
class RowsRead:
    """Rows read and validated so far, over all inputs."""

    source: str
    rows: int


@dataclass(frozen=True, slots=True)
class SubmitStarted:
    """The rows that are about to get their answer.

    Attributes:
        rows: all of them, those in doubt among them.
        stacks: the stacks of those that are to be sent.
        doubtful: rows that an earlier attempt left in doubt; they are looked up in the stored list first.
        settle: seconds that such a look-up waits at most before the stored list is read.
    """

    rows: int
    stacks: int
    doubtful: int = 0
    settle: float = 0.0


@dataclass(frozen=True, slots=True)
class RowEnded:
    """A row has its answer, which is in the run file already."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Paused:
    """All workers wait, for so many seconds."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class SettlementStarted:
    """The stored list is read, after a wait, to find out whether rows in doubt are stored."""

    rows: int
    wait: float


@dataclass(frozen=True, slots=True)
class ListingRead:
    """How much of the stored list has been read, in records and bytes; sent now and then."""

    records: int
    size: int


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the work begins whose length is known.

    Attributes:
        name: ``plan``, ``verify``, ``undo`` or ``report``.
        total: its stacks; of a report the rows.
    """

    name: PhaseName
    total: int


@dataclass(frozen=True, slots=True)
class Advanced:
    """So many more stacks, or rows, of the phase that began last are done."""

    count: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know, in one sentence."""

    text: str


Event = RowsRead | SubmitStarted | RowEnded | Paused | SettlementStarted | ListingRead | Phase | Advanced | Notice
Watcher = Callable[[Event], None]
"""Who watches: any callable that takes an event."""


def ignore_event(event: Event) -> None:
    """Watch nothing."""
    del event


def iter_told(items: Iterable[T], phase: Phase, watch: Watcher) -> Iterator[T]:
    """Yield what a phase goes through, telling that it begins and how far it is."""
    watch(phase)
    step, count = max(1, phase.total // TOLD), 0
    for item in items:
        yield item
        count += 1
        if count == step:
            watch(Advanced(count))
            count = 0
    if count:
        watch(Advanced(count))
