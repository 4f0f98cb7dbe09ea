"""The one writer of a running import: what workers report becomes durable in groups, one sync a group.

A worker that must know that its entry is on disk waits for the group's commit; while the disk syncs, the entries of
all other workers gather for the next group. So the cost of durability is one sync a group, not a row.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from importer.errors import ImporterError, RunFileError, StorageError
from importer.run import tables
from importer.run.engine import storage_errors
from importer.run.tables import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from importer.model import Status
    from importer.run.file import RunFile
    from importer.run.tables import Action, Step

MAX_GROUP = 1_000
"""Entries committed at once at the most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request for a row ended, for the attempt log."""

    seq: int
    number: int
    begun_at: float
    seconds: float
    http_status: int | None
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class Aimed:
    """Where a stack's layers go: its id on the server, by which call, and what stood there before.

    ``before`` is the JSON text of the server's layers when the stack was planned; only the first one given counts, for
    later ones would show our own work.
    """

    stack_id: int
    target_id: int | None
    action: Action
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """What the plan means to do about a row, and how the server's record differs."""

    seq: int
    step: Step
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The body of a row that isn't sent yet, as JSON text."""

    seq: int
    payload: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement was made for a row and it is still to be sent: one round more."""

    seq: int


@dataclass(frozen=True, slots=True)
class Release:
    """A row in state *sending* is known not to be stored: it is ready again."""

    seq: int


@dataclass(frozen=True, slots=True)
class End:
    """A row's answer."""

    seq: int
    status: Status
    record_id: int | None
    http_status: int | None
    message: str
    at: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a row that is ready isn't sent for now."""

    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A request for a row is about to begin. It must be durable before the first byte leaves."""

    seq: int
    at: float


@dataclass(frozen=True, slots=True)
class Log:
    """Something that happened to the run as a whole."""

    at: float
    kind: str
    text: str


Entry = Answer | Aimed | Stepped | Rewrite | Settled | Release | End | Hold | Intent | Log

_ROW = tables.rows.c
_SEQ = _ROW.seq == sa.bindparam("b_seq")
_UPDATE = tables.rows.update()

# The order matters where one worker hands in several entries for one row: a row is released before its body is
# written anew, and both before it is claimed again. A claim is a compare-and-set, so that no two workers can ever own
# a row.
_STATEMENTS: dict[type[Entry], sa.Insert | sa.Update] = {
    Answer: tables.attempts.insert(),
    Aimed: tables.stacks.update()
    .where(tables.stacks.c.id == sa.bindparam("b_stack_id"))
    .values(
        target_id=sa.bindparam("b_target_id"),
        action=sa.bindparam("b_action"),
        before=sa.func.coalesce(tables.stacks.c.before, sa.bindparam("b_before", type_=sa.Text)),
    ),
    Stepped: _UPDATE.where(_SEQ).values(
        step=sa.bindparam("b_step"), difference=sa.bindparam("b_difference", type_=sa.Text)
    ),
    Settled: _UPDATE.where(_SEQ).values(rounds=_ROW.rounds + 1),
    Release: _UPDATE.where(_SEQ, _ROW.state == State.SENDING.value).values(state=State.READY.value),
    Rewrite: _UPDATE.where(_SEQ, _ROW.state == State.READY.value).values(payload=sa.bindparam("b_payload")),
    End: _UPDATE.where(_SEQ, _ROW.state != State.DONE.value).values(
        state=State.DONE.value,
        status=sa.bindparam("b_status"),
        record_id=sa.func.coalesce(sa.bindparam("b_record_id", type_=sa.BigInteger), _ROW.record_id),
        http_status=sa.func.coalesce(sa.bindparam("b_http_status", type_=sa.Integer), _ROW.http_status),
        message=sa.bindparam("b_message"),
        ended_at=sa.bindparam("b_at"),
    ),
    Hold: _UPDATE.where(_SEQ, _ROW.state != State.DONE.value).values(message=sa.bindparam("b_message")),
    Intent: _UPDATE.where(_SEQ, _ROW.state == State.READY.value).values(
        state=State.SENDING.value,
        attempts=_ROW.attempts + 1,
        message="",
        last_sent_at=sa.bindparam("b_at"),
        first_sent_at=sa.func.coalesce(_ROW.first_sent_at, sa.bindparam("b_at")),
    ),
    Log: tables.events.insert(),
}
_COMPARE_AND_SET = (Rewrite, Release, End, Intent)


class _Ticket:
    """A worker's place in a group: set when the group is on disk, or can't be."""

    __slots__ = ("done", "entries", "error")

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.done = threading.Event()
        self.error: ImporterError | None = None


class Journal:
    """The writer thread; a context manager. ``write`` may be called from any thread."""

    def __init__(self, run: RunFile) -> None:
        self._run = run
        self._queue: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._error: ImporterError | None = None

    def __enter__(self) -> Self:
        """Start the writer."""
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Write what was handed in, then end the writer."""
        self._queue.put(None)
        self._thread.join()

    def write(self, *entries: Entry) -> None:
        """Return when the entries are on disk.

        Raises:
            StorageError: they can't be; nothing is written from then on, and a failed sync is never tried again.
            RunFileError: a row isn't in the state that the entry starts from.
        """
        ticket = _Ticket(entries)
        self._queue.put(ticket)
        while not ticket.done.wait(1.0):
            if not self._thread.is_alive():
                raise StorageError(f"The run file {self._run.path} is closed already.")
        if ticket.error is not None:
            raise ticket.error

    def _work(self) -> None:
        with self._run.engine.connect() as connection:
            ended = False
            while not ended:
                first = self._queue.get()
                if first is None:
                    return
                group, size = [first], len(first.entries)
                while size < MAX_GROUP and not self._queue.empty():
                    following = self._queue.get()
                    if following is None:
                        ended = True
                        break
                    group.append(following)
                    size += len(following.entries)
                self._commit(connection, group)

    def _commit(self, connection: sa.Connection, group: list[_Ticket]) -> None:
        if self._error is None:
            try:
                _commit_group(connection, [entry for ticket in group for entry in ticket.entries], self._run.path)
            except ImporterError as error:
                self._error = error
            except Exception as error:  # noqa: BLE001  # a writer that dies in silence would hang every worker
                self._error = StorageError(f"The run file {self._run.path} can't be written ({error!r}).")
        for ticket in group:
            ticket.error = self._error
            ticket.done.set()


def _commit_group(connection: sa.Connection, entries: Sequence[Entry], path: Path) -> None:
    with storage_errors(path), connection.begin():
        _execute(connection, entries)


def _execute(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    for kind, statement in _STATEMENTS.items():
        prefix = "" if isinstance(statement, sa.Insert) else "b_"
        values = [
            {f"{prefix}{name}": getattr(entry, name) for name in kind.__slots__}
            for entry in entries
            if type(entry) is kind
        ]
        if not values:
            continue
        changed = connection.execute(statement, values).rowcount
        if kind in _COMPARE_AND_SET and changed != len(values):
            raise RunFileError(
                f"{len(values) - changed} of {len(values)} rows were not in the state that '{kind.__name__.lower()}' "
                "starts from: something else has changed the run file. Nothing more is sent."
            )
