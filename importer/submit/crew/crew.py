"""One of several processes that send a run side by side: claims stacks, sends them, settles, until all have ended.

There is one loop for each concern, a thread each: the claims, the settlement, and the look at the other processes. The
work on a stack is the same as in a process alone, `importer.submit.worker`.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING

from importer.errors import AbortedError, ImporterError
from importer.events import Notice, Paused, RowEnded, SubmitStarted
from importer.model import GOOD_STATUSES
from importer.run import Action, Claims, CrewJournal, Log, Pace, State
from importer.server.retry import RetryBudget
from importer.submit.crew.gate import CrewGate
from importer.submit.crew.settler import Settler, make_claim
from importer.submit.forbidden import Forbidden
from importer.submit.shared import LEFT_IN_PROGRESS, Shared, refuse_failures
from importer.submit.stored.canary import check_canary, count_canary
from importer.submit.stored.final_check import check_run
from importer.submit.stored_list import StoredList
from importer.submit.submission import FEWEST, MOST
from importer.submit.worker import Shift

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from importer.context import Context
    from importer.events import Event
    from importer.model import Outcome
    from importer.run import CrewRun, WorkRow, WorkStack
    from importer.server import Client
    from importer.settings import SendSettings
    from importer.submit.shared import Parked

    Work = tuple[WorkStack, list[WorkRow]]

LOOK_SECONDS = 1.0
"""Seconds between two looks at the other processes: so long one that has died keeps what it had."""
IDLE_SECONDS = 0.2
"""Seconds after which a process that has nothing to do looks again."""
STANDING_SECONDS = 5.0
"""Seconds after which a request isn't sent any more, since its intent was asked for: the process stood still, and the
others may have lost sight of it. It only narrows the time in which that isn't noticed."""


