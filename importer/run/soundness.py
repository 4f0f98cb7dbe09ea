"""Whether a file is a run file as this version writes it: a run file may come from anybody, or from a damaged disk.

What it holds is looked at before any of it is used: only the tables that are known, without code of their own (views,
triggers, generated columns), and only values that the tables are meant for.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from importer.errors import RunFileError
from importer.model import Severity, Status
from importer.run import tables
from importer.run.records import RunMeta
from importer.run.tables import Action, State, Step
from importer.settings import OnExisting, WriteMode

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from enum import StrEnum
    from pathlib import Path

    from importer.model import RunPlace

LONGEST_LOOK = 120.0
"""Seconds that looking through a file may take."""
LAST_TIME = 253_402_300_799.0
"""POSIX time at which the year 9999 ends: later ones can't be written as dates."""
_LONGEST_TEXT = 10_000
"""Characters of a text of the run as a whole."""
_EVERY = 20_000
"""Steps of SQLite's machine between two looks at the clock, some milliseconds."""
_CODE = re.compile(r"\b(?:CHECK|GENERATED|AS|COLLATE|REFERENCES|DEFAULT|VIRTUAL|WITHOUT|CONFLICT)\b", re.IGNORECASE)
"""Words of a table's definition by which it would do more than hold values."""
_PLAIN_INDEX = re.compile(r"[^()]+\([^()]+\)")
"""An index on columns, not on expressions, and of all rows."""
_META_WORDS: dict[str, frozenset[str]] = {
    "mode": frozenset({"import", "dry-run", "plan"}),
    "on_existing": frozenset(OnExisting),
    "write_mode": frozenset(WriteMode),
}
_WORDS: dict[tuple[str, str], type[StrEnum] | tuple[str, ...]] = {
    ("stack", "action"): Action,
    ("stack", "undo"): ("sending", "done"),
    ("row", "state"): State,
    ("row", "status"): Status,
    ("row", "step"): Step,
    ("issue", "severity"): Severity,
}
_JSON = {
    ("sheet", "header"): "array",
    ("stack", "sample_metadata"): "object",
    ("stack", "before"): "array",
    ("row", "raw"): "array",
    ("row", "payload"): "object",
    ("row", "answer"): "object",
    ("earlier", "payload"): "object",
}
_ANY_SIGN = frozenset({("row", "record_id"), ("sheet", "header_row")})
"""Whole numbers that no address is made of: those that the server gives, and a header that is a column."""


def check_tables(path: Path, connection: sa.Connection) -> None:
    """Refuse a file that has other tables than a run file, or anything in it that SQLite would carry out.

    Raises:
        RunFileError: it names what is there that shouldn't be.
    """
    indexes = {str(index.name) for table in tables.metadata.tables.values() for index in table.indexes}
    found = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
    for kind, name, sql in found:
        is_own = str(name).startswith("sqlite_autoindex_") or (kind == "index" and name in indexes)
        is_table = kind == "table" and (name in tables.metadata.tables or str(name).startswith("sqlite_stat"))
        has_code = sql is not None and (_CODE.search(sql) or (kind == "index" and not _PLAIN_INDEX.fullmatch(sql)))
        if not (is_own or is_table) or has_code:
            raise _refuse(path, f"it has a {kind} {name!r} that no run file has")
    for name in {name for kind, name, _ in found if kind == "table" and name in tables.metadata.tables}:
        known = set(tables.metadata.tables[name].c.keys())
        columns = connection.exec_driver_sql(f"PRAGMA table_xinfo('{name}')").all()
        if strange := {column[1] for column in columns} - known:
            raise _refuse(path, f"its table {name!r} has a column {min(strange)!r} that no run file has")


def check_values(path: Path, connection: sa.Connection) -> None:
    """Refuse a file of this version in which a value isn't what its column is for.

    Raises:
        RunFileError: it names table and column.
    """
    there = {name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    with _provide_json(connection):
        for table in tables.metadata.sorted_tables:
            if table.name not in there:
                raise _refuse(path, f"it has no table {table.name!r}")
            columns = connection.exec_driver_sql(f"PRAGMA table_xinfo('{table.name}')").all()
            if missing := set(table.c.keys()) - {column[1] for column in columns}:
                raise _refuse(path, f"its table {table.name!r} has no column {min(missing)!r}")
            cases = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in _list_faults(table))
            query = f'SELECT bad FROM (SELECT CASE {cases} END AS bad FROM "{table.name}") WHERE bad IS NOT NULL'  # noqa: S608  # names of our own
            bad = connection.exec_driver_sql(f"{query} LIMIT 1").scalar()
            if bad is not None:
                raise _refuse(path, f"a value of {bad!r} in its table {table.name!r} doesn't belong there")


