"""A run file as an object: made once, opened by whoever works on it or reads it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from importer.errors import RunFileError
from importer.model import GOOD_STATUSES, Issue, Severity, Status, Where
from importer.run import tables
from importer.run.engine import FileLock, create_private_file, fold_log, make_engine, storage_errors
from importer.run.records import (
    AttemptRecord,
    EventRecord,
    InputRecord,
    RowRecord,
    RunMeta,
    StackRecord,
    TableRecord,
    WorkRow,
    WorkStack,
)
from importer.run.tables import Action, State, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

PAGE = 2_000
"""Rows fetched at once by the readers."""

REOPENABLE = frozenset({Status.FAILED, Status.REFUSED, Status.CONFLICT})
"""The statuses of rows that aren't in, and may be tried again."""

_TOLD = sa.case(
    (tables.rows.c.status.is_not(None), tables.rows.c.status),
    (tables.rows.c.state == State.SENDING.value, Status.UNCONFIRMED.value),
    else_=Status.NOT_SENT.value,
)
"""The status that a reader is told: see `importer.run.tables`."""


class RunFile:
    """An open run file; a context manager. Readers may be many, the writer holds the lock."""

    def __init__(self, path: Path, engine: sa.Engine, lock: FileLock | None) -> None:
        self.path = path
        self.engine = engine
        self._lock = lock

    @classmethod
    def create(cls, path: Path, meta: RunMeta) -> Self:
        """Make a new run file, readable by its owner only, and hold its lock.

        Raises:
            RunFileError: something stands at that path already.
            StorageError: it can't be written.
        """
        create_private_file(path)
        lock = FileLock(path)
        engine = make_engine(path, readonly=False)
        with storage_errors(path), engine.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA application_id={tables.APPLICATION_ID}")
            connection.exec_driver_sql(f"PRAGMA user_version={tables.SCHEMA_VERSION}")
            tables.metadata.create_all(connection)
            connection.execute(tables.meta.insert(), [{"key": "run", "value": _dump_meta(meta)}])
        return cls(path, engine, lock)

    @classmethod
    def open(cls, path: Path, *, readonly: bool = True) -> Self:
        """Open a run file that exists; for writing also take its lock.

        Raises:
            RunFileError: no such file, not a run file, of another schema version, or held by another process.
        """
        if not path.is_file():
            raise RunFileError(f"There is no run file {path}.")
        lock = None if readonly else FileLock(path)
        engine = make_engine(path, readonly=readonly)
        try:
            _check_version(path, engine, readonly=readonly)
        except BaseException:
            engine.dispose()
            if lock is not None:
                lock.release()
            raise
        return cls(path, engine, lock)

    def close(self) -> None:
        """Close it; a writer leaves one single file behind that can be read from a read-only place too."""
        self.engine.dispose()
        if self._lock is not None:
            fold_log(self.path)
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close it."""
        self.close()

    # --- the run as a whole -------------------------------------------------------------------------------------

    @property
    def meta(self) -> RunMeta:
        """What the file says of its run as a whole."""
        with storage_errors(self.path), self.engine.connect() as connection:
            text = connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == "run")).scalar_one()
        return RunMeta(**json.loads(text))

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

    def iter_inputs(self) -> Iterator[InputRecord]:
        """Yield the inputs in the order in which they were read."""
        for record in self._iter(sa.select(tables.inputs).order_by(tables.inputs.c.id)):
            yield InputRecord(*record)

    def iter_events(self) -> Iterator[EventRecord]:
        """Yield what happened to the run as a whole, oldest first."""
        columns = tables.events.c
        for record in self._iter(sa.select(columns.at, columns.kind, columns.text).order_by(columns.id)):
            yield EventRecord(*record)

    # --- for reports --------------------------------------------------------------------------------------------

    def count_rows(self) -> int:
        """Return how many rows the run has."""
        with storage_errors(self.path), self.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(tables.rows)).scalar_one())

    def count_statuses(self) -> dict[Status, int]:
        """Return how many rows ended in which status; statuses that no row has are absent."""
        query = sa.select(_TOLD, sa.func.count()).select_from(tables.rows).group_by(_TOLD)
        return {Status(status): int(count) for status, count in self._iter(query)}

    def iter_rows(self, *, statuses: Collection[Status] | None = None) -> Iterator[RowRecord]:
        """Yield the rows in input order, a page at a time in memory."""
        row, sheet, stack = tables.rows.c, tables.sheets.c, tables.stacks.c
        query = (
            sa.select(
                row.seq, sheet.source, sheet.sheet, row.row, sa.func.coalesce(stack.target_id, stack.sample_id),
                stack.sample_name, stack.substrate, row.layer_id, row.state, _TOLD, row.record_id, row.http_status,
                row.attempts, row.message, row.payload, row.raw, row.first_sent_at, row.ended_at, row.step,
                row.difference, row.verified,
            )
            .select_from(tables.rows.join(tables.sheets, row.sheet_id == sheet.id)
                         .outerjoin(tables.stacks, row.stack_id == stack.id))
            .order_by(row.seq)
        )  # fmt: skip
        if statuses is not None:
            query = query.where(_TOLD.in_([status.value for status in statuses]))
        for record in self._iter(query):
            values = list(record)
            values[8], values[9] = State(values[8]), Status(values[9])
            values[13] = "; ".join(filter(None, (values[13], values[20])))
            values[18] = Step(values[18]) if values[18] else None
            yield RowRecord(*values)

    def iter_tables(self) -> Iterator[TableRecord]:
        """Yield the tables of the inputs as they were read; ``RowRecord.raw`` is the JSON list of the cells under one.

        Where rows carry their own keys, an early row's list may be shorter than the header.
        """
        columns = tables.sheets.c
        query = sa.select(columns.source, columns.sheet, columns.header, columns.header_row).order_by(columns.id)
        for source, sheet, header, header_row in self._iter(query):
            yield TableRecord(source, sheet, tuple(json.loads(header)), header_row)

    def iter_attempts(self) -> Iterator[AttemptRecord]:
        """Yield the requests whose end is known, in the order in which they ended."""
        columns = tables.attempts.c
        query = sa.select(
            columns.seq, columns.number, columns.begun_at, columns.seconds, columns.http_status, columns.verdict,
            columns.words,
        ).order_by(columns.id)  # fmt: skip
        for record in self._iter(query):
            yield AttemptRecord(*record)

    def iter_issues(self) -> Iterator[Issue]:
        """Yield every issue: those of whole tables first, then by row in input order."""
        columns = tables.issues.c
        query = sa.select(tables.issues).order_by(columns.seq.is_not(None), columns.seq, columns.id)
        for issue in self._iter(query):
            yield Issue(
                code=issue.code,
                severity=Severity(issue.severity),
                where=Where(issue.source, issue.sheet, issue.row, issue.column, issue.cell),
                message=issue.message,
                value=issue.value,
                suggestion=issue.suggestion,
                seq=issue.seq,
            )

    def iter_stacks(self) -> Iterator[StackRecord]:
        """Yield the stacks in the order in which the inputs name them, with counts of their rows by status."""
        row = tables.rows.c
        query = (
            sa.select(row.stack_id, _TOLD, sa.func.count())
            .where(row.stack_id.is_not(None))
            .group_by(row.stack_id, _TOLD)
            .order_by(row.stack_id)
        )
        found = self._iter(query)
        entry = next(found, None)
        for stack in self.iter_work_stacks():
            counts: dict[Status, int] = {}
            while entry is not None and entry[0] == stack.id:
                counts[Status(entry[1])] = int(entry[2])
                entry = next(found, None)
            known = stack.target_id if stack.target_id is not None else stack.sample_id
            yield StackRecord(stack.label, known, stack.sample_name, stack.substrate, counts)

    # --- for planner and submitter ------------------------------------------------------------------------------

    def iter_work_stacks(self) -> Iterator[WorkStack]:
        """Yield the stacks in the order in which the inputs name them."""
        for record in self._iter(sa.select(tables.stacks).order_by(tables.stacks.c.id)):
            yield _make_work_stack(record)

    def find_stack(self, stack_id: int) -> WorkStack:
        """Return a stack as it is now."""
        query = sa.select(tables.stacks).where(tables.stacks.c.id == stack_id)
        with storage_errors(self.path), self.engine.connect() as connection:
            return _make_work_stack(connection.execute(query).one())

    def list_targets(self) -> tuple[set[int], set[str]]:
        """Return the ids and the names of the target materials that the run is about."""
        sample_ids, names = set(), set()
        for stack in self.iter_work_stacks():
            if stack.target_id is not None:
                sample_ids.add(stack.target_id)
            elif stack.sample_name is not None:
                names.add(stack.sample_name)
        return sample_ids, names

    def list_work_rows(self, stack_id: int) -> list[WorkRow]:
        """Return the rows of a stack that name a position, from the substrate up."""
        row = tables.rows.c
        query = _work_rows().where(row.stack_id == stack_id, row.layer_id.is_not(None))
        return [_make_work_row(record) for record in self._iter(query.order_by(row.layer_id, row.seq))]

    def list_rows_in_state(self, state: State) -> list[WorkRow]:
        """Return the rows of a state in input order."""
        row = tables.rows.c
        query = _work_rows().where(row.state == state.value, row.stack_id.is_not(None))
        return [_make_work_row(record) for record in self._iter(query.order_by(row.seq))]

    def count_state(self, state: State) -> int:
        """Return how many rows are in a state."""
        query = sa.select(sa.func.count()).where(tables.rows.c.state == state.value)
        with storage_errors(self.path), self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def list_stack_ids(self, state: State) -> list[int]:
        """Return the ids of the stacks that have a row of a state, in the order in which the inputs name them."""
        row = tables.rows.c
        query = sa.select(row.stack_id).where(row.state == state.value, row.stack_id.is_not(None)).distinct()
        return sorted(record[0] for record in self._iter(query))

    def list_earlier(self) -> dict[tuple[int, int], str]:
        """Return position -> body of what an earlier import into this file stored."""
        return {(sample_id, layer_id): body for sample_id, layer_id, body in self._iter(sa.select(tables.earlier))}

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
                    .values(status=Status.NOT_SENT.value, record_id=None, message="undone: taken back by request")
                )

    def add_earlier(self, stored: Mapping[tuple[int, int], str]) -> None:
        """Note what an earlier import into this file stored: position -> body."""
        values = [
            {"sample_id": sample_id, "layer_id": layer_id, "payload": body}
            for (sample_id, layer_id), body in stored.items()
        ]
        if values:
            with storage_errors(self.path), self.engine.begin() as connection:
                connection.execute(tables.earlier.insert(), values)

    def list_stored(self) -> dict[tuple[int, int], str]:
        """Return position -> body of every row that is in, this import's over those of earlier ones."""
        row, stack = tables.rows.c, tables.stacks.c
        query = (
            sa.select(stack.target_id, row.layer_id, row.payload)
            .select_from(tables.rows.join(tables.stacks, row.stack_id == stack.id))
            .where(row.status.in_([status.value for status in GOOD_STATUSES]), stack.target_id.is_not(None))
        )
        return {**self.list_earlier(), **{(target, layer): body for target, layer, body in self._iter(query)}}

    def find_place(self, seq: int) -> Where:
        """Return the place of a row in its input."""
        row, sheet = tables.rows.c, tables.sheets.c
        query = (
            sa.select(sheet.source, sheet.sheet, row.row)
            .select_from(tables.rows.join(tables.sheets, row.sheet_id == sheet.id))
            .where(row.seq == seq)
        )
        with storage_errors(self.path), self.engine.connect() as connection:
            source, name, number = connection.execute(query).one()
        return Where(source, name, number)

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

    def _iter(self, query: sa.Select[*tuple[Any, ...]]) -> Iterator[sa.Row[*tuple[Any, ...]]]:
        with storage_errors(self.path), self.engine.connect() as connection:
            yield from connection.execution_options(yield_per=PAGE).execute(query)


