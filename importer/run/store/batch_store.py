"""The store of a run on a server as whoever stages one batch of its inputs sees it: all of it is one transaction."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

from importer.errors import StorageError
from importer.run import tables
from importer.run.store.postgres import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

    from importer.model import ServerPlace


class BatchStore(PostgresStore):
    """A run on a server, open for one batch, in the name of the process that holds its lock.

    Args:
        place: the run.
        token: of the process that stages the run; without it, or once another one has taken over, nothing is written.
        first_issue: number of the batch's first issue. Issues are numbered as if the batches came one after the other.
    """

    def __init__(self, place: ServerPlace, token: str, first_issue: int) -> None:
        super().__init__(place, None, token=token)
        self._issues = itertools.count(first_issue)
        self._connection: sa.Connection | None = None

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Give the transaction, which ends with the block: all of it is on disk then, or nothing."""
        with super().write() as connection:
            self._connection = connection
            try:
                yield connection
            finally:
                self._connection = None

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give the transaction."""
        yield self._require()

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give the transaction."""
        yield self._require()

    def load(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], values: Sequence[tuple[object, ...]]
    ) -> None:
        """Insert rows by COPY; issues get their numbers."""
        if table is tables.issues:
            columns = ("id", *columns)
            values = [(number, *each) for each, number in zip(values, self._issues, strict=False)]
        super().load(connection, table, columns, values)

    def _require(self) -> sa.Connection:
        if self._connection is None:
            raise StorageError(f"The batch of the run {self.place} has ended.")
        return self._connection
