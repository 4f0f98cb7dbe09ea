"""The store of runs on a PostgreSQL server: a schema each, in which the tables have the names that they have in a file.

What a file gets from the system, a server gives in its own way: the right to write is an advisory lock of a session,
which the server frees when the process dies; whoever takes it leaves a token, without which nothing more is written
by whoever had it before and has lost it from sight.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING, Self

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from importer.errors import RunFileError
from importer.run import tables
from importer.run.soundness import read_meta
from importer.run.statements import ArrayWriter
from importer.run.store.server import LOCK_KEY, connect, name_lock, name_schema, server_errors
from importer.run.store.store import Store
from importer.run.store.workers import await_dying, keep_workers_out, make_tables
from importer.settings import word_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine.interfaces import DBAPICursor

    from importer.model import ServerPlace
    from importer.run.journal_entries import Entry

POOL = 40
"""Connections kept at the most: one for each worker that reads while others do."""
LOCK_PATIENCE = 2_000
"""Milliseconds in which the server may still notice that whoever had the lock has died."""
_LEAVE_ROOM = 'ALTER TABLE "row" SET (fillfactor = 50)'
"""Each row is written twice more when it is sent. With room for that in its own page, and no index that its state is
in, no index has to be written again: https://www.postgresql.org/docs/current/storage-hot.html"""
_GET_META = sa.select(tables.meta.c.value).where(tables.meta.c.key == sa.bindparam("b_key"))
_FENCE = "SELECT value FROM meta WHERE key = 'writer' FOR SHARE"
"""Waits for a process that is taking the run over, and keeps others from it until the transaction's end."""
_FIND_HOLDER = """
    SELECT application_name, client_addr FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)
"""


