"""What reports read of a run file: everything in input order, a page at a time in memory."""

from __future__ import annotations

import json
import weakref
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from importer.model import GOOD_STATUSES, FinerCounts, Issue, Severity, Status, Where
from importer.run import tables
from importer.run.records import (
    AttemptRecord,
    EventRecord,
    InputRecord,
    JoinedRun,
    RowRecord,
    RunMeta,
    StackRecord,
    TableRecord,
    WorkStack,
)
from importer.run.soundness import read_meta
from importer.run.tables import Action, State, Step
from importer.settings import WriteMode

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator

    from importer.model import RunPlace
    from importer.run.store.store import Store

FINAL_CHECK, NOT_MADE = "final-check", "not made"
"""The event that tells of the check of all answers at the end, and how it begins where there was none."""
PAGE = 2_000
"""Rows fetched at once by the readers."""

TOLD = sa.case(
    (tables.rows.c.status.is_not(None), tables.rows.c.status),
    (tables.rows.c.state == State.SENDING.value, Status.UNCONFIRMED.value),
    else_=Status.NOT_SENT.value,
)
"""The status that a reader gets: see `importer.run.tables`."""

_ENDED = tables.rows.alias("ended")
_RANKED = (
    sa.select(
        _ENDED.c.stack_id,
        _ENDED.c.layer_id,
        _ENDED.c.status,
        sa.func.row_number()
        .over(partition_by=_ENDED.c.stack_id, order_by=(_ENDED.c.layer_id, _ENDED.c.seq))
        .label("rank"),
    )
    .where(
        _ENDED.c.state == State.DONE.value,
        _ENDED.c.status.not_in([status.value for status in GOOD_STATUSES]),
        _ENDED.c.layer_id.is_not(None),
    )
    .subquery("ranked")
)
_BARRIER = sa.select(_RANKED).where(_RANKED.c.rank == 1).subquery("barrier")
"""Of each stack the lowest layer that ended and isn't in: what lies above it isn't sent."""
_ROWS = (
    tables.rows.join(tables.sheets, tables.rows.c.sheet_id == tables.sheets.c.id)
    .outerjoin(tables.stacks, tables.rows.c.stack_id == tables.stacks.c.id)
    .outerjoin(_BARRIER, tables.rows.c.stack_id == _BARRIER.c.stack_id)
)


