"""What goes on in the background: one send, look-up or undoing at a time, watched and stopped."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.context import Context
from importer.errors import BusyError, ImporterError
from importer.events import (
    Advanced,
    ListingRead,
    Notice,
    Paused,
    Phase,
    RowEnded,
    RowsRead,
    SettlementStarted,
    SubmitStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.context import Writes
    from importer.events import Event

MAX_EVENTS = 1_000
_COUNTED = frozenset({"plan", "verify", "undo", "report"})


@dataclass(slots=True)
class Job:
    """Something that runs, or ran.

    Attributes:
        kind: ``plan``, ``apply``, ``resume``, ``verify``, ``undo``.
        run_id: the run that it is about, once it is known.
        stop: set to end it at the next safe point.
        counts: status -> rows that ended in it.
        rows: rows that are to end; 0 while it isn't known.
        read: rows read, or records of the stored list.
        phase: what is going on: ``starting``, ``reading``, ``listing``, ``plan``, ``verify``, ``undo``, ``sending``,
            ``settling``.
        done, total: how far the phase is, where its length is known; else 0.
        paused_until: monotonic time until which all wait, 0 for no pause.
        notes: what a person should know, the latest last.
        fault: why it ended before its end; empty where it didn't.
        result: what it came to, for the page.
        is_done: it has ended.
    """

    kind: str
    run_id: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    counts: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    read: int = 0
    phase: str = "starting"
    done: int = 0
    total: int = 0
    paused_until: float = 0.0
    pause: str = ""
    notes: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    told: int = 0
    fault: str = ""
    result: dict[str, object] = field(default_factory=dict)
    is_done: bool = False

    def watch(self, event: Event) -> None:
        """Take note of what happens; quick, and never raising."""
        if isinstance(event, RowEnded):
            self.counts[event.outcome.status.value] += 1
            self.phase = "sending"
        elif isinstance(event, RowsRead):
            self.read, self.phase = event.rows, "reading"
        elif isinstance(event, ListingRead):
            self.read, self.phase = event.records, "listing"
        elif isinstance(event, SubmitStarted):
            self.rows, self.phase = event.rows, "sending"
        elif isinstance(event, Paused):
            self.paused_until, self.pause = time.monotonic() + event.seconds, event.reason
        elif isinstance(event, SettlementStarted):
            self.phase = "settling"
        elif isinstance(event, Phase):
            self.phase, self.done, self.total = event.name, 0, event.total
        elif isinstance(event, Advanced):
            self.done += event.count
        elif isinstance(event, Notice):
            self.notes.append(event.text)
            self.told += 1

    def view(self, seen: int = 0) -> dict[str, object]:
        """Return how it stands, with the notes after those that were seen."""
        left = self.paused_until - time.monotonic()
        notes = list(self.notes)
        return {
            "kind": self.kind,
            "run": self.run_id,
            "phase": self.phase,
            "progress": [self.done, self.total] if self.phase in _COUNTED else None,
            "rows": self.rows,
            "read": self.read,
            "counts": dict(self.counts),
            "pause": {"seconds": round(left, 1), "reason": self.pause} if left > 0 else None,
            "notes": notes[max(0, len(notes) - (self.told - seen)) :] if self.told > seen else [],
            "told": self.told,
            "stopping": self.stop.is_set() and not self.is_done,
            "done": self.is_done,
            "fault": self.fault,
            "result": self.result,
        }


class Jobs:
    """At most one job at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.current: Job | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something runs."""
        return self.current is not None and not self.current.is_done

    def begin(
        self,
        kind: str,
        call: Callable[[Job, Context], dict[str, object]],
        *,
        run_id: str = "",
        confirm: Callable[[Writes], bool] | None = None,
    ) -> Job:
        """Begin something in the background.

        Args:
            kind: what it is.
            call: does it, and returns what it came to.
            run_id: the run that it is about, where there is one.
            confirm: asked just before the first write; None lets nothing be written.

        Raises:
            BusyError: something runs already.
        """
        with self._lock:
            if self.is_busy:
                raise BusyError("Something is still running. Wait for it to end, or stop it.")
            job = Job(kind, run_id)
            context = Context(watch=job.watch, stop=job.stop, confirm=confirm or _refuse_writes)
            self.current = job
            self._thread = threading.Thread(target=_run, args=(job, call, context), name="layer-importer-job")
            self._thread.start()
            return job

    def stop(self) -> None:
        """Have what runs end at the next safe point."""
        if self.current is not None:
            self.current.stop.set()

    def finish(self) -> None:
        """Stop what runs, and wait for its safe point."""
        self.stop()
        if self._thread is not None:
            self._thread.join()


def _refuse_writes(writes: Writes) -> bool:
    del writes
    return False


def _run(job: Job, call: Callable[[Job, Context], dict[str, object]], context: Context) -> None:
    try:
        job.result = call(job, context)
    except ImporterError as error:
        job.fault = str(error)
    except Exception as error:  # noqa: BLE001  # the page must learn of a defect; the thread has nobody else to tell
        job.fault = f"This is a defect in the program, please report it: {type(error).__name__}: {error}"
    finally:
        job.is_done = True
