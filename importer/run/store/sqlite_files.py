"""Opening a SQLite file so that a commit means *on disk*, and so that only one process writes."""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import sqlalchemy as sa
from filelock import FileLock, Timeout

from importer.errors import RunFileError, StorageError
from importer.machine.files import open_private
from importer.settings import word_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUSY_SECONDS = 10.0
COMPILED = 500
"""How many compiled statements are kept."""
LOCK_SUFFIX = "-lock"
"""What the lock's name ends in, after the run file's whole name, as SQLite's ``-wal`` does."""


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the database's errors into ours.

    Raises:
        RunFileError: the file is no run file, or damaged.
        StorageError: it can't be read or written: disk full, I/O error, read-only.
    """
    try:
        yield
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
        if "Could not decode" in str(error):
            raise RunFileError(f"{path} is damaged: a text in it isn't UTF-8.") from error
        raise StorageError(
            f"The run file {path} can't be used ({getattr(error, 'orig', error)}). What it holds up to here is "
            "correct: free some disk space or repair the folder, then resume."
        ) from error
    except (sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
        raise RunFileError(
            f"{path} isn't a run file of this tool, or it is damaged ({getattr(error, 'orig', error)})."
        ) from error


def make_engine(path: Path, *, readonly: bool, is_ours: bool = True) -> sa.Engine:
    """Return an engine on a SQLite file that exists already.

    Args:
        path: the file.
        readonly: whether nothing is to be written.
        is_ours: whether it is known to be a run file; the journal mode of any other file is left as it is.
    """
    uri = make_uri(path, mode="ro" if readonly else "rw")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            # The file may be anybody's: what its schema says is carried out by nobody, and damaged pages are noticed.
            # https://www.sqlite.org/security.html
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            if is_ours and not readonly:
                # FULL: in WAL mode each commit syncs the log before it returns.
                # https://www.sqlite.org/pragma.html#pragma_synchronous
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                # Only macOS heeds these: a sync there doesn't reach the disk by itself.
                connection.execute("PRAGMA fullfsync=ON")
                connection.execute("PRAGMA checkpoint_fullfsync=ON")
        except sqlite3.Error:  # as of a file that is no database
            connection.close()
            raise
        return connection

    shared, compiled = _get_shared()
    pool = sa.pool.QueuePool(connect, pool_size=4, dialect=shared.dialect)  # type: ignore[arg-type]  # as it makes one
    return sa.Engine(pool, shared.dialect, shared.url, execution_options={"compiled_cache": compiled})


@functools.cache
def _get_shared() -> tuple[sa.Engine, sa.util.LRUCache[Any, Any]]:
    """Return an engine that knows this SQLite, and the compiled statements of all: compiling costs more than running.

    A statement is found again only under the same dialect.
    """
    engine = sa.create_engine("sqlite://")
    with engine.connect():  # sets the dialect up
        pass
    engine.dispose()
    return engine, sa.util.LRUCache(COMPILED)


def make_uri(path: Path, *, mode: Literal["ro", "rw"]) -> str:
    """Return the address of a SQLite file by its whole path: ``/home/a``, ``C:/a`` or ``//server/share/a``.

    https://www.sqlite.org/uri.html
    """
    whole = path.resolve().as_posix()
    return f"file://{'' if whole.startswith('/') else '/'}{quote(whole, safe='/:')}?mode={mode}"


def fold_log(path: Path) -> None:
    """Fold the write-ahead log into the file itself, so that it can be copied and read as one file.

    A reader in another process may have it open; then the log stays beside it, which is as good.

    Raises:
        StorageError: somebody has removed it, or it can't be opened any more.
    """
    try:
        connection = sqlite3.connect(make_uri(path, mode="rw"), uri=True)  # one that is gone isn't made anew
    except sqlite3.OperationalError as error:
        if path.exists():
            raise StorageError(f"{path} can't be opened any more ({error}). Check its disk and its folder.") from None
        raise StorageError(
            f"Somebody removed {path} while it was in use, and with it the answers for its rows. If it was an import, "
            "import the file again: what the server has already isn't sent twice."
        ) from None
    with contextlib.closing(connection), contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=DELETE")


def create_private_file(path: Path) -> None:
    """Create an empty file that only its owner can read.

    Raises:
        RunFileError: something stands there already.
        StorageError: the folder can't be written.
    """
    try:
        os.close(open_private(path, os.O_CREAT | os.O_EXCL | os.O_RDWR))
    except FileExistsError:
        raise RunFileError(
            f"{path} exists already. Continue it with `{word_command('resume', path)}`, or name another "
            "file with --run."
        ) from None
    except OSError as error:
        raise StorageError(
            f"The run file {path} can't be created ({error.strerror}). Name a place that you can write to with --run."
        ) from error


class RunLock:
    """The right to write a run file, held by one process at a time, released by the system if that process dies.

    It is a lock on a file beside the run file, which is gone when the right is given back.

    Raises:
        RunFileError: another process holds it, or the run file can't be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            os.close(open_private(path, os.O_RDWR))
        except OSError as error:
            raise RunFileError(f"The run file {path} can't be opened for writing ({error.strerror}).") from error
        self._place = path.resolve().with_name(f"{path.name}{LOCK_SUFFIX}")
        self._lock = FileLock(self._place, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False)
        try:
            self._lock.acquire()
        except Timeout:
            raise RunFileError(
                f"Another process is using the run file {path}. Wait until it ends, then resume."
            ) from None
        except (OSError, NotImplementedError) as error:
            raise RunFileError(f"The run file {path} can't be locked by {self._place.name} ({error}).") from error

    def release(self) -> None:
        """Give the right back."""
        # Removed while it is held: whoever has just opened it sees that it is gone, and doesn't take it for the lock.
        # Windows doesn't remove an open file; there the library does it afterwards.
        with contextlib.suppress(OSError):
            self._place.unlink()
        self._lock.release()