class RunReader:
    """An open run file, as reports see it.

    Attributes:
        store: where it is kept, open.
        joined: where it is a copy of several runs for a report, these; none else.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.joined: tuple[JoinedRun, ...] = ()
        self._reading: weakref.WeakSet[Generator[Any, None, None]] = weakref.WeakSet()

    @property
    def place(self) -> RunPlace:
        """Where it is."""
        return self.store.place

    @property
    def meta(self) -> RunMeta:
        """What the file says of its run as a whole."""
        with self.store.read() as connection:
            text = connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == "run")).scalar()
        return read_meta(self.place, text)

    def iter_inputs(self) -> Iterator[InputRecord]:
        """Yield the inputs in the order in which they were read."""
        for record in self._iter(sa.select(tables.inputs).order_by(tables.inputs.c.id)):
            yield InputRecord(*record)

    def iter_events(self) -> Iterator[EventRecord]:
        """Yield what happened to the run as a whole, oldest first."""
        columns = tables.events.c
        for record in self._iter(sa.select(columns.at, columns.kind, columns.text).order_by(columns.id)):
            yield EventRecord(*record)

    def is_check_owed(self) -> bool:
        """Tell whether the answers were to be compared with the stored list at the end, and couldn't be."""
        columns = tables.events.c
        query = sa.select(columns.text).where(columns.kind == FINAL_CHECK).order_by(columns.id.desc()).limit(1)
        with self.store.read() as connection:
            return str(connection.execute(query).scalar() or "").startswith(NOT_MADE)

    def iter_invalid(self) -> Iterator[int]:
        """Yield the numbers of the rows that are invalid."""
        query = sa.select(tables.rows.c.seq).where(tables.rows.c.status == Status.INVALID.value)
        yield from (seq for (seq,) in self._iter(query))

    def has_issue(self, *codes: str) -> bool:
        """Tell whether anything was found under one of some codes."""
        query = sa.select(tables.issues.c.id).where(tables.issues.c.code.in_(codes)).limit(1)
        return next(self._iter(query), None) is not None

    def count_issues(self, code: str) -> int:
        """Return how often something was found under a code."""
        query = sa.select(sa.func.count()).select_from(tables.issues).where(tables.issues.c.code == code)
        with self.store.read() as connection:
            return int(connection.execute(query).scalar_one())

    def count_rows(self) -> int:
        """Return how many rows the run has."""
        with self.store.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(tables.rows)).scalar_one())

    def count_statuses(self) -> dict[Status, int]:
        """Return how many rows ended in which status; statuses that no row has are absent."""
        query = sa.select(TOLD, sa.func.count()).select_from(tables.rows).group_by(TOLD)
        return {Status(status): int(count) for status, count in self._iter(query)}

    def count_finer(self) -> FinerCounts:
        """Return how many rows are held back, were undone, or differ on the server and were left so."""
        row = tables.rows.c
        is_undone = sa.and_(row.state == State.DONE.value, row.status == Status.NOT_SENT.value)
        is_differing = sa.and_(
            row.status == Status.UNCHANGED.value, row.step == Step.UNCHANGED.value, row.difference.is_not(None)
        )
        wanted = (self._is_held(), is_undone, is_differing)
        query = sa.select(*(sa.func.sum(sa.case((which, 1), else_=0)) for which in wanted)).select_from(_ROWS)
        with self.store.read() as connection:
            return FinerCounts(*(int(count or 0) for count in connection.execute(query).one()))

    def count_sendable(self) -> tuple[int, int]:
        """Return how many rows are ready and not held back, and of how many stacks they are."""
        row = tables.rows.c
        query = (
            sa.select(sa.func.count(), sa.func.count(row.stack_id.distinct()))
            .select_from(_ROWS)
            .where(row.state == State.READY.value, sa.case((self._is_held(), 1), else_=0) == 0)
        )
        with self.store.read() as connection:
            rows, stacks = connection.execute(query).one()
        return int(rows), int(stacks)

    def list_new_targets(self) -> list[str]:
        """Return the names of the target materials that would be made: a row of each is ready and not held back."""
        row, stack = tables.rows.c, tables.stacks.c
        is_sendable = sa.and_(row.state == State.READY.value, sa.case((self._is_held(), 1), else_=0) == 0)
        ready = sa.select(row.stack_id).select_from(_ROWS).where(is_sendable)
        query = sa.select(tables.stacks).where(stack.action == Action.CREATE_STACK.value, stack.id.in_(ready))
        return [make_work_stack(record).label for record in self._iter(query.order_by(stack.id))]

    def count_undone(self) -> tuple[int, int]:
        """Return how many stacks were put back to what they were, and how many stacks the run has."""
        undone = sa.func.sum(sa.case((tables.stacks.c.undo == "done", 1), else_=0))
        with self.store.read() as connection:
            found = connection.execute(sa.select(undone, sa.func.count()).select_from(tables.stacks)).one()
        return int(found[0] or 0), int(found[1])

    def _is_held(self) -> sa.ColumnElement[bool]:
        """Return whether a row is ready and will not be sent, for a layer of its stack isn't in.

        A layer holds back what lies above it; where a stack is replaced in one call, it holds back all of it.
        """
        row = tables.rows.c
        is_above = row.layer_id > _BARRIER.c.layer_id
        if self.meta.write_mode == WriteMode.REPLACE.value:
            is_above |= tables.stacks.c.target_id.is_not(None)
        elif self.joined:
            is_above |= tables.stacks.c.action == Action.REPLACE_STACK.value
        return sa.and_(row.state == State.READY.value, _BARRIER.c.layer_id.is_not(None), is_above)

    def iter_rows(self, *, statuses: Collection[Status] | None = None) -> Iterator[RowRecord]:
        """Yield the rows in input order, a page at a time in memory."""
        row, sheet, stack = tables.rows.c, tables.sheets.c, tables.stacks.c
        query = (
            sa.select(
                row.seq, sheet.source, sheet.sheet, row.row, sa.func.coalesce(stack.target_id, stack.sample_id),
                stack.sample_name, stack.substrate, row.layer_id, row.state, TOLD, row.record_id, row.http_status,
                row.attempts, row.message, row.payload, row.raw, row.first_sent_at, row.ended_at, row.step,
                row.difference, row.verified, sa.case((self._is_held(), _BARRIER.c.layer_id)), _BARRIER.c.status,
            )
            .select_from(_ROWS)
            .order_by(row.seq)
        )  # fmt: skip
        if statuses is not None:
            query = query.where(TOLD.in_([status.value for status in statuses]))
        for record in self._iter(query):
            *values, barrier = record
            held_by = values[21]
            if held_by is not None and not values[13]:
                values[13] = word_hold(held_by, values[7], barrier)
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
            sa.select(row.stack_id, TOLD, sa.func.count())
            .where(row.stack_id.is_not(None))
            .group_by(row.stack_id, TOLD)
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

    def iter_work_stacks(self) -> Iterator[WorkStack]:
        """Yield the stacks in the order in which the inputs name them."""
        for record in self._iter(sa.select(tables.stacks).order_by(tables.stacks.c.id)):
            yield make_work_stack(record)

    def end_reading(self) -> None:
        """Give back the connections of readings that an error cut short; on Windows the file couldn't be moved else."""
        for rows in list(self._reading):
            rows.close()

    def _iter(self, query: sa.Select[*tuple[Any, ...]]) -> Iterator[sa.Row[*tuple[Any, ...]]]:
        rows = self._read(query)
        self._reading.add(rows)
        return rows

    def _read(self, query: sa.Select[*tuple[Any, ...]]) -> Generator[sa.Row[*tuple[Any, ...]], None, None]:
        with self.store.read() as connection, connection.execute(query, execution_options={"yield_per": PAGE}) as found:
            yield from found


def word_hold(held_by: int, layer_id: int, status: str) -> str:
    """Return in words why a row isn't sent, the same as the submitter's once it has come to its stack."""
    place = "below it" if held_by < layer_id else "of its stack"
    return f"blocked: layer {held_by} {place} is {Status(status).words}"


def make_work_stack(record: sa.Row[*tuple[Any, ...]]) -> WorkStack:
    """Return the stack of a database row."""
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
