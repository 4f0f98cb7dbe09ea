"""Settling for all processes: whoever holds the settler's lock reads one stored list for all rows that are due."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from importer.run import Action, ParkedClaim, State
from importer.submit.shared import Doubt, Parked
from importer.submit.stored.settlement import settle_due

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.events import Event
    from importer.run import Claims, CrewRun
    from importer.submit.shared import Shared

LOCK = "settler"


class Settler:
    """One process's readiness to settle; if the one that does so dies, another takes its place.

    All that is needed for it is in the run's tables, so that nothing is lost with the process.
    """

    def __init__(self, run: CrewRun, claims: Claims, shared: Shared, *, tell: Callable[[Event], None]) -> None:
        self._run, self._claims, self._shared, self._tell = run, claims, shared, tell
        self._is_chosen = False

    def is_chosen(self) -> bool:
        """Tell whether this process is the one that settles; once it is, it stays so as long as it lives."""
        if not self._is_chosen and self._run.crew.try_lock(LOCK):
            # Whoever had the lock before may have lost it without knowing: nothing more is written by it from here on.
            self._run.crew.take_over_lost()
            self._is_chosen = True
        return self._is_chosen

    def settle(self) -> bool:
        """Settle what is due, if this process is the one that does; tell whether anything was.

        Raises:
            StorageError: the run can't be read or written.
        """
        if not self.is_chosen():
            return False
        due = self._claims.list_due(self._shared.send.settle, read_back=Doubt.STACK_MADE.value)
        if not due:
            return False
        parked = self._read_parked(due)
        doubtful = [each for each in parked if each.rows]
        freed = {each.stack.id for each in parked if not each.rows}
        again: set[int] = set()

        def park_again(parked: Parked) -> None:
            again.add(parked.stack.id)
            self._claims.park(make_claim(parked))

        if doubtful:
            settle_due(doubtful, replace(self._shared, park=park_again), tell=self._tell, requeue=freed.add)
        if self._shared.gate.is_closed:
            return False  # what couldn't be concluded by this process is left to the others
        left = [each.stack.id for each in doubtful if each.stack.id not in freed | again]
        self._claims.settle(freed=sorted(freed), left=left)
        return True

    def _read_parked(self, due: Sequence[ParkedClaim]) -> list[Parked]:
        """Return what is parked with its rows in doubt, as they are now; none where they were settled already."""
        named, now = self._run.list_named(), self._shared.gate.clock.now()
        works = self._run.list_work([claim.stack_id for claim in due])
        found = []
        for claim, (stack, rows) in zip(due, works, strict=True):
            doubtful = tuple(row for row in rows if row.state is State.SENDING)
            reason = Doubt(claim.reason)
            if reason is Doubt.LOST and stack.action is Action.CREATE_STACK and stack.target_id is not None:
                reason = Doubt.STACK_MADE
            elif reason is Doubt.LOST and doubtful and all(row.seq in named for row in doubtful):
                reason = Doubt.NAMED
            found.append(
                Parked(
                    stack, doubtful, reason, now - claim.age, claim.words, claim.absent_once, claim.doubted, claim.lost
                )
            )
        return found


def make_claim(parked: Parked) -> ParkedClaim:
    """Return how the doubt about rows of a stack is kept in the run."""
    return ParkedClaim(
        parked.stack.id,
        parked.reason.value,
        parked.words,
        absent_once=parked.absent_once,
        doubted=parked.doubted,
        lost=parked.lost,
    )
