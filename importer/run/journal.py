"""The one writer of a running import: what workers report becomes durable in groups, one sync a group.

A worker that must know that its entry is on disk waits for the group's commit; while the disk syncs, the entries of
all other workers gather for the next group. So the cost of durability is one sync a group, not a row.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Self

from importer.errors import ImporterError, StorageError
from importer.run.statements import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine.interfaces import DBAPICursor

    from importer.run.file import RunFile
    from importer.run.journal_entries import Entry

MAX_GROUP = 1_000
"""Entries committed at once at the most."""
PATIENCE = 0.001
"""Seconds that a ticket waits for others; at a store that others write too, it may be more."""
ALIVE_SECONDS = 1.0
"""Seconds after which a waiting worker looks whether the writer still lives."""


class Ticket:
    """A worker's place in a group: open when the group is on disk, or can't be.

    A bare lock that the writer releases; an event would cost a worker three times as much for each request.
    """

    __slots__ = ("done", "entries", "error", "is_refused")

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.done = threading.Lock()
        self.done.acquire()
        self.error: ImporterError | None = None
        self.is_refused = False


class Journal:
    """The writer thread; a context manager. ``write`` may be called from any thread."""

    def __init__(self, run: RunFile) -> None:
        self._run = run
        self._queue: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._error: ImporterError | None = None
        self._is_ended = False
        self._writers = {kind: run.store.make_writer(kind) for kind in STATEMENTS}

    def __enter__(self) -> Self:
        """Start the writer."""
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Write what was handed in, then end the writer."""
        self._queue.put(None)
        self._thread.join()

    def write(self, *entries: Entry) -> bool:
        """Return when the entries are on disk; False where that holds only of those that aren't an intent.

        An intent is refused where other processes share the run and one of them has shut the gate of all.

        Raises:
            StorageError: they can't be; nothing is written from then on, and a failed sync is never tried again.
            RunFileError: a row isn't in the state that the entry starts from.
        """
        ticket = Ticket(entries)
        self._queue.put(ticket)
        while not ticket.done.acquire(timeout=ALIVE_SECONDS):
            if not self._thread.is_alive():
                raise StorageError(f"The run file {self._run.place} is already closed.")
        if ticket.error is not None:
            raise ticket.error
        return not ticket.is_refused

    def _work(self) -> None:
        last = expected = 1
        patience = PATIENCE
        with self._run.store.engine.connect() as connection:
            while not self._is_ended and (first := self._queue.get()) is not None:
                group = self._gather(first, expected, patience)
                begun = time.monotonic()
                self._commit(connection, group)
                # Where many write, commits wait for each other: fewer and larger ones let all of them go faster.
                patience = max(PATIENCE, min(self._run.store.most_patience, (time.monotonic() - begun) / 2))
                # Rather one too few: at a slow server, where tickets come alone, none of them is to wait.
                expected, last = (last + len(group) - 1) // 2, len(group)

    def _gather(self, first: Ticket, expected: int, patience: float) -> list[Ticket]:
        """Return the tickets for one commit: all that wait, and as many as came of late if they come at once.

        Without that, groups swing between one and all the others, for whoever comes first is written alone while the
        others gather: half of the commits were for a single row. Idea: PostgreSQL's commit_delay.
        """
        group, size = [first], len(first.entries)
        until = time.monotonic() + patience
        while size < MAX_GROUP:
            try:
                if len(group) < expected:
                    following = self._queue.get(timeout=max(0.0, until - time.monotonic()))
                else:
                    following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._is_ended = True
                break
            group.append(following)
            size += len(following.entries)
        return group

    def _commit(self, connection: sa.Connection, group: list[Ticket]) -> None:
        if self._error is None:
            try:
                self._commit_group(connection, group)
            except ImporterError as error:
                self._error = error
            except Exception as error:  # noqa: BLE001  # a writer that dies in silence would hang every worker
                self._error = StorageError(f"The run file {self._run.place} can't be written ({error!r}).")
        for ticket in group:
            ticket.error = self._error
            ticket.done.release()

    def _commit_group(self, connection: sa.Connection, group: Sequence[Ticket]) -> None:
        by_kind: dict[type[Entry], list[Entry]] = {}
        for ticket in group:
            for entry in ticket.entries:
                by_kind.setdefault(type(entry), []).append(entry)
        with self._run.store.catch(), connection.begin():
            cursor = connection.connection.cursor()
            self._run.store.fence(cursor)
            self._write_kinds(cursor, by_kind)

    def _write_kinds(self, cursor: DBAPICursor, by_kind: Mapping[type[Entry], Sequence[Entry]]) -> None:
        for kind, writer in self._writers.items():
            if kind in by_kind:
                writer.write(cursor, by_kind[kind])
