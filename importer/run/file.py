"""A run file as an object: made once, opened by whoever works on it or reads it."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from importer.errors import RunFileError
from importer.model import Status
from importer.run import tables
from importer.run.engine import RunLock, create_private_file, fold_log, make_engine, storage_errors
from importer.run.queue import RunQueue
from importer.run.records import InputRecord, RunMeta
from importer.run.soundness import check_tables, check_values, limit_look, read_meta
from importer.run.tables import State
from importer.settings import word_command

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

REOPENABLE = frozenset({Status.FAILED, Status.REFUSED, Status.CONFLICT})
"""The statuses of rows that aren't in, and may be tried again."""


class RunFile(RunQueue):
    """An open run file; a context manager. Readers may be many, the writer holds the lock."""

    def __init__(self, path: Path, engine: sa.Engine, lock: RunLock | None) -> None:
        super().__init__(path, engine)
        self._lock = lock
        self._is_sealed = False

    @classmethod
    def create(cls, path: Path, meta: RunMeta) -> Self:
        """Make a new run file, readable by its owner only, and hold its lock.

        Raises:
            RunFileError: something stands at that path already.
            StorageError: it can't be written.
        """
        create_private_file(path)
        lock = RunLock(path)
        engine = make_engine(path, readonly=False)
        with storage_errors(path), engine.begin() as connection:
            connection.exec_driver_sql("BEGIN")  # Python's driver would commit each statement that makes a table
            connection.exec_driver_sql(f"PRAGMA application_id={tables.APPLICATION_ID}")
            connection.exec_driver_sql(f"PRAGMA user_version={tables.SCHEMA_VERSION}")
            tables.metadata.create_all(connection)
            connection.execute(tables.meta.insert(), [{"key": "run", "value": _dump_meta(meta)}])
        return cls(path, engine, lock)

    @classmethod
    def open(cls, path: str | Path, *, readonly: bool = True) -> Self:
        """Open a run file that exists; for writing also take its lock.

        Raises:
            RunFileError: no such file, not a run file, of another schema version, or held by another process.
        """
        path = Path(path)
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

    def close(self) -> None:
        """Close it; a writer leaves one single file behind that can be read from a read-only place too."""
        self.seal()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def seal(self) -> None:
        """End all work on it but keep its lock, so that it can be moved before another process may go on with it."""
        if self._is_sealed:
            return
        self._is_sealed = True
        self.engine.dispose()
        if self._lock is not None:
            fold_log(self.path)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close it."""
        self.close()

    def set_meta(self, meta: RunMeta) -> None:
        """Replace what the file says of its run as a whole."""
        with storage_errors(self.path), self.engine.begin() as connection:
            connection.execute(tables.meta.update().where(tables.meta.c.key == "run").values(value=_dump_meta(meta)))

    def add_inputs(self, records: Sequence[InputRecord]) -> None:
        """Record the inputs as they were when they were read."""
        with storage_errors(self.path), self.engine.begin() as connection:
            connection.execute(
                tables.inputs.insert(),
                [{name: getattr(record, name) for name in InputRecord.__slots__} for record in records],
            )

    def add_event(self, kind: str, text: str) -> None:
        """Record something that happened to the run as a whole, now."""
        with storage_errors(self.path), self.engine.begin() as connection:
            connection.execute(tables.events.insert(), [{"at": time.time(), "kind": kind, "text": text}])

    def set_verified(self, verdicts: Sequence[tuple[int, str]]) -> None:
        """Note what comparing rows with the server's listing came to: (seq, words)."""
        change = (
            tables.rows.update()
            .where(tables.rows.c.seq == sa.bindparam("b_seq"))
            .values(verified=sa.bindparam("b_words"))
        )
        if verdicts:
            with storage_errors(self.path), self.engine.begin() as connection:
                connection.execute(change, [{"b_seq": seq, "b_words": words} for seq, words in verdicts])

    def set_undo(self, stack_id: int, undo: str) -> None:
        """Note how far undoing a stack has come; once done, its rows are told as not sent."""
        row = tables.rows.c
        in_place = [Status.CREATED.value, Status.UPDATED.value]
        with storage_errors(self.path), self.engine.begin() as connection:
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
        with storage_errors(self.path), self.engine.begin() as connection:
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
        with storage_errors(self.path), self.engine.begin() as connection:
            return int(connection.execute(change).rowcount)


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


def _dump_meta(meta: RunMeta) -> str:
    return json.dumps({name: getattr(meta, name) for name in RunMeta.__slots__})