class Crew:
    """This process's part of a run; a context manager."""

    def __init__(self, run: CrewRun, client: Client, *, send: SendSettings, context: Context) -> None:
        self._run, self._send, self._context = run, send, context
        self._watch_lock = threading.Lock()
        self._pace, self._claims = Pace(run.crew), Claims(run.crew)
        self._gate = CrewGate(send, context, self._pace, on_pause=self._note_pause)
        self._journal = CrewJournal(run, self._gate.note)
        self._condition = threading.Condition()
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._outstanding = 0
        self._ended: list[int] = []
        self._mine = threading.local()
        self._failed, self._allowed = 0, send.count_allowed_failures(0)
        self._has_started = False
        run_key = run.meta.run_key
        self._shared = Shared(
            run=run,
            client=client,
            journal=self._journal,
            gate=self._gate,
            send=send,
            budget=RetryBudget(send.retry_budget),
            forbidden=Forbidden(client),
            run_key=run_key,
            tell_end=self._tell_end,
            park=self._park,
            stored=StoredList(client, run_key=run_key, send=send, gate=self._gate, watch=self._tell),
            note=lambda text: self._tell(Notice(text)),
            longest_standing=STANDING_SECONDS,
        )
        self._settler = Settler(run, self._claims, self._shared, tell=self._tell)
        self._threads: list[threading.Thread] = []

    @property
    def shared(self) -> Shared:
        """What its workers share."""
        return self._shared

    def is_done(self) -> bool:
        """Tell whether nothing of the run is left to be sent or settled, by whomever."""
        return self._claims.is_empty()

    def __enter__(self) -> Self:
        """Begin to watch the other processes."""
        self._journal.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the run to the others, or, where a request is still under way, to their look at dead ones."""
        with contextlib.suppress(ImporterError):  # then the others find out
            self._journal.__exit__(*exc)
            if not any(thread.is_alive() for thread in self._threads):
                self._run.crew.say_goodbye()

    def begin(self) -> None:
        """Open the run for all, once the stacks that go first are stored as they should be.

        Raises:
            AbortedError: they aren't, or the run stopped meanwhile.
        """
        unsettled = {row.stack_id for row in self._run.list_rows_in_state(State.SENDING)}
        waiting = [each for each in self._run.list_stack_ids(State.READY) if each not in unsettled]
        rows = self._run.count_state(State.READY) + self._run.count_state(State.SENDING)
        first = waiting[: count_canary(self._send, len(waiting))]
        self._claims.begin(first, rows=rows, rate=self._send.rate)
        self._gate.read_rate()
        if first:
            self._work_with(lambda: self._send_first(first), stacks=len(waiting), rows=rows)
        if not self._gate.is_closed:
            self._claims.open(LEFT_IN_PROGRESS)

    def work(self) -> None:
        """Send and settle until nothing of the run is left, by whomever.

        Raises:
            AbortedError: the run stopped before its end, or this process's part of it.
        """
        if not self._gate.is_closed:
            self._gate.read_rate()
            ready = len(self._run.list_stack_ids(State.READY))
            self._work_with(self._send_rest, stacks=ready, rows=self._run.count_state(State.READY))
        if self._gate.error is not None:
            raise self._gate.error

    def _work_with(self, task: Callable[[], None], *, stacks: int, rows: int) -> None:
        """Do a task of the coordinating thread while workers send, others are watched, and what is due is settled."""
        self._shared.forbidden.stacks = stacks
        self._allowed = self._send.count_allowed_failures(self._pace.read().rows)
        if not self._has_started:
            self._has_started = True
            self._tell(SubmitStarted(rows, stacks))
        self._shared.stored.concern(
            stack.target_id
            for stack in self._run.iter_work_stacks()
            if stack.action is Action.REPLACE_STACK and stack.target_id is not None
        )
        is_over = threading.Event()
        workers = [self._start(f"worker-{number}", self._work_stacks) for number in range(self._send.workers)]
        others = [
            self._start("look", lambda: self._repeat(self._look_around, LOOK_SECONDS, is_over)),
            self._start("settler", lambda: self._repeat(self._settle, IDLE_SECONDS, is_over)),
        ]
        try:
            task()
        except ImporterError as error:
            self._gate.halt(error)  # type: ignore[arg-type]  # a RunFileError also ends it
        finally:
            for _ in workers:
                self._queue.put(None)
            is_over.set()
            until = self._gate.clock.now() + self._send.shutdown_wait
            for thread in (*workers, *others):
                thread.join(max(0.0, until - self._gate.clock.now()))

    def _start(self, name: str, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=lambda: self._guard(target), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _guard(self, target: Callable[[], None]) -> None:
        try:
            target()
        except ImporterError as error:
            self._gate.halt(error)  # type: ignore[arg-type]  # a RunFileError also ends it
        except Exception as error:  # noqa: BLE001  # a thread that dies in silence would leave the others waiting
            self._gate.halt(
                AbortedError(
                    f"A bug in this program stopped this process ({error!r}). The run is correct: rows in progress are "
                    "in doubt, and the other processes or `resume` settle them."
                )
            )

    def _repeat(self, task: Callable[[], None], seconds: float, is_over: threading.Event) -> None:
        while not (self._gate.is_closed or is_over.is_set()):
            task()
            is_over.wait(seconds)

    def _look_around(self) -> None:
        """See that the others still see this process, take over what the dead had, and hear whether all is to end."""
        if not self._run.crew.is_seen():
            raise self._run.crew.refuse_lost()
        for mark, is_lost in self._run.crew.take_over_lost():
            what = "may be alive, but isn't seen any more" if is_lost else "has died"
            words = f"Process {mark.pid} on {mark.host} {what}. The others go on with its stacks."
            self._tell(Notice(words))
            self._journal.write(Log(self._context.clock.time(), "worker-lost", words))
        self._count_failed()
        state = self._pace.read()
        if state.error is not None:
            self._gate.halt(AbortedError(state.error))

    def _count_failed(self) -> None:
        """Tell the others how many rows have ended badly here; end the run for all if too many have, over all."""
        with self._condition:
            fresh, self._failed = self._failed, 0
        if not fresh:
            return
        failed = self._pace.add_failed(fresh)
        if self._allowed is not None and failed > self._allowed:
            error = refuse_failures(failed, self._send)
            self._pace.stop(str(error))
            self._gate.halt(error)

    def _settle(self) -> None:
        while not self._gate.is_closed and self._settler.settle():
            with self._condition:
                self._condition.notify_all()

    def _send_first(self, first: Sequence[int]) -> None:
        """Send the stacks that go first, alone, and see that they are stored as they should be."""
        self._hand_out(first)
        while not self._gate.is_closed and not self._claims.is_empty():
            self._claim()
            self._wait()
        if not self._gate.is_closed:
            check_canary(self._shared, first)

    def _send_rest(self) -> None:
        while not self._gate.is_closed:
            if not self._claim():
                if not self._outstanding and self._claims.is_empty():
                    break
                self._wait()
        if not self._gate.is_closed:
            self._check()

    def _claim(self) -> bool:
        """Give up what has ended and claim as much as the workers need; tell whether anything was claimed."""
        workers = self._send.workers
        with self._condition:
            ended, self._ended = self._ended, []
            is_short = self._outstanding <= FEWEST * workers
            most = MOST * workers - self._outstanding if is_short else 0
            needed = workers - self._outstanding
        if not (ended or most):
            return False
        claimed = self._claims.claim(most, needed=needed, ended=ended)
        self._hand_out(claimed)
        return bool(claimed)

    def _hand_out(self, stack_ids: Sequence[int]) -> None:
        with self._condition:
            self._outstanding += len(stack_ids)
        for work in self._run.list_work(stack_ids) if stack_ids else ():
            self._queue.put(work)

    def _wait(self) -> None:
        with self._condition:
            self._gate.clock.wait(self._condition, IDLE_SECONDS)

    def _check(self) -> None:
        """Have all answers compared with the stored list by one of the processes; wait until that is done."""
        while not self._gate.is_closed and not self._pace.read().is_checked:
            if self._settler.is_chosen():
                if self._send.final_check:
                    check_run(self._shared, self._tell)
                if not self._gate.is_closed:
                    self._pace.set_checked()
            else:
                self._gate.sleep(IDLE_SECONDS)

    def _work_stacks(self) -> None:
        """Work on one stack after the other; a claim is given up only when the last answer is on disk."""
        while (work := self._queue.get()) is not None:
            stack_id = work[0].id
            self._mine.has_parked = False
            try:
                if not self._gate.is_closed:
                    carry = Shift(self._shared, *work).work()
                    if carry:
                        self._shared.write(*carry)
                with self._condition:
                    if not (self._gate.is_closed or self._mine.has_parked):
                        self._ended.append(stack_id)
            finally:
                with self._condition:
                    self._outstanding -= 1
                    # Towards the end nothing is at hand any more: each worker that has ended looks for the next.
                    if self._outstanding < self._send.workers or self._outstanding == FEWEST * self._send.workers:
                        self._condition.notify_all()

    def _park(self, parked: Parked) -> None:
        """Leave a stack to whoever settles; its own request is over."""
        self._mine.has_parked = True
        self._claims.park(make_claim(parked))

    def _tell(self, event: Event) -> None:
        with self._watch_lock:
            self._context.watch(event)

    def _tell_end(self, outcome: Outcome) -> None:
        if outcome.status not in GOOD_STATUSES:
            with self._condition:
                self._failed += 1
            if self._allowed is not None:
                self._count_failed()
        self._tell(RowEnded(outcome))

    def _note_pause(self, seconds: float, reason: str) -> None:
        self._tell(Paused(seconds, reason))
        self._journal.write(Log(self._context.clock.time(), "pause", f"{seconds:.1f} s: {reason}"))