def _check_version(path: Path, engine: sa.Engine, *, readonly: bool) -> None:
    with storage_errors(path), engine.begin() as connection:
        application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if application != tables.APPLICATION_ID:
            raise RunFileError(f"{path} is a database, but not a run file of this tool.")
        if version > tables.SCHEMA_VERSION:
            raise RunFileError(
                f"{path} has run file version {version}, this tool reads up to version {tables.SCHEMA_VERSION}: "
                "use the version of the tool that wrote it."
            )
        if readonly and version < tables.SCHEMA_VERSION:
            raise RunFileError(
                f"{path} has the older run file version {version}. `layer-importer resume {path}` brings it up to "
                f"version {tables.SCHEMA_VERSION}."
            )
        for number in range(version, tables.SCHEMA_VERSION):
            for statement in tables.MIGRATIONS[number]:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"PRAGMA user_version={number + 1}")


def _work_rows() -> sa.Select[*tuple[Any, ...]]:
    row = tables.rows.c
    return sa.select(
        row.seq, row.stack_id, row.layer_id, row.payload, row.state, row.status, row.attempts, row.rounds,
        row.last_sent_at, row.step,
    )  # fmt: skip


def _make_work_stack(record: sa.Row[*tuple[Any, ...]]) -> WorkStack:
    return WorkStack(
        id=record.id,
        sample_id=record.sample_id,
        sample_name=record.sample_name,
        substrate=record.substrate,
        sample_metadata=record.sample_metadata,
        action=Action(record.action),
        target_id=record.target_id,
        before=record.before,
        undo=record.undo,
    )


def _make_work_row(record: sa.Row[*tuple[Any, ...]]) -> WorkRow:
    seq, stack_id, layer_id, payload, state, status, attempts, rounds, last, step = record
    return WorkRow(
        seq, stack_id, layer_id, (payload or "").encode(), State(state), Status(status) if status else None,
        attempts, rounds, last, Step(step) if step else None,
    )  # fmt: skip


def _dump_meta(meta: RunMeta) -> str:
    return json.dumps({name: getattr(meta, name) for name in RunMeta.__slots__})
