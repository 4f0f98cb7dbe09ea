"""The runs of a database, as wholes: which there are, and how one goes or takes another's place."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from importer.errors import RunFileError
from importer.model import ServerPlace
from importer.run.store.batch_store import BatchStore
from importer.run.store.crew_store import CrewStore
from importer.run.store.postgres import PostgresStore
from importer.run.store.server import LOCK_KEY, connect, name_lock, name_schema, server_errors
from importer.run.store.workers import count_workers, stop_workers

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class ServerRuns:
    """The runs of the database at an address."""

    address: str

    def create(self, name: str, fill: Callable[[sa.Connection], None]) -> PostgresStore:
        """Make a new run; see `PostgresStore.create`."""
        return PostgresStore.create(ServerPlace(self.address, name), fill)

    def open(self, name: str, *, readonly: bool) -> PostgresStore:
        """Open a run; see `PostgresStore.open`."""
        return PostgresStore.open(ServerPlace(self.address, name), readonly=readonly)

    def join(self, name: str, *, is_first: bool) -> CrewStore:
        """Join the processes that work on a run; see `CrewStore.join`."""
        return CrewStore.join(ServerPlace(self.address, name), is_first=is_first)

    def stop(self, name: str, words: str) -> int:
        """End a run for all processes that are at work on it, and return how many they are.

        Raises:
            RunFileError: there is no such run.
            StorageError: the server can't be reached.
        """
        place = ServerPlace(self.address, name)
        if not self.has(name):
            raise RunFileError(f"There is no run {place}.")
        with server_errors(place), connect(place) as session:
            return stop_workers(session, place, words)

    def count_at_work(self, name: str) -> int:
        """Return how many processes are at work on a run that hasn't been stopped for all.

        Raises:
            StorageError: the server can't be reached.
        """
        place = ServerPlace(self.address, name)
        with server_errors(place), connect(place, readonly=True) as session:
            return count_workers(session, place)

    def open_batch(self, name: str, token: str, first_issue: int) -> BatchStore:
        """Open a run for staging one batch; see `BatchStore`."""
        return BatchStore(ServerPlace(self.address, name), token, first_issue)

    def list_places(self) -> list[ServerPlace]:
        """Return where the runs are, by their names.

        Raises:
            StorageError: the server can't be reached.
        """
        place = ServerPlace(self.address, "")
        query = r"SELECT substr(nspname, 5) FROM pg_namespace WHERE nspname ~ '^run_[a-z0-9_]{1,50}$' ORDER BY nspname"
        with server_errors(place), connect(place, autocommit=True, readonly=True) as session:
            return [ServerPlace(self.address, name) for (name,) in session.execute(query)]

    def has(self, name: str) -> bool:
        """Tell whether there is a run of a name."""
        place = ServerPlace(self.address, name)
        with server_errors(place), connect(place, autocommit=True, readonly=True) as session:
            return _has_schema(session, name)

    def remove(self, name: str) -> None:
        """Remove a run that nobody has open, if it is there."""
        place = ServerPlace(self.address, name)
        drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name_schema(name)))
        with server_errors(place), connect(place) as session:
            _require_unread(session, place)
            session.execute(drop)

    def replace(self, fresh: str, name: str, *, at: float) -> None:
        """Put a new run in the place of an old one, which is kept under another name; the place is never empty.

        Raises:
            RunFileError: another program reads the old one, and would go on with the new one's tables.
        """
        rename = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
        place = ServerPlace(self.address, name)
        with server_errors(place), connect(place) as session:
            _require_unread(session, place)
            own, new = sql.Identifier(name_schema(name)), sql.Identifier(name_schema(fresh))
            old = sql.Identifier(name_schema(_choose_old_name(session, name, at=at)))
            session.execute(rename.format(own, old))
            session.execute(rename.format(new, own))


def _require_unread(session: psycopg.Connection, place: ServerPlace) -> None:
    """Keep readers out until the transaction's end; none may be at it."""
    query = f"SELECT pg_try_advisory_xact_lock({LOCK_KEY})"
    found = session.execute(query, (name_lock(place, "place"),)).fetchone()
    if found != (True,):
        raise RunFileError(f"Another program has {place} open. Close it there, then try again. Nothing was sent.")


def _has_schema(session: psycopg.Connection, name: str) -> bool:
    query = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
    return session.execute(query, (name_schema(name),)).fetchone() is not None


def _choose_old_name(session: psycopg.Connection, name: str, *, at: float) -> str:
    stem = f"{name[:25]}_old_{time.strftime('%Y%m%d_%H%M%S', time.localtime(at))}"
    chosen, number = stem, 1
    while _has_schema(session, chosen):
        number += 1
        chosen = f"{stem}_{number}"
    return chosen
