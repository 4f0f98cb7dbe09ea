"""What all workers share, and what they hand to the settlement."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from importer.errors import CircuitOpenError
from importer.model import GOOD_STATUSES, Outcome, Status
from importer.run import End
from importer.server.retry import ReplyKind
from importer.submit.request_bodies import make_halt

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.run import Entry, Journal, RunFile, WorkRow, WorkStack
    from importer.server import Client
    from importer.server.retry import Decision, RetryBudget
    from importer.settings import SendSettings
    from importer.submit.forbidden import Forbidden
    from importer.submit.gate import Gate
    from importer.submit.stored_list import StoredList


LEFT_IN_PROGRESS = "an earlier attempt ended while the request was in progress"
"""Why rows are in doubt whose sender has died, for people."""
OUTAGE_FROM = 3
"""Lost connections one after the other, over all workers, from which on all of them wait: one alone is no outage."""
ANSWERED = frozenset({ReplyKind.STORED, ReplyKind.NAMED, ReplyKind.REFUSED, ReplyKind.EXISTS, ReplyKind.FORBIDDEN})
"""Answers of a server that is well."""


def refuse_failures(failed: int, send: SendSettings) -> CircuitOpenError:
    """Return what ends a run of which too many rows have failed."""
    return CircuitOpenError(
        f"{failed} rows have failed, more than --max-failed {send.max_failed} allows. Find out why, then resume."
    )


class Doubt(StrEnum):
    """Why rows wait for a settlement."""

    LOST = "lost"
    NAMED = "named"
    EXISTS = "exists"
    STACK_MADE = "stack-made"


@dataclass(frozen=True, slots=True)
class Parked:
    """Rows of one stack, in one request, that only the server's listing can tell about.

    Attributes:
        since: the gate's clock when the request had ended for us.
        words: why, for people.
        absent_once: a first listing didn't have them.
        doubted: lists read for them so far from which nothing could be concluded.
        lost: another process that may still be alive has sent them: what isn't found isn't sent again.
    """

    stack: WorkStack
    rows: tuple[WorkRow, ...]
    reason: Doubt
    since: float
    words: str
    absent_once: bool = False
    doubted: int = 0
    lost: bool = False


@dataclass(slots=True)
class Shared:
    """What all workers share.

    Attributes:
        longest_standing: seconds after which a request isn't sent any more, since its intent was asked for.
    """

    run: RunFile
    client: Client
    journal: Journal
    gate: Gate
    send: SendSettings
    budget: RetryBudget
    forbidden: Forbidden
    run_key: str
    tell_end: Callable[[Outcome], None]
    park: Callable[[Parked], None]
    stored: StoredList
    note: Callable[[str], None]
    has_noted: bool = False
    allowed: int | None = None
    failed: int = 0
    longest_standing: float = math.inf
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, *entries: Entry) -> bool:
        """Make entries durable, then tell the watcher of the rows that ended by them, and count the bad ones.

        Returns whether intents among them were taken; see `importer.run.Journal.write`.
        """
        is_whole = self.journal.write(*entries)
        for entry in entries:
            if isinstance(entry, End):
                self.count_end(entry.status)
                self.tell_end(
                    Outcome(
                        seq=entry.seq,
                        status=entry.status,
                        record_id=entry.record_id,
                        http_status=entry.http_status,
                        message=entry.message,
                    )
                )
        return is_whole

    def note_decision(self, decision: Decision, *, stack_id: int) -> None:
        """Tell gate and budget how the server is doing, before anything is written: a moment more lets others begin."""
        gate, send = self.gate, self.send
        if decision.kind is ReplyKind.FORBIDDEN:
            error = self.forbidden.judge(stack_id, decision.words)
        else:
            error = make_halt(decision, max_wait=send.max_wait)
        if error is not None:
            gate.halt(error)
            return
        if decision.kind in ANSWERED:
            if decision.kind in {ReplyKind.STORED, ReplyKind.NAMED}:
                self.forbidden.note_stored()
            gate.count_success()
            self.budget.give_back()
            return
        failures = gate.count_failure(decision.words)
        if decision.pause or decision.status is None:
            gate.narrow()
        if decision.pause or (decision.status is None and failures >= OUTAGE_FROM):
            reason = decision.words or "the server is in trouble"
            gate.back_off(send.first_wait, at_least=decision.wait or 0.0, reason=reason, is_told=decision.pause)

    def note_once(self, text: str) -> None:
        """Tell whoever watches something that holds for many rows, once a run."""
        with self.lock:
            told, self.has_noted = self.has_noted, True
        if not told:
            self.note(text)

    def count_end(self, status: Status) -> None:
        """Stop the run when more rows have failed than the user allows."""
        if status in GOOD_STATUSES:
            return
        with self.lock:
            self.failed += 1
            failed = self.failed
        if self.allowed is not None and failed > self.allowed:
            self.gate.halt(refuse_failures(failed, self.send))