class PostgresStore(Store):
    """A run on a server, open; readers see it as it was at one moment."""

    most_patience = 0.01

    def __init__(self, place: ServerPlace, lock: psycopg.Connection | None, *, token: str = "") -> None:
        super().__init__(place, _make_engine(place, readonly=lock is None and not token))
        self._server, self._lock, self._token = place, lock, token
        self._moment: sa.Connection | None = None

    @classmethod
    def create(cls, place: ServerPlace, fill: Callable[[sa.Connection], None]) -> Self:
        """Make a new run and hold its lock.

        Args:
            place: where nothing is.
            fill: makes what a run begins with, in one transaction.

        Raises:
            RunFileError: there is a run of that name already.
            StorageError: it can't be written.
        """
        store = cls(place, _take_lock(place))
        try:
            with store.catch(), store.engine.begin() as connection:
                try:
                    connection.execute(sa.schema.CreateSchema(name_schema(place.name)))
                except sa.exc.ProgrammingError as error:
                    if isinstance(error.orig, psycopg.errors.DuplicateSchema):
                        raise _refuse_existing(place) from error
                    raise
                fill(connection)
                connection.exec_driver_sql(_LEAVE_ROOM)
                make_tables(connection)
                store._token = uuid.uuid4().hex  # its own
                version = {"key": "version", "value": str(tables.SCHEMA_VERSION)}
                connection.execute(tables.meta.insert(), [version, {"key": "writer", "value": store._token}])
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(cls, place: ServerPlace, *, readonly: bool) -> Self:
        """Open a run that exists; for writing also take its lock.

        Raises:
            RunFileError: no such run, one of another version, or held by another process.
            StorageError: the server can't be reached.
        """
        store = cls(place, None if readonly else _take_lock(place))
        try:
            if readonly:
                store._begin_moment()  # its own
            store._check_version()
            if not readonly:
                store._take_over()
        except BaseException:
            store.close()
            raise
        return store

    def _begin_moment(self) -> None:
        """Begin the transaction in which all is read; nothing takes the run's place as long as it lasts."""
        with self.catch():
            connection = self.engine.connect().execution_options(isolation_level="REPEATABLE READ")
            self._moment = connection
            free = connection.exec_driver_sql(
                f"SELECT pg_try_advisory_xact_lock_shared({LOCK_KEY})", (name_lock(self._server, "place"),)
            )
            if not free.scalar_one():
                raise RunFileError(
                    f"Another process is just putting another run in the place of {self.place}. Try again."
                )

    def _check_version(self) -> None:
        with self.read() as connection:
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar()
            if schema is None:
                raise RunFileError(f"There is no run {self.place}.")
            found = {str(key): str(value) for key, value in connection.execute(sa.select(tables.meta))}
        text = found.get("version", "")
        if not text.isdecimal() or "run" not in found:
            raise RunFileError(f"{self.place} isn't a run of this tool.")
        version = int(text)
        if version > tables.SCHEMA_VERSION:
            raise RunFileError(
                f"{self.place} has run file version {version}, but this tool reads only up to version "
                f"{tables.SCHEMA_VERSION}. Use the newer version of layer-importer that wrote it."
            )
        if self._lock is None and version < tables.SCHEMA_VERSION:
            raise RunFileError(
                f"{self.place} has the old run file version {version}. `{word_command('resume', self.place)}` updates "
                f"it to version {tables.SCHEMA_VERSION}."
            )
        read_meta(self.place, found["run"])

    def _take_over(self) -> None:
        """Bring a run of an older version up to date, and keep whoever wrote it before from writing more of it."""
        token, meta = uuid.uuid4().hex, tables.meta
        with self.read() as connection:
            await_dying(connection, self._server)
        with self.catch(), self.engine.begin() as connection:
            version = int(connection.execute(_GET_META.with_for_update(), {"b_key": "version"}).scalar_one())
            for number in range(version, tables.SCHEMA_VERSION):
                for statement in tables.MIGRATIONS[number]:
                    connection.exec_driver_sql(statement)
            current = {"version": str(tables.SCHEMA_VERSION), "writer": token}
            for key, value in current.items():
                connection.execute(meta.update().where(meta.c.key == key).values(value=value))
            make_tables(connection)
            keep_workers_out(connection, self._server)
        self._token = token

    @property
    def token(self) -> str:
        """By which whoever writes is known; another process that takes the run over has another one."""
        return self._token

    def catch(self) -> AbstractContextManager[None]:
        """Give a block in which the server's errors become ours."""
        return server_errors(self._server)

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection to read by: of a reader always the one that sees the run as it was when it was opened."""
        if self._moment is None:
            with super().read() as connection:
                yield connection
            return
        with self.catch():
            yield self._moment

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection to write by, to whoever still has the right."""
        with super().write() as connection:
            self.fence(connection.connection.cursor())
            yield connection

    def fence(self, cursor: DBAPICursor) -> None:
        """Refuse to write once another process has taken the run over, and keep others from it for the transaction.

        Raises:
            RunFileError: another process has.
        """
        cursor.execute(_FENCE)
        if cursor.fetchone() != (self._token,):
            raise RunFileError(
                f"Another process has taken the run {self.place} over: this one was lost from sight. Nothing more is "
                "sent from here."
            )

    def load(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], values: Sequence[tuple[object, ...]]
    ) -> None:
        """Insert rows by COPY."""
        if not values:
            return
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
        with connection.connection.cursor() as cursor, cursor.copy(command) as copy:  # type: ignore[attr-defined]
            for each in values:
                copy.write_row(each)

    def make_writer(self, kind: type[Entry]) -> ArrayWriter:
        """Return what writes entries of a kind.

        Places are found by order only in this way of writing them; everywhere else names are needed, for by them a
        value that stands twice in a statement is the same value.
        """
        return ArrayWriter(kind, PGDialect_psycopg(paramstyle="format"))  # type: ignore[no-untyped-call]

    def seal(self) -> None:
        """End all work on it but keep its lock."""
        if self._moment is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._moment.close()
            self._moment = None
        self.engine.dispose()

    def close(self) -> None:
        """Give the lock back, by ending the session that holds it."""
        self.seal()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _make_engine(place: ServerPlace, *, readonly: bool) -> sa.Engine:
    return sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(place, readonly=readonly),
        poolclass=sa.pool.QueuePool,
        pool_size=POOL,
        max_overflow=POOL,
        use_native_hstore=False,
    )


def _take_lock(place: ServerPlace) -> psycopg.Connection:
    """Return a session that holds the right to write a run.

    Raises:
        RunFileError: another process has it.
    """
    session = connect(place, autocommit=True)
    key = name_lock(place, "writer")
    try:
        with server_errors(place):
            try:
                session.execute(f"SET lock_timeout = {LOCK_PATIENCE}")
                session.execute(f"SELECT pg_advisory_lock({LOCK_KEY})", (key,))
            except psycopg.errors.LockNotAvailable:
                holder = session.execute(_FIND_HOLDER, (key,)).fetchone()
                who = f" ({holder[0]}, from {holder[1] or 'the server itself'})" if holder and holder[0] else ""
                raise RunFileError(
                    f"Another process is using the run {place}{who}. Wait until it ends, then resume."
                ) from None
    except BaseException:
        session.close()
        raise
    return session


def _refuse_existing(place: ServerPlace) -> RunFileError:
    return RunFileError(
        f"{place} exists already. Continue it with `{word_command('resume', place)}`, or name another run with --run."
    )
