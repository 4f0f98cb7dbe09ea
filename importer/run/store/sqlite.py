"""The store of run files: SQLite."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from importer.errors import RunFileError
from importer.machine.files import replace_file
from importer.run import tables
from importer.run.soundness import check_tables, check_values, limit_look, read_meta
from importer.run.statements import STATEMENTS, EntryWriter, compile_statement
from importer.run.store.paths import choose_old_path
from importer.run.store.sqlite_files import RunLock, create_private_file, fold_log, make_engine, storage_errors
from importer.run.store.store import Store
from importer.settings import word_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from importer.run.journal_entries import Entry


class SqliteStore(Store):
    """A run file, open: SQLite's own protections, and the lock on a file beside it."""

    def __init__(self, path: Path, engine: sa.Engine, lock: RunLock | None) -> None:
        super().__init__(path, engine)
        self._path, self._lock, self._is_sealed = path, lock, False

    @classmethod
    def create(cls, path: Path, fill: Callable[[sa.Connection], None]) -> Self:
        """Make a new run file, readable by its owner only, and hold its lock.

        Args:
            path: where nothing stands.
            fill: makes what a run begins with, in one transaction.

        Raises:
            RunFileError: something stands at that path already.
            StorageError: it can't be written.
        """
        create_private_file(path)
        lock = RunLock(path)
        engine = make_engine(path, readonly=False)
        try:
            with storage_errors(path), engine.begin() as connection:
                connection.exec_driver_sql("BEGIN")  # Python's driver would commit each statement that makes a table
                connection.exec_driver_sql(f"PRAGMA application_id={tables.APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version={tables.SCHEMA_VERSION}")
                fill(connection)
        except BaseException:
            engine.dispose()
            lock.release()
            raise
        return cls(path, engine, lock)

    @classmethod
    def open(cls, path: Path, *, readonly: bool) -> Self:
        """Open a run file that exists; for writing also take its lock.

        Raises:
            RunFileError: no such file, not a run file, of another schema version, or held by another process.
        """
        if not path.is_file():
            raise RunFileError(f"There is no run file {path}.")
        lock = None if readonly else RunLock(path)
        engine = make_engine(path, readonly=readonly, is_ours=False)
        try:
            # Looked at first, for it may not be ours; not read-only, for SQLite may have to mend what a killed process
            # was in the middle of.
            _check_version(path, engine, readonly=readonly)
            if not readonly:
                engine.dispose()
                engine = make_engine(path, readonly=False)
                _migrate(path, engine)
            _check_content(_Content(path, _stamp_content(path), engine))
        except BaseException:
            engine.dispose()
            if lock is not None:
                lock.release()
            raise
        return cls(path, engine, lock)

    def catch(self) -> AbstractContextManager[None]:
        """Give a block in which SQLite's errors become ours."""
        return storage_errors(self._path)

    def load(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], values: Sequence[tuple[object, ...]]
    ) -> None:
        """Insert rows as the driver takes them: through Core a row costs three times as much, mostly for its dict."""
        if not values:
            return
        quote = connection.dialect.identifier_preparer.quote
        names, marks = ", ".join(map(quote, columns)), ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})", list(values))  # noqa: S608 names of our own

    def make_writer(self, kind: type[Entry]) -> EntryWriter:
        """Return what writes entries of a kind."""
        return _make_writers(self.engine.dialect)[kind]

    def seal(self) -> None:
        """End all work on it but keep its lock."""
        if self._is_sealed:
            return
        self._is_sealed = True
        self.engine.dispose()
        if self._lock is not None:
            fold_log(self._path)

    def close(self) -> None:
        """Leave one single file behind that can be read from a read-only place too.

        Raises:
            StorageError: somebody has removed it.
        """
        try:
            self.seal()
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None


@cache  # all run files have one dialect
def _make_writers(dialect: sa.Dialect) -> dict[type[Entry], EntryWriter]:
    return {kind: EntryWriter(kind, *compile_statement(kind, dialect)) for kind in STATEMENTS}


def replace_run(fresh: Path, path: Path, *, at: float) -> None:
    """Put a new run file in the place of an old one, which is kept beside it; the place is never empty.

    Raises:
        RunFileError: another program reads the old one. It keeps the old log there, which the new file must not get.
    """
    if path.with_name(f"{path.name}-wal").exists():
        raise RunFileError(f"Another program has {path} open. Close it there, then import again. Nothing was sent.")
    old = choose_old_path(path, at=at)
    try:
        old.hardlink_to(path)
    except OSError:  # a file system without links
        replace_file(path, old)
    replace_file(fresh, path)


def _check_version(path: Path, engine: sa.Engine, *, readonly: bool) -> None:
    with storage_errors(path), engine.begin() as connection:
        application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if application != tables.APPLICATION_ID:
            raise RunFileError(f"{path} is a database, but isn't a run file of this tool.")
        if version > tables.SCHEMA_VERSION:
            raise RunFileError(
                f"{path} has run file version {version}, but this tool reads only up to version "
                f"{tables.SCHEMA_VERSION}. Use the newer version of layer-importer that wrote it."
            )
        if readonly and version < tables.SCHEMA_VERSION:
            raise RunFileError(
                f"{path} has the old run file version {version}. `{word_command('resume', path)}` updates it to "
                f"version {tables.SCHEMA_VERSION}."
            )
        with limit_look(path, connection):
            check_tables(path, connection)


@dataclass(frozen=True, slots=True)
class _Content:
    """What a run file holds at some moment; the same path and stamp are the same content."""

    path: Path
    stamp: tuple[int, ...]
    engine: sa.Engine = field(compare=False)


def _stamp_content(path: Path) -> tuple[int, ...]:
    """Return what changes when the content of a run file or of its log does."""
    found: list[int] = []
    for each in (path, path.with_name(f"{path.name}-wal")):
        with contextlib.suppress(FileNotFoundError):
            stat = each.stat()
            found += (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return tuple(found)


@lru_cache(maxsize=32)  # readers open a file several times, and looking through a long one takes a while
def _check_content(content: _Content) -> None:
    """Refuse a file of this version that holds what doesn't belong there."""
    path = content.path
    with storage_errors(path), content.engine.connect() as connection, limit_look(path, connection):
        check_values(path, connection)
        read_meta(path, connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == "run")).scalar())


def _migrate(path: Path, engine: sa.Engine) -> None:
    """Bring a run file of an older version up to date, wholly or not at all."""
    with storage_errors(path), engine.begin() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version < tables.SCHEMA_VERSION:
            connection.exec_driver_sql("BEGIN")  # Python's driver would commit each statement that changes a table
        for number in range(version, tables.SCHEMA_VERSION):
            for statement in tables.MIGRATIONS[number]:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"PRAGMA user_version={number + 1}")
