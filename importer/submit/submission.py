"""Sending what the plan left ready: stacks side by side, layers in order, doubts settled, until nothing is left."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from typing import TYPE_CHECKING

from importer.errors import AbortedError, ImporterError
from importer.events import Notice, Paused, RowEnded, SubmitStarted
from importer.run import Action, Journal, Log, State
from importer.server.retry import RetryBudget
from importer.submit.forbidden import Forbidden
from importer.submit.gate import POLL, Gate
from importer.submit.shared import LEFT_IN_PROGRESS, Doubt, Parked, Shared
from importer.submit.stored.canary import check_canary, count_canary
from importer.submit.stored.final_check import check_run
from importer.submit.stored.settlement import settle_due
from importer.submit.stored_list import StoredList
from importer.submit.worker import Shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.context import Context
    from importer.events import Event
    from importer.run import Entry, RunFile, WorkRow, WorkStack
    from importer.server import Client
    from importer.settings import SendSettings

    Work = tuple[WorkStack, list[WorkRow]]

FEWEST, MOST = 2, 4
"""Stacks a worker, in work and at hand: when so few are left, the next are read from the run file, up to so many."""


class Submission:
    """One go at the rows of a run file: the coordinator's side. The workers' side is `importer.submit.worker`.

    The coordinating thread feeds the workers a bounded number of stacks, and settles rows in doubt, all that are due
    by one listing, while other stacks go on.
    """

    def __init__(
        self,
        run: RunFile,
        client: Client,
        *,
        journal: Journal,
        gate: Gate,
        send: SendSettings,
        context: Context,
    ) -> None:
        self._run, self._journal, self._gate, self._send = run, journal, gate, send
        self._watch, self._watch_lock = context.watch, threading.Lock()
        self._condition = threading.Condition()
        self._parked: list[Parked] = []
        self._outstanding = 0
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._run_key = run.meta.run_key
        self._stored = StoredList(client, run_key=self._run_key, send=send, gate=gate, watch=self._tell)
        self._shared = Shared(
            run=run,
            client=client,
            journal=journal,
            gate=gate,
            send=send,
            budget=RetryBudget(send.retry_budget),
            forbidden=Forbidden(client),
            run_key=self._run_key,
            tell_end=lambda outcome: self._tell(RowEnded(outcome)),
            park=self._park,
            stored=self._stored,
            note=lambda text: self._tell(Notice(text)),
        )

    def submit_rows(self) -> None:
        """Send every row that is ready, settle every row in doubt, as far as bounds, gate and server allow.

        Raises:
            AbortedError: the run stopped before its end.
        """
        waiting = deque(self._run.list_stack_ids(State.READY))
        doubtful = self._run.list_rows_in_state(State.SENDING)
        rows = self._run.count_state(State.READY) + len(doubtful)
        self._shared.allowed = self._send.count_allowed_failures(rows)
        self._shared.forbidden.stacks = len(waiting)
        self._tell(SubmitStarted(rows, len(waiting)))
        self._stored.concern(
            stack.target_id
            for stack in self._run.iter_work_stacks()
            if stack.action is Action.REPLACE_STACK and stack.target_id is not None
        )
        self._park_leftovers(doubtful)
        # Their settlement hands them out; were they handed out here too, two workers could meet at one stack.
        unsettled = {row.stack_id for row in doubtful}
        waiting = deque(stack_id for stack_id in waiting if stack_id not in unsettled)
        threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True)
            for number in range(self._send.workers)
        ]
        for thread in threads:
            thread.start()
        try:
            canary = [waiting.popleft() for _ in range(min(count_canary(self._send, len(waiting)), len(waiting)))]
            if canary:
                self._coordinate(deque(canary))
                check_canary(self._shared, canary)
            self._coordinate(waiting)
            if (rows or self._run.is_check_owed()) and self._send.final_check:
                check_run(self._shared, self._tell)
        except ImporterError as error:
            self._gate.halt(error)  # type: ignore[arg-type]  # a RunFileError also ends the run
        finally:
            for _ in threads:
                self._queue.put(None)
            until = self._gate.clock.now() + self._send.shutdown_wait
            for thread in threads:
                thread.join(max(0.0, until - self._gate.clock.now()))
        if self._gate.error is not None:
            raise self._gate.error

    def _tell(self, event: Event) -> None:
        with self._watch_lock:
            self._watch(event)

    def _park(self, parked: Parked) -> None:
        with self._condition:
            self._parked.append(parked)
            self._condition.notify_all()

    def _park_leftovers(self, rows: Sequence[WorkRow]) -> None:
        """Park the rows that an earlier go left in doubt: it may have sent them up to the moment it died."""
        named = self._run.list_named()
        by_stack: dict[int, list[WorkRow]] = {}
        for row in rows:
            by_stack.setdefault(row.stack_id, []).append(row)
        now = self._gate.clock.now()
        for stack_id, found in by_stack.items():
            stack, reason = self._run.find_stack(stack_id), Doubt.LOST
            if stack.action is Action.CREATE_STACK and stack.target_id is not None:
                reason = Doubt.STACK_MADE
            elif all(row.seq in named for row in found):
                reason = Doubt.NAMED
            self._parked.append(Parked(stack, tuple(found), reason, now, LEFT_IN_PROGRESS))

    def _work(self) -> None:
        """Work on one stack after the other; the last answer of one is written with the first intent of the next."""
        carry: list[Entry] = []
        work = self._queue.get()
        while work is not None:
            following: Work | None = None
            is_known = False
            try:
                if not self._gate.is_closed:
                    handed, carry = carry, []
                    carry = Shift(self._shared, *work, handed).work()
                with contextlib.suppress(queue.Empty):
                    following, is_known = self._queue.get_nowait(), True
                # As long as the next stack is at hand it counts as outstanding, so that nobody takes the work for done.
                if carry and (following is None or self._gate.is_closed):
                    self._shared.write(*carry)
                    carry = []
            except ImporterError as error:
                self._gate.halt(error)  # type: ignore[arg-type]  # a RunFileError also ends the run
            except Exception as error:  # noqa: BLE001  # a worker that dies in silence would leave its queue waiting
                self._gate.halt(
                    AbortedError(
                        f"A bug in this program stopped the run ({error!r}). The run file is correct: rows in "
                        "progress are in doubt, and `resume` settles them first."
                    )
                )
            finally:
                with self._condition:
                    self._outstanding -= 1
                    # The coordinator has nothing to do before: waking it for each stack would take the workers' time.
                    if self._outstanding in {0, FEWEST * self._send.workers}:
                        self._condition.notify_all()
            work = following if is_known else self._queue.get()

    def _coordinate(self, waiting: deque[int]) -> None:
        while not self._gate.is_closed:
            with self._condition:
                taken = self._take_waiting(waiting)
                is_idle = not taken and not waiting and not self._outstanding
                due = [] if taken else self._take_due(is_idle=is_idle)
                if not due and not taken:
                    if is_idle and not self._parked:
                        return
                    self._gate.clock.wait(self._condition, POLL)
                    continue
            if taken:
                for work in self._run.list_work(taken):
                    self._queue.put(work)
            else:
                settle_due(due, self._shared, tell=self._tell, requeue=waiting.append)

    def _take_waiting(self, waiting: deque[int]) -> list[int]:
        """Take the next stacks, many at once, when the workers are about to run out of them."""
        workers = self._send.workers
        if self._outstanding > FEWEST * workers:
            return []
        taken = [waiting.popleft() for _ in range(min(len(waiting), MOST * workers - self._outstanding))]
        self._outstanding += len(taken)
        return taken

    def _take_due(self, *, is_idle: bool) -> list[Parked]:
        """Take the parked rows whose time has come: one listing for all, but none waits twice its time for others.

        A stack that the server says it has made is only read back, which can wait until nothing else is to be done; if
        the listing doesn't show it, the second one comes a settle time later like any other.
        """
        now, settle = self._gate.clock.now(), self._send.settle
        due: list[Parked] = []
        rest: list[Parked] = []
        for parked in self._parked:
            is_first = not (parked.absent_once or parked.doubted)
            is_read_back = is_idle and parked.reason is Doubt.STACK_MADE and is_first
            (due if is_read_back or now - parked.since >= settle else rest).append(parked)
        if rest and not is_idle and all(now - parked.since < 2 * settle for parked in due):
            return []
        self._parked = rest
        return due


def make_gate(journal: Journal, *, send: SendSettings, context: Context) -> Gate:
    """Return a gate whose pauses are told to the watcher and written to the run file."""

    def note_pause(seconds: float, reason: str) -> None:
        context.watch(Paused(seconds, reason))
        journal.write(Log(context.clock.time(), "pause", f"{seconds:.1f} s: {reason}"))

    return Gate(send, context, on_pause=note_pause)
