"""Several runs in one file, which reports read as they read any run's: each is copied as it was at one moment."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from importer.errors import RunFileError, StorageError
from importer.model import Issue, Status, Where
from importer.run import tables
from importer.run.reader import TOLD
from importer.run.several.sources import Sources
from importer.run.store.sqlite_files import make_uri
from importer.run.tables import Action, State
from importer.run.write import insert_issues
from importer.settings import WriteMode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from importer.run.file import RunFile

_NUMBERED = {
    "input": {"id": "input"},
    "sheet": {"id": "sheet"},
    "stack": {"id": "stack"},
    "row": {"seq": "row", "sheet_id": "sheet", "stack_id": "stack"},
    "issue": {"id": "issue", "seq": "row"},
    "attempt": {"id": "attempt", "seq": "row"},
    "event": {"id": "event"},
}
"""Table -> its columns that hold numbers of a table, which go on where the run before ends."""
_KEYS = {"row": "seq"}
_FULL = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC"})
_SEEN = (
    "CREATE TEMP TABLE seen (stack INTEGER PRIMARY KEY, part INTEGER, server TEXT, known INTEGER, name TEXT, "
    "has_id INTEGER)"
)


REHEARSED = "valid, but only in a dry run: nothing was sent"
"""What a row of a dry run says for itself among the rows of real runs."""
_REHEARSED = "UPDATE main.row SET message = ? WHERE seq >= ? AND seq < ? AND state = ? AND message = ''"


@dataclass(frozen=True, slots=True)
class SharedStack:
    """A stack of a run, and one of an earlier run, that are of the same sample.

    Attributes:
        seq: the first row of the later one.
        where: its place.
        label: the sample, for people.
        target_id: its target material as the later run knows it; None where it doesn't.
        part: number of the earlier run.
        other: the place of the earlier one's first row.
        other_id: its target material as the earlier run knows it.
    """

    seq: int
    where: Where
    label: str
    target_id: int | None
    part: int
    other: Where
    other_id: int | None


@dataclass(frozen=True, slots=True)
class Copied:
    """A run that was copied: its number from 0, its first row and the one behind its last, how its rows ended."""

    number: int
    rows: tuple[int, int]
    counts: Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class _Member:
    """A stack that may be one of several of its sample."""

    stack: int
    part: int
    server: str | None
    known: int | None
    name: str | None
    has_id: bool

    def is_same(self, other: _Member) -> bool:
        """Tell whether an earlier stack may be of the same sample, given that it has its id or its name.

        Two that both have an id are told apart by it. A dry run has no server: it could go to any.
        """
        is_other_run = self.part != other.part
        is_same_server = None in {self.server, other.server} or self.server == other.server
        return is_other_run and is_same_server and (self.known == other.known or not (self.has_id and other.has_id))


class Joiner:
    """Copies runs into a file of their own, one behind the other; a context manager.

    Raises:
        StorageError: the file can't be written.
    """

    def __init__(self, joined: RunFile) -> None:
        self._joined = joined
        self._parts = 0
        self._sources = Sources()
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Return itself."""
        with self._joined.store.catch():
            engine = self._joined.store.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._connection = self._held.enter_context(engine.connect())
            # The copy is thrown away with its report: nothing of it needs to outlive a crash.
            self._connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            self._connection.exec_driver_sql("PRAGMA synchronous=OFF")
            self._connection.exec_driver_sql(_SEEN)
        return self

    def __exit__(self, *exc: object) -> None:
        """Let the file go."""
        self._held.close()

    def add(self, run: RunFile, *, path: Path, server: str | None) -> Copied:
        """Copy a run behind those before it, wholly or not at all.

        Args:
            run: the run, open and looked through; all is read as it is at one moment.
            path: its run file as it was given, by which inputs of one name are told apart.
            server: the same text for all runs that write to one server; None for a dry run.

        Raises:
            RunFileError: it is damaged.
            StorageError: there is no room for the copy.
        """
        execute = self._connection.exec_driver_sql
        with _part_errors(path):
            execute("ATTACH DATABASE ? AS part", (make_uri(path, mode="ro"),))
        try:
            with _part_errors(path):
                execute("BEGIN")
                copied = self._copy(run, label=str(path), server=server)
                execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sa.exc.DBAPIError):
                execute("ROLLBACK")
            raise
        finally:
            execute("DETACH DATABASE part")
        self._parts += 1
        return copied

    def finish(self, rehearsals: Iterable[Copied] = ()) -> None:
        """Put events in their order, and give inputs of one name different ones.

        Args:
            rehearsals: dry runs among real ones; each of their rows that would be sent says so.
        """
        execute = self._connection.exec_driver_sql
        with self._joined.store.catch():
            execute("BEGIN")
            for statement, values in self._sources.iter_renames():
                execute(statement, values)
            execute("CREATE TEMP TABLE ordered AS SELECT at, kind, text FROM main.event ORDER BY at, id")
            execute("DELETE FROM main.event")
            execute("INSERT INTO main.event (at, kind, text) SELECT at, kind, text FROM ordered ORDER BY rowid")
            for part in rehearsals:
                execute(_REHEARSED, (REHEARSED, *part.rows, State.READY.value))
            execute("COMMIT")

    def iter_shared(self) -> Iterator[SharedStack]:
        """Yield each stack whose sample an earlier run has too: by its id, or by a name without an id."""
        told: set[int] = set()
        for key, wanted in (("known", ""), ("name", " AND min(has_id) = 0")):
            query = (
                f"SELECT stack, part, server, known, name, has_id FROM seen WHERE {key} IN (SELECT {key} FROM seen "  # noqa: S608  # our own names
                f"WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(DISTINCT part) > 1{wanted}) ORDER BY {key}, stack"
            )
            found = (_Member(*record) for record in self._list(query))
            for _, group in itertools.groupby(found, key=lambda member: getattr(member, key)):
                members = list(group)
                for place, member in enumerate(members):
                    other = next(filter(member.is_same, members[:place]), None)
                    if other is not None and member.stack not in told:
                        told.add(member.stack)
                        yield self._make_shared(member, other)

    def add_issues(self, issues: Iterable[Issue]) -> None:
        """Write what is to be said about rows or runs; their answers stay as they are."""
        with self._joined.store.catch():
            insert_issues(self._joined, self._connection, issues)

    def _copy(self, run: RunFile, *, label: str, server: str | None) -> Copied:
        execute = self._connection.exec_driver_sql
        firsts = {name: self._find_next(name) for name in _NUMBERED}
        for name, shifted in _NUMBERED.items():
            columns = {f'"{each.name}"': f'"{each.name}"' for each in tables.metadata.tables[name].c}
            columns |= {f'"{each}"': f'"{each}" + {firsts[of]}' for each, of in shifted.items()}
            values: tuple[str, ...] = ()
            if name == "event":
                columns['"text"'], values = "text || ' (' || ? || ')'", (label,)
            into, taken = ", ".join(columns), ", ".join(columns.values())
            execute(f'INSERT INTO main."{name}" ({into}) SELECT {taken} FROM part."{name}"', values)  # noqa: S608  # our own names
        self._check_rows(run)
        if run.meta.write_mode == WriteMode.REPLACE.value:  # the whole run's in a file of its own, a stack's here
            execute(
                "UPDATE main.stack SET action = ? WHERE target_id IS NOT NULL AND id >= ?",
                (Action.REPLACE_STACK.value, firsts["stack"]),
            )
        execute(
            "INSERT INTO seen SELECT id, ?, ?, coalesce(target_id, sample_id), sample_name, sample_id IS NOT NULL "
            "FROM main.stack WHERE id >= ?",
            (self._parts, server, firsts["stack"]),
        )
        lasts = {name: self._find_next(name) for name in firsts}
        spans = {name: (firsts[name], lasts[name]) for name in firsts}
        query = "SELECT name FROM part.input UNION SELECT source FROM part.sheet UNION SELECT source FROM part.issue"
        self._sources.add([name for (name,) in self._list(query)], spans, label=label)
        counts = sa.select(TOLD, sa.func.count()).where(tables.rows.c.seq >= firsts["row"]).group_by(TOLD)
        found = {Status(status): int(count) for status, count in self._connection.execute(counts)}
        return Copied(self._parts, spans["row"], found)

    def _check_rows(self, run: RunFile) -> None:
        """Refuse a run whose inputs weren't read to the end, or whose rows aren't numbered as a run's are."""
        run.require_whole()
        count, least, most = self._list("SELECT count(*), min(seq), max(seq) FROM part.row")[0]
        stray = self._list("SELECT count(*) FROM part.issue WHERE seq >= ?", (count,))[0][0]
        if count and (least != 0 or most != count - 1):
            raise RunFileError(f"The run file {run.place} is damaged: some of its rows are missing.")
        if stray:
            raise RunFileError(f"The run file {run.place} is damaged: an issue belongs to a row that isn't there.")

    def _make_shared(self, member: _Member, other: _Member) -> SharedStack:
        (seq, where), (_, there) = self._find_place(member.stack), self._find_place(other.stack)
        label = member.name if member.name is not None else str(member.known)
        return SharedStack(seq, where, label, member.known, other.part, there, other.known)

    def _find_place(self, stack: int) -> tuple[int, Where]:
        query = (
            "SELECT seq, source, sheet, row FROM main.row JOIN main.sheet ON sheet_id = sheet.id WHERE stack_id = ? "
            "ORDER BY seq LIMIT 1"
        )
        seq, source, sheet, row = self._list(query, (stack,))[0]
        return seq, Where(source, sheet, row)

    def _find_next(self, name: str) -> int:
        key = _KEYS.get(name, "id")
        return int(self._list(f'SELECT coalesce(max("{key}") + 1, 0) FROM main."{name}"')[0][0])  # noqa: S608  # our own names

    def _list(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._joined.store.catch():
            return [tuple(record) for record in self._connection.exec_driver_sql(query, values)]


@contextlib.contextmanager
def _part_errors(path: Path) -> Iterator[None]:
    """Tell what is wrong with a run from what is wrong with the disk that its copy goes to."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlite_errorname", "") in _FULL:
            raise StorageError(f"There is no room to copy {path} ({error.orig}).") from error
        raise RunFileError(f"{path} isn't a run file of this tool, or it is damaged ({error.orig}).") from error
