"""A run as an object: made once, opened by whoever works on it or reads it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from importer.errors import RunFileError
from importer.model import Status
from importer.run import tables
from importer.run.queue import RunQueue
from importer.run.records import InputRecord, RunMeta
from importer.run.store.places import create_store, open_store
from importer.run.tables import State
from importer.settings import read_run_place

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from importer.model import RunPlace

REOPENABLE = frozenset({Status.FAILED, Status.REFUSED, Status.CONFLICT})
"""The statuses of rows that aren't in, and may be tried again."""


class RunFile(RunQueue):
    """An open run; a context manager. Readers may be many, the writer holds the lock."""

    @classmethod
    def create(cls, place: str | RunPlace, meta: RunMeta) -> Self:
        """Make a new run, and hold its lock.

        Raises:
            RunFileError: something stands at that place already.
            SettingsError: the place can't be used.
            StorageError: it can't be written.
        """

        def fill(connection: sa.Connection) -> None:
            tables.metadata.create_all(connection, checkfirst=False)  # whatever stood there was refused
            connection.execute(tables.meta.insert(), [{"key": "run", "value": _dump_meta(meta)}])

        return cls(create_store(read_run_place(place), fill))

    @classmethod
    def open(cls, place: str | RunPlace, *, readonly: bool = True) -> Self:
        """Open a run that exists; for writing also take its lock.

        Raises:
            RunFileError: no such run, not a run file, of another schema version, or held by another process.
            SettingsError: the place can't be used.
            StorageError: it can't be read.
        """
        return cls(open_store(read_run_place(place), readonly=readonly))

    def close(self) -> None:
        """Close it; what a writer leaves behind can be read from elsewhere too."""
        self.end_reading()
        self.store.close()

    def seal(self) -> None:
        """End all work on it but keep its lock, so that it can be moved before another process may go on with it."""
        self.end_reading()
        self.store.seal()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close it."""
        self.close()

    def require_whole(self) -> None:
        """Refuse a run whose inputs weren't read to their end: of half of its rows nothing can be told truly.

        Raises:
            RunFileError: it is such a run.
        """
        if not self.meta.staged:
            raise RunFileError(
                f"The inputs of {self.place} weren't read to the end, and nothing was sent. Import them again."
            )

    def set_meta(self, meta: RunMeta) -> None:
        """Replace what the file says of its run as a whole."""
        with self.store.write() as connection:
            connection.execute(tables.meta.update().where(tables.meta.c.key == "run").values(value=_dump_meta(meta)))

    def add_inputs(self, records: Sequence[InputRecord]) -> None:
        """Record the inputs as they were when they were read."""
        with self.store.write() as connection:
            connection.execute(
                tables.inputs.insert(),
                [{name: getattr(record, name) for name in InputRecord.__slots__} for record in records],
            )

    def add_event(self, kind: str, text: str) -> None:
        """Record something that happened to the run as a whole, now."""
        with self.store.write() as connection:
            connection.execute(tables.events.insert(), [{"at": time.time(), "kind": kind, "text": text}])

    def set_verified(self, verdicts: Sequence[tuple[int, str]]) -> None:
        """Note what comparing rows with the server's listing came to: (seq, words)."""
        change = (
            tables.rows.update()
            .where(tables.rows.c.seq == sa.bindparam("b_seq"))
            .values(verified=sa.bindparam("b_words"))
        )
        if verdicts:
            with self.store.write() as connection:
                connection.execute(change, [{"b_seq": seq, "b_words": words} for seq, words in verdicts])

    def set_undo(self, stack_id: int, undo: str) -> None:
        """Note how far undoing a stack has come; once done, its rows count as not sent."""
        row = tables.rows.c
        in_place = [Status.CREATED.value, Status.UPDATED.value]
        with self.store.write() as connection:
            connection.execute(tables.stacks.update().where(tables.stacks.c.id == stack_id).values(undo=undo))
            if undo == "done":
                connection.execute(
                    tables.rows.update()
                    .where(row.stack_id == stack_id, row.status.in_(in_place))
                    .values(status=Status.NOT_SENT.value, record_id=None, message="undone on request")
                )

    def add_earlier(self, stored: Mapping[tuple[int, int], str], targets: Mapping[str, int]) -> None:
        """Note what an earlier import into this file stored: position -> record, sample name -> target material."""
        values = [
            {"sample_id": sample_id, "layer_id": layer_id, "payload": body}
            for (sample_id, layer_id), body in stored.items()
        ]
        named = [{"sample_name": name, "target_id": target_id} for name, target_id in targets.items()]
        with self.store.write() as connection:
            if values:
                connection.execute(tables.earlier.insert(), values)
            if named:
                connection.execute(tables.earlier_targets.insert(), named)

    def reopen(self, statuses: Collection[Status]) -> int:
        """Make rows that ended in some statuses, all known not to be stored, ready again; return how many."""
        row = tables.rows.c
        wanted = [status.value for status in statuses if status in REOPENABLE]
        change = (
            tables.rows.update()
            .where(row.state == State.DONE.value, row.status.in_(wanted), row.payload.is_not(None))
            .values(state=State.READY.value, status=None, message="", rounds=0)
        )
        with self.store.write() as connection:
            return int(connection.execute(change).rowcount)


def _dump_meta(meta: RunMeta) -> str:
    return json.dumps({name: getattr(meta, name) for name in RunMeta.__slots__})
