"""What a store of runs offers to the room: connections whose errors are ours, loading, writing entries, an end."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    import sqlalchemy as sa
    from sqlalchemy.engine.interfaces import DBAPICursor

    from importer.model import RunPlace
    from importer.run.journal_entries import Entry
    from importer.run.statements import EntryWriter


class Store(ABC):
    """One run in its store, open; whoever opened it for writing is the only one who does.

    Attributes:
        most_patience: seconds that the journal may wait for more to write at once, where commits take long.
    """

    most_patience = 0.0

    def __init__(self, place: RunPlace, engine: sa.Engine) -> None:
        self.place = place
        self.engine = engine

    @property
    def token(self) -> str:
        """By which whoever writes is known to others that write for it; empty where nobody can."""
        return ""

    @abstractmethod
    def catch(self) -> AbstractContextManager[None]:
        """Give a block in which the database's errors become ours.

        Raises:
            RunFileError: there is no run at the place, or it is damaged.
            StorageError: it can't be read or written.
        """

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection to read by."""
        with self.catch(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection to write by; what is written is on disk after the block, or none of it is."""
        with self.catch(), self.engine.begin() as connection:
            yield connection

    def fence(self, cursor: DBAPICursor) -> None:  # noqa: B027  # nothing to do where the system keeps others out
        """Refuse to write once another process has the right to; the first thing in each transaction of the journal."""

    @abstractmethod
    def load(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], values: Sequence[tuple[object, ...]]
    ) -> None:
        """Insert many rows the fastest way.

        Args:
            connection: where.
            table: into which table.
            columns: the columns that are given; what isn't is NULL.
            values: a tuple a row.
        """

    @abstractmethod
    def make_writer(self, kind: type[Entry]) -> EntryWriter:
        """Return what writes entries of a kind."""

    @abstractmethod
    def seal(self) -> None:
        """End all work on it but keep its lock, so that it can be moved before another process may go on with it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it, after `seal`."""
