"""The store of a run on a server as one of several processes has it that send from it side by side."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psycopg
import sqlalchemy as sa

from importer.errors import AbortedError, RunFileError
from importer.machine.processes import ProcessMark, is_proven_dead, mark_process
from importer.run.store.postgres import PostgresStore
from importer.run.store.server import LOCK_KEY, connect, name_lock
from importer.run.store.workers import ELDERS, FENCE_PATIENCE, LOST, OTHERS, hand_back, name_worker_locks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine.interfaces import DBAPICursor

    from importer.model import ServerPlace

_FENCE_AND_GATE = """
    SELECT w.fenced_at IS NOT NULL, extract(epoch FROM g.open_at - clock_timestamp())::float8, g.failures, g.error
    FROM worker w, gate g WHERE w.id = %s FOR SHARE OF w
"""
"""The fence, and the gate of all, in one look. Whoever fences this worker waits for the transaction under way; none
passes afterwards."""
_LOST_WORDS = "the process that was sending it was lost from sight"
_DEAD_WORDS = "the process that was sending it has died"
_LEFT_WORDS = "the process that was sending it has left"


@dataclass(frozen=True, slots=True)
class Passed:
    """What a process sees of the gate of all when it passes its fence.

    Attributes:
        pause: seconds for which nobody begins a request; none if it isn't above 0.
        failures: pauses one after the other, without a success between them.
        error: why nothing more is sent by anybody; None where it is.
    """

    pause: float
    failures: int
    error: str | None

    @property
    def is_open(self) -> bool:
        """Whether a request may be begun."""
        return self.pause <= 0 and self.error is None


class CrewStore(PostgresStore):
    """A run on a server, open for one of the processes that share the work; others write it at the same time.

    Attributes:
        number: of this process among all that ever worked on the run.
    """

    def __init__(self, place: ServerPlace, session: psycopg.Connection) -> None:
        super().__init__(place, session)
        self._session, self._session_lock = session, threading.Lock()
        self._pacer: psycopg.Connection | None = None
        self._pacer_lock = threading.Lock()
        self.number = 0

    @classmethod
    def join(cls, place: ServerPlace, *, is_first: bool) -> Self:
        """Become one of those that work on a run.

        Args:
            place: where the run is.
            is_first: this process has the right to write the run, and opens it for others later.

        Raises:
            RunFileError: no such run, or it isn't open for work.
            StorageError: the server can't be reached.
        """
        store = cls(place, connect(place, autocommit=True))
        try:
            store._check_version()
            store._begin(is_first=is_first)
        except BaseException:
            store.close()
            raise
        return store

    def _begin(self, *, is_first: bool) -> None:
        """Take a number, then its lock, then be seen: in any other order this process would look dead to others."""
        ((is_made,),) = self.ask("SELECT to_regclass('gate') IS NOT NULL")
        if not is_made:
            raise self._refuse_closed()
        ((number,),) = self.ask("SELECT nextval('worker_number')")
        ((has_lock,),) = self.ask(
            f"SELECT pg_try_advisory_lock({LOCK_KEY})", f"{name_worker_locks(self._server)}{number}"
        )
        if not has_lock:
            raise RunFileError(f"The run {self.place} has a lock that none of its processes has taken.")
        mark = mark_process()
        with self.catch(), self.engine.begin() as connection:
            (is_open,) = connection.exec_driver_sql("SELECT is_open FROM gate FOR SHARE").one()
            if not (is_open or is_first):
                raise self._refuse_closed()
            connection.exec_driver_sql(
                "INSERT INTO worker (id, host, boot, pid_space, pid, pid_started) VALUES (%s, %s, %s, %s, %s, %s)",
                (number, mark.host, mark.boot, mark.pid_space, mark.pid, mark.started),
            )
        self.number = int(number)

    def _refuse_closed(self) -> RunFileError:
        return RunFileError(
            f"The run {self.place} isn't open for work: nothing of it is being sent now. If it is about to be, by "
            "`import`, `apply` or `resume` elsewhere, try again once that says how many rows it sends."
        )

    def fence(self, cursor: DBAPICursor) -> None:
        """Refuse to write once another process has fenced this one, and keep it from doing so for the transaction."""
        self.pass_fence(cursor)

    def pass_fence(self, cursor: DBAPICursor) -> Passed:
        """Do as `fence`, and return what is seen of the gate of all.

        Raises:
            AbortedError: this process is fenced.
        """
        cursor.execute(_FENCE_AND_GATE, (self.number,))
        found = cursor.fetchone()
        if found is None or found[0]:
            raise self.refuse_lost()
        _, pause, failures, error = found
        return Passed(float(pause), int(failures), None if error is None else str(error))

    def refuse_lost(self) -> AbortedError:
        """Return what ends a process whose session is gone."""
        return AbortedError(
            "The other processes have lost sight of this one, because its session on the database ended. Nothing more "
            "is sent from here; what it was sending is looked up by the others.",
            self.place,
        )

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask in the session by which others see that this process lives, where each statement is by itself."""
        with self._session_lock, self.catch():
            try:
                return _ask(self._session, query, values)
            except psycopg.Error as error:
                if self._session.closed and self.number:
                    raise self.refuse_lost() from error
                raise

    def pace(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask in a session of its own whose changes may be lost in a crash: never for what a request depends on."""
        with self._pacer_lock, self.catch():
            if self._pacer is None:
                self._pacer = connect(self._server, autocommit=True)
                self._pacer.execute("SET synchronous_commit = off")
            return _ask(self._pacer, query, values)

    def is_seen(self) -> bool:
        """Tell whether the session still stands by which others see that this process lives."""
        try:
            with self._session_lock:
                self._session.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def try_lock(self, what: str) -> bool:
        """Take a lock of the run for as long as this process lives; tell whether nobody else has it."""
        ((taken,),) = self.ask(f"SELECT pg_try_advisory_lock({LOCK_KEY})", name_lock(self._server, what))
        return bool(taken)

    def has_elders(self) -> bool:
        """Tell whether a process that joined before this one is at work."""
        return bool(self.ask(ELDERS, self.number, name_worker_locks(self._server)))

    def count_others(self) -> int:
        """Return how many other processes are at work."""
        return len(self.ask(OTHERS, self.number, name_worker_locks(self._server)))

    def is_going(self) -> bool:
        """Tell whether the run hasn't been ended for all."""
        return bool(self.ask("SELECT 1 FROM gate WHERE error IS NULL"))

    def take_over_lost(self) -> list[tuple[ProcessMark, bool]]:
        """Fence the workers that nobody sees any more, and give back what they had claimed.

        Returns which, and of each whether it may be alive all the same.
        """
        found = []
        for number, *values in self.ask(LOST, self.number, name_worker_locks(self._server)):
            mark = ProcessMark(*values)
            is_lost = not is_proven_dead(mark)
            if self._fence_off(int(number), lost=is_lost):
                found.append((mark, is_lost))
        return found

    def _fence_off(self, number: int, *, lost: bool) -> bool:
        try:
            with self.write() as connection:
                cursor = connection.connection.cursor()
                cursor.execute(f"SET LOCAL lock_timeout = '{FENCE_PATIENCE}'")
                name = f"{name_worker_locks(self._server)}{number}"
                cursor.execute(f"SELECT pg_try_advisory_xact_lock({LOCK_KEY})", (name,))
                if cursor.fetchone() != (True,):
                    return False
                cursor.execute(
                    "UPDATE worker SET fenced_at = clock_timestamp() WHERE id = %s AND fenced_at IS NULL", (number,)
                )
                if cursor.rowcount == 1:
                    hand_back(cursor, number, words=_LOST_WORDS if lost else _DEAD_WORDS, lost=lost)
                    return True
        except AbortedError as error:
            # A transaction of a process that stands still has it yet: its lock is waited for at the next look.
            if not isinstance(_find_cause(error), psycopg.errors.LockNotAvailable):
                raise
        return False

    def say_goodbye(self) -> None:
        """Leave the run: what this process has claimed and not ended is given back, and it writes nothing more.

        None of its requests may be under way any more.
        """
        with self.write() as connection:
            cursor = connection.connection.cursor()
            hand_back(cursor, self.number, words=_LEFT_WORDS, lost=False)
            cursor.execute(
                "UPDATE worker SET ended_at = clock_timestamp(), fenced_at = clock_timestamp() WHERE id = %s",
                (self.number,),
            )

    def close(self) -> None:
        """End all sessions; the last is the one by which others see that this process lives."""
        if self._pacer is not None:
            self._pacer.close()
        super().close()


def _ask(session: psycopg.Connection, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    cursor = session.execute(query.encode(), values)
    return cursor.fetchall() if cursor.description else []


def _find_cause(error: AbortedError) -> BaseException | None:
    cause = error.__cause__
    return cause.orig if isinstance(cause, sa.exc.DBAPIError) else cause
