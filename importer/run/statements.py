"""How each kind of entry is written: the statements of SQLAlchemy's Core, compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import replacement_traverse

from importer.errors import RunFileError
from importer.model import Status
from importer.run import tables
from importer.run.journal_entries import (
    Aimed,
    Answer,
    End,
    Entry,
    Hold,
    Intent,
    Log,
    Named,
    Release,
    Revised,
    Rewrite,
    Settled,
    Stepped,
)
from importer.run.tables import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine.interfaces import DBAPICursor
    from sqlalchemy.sql.visitors import ExternallyTraversible
    from sqlalchemy.types import TypeEngine

_ROW = tables.rows.c
_UPDATE = tables.rows.update()


def _take(name: str, type_: TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
    """Return the place of an entry's attribute in a statement."""
    return sa.bindparam(f"b_{name}", type_=type_)


def _fix(value: str) -> sa.ColumnClause[str]:
    """Return a word of ours that is part of a statement's text."""
    return sa.literal_column(f"'{value}'", sa.Text)


def _insert(table: sa.Table, kind: type[Answer | Log]) -> sa.Insert:
    return table.insert().values({name: _take(name) for name in kind.__slots__})


_SEQ = _ROW.seq == _take("seq")
_IS_READY = _ROW.state == _fix(State.READY.value)
_IS_OPEN = _ROW.state != _fix(State.DONE.value)

# The order matters where one worker hands in several entries for one row: a row is released before its body is
# rewritten, and both before it is claimed again. A claim is a compare-and-set, so that no two workers can ever own
# a row.
STATEMENTS: dict[type[Entry], sa.Insert | sa.Update] = {
    Answer: _insert(tables.attempts, Answer),
    Aimed: tables.stacks.update()
    .where(tables.stacks.c.id == _take("stack_id"))
    .values(
        target_id=_take("target_id"),
        action=_take("action"),
        before=sa.func.coalesce(tables.stacks.c.before, _take("before", sa.Text())),
    ),
    Stepped: _UPDATE.where(_SEQ).values(step=_take("step"), difference=_take("difference", sa.Text())),
    Settled: _UPDATE.where(_SEQ).values(rounds=_ROW.rounds + sa.literal_column("1")),
    Release: _UPDATE.where(_SEQ, _ROW.state == _fix(State.SENDING.value)).values(state=_fix(State.READY.value)),
    Rewrite: _UPDATE.where(_SEQ, _IS_READY).values(payload=_take("payload")),
    Named: _UPDATE.where(_SEQ, _IS_OPEN).values(record_id=_take("record_id")),
    End: _UPDATE.where(_SEQ, _IS_OPEN).values(
        state=_fix(State.DONE.value),
        status=_take("status"),
        record_id=sa.func.coalesce(_take("record_id", sa.BigInteger()), _ROW.record_id),
        http_status=sa.func.coalesce(_take("http_status", sa.Integer()), _ROW.http_status),
        message=_take("message"),
        ended_at=_take("at"),
        answer=sa.func.coalesce(_take("answer", sa.Text()), _ROW.answer),
    ),
    Revised: _UPDATE.where(_SEQ, _ROW.state == _fix(State.DONE.value)).values(
        state=sa.case(
            (_take("status") == _fix(Status.UNCONFIRMED.value), _fix(State.SENDING.value)),
            else_=_fix(State.DONE.value),
        ),
        status=sa.func.nullif(_take("status"), _fix(Status.UNCONFIRMED.value)),
        record_id=sa.func.coalesce(_take("record_id", sa.BigInteger()), _ROW.record_id),
        message=_take("message"),
        ended_at=_take("at"),
    ),
    Hold: _UPDATE.where(_SEQ, _IS_OPEN).values(message=_take("message")),
    Intent: _UPDATE.where(_SEQ, _IS_READY).values(
        state=_fix(State.SENDING.value),
        attempts=_ROW.attempts + sa.literal_column("1"),
        message=_fix(""),
        last_sent_at=_take("at"),
        first_sent_at=sa.func.coalesce(_ROW.first_sent_at, _take("at")),
    ),
    Log: _insert(tables.events, Log),
}
MANY = 8
"""Entries from which on they go to a server as arrays; for fewer that takes as long."""
_COMPARE_AND_SET = (Rewrite, Release, Named, End, Revised, Intent)


_TYPES: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(("seq", "stack_id", "target_id", "record_id", "number", "http_status"), sa.BigInteger()),
    **dict.fromkeys(("at", "begun_at", "seconds"), sa.Double()),
}
"""The types of an entry's attributes; all others are texts."""