def _list_faults(table: sa.Table) -> Iterator[tuple[str, str]]:
    """Yield, for each column, the condition under which a value isn't what the column is for."""
    for column in table.c:
        place, name = (table.name, column.name), f'"{column.name}"'
        if isinstance(column.type, sa.Float):
            fault = f"typeof({name}) NOT IN ('real', 'integer') OR NOT {name} BETWEEN 0 AND {LAST_TIME}"
        elif isinstance(column.type, sa.Integer):
            fault = f"typeof({name}) <> 'integer'" + ("" if place in _ANY_SIGN else f" OR {name} < 0")
        else:
            fault = f"typeof({name}) <> 'text'"
            if place in _WORDS:
                words = ", ".join(f"'{word}'" for word in _WORDS[place])
                fault += f" OR {name} NOT IN ({words})"
            if place in _JSON:
                fault += f" OR NOT json_valid({name}) OR json_type({name}) <> '{_JSON[place]}'"
                fault += f" OR (instr({name}, '\\u') AND NOT is_read({name}))"
        yield column.name, f"({name} IS NOT NULL AND ({fault}))" if column.nullable else f"({fault})"
    if table is tables.rows:
        yield "status", f"((state = '{State.DONE.value}') <> (status IS NOT NULL))"
        yield "payload", f"(state <> '{State.DONE.value}' AND payload IS NULL)"
        yield "stack_id", "(stack_id IS NOT NULL AND stack_id NOT IN (SELECT id FROM stack))"
        yield "sheet_id", "(sheet_id NOT IN (SELECT id FROM sheet))"


@contextlib.contextmanager
def limit_look(path: Path, connection: sa.Connection) -> Iterator[None]:
    """End statements that take too long while a file is looked through, as only a file made to do so has them.

    Raises:
        RunFileError: the time is over.
    """
    raw = _find_raw(connection)
    until = time.monotonic() + LONGEST_LOOK
    raw.set_progress_handler(lambda: time.monotonic() > until, _EVERY)
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.DatabaseError):
        if time.monotonic() > until:
            raise _refuse(path, f"checking it takes longer than {LONGEST_LOOK:.0f} s") from None
        raise
    finally:
        raw.set_progress_handler(None, 0)


@contextlib.contextmanager
def _provide_json(connection: sa.Connection) -> Iterator[None]:
    """Give SQLite our own reading of JSON, which refuses escapes that it lets pass (halves of surrogate pairs)."""

    def is_read(text: object) -> bool:
        try:
            orjson.loads(text if isinstance(text, str) else "")
        except orjson.JSONDecodeError:
            return False
        return True

    raw = _find_raw(connection)
    raw.create_function("is_read", 1, is_read, deterministic=True)
    try:
        yield
    finally:
        raw.create_function("is_read", 1, None)


def read_meta(place: RunPlace, text: str | None) -> RunMeta:
    """Return what a run file says of its run as a whole; what this version doesn't know of is ignored.

    Raises:
        RunFileError: something is missing, or isn't of its kind.
    """
    try:
        found = json.loads(text or "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _refuse(place, "its description of the run can't be read")
    known = {name: found[name] for name in RunMeta.__slots__ if name in found}
    try:
        meta = RunMeta(**known)
    except TypeError:
        missing = [name for name in RunMeta.__slots__ if name not in found]
        raise _refuse(place, f"its description of the run has no {' or '.join(missing)}") from None
    if bad := next(_list_meta_faults(meta), None):
        raise _refuse(place, f"this version doesn't know the {bad} that it gives for its run")
    return meta


def _list_meta_faults(meta: RunMeta) -> Iterator[str]:
    """Yield the names of what isn't of its kind."""
    for name in ("run_key", "tool_version", "mode", "on_existing", "write_mode"):
        value = getattr(meta, name)
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            yield name
            return
    for name in ("staged", "planned", "begun", "allow_remove"):
        if not isinstance(getattr(meta, name), bool):
            yield name
    at: object = meta.created_at
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= LAST_TIME:
        yield "created_at"
    url: object = meta.api_url
    if url is not None and (not isinstance(url, str) or len(url) > _LONGEST_TEXT):
        yield "api_url"
    for name, allowed in _META_WORDS.items():
        if getattr(meta, name) not in allowed:
            yield name
    settings: object = meta.settings
    if not isinstance(settings, dict) or not all(isinstance(value, str | int | float) for value in settings.values()):
        yield "settings"


def _find_raw(connection: sa.Connection) -> sqlite3.Connection:
    raw: sqlite3.Connection | None = connection.connection.driver_connection
    if raw is None:
        raise RunFileError("The run file was closed while it was being checked.")
    return raw


def _refuse(place: RunPlace, words: str) -> RunFileError:
    return RunFileError(f"{place} can't be used as a run file: {words}. It is damaged, or wasn't written by this tool.")
