"""What a running import tells whoever watches it; the library never prints.

A watcher is any callable that takes one `Event`. It is called from one thread at a time, must return quickly and
must not raise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import Outcome


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
class Notice:
    """Something that a person should know, in one sentence."""

    text: str


Event = RowsRead | SubmitStarted | RowEnded | Paused | SettlementStarted | ListingRead | Notice
Watcher = Callable[[Event], None]
"""Who is told: any callable that takes an event."""


def ignore_event(event: Event) -> None:
    """Watch nothing."""
    del event