def compile_statement(kind: type[Entry], dialect: sa.Dialect) -> tuple[str, list[str]]:
    """Return the text by which entries of a kind are written, and their attributes in the order of its places.

    Args:
        kind: of the entries.
        dialect: one that gives values to their places by order.
    """
    return _compile(STATEMENTS[kind], dialect)


def compile_many(kind: type[Entry], dialect: sa.Dialect) -> tuple[str, list[str]]:
    """Return the text by which many entries of a kind are written at once, and their attributes in the same way.

    Each place takes a list of values. Only for a database with ``unnest``, as PostgreSQL has it.
    """
    names = compile_statement(kind, dialect)[1]
    lists = [sa.bindparam(f"b_{name}", type_=sa.ARRAY(_find_type(name))) for name in dict.fromkeys(names)]
    columns = [sa.column(name, _find_type(name)) for name in dict.fromkeys(names)]
    entries = sa.func.unnest(*lists).table_valued(*columns).render_derived(name="entry")
    statement = STATEMENTS[kind]
    if isinstance(statement, sa.Insert):
        names = [column.name for column in columns]
        return _compile(statement.table.insert().from_select(names, sa.select(entries)), dialect)

    def take(element: ExternallyTraversible, **_: object) -> sa.ColumnElement[Any] | None:
        if isinstance(element, sa.BindParameter):
            return entries.c[element.key.removeprefix("b_")]
        return None

    many = replacement_traverse(statement, {}, take)
    if not isinstance(many, sa.Update):
        raise TypeError(kind)
    return _compile(many, dialect)


def _find_type(name: str) -> TypeEngine[Any]:
    return _TYPES.get(name, sa.Text())


def _compile(statement: sa.Insert | sa.Update, dialect: sa.Dialect) -> tuple[str, list[str]]:
    compiled = statement.compile(dialect=dialect)
    return str(compiled), [name.removeprefix("b_") for name in compiled.positiontup or ()]


class EntryWriter:
    """Writes entries of one kind: a statement compiled once, and how its values are taken from an entry.

    The compiled text goes to the driver's own cursor: a third of the CPU time of ``connection.execute``, which works
    out every entry's values by name, and three quarters of that of ``exec_driver_sql``.
    """

    def __init__(self, kind: type[Entry], sql: str, names: Sequence[str]) -> None:
        self._kind, self._sql, self._names = kind, sql, names

    def write(self, cursor: DBAPICursor, entries: Sequence[Entry]) -> None:
        """Write entries.

        Raises:
            RunFileError: a row isn't in the state that the entry starts from.
        """
        self._execute(cursor, entries)
        changed = cursor.rowcount
        if self._kind in _COMPARE_AND_SET and changed != len(entries):
            raise RunFileError(
                f"{len(entries) - changed} of {len(entries)} rows weren't in the state that "
                f"'{self._kind.__name__.lower()}' starts from: something else has changed the run file. Nothing "
                "more will be sent."
            )

    def _execute(self, cursor: DBAPICursor, entries: Sequence[Entry]) -> None:
        names = self._names
        cursor.executemany(self._sql, [tuple([getattr(entry, name) for name in names]) for entry in entries])


class ArrayWriter(EntryWriter):
    """Writes many entries of one kind by a single statement: their attributes go to the server as arrays.

    Args:
        kind: of the entries.
        dialect: one that gives values to their places by order.
    """

    def __init__(self, kind: type[Entry], dialect: sa.Dialect) -> None:
        super().__init__(kind, *compile_statement(kind, dialect))
        self._many, self._lists = compile_many(kind, dialect)
        self._key = "stack_id" if kind is Aimed else "seq" if isinstance(STATEMENTS[kind], sa.Update) else None

    def _execute(self, cursor: DBAPICursor, entries: Sequence[Entry]) -> None:
        """Write entries; of two for one row only one would count in an array, so that these go one by one."""
        if len(entries) < MANY or self._has_twice(entries):
            super()._execute(cursor, entries)
            return
        cursor.execute(self._many, [self._list_values(name, entries) for name in self._lists])

    def _has_twice(self, entries: Sequence[Entry]) -> bool:
        key = self._key
        return key is not None and len({getattr(entry, key) for entry in entries}) < len(entries)

    def _list_values(self, name: str, entries: Sequence[Entry]) -> str:
        """Return the values of an attribute as PostgreSQL writes an array; the driver's way to write one is slower.

        Source: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
        """
        values = [getattr(entry, name) for entry in entries]
        words = map(_quote_text, values) if name not in _TYPES else ("NULL" if v is None else str(v) for v in values)
        return f"{{{','.join(words)}}}"


def _quote_text(text: str | None) -> str:
    if text is None:
        return "NULL"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
