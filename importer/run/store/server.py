"""Connections to a PostgreSQL server, and its errors in our words."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
import sqlalchemy as sa
from psycopg import pq
from psycopg.types.string import StrDumperUnknown, TextLoader

from importer.errors import RunFileError, StorageError
from importer.settings import is_here, list_hosts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg.abc import Buffer

    from importer.model import ServerPlace

CONNECT_SECONDS = 20
LOCK_KEY = "hashtextextended(%s, 0)"
"""How the number of an advisory lock is made of its name."""
_ESCAPE = "\x1a"
_CODES = {"\x00": "0", _ESCAPE: "1"}
"""What stands after the escape: PostgreSQL's texts can hold every character but U+0000."""
_KEEPALIVES: dict[str, Any] = {
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How a dead server is noticed in about half a minute: https://www.postgresql.org/docs/current/libpq-connect.html"""
_OPTIONS = {
    "synchronous_commit": "on",
    "default_transaction_isolation": r"read\ committed",
    # The same for a dead client, whose locks the server has to free.
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_NO_TIMEOUTS = (
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', "
    "'idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')"
)
"""A role's timeouts would end the session that holds a run's lock. Not every version knows all of them."""


def escape(text: str) -> str:
    """Return a text without U+0000, from which `restore` makes the same text again."""
    if "\x00" in text or _ESCAPE in text:
        return text.replace(_ESCAPE, _ESCAPE + _CODES[_ESCAPE]).replace("\x00", _ESCAPE + _CODES["\x00"])
    return text


def restore(text: str) -> str:
    """Return the text that `escape` was given."""
    if _ESCAPE in text:
        return text.replace(_ESCAPE + _CODES["\x00"], "\x00").replace(_ESCAPE + _CODES[_ESCAPE], _ESCAPE)
    return text


class _EscapingDumper(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(escape(obj))


class _RestoringLoader(TextLoader):
    def load(self, data: Buffer) -> bytes | str:
        text = super().load(data)
        return restore(text) if isinstance(text, str) else text


@contextlib.contextmanager
def server_errors(place: ServerPlace) -> Iterator[None]:
    """Turn the database's errors into ours.

    Raises:
        RunFileError: the run isn't there any more, or isn't one.
        StorageError: it can't be read or written: server gone, disk full, no rights.
    """
    try:
        yield
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
            raise RunFileError(f"There is no run {place} any more, or it isn't one of this tool.") from error
        raise StorageError(
            f"The run {place} can't be used ({word_error(cause)}). What it holds up to here is correct: see to the "
            "database, then resume."
        ) from error


def word_error(error: BaseException | None) -> str:
    """Return what a database says of an error, in one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def name_schema(name: str) -> str:
    """Return the schema in which a run of a name has its tables."""
    return f"run_{name}"


def name_lock(place: ServerPlace, what: str) -> str:
    """Return the name of a lock that belongs to a run."""
    return f"{name_schema(place.name)}/{what}"


def connect(place: ServerPlace, *, autocommit: bool = False, readonly: bool = False) -> psycopg.Connection:
    """Return a new connection on which a run's tables are found by their names alone.

    Raises:
        StorageError: the server can't be reached, or doesn't let us in.
        RunFileError: something stands between us and the server that changes sessions, or it keeps another encoding.
    """
    options = {**_OPTIONS, "search_path": f'"{name_schema(place.name)}"'}
    if readonly:
        options["default_transaction_read_only"] = "on"
    try:
        connection: psycopg.Connection = psycopg.connect(
            place.address,
            autocommit=True,
            **{**_KEEPALIVES, **_choose_defaults(place.address)},
            options=" ".join(f"-c{name}={value}" for name, value in options.items()),
            application_name=f"layer-importer {socket.gethostname()[:30]} {os.getpid()}",
            client_encoding="UTF8",
        )
    except psycopg.Error as error:
        if "unsupported startup parameter" in str(error):
            raise _refuse_pooler(place) from error
        raise StorageError(
            f"The database of the run {place} can't be reached ({word_error(error)}). See that the server runs and "
            "that the address is right. A password goes into the file that PGPASSFILE names."
        ) from error
    try:
        with server_errors(place):
            _check_session(connection, place)
            connection.execute(_NO_TIMEOUTS)
        connection.adapters.register_dumper(str, _EscapingDumper)
        for kind in ("text", "varchar"):
            connection.adapters.register_loader(kind, _RestoringLoader)
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


def _choose_defaults(address: str) -> Mapping[str, Any]:
    """Return the parameters that an address leaves open: a server elsewhere must prove who it is."""
    parts = urlsplit(address)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    usual = {each.keyword.decode(): each.val.decode() for each in pq.Conninfo.get_defaults() if each.val}
    named = list_hosts(parts.netloc.rpartition("@")[2]) or list_hosts(given.get("host") or usual.get("host", ""))
    named += list_hosts(usual.get("hostaddr", ""))
    chosen: dict[str, Any] = {}
    if "sslmode" not in given and not all(map(is_here, named)):
        chosen["sslmode"] = "verify-full"
    if "connect_timeout" not in given:
        chosen["connect_timeout"] = CONNECT_SECONDS
    return chosen


def _check_session(connection: psycopg.Connection, place: ServerPlace) -> None:
    """Refuse a pooler, which would give our locks and search path to others, and a database that can't hold all texts.

    A pooler numbers sessions itself.
    """
    found = connection.execute(
        "SELECT pg_backend_pid(), current_setting('search_path'), current_setting('server_encoding')"
    ).fetchone()
    pid, path, encoding = found or (0, "", "")
    if pid != connection.info.backend_pid or path != f'"{name_schema(place.name)}"':
        raise _refuse_pooler(place)
    if encoding != "UTF8":
        raise RunFileError(
            f"The database of the run {place} has the encoding {encoding}, which can't hold every text. Make one with "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."
        )


def _refuse_pooler(place: ServerPlace) -> RunFileError:
    return RunFileError(
        f"A connection pooler (pgbouncer or the like) stands before the database of the run {place}. It would give "
        "the session that holds the run's lock to others. Use the address of PostgreSQL itself."
    )
