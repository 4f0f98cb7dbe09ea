"""Staging a run on a server in batches that are read side by side: each is stored whole and once, then they are joined.

Rows are numbered by their input: its ordinal times `INPUT` plus their place in it, so that who reads one input needn't
know how many rows those before it have. A stack has the number of its first row. So the order of all rows, stacks,
sheets and issues is the same as if one process had read the inputs one after the other.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from importer.model import Status
from importer.run import tables
from importer.run.file import RunFile
from importer.run.store.places import open_batch_store
from importer.run.tables import State
from importer.run.write import Stager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.model import ServerPlace

INPUT = 2**32
"""Rows, sheets or issues that an input may have."""
_batches = sa.Table(
    "batch",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("rows", sa.BigInteger),
    sa.Column("facts", sa.Text),
    sa.Column("seen", sa.LargeBinary),
)
"""There only while a run is being staged."""
_PATIENCE = 900
"""Seconds that a process at most waits for another one that is at the same batch; it may have been stopped."""
_FIND_COPIES = """
    CREATE TEMP TABLE copy ON COMMIT DROP AS
    SELECT id, first FROM (
        SELECT id, min(id) OVER (PARTITION BY sample_id, CASE WHEN sample_id IS NULL THEN sample_name END) AS first
        FROM stack
    ) AS numbered WHERE id <> first
"""
"""Stacks whose rows stand in several batches: each of these has given the stack a number."""
_JOIN_STACKS = (
    _FIND_COPIES,
    "ANALYZE copy",
    "UPDATE row SET stack_id = copy.first FROM copy WHERE row.stack_id = copy.id",
    "DELETE FROM stack USING copy WHERE stack.id = copy.id",
)
_END = (
    "SELECT setval(pg_get_serial_sequence('issue', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM issue), false)",
    "ANALYZE row, stack, sheet, issue",
)


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """A batch that is stored.

    Attributes:
        number: its own.
        rows: how many rows it has.
        facts: what else whoever staged it wrote of it, as JSON.
        seen: what the rules across the run need of its rows, packed.
    """

    number: int
    rows: int
    facts: str
    seen: bytes


class BatchStager(Stager):
    """Gives the rows of one batch their stack and writes them.

    Args:
        run: opened by `open_batch`.
        first: ordinal of the batch's first input over the whole run.
    """

    def __init__(self, run: RunFile, first: int) -> None:
        super().__init__(run)
        self._first = first
        self.shift = 0
        """What is added to the ordinal of a row within the batch to make its number: it differs by input."""

    def _number_rows(self, start: int) -> int:
        return start + self.shift

    def _number_sheet(self) -> int:
        return self._first * INPUT + len(self._sheets)

    def _number_stack(self, seq: int) -> int:
        return seq


def begin_batches(run: RunFile) -> None:
    """Prepare a new run on a server for being staged in batches."""
    with run.store.write() as connection:
        _batches.create(connection)


@contextlib.contextmanager
def open_batch(place: ServerPlace, token: str, *, number: int, first: int) -> Iterator[RunFile | None]:
    """Give a run for staging one batch, which is stored as a whole when the block ends; None if it is stored already.

    A second process that is at the same batch is waited for.

    Args:
        place: the run, while another process holds its lock.
        token: of that process.
        number: of the batch.
        first: ordinal of its first input over the whole run.

    Raises:
        RunFileError: that process is gone, or the run has been staged by now.
        StorageError: the server can't be reached.
    """
    store = open_batch_store(place, token, first * INPUT)
    try:
        with store.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}s'")
            mark = sa.text("INSERT INTO batch (id) VALUES (:number) ON CONFLICT DO NOTHING")
            is_new = connection.execute(mark, {"number": number}).rowcount == 1
            yield RunFile(store) if is_new else None
    finally:
        store.close()


def end_batch(run: RunFile, batch: StagedBatch) -> None:
    """Write what is to be known of a batch; the last thing before it is stored."""
    with run.store.write() as connection:
        known = {"rows": batch.rows, "facts": batch.facts, "seen": batch.seen}
        connection.execute(_batches.update().where(_batches.c.id == batch.number).values(known))


def list_staged(run: RunFile) -> set[int]:
    """Return the numbers of the batches that are stored."""
    with run.store.read() as connection:
        return set(connection.execute(sa.select(_batches.c.id)).scalars())


def iter_batches(run: RunFile) -> Iterator[StagedBatch]:
    """Yield the batches by their numbers."""
    for number in sorted(list_staged(run)):
        with run.store.read() as connection:
            yield StagedBatch(*connection.execute(sa.select(_batches).where(_batches.c.id == number)).one())


def join_batches(run: RunFile) -> None:
    """Make one stack of those that several batches have rows of; rows and issues may be added as usual from then on."""
    with run.store.write() as connection:
        for statement in _JOIN_STACKS:
            connection.exec_driver_sql(statement)
    with run.store.write() as connection:
        for statement in _END:
            connection.exec_driver_sql(statement)
        _batches.drop(connection)


def stop_rows(run: RunFile, first: int) -> None:
    """Make the rows from one on that could be sent invalid, as rows are that never got a body."""
    row = tables.rows.c
    change = tables.rows.update().where(row.seq >= first, row.state == State.READY.value)
    with run.store.write() as connection:
        connection.execute(
            change.values(state=State.DONE.value, status=Status.INVALID.value, payload=None, fingerprint=None)
        )
