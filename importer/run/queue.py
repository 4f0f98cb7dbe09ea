"""What planner and submitter read of a run file: stacks, their rows in layer order, and where each of them is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from importer.model import WRITTEN_STATUSES, Status, Where
from importer.run import tables
from importer.run.reader import RunReader, make_work_stack
from importer.run.records import WorkRow, WorkStack
from importer.run.tables import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


NAMED = "named"
"""The verdict on an answer that names what is stored, but isn't it; see ``importer.server.retry``."""


class RunQueue(RunReader):
    """An open run file, as planner and submitter see it."""

    def find_stack(self, stack_id: int) -> WorkStack:
        """Return a stack as it is now."""
        with self.store.read() as connection:
            return make_work_stack(connection.execute(_ONE_STACK, {"b_stack_id": stack_id}).one())

    def list_targets(self) -> tuple[set[int], set[str]]:
        """Return the ids and the names of the target materials that the run is about."""
        sample_ids, names = set(), set()
        for stack in self.iter_work_stacks():
            if stack.target_id is not None:
                sample_ids.add(stack.target_id)
            elif stack.sample_name is not None:
                names.add(stack.sample_name)
        return sample_ids, names

    def list_record_ids(self) -> set[int]:
        """Return the ids of records that rows give explicitly, and of those that the server named for rows in doubt."""
        row = tables.rows.c
        named = sa.select(row.record_id).where(row.state == State.SENDING.value, row.record_id.is_not(None))
        given = sa.select(row.payload).where(row.payload.contains('"id":', autoescape=True))
        return {record_id for (record_id,) in self._iter(named)} | {
            json.loads(payload)["id"] for (payload,) in self._iter(given)
        }

    def list_named(self) -> set[int]:
        """Return the numbers of the rows in doubt of which an answer has said that they are stored."""
        row, attempt = tables.rows.c, tables.attempts.c
        query = (
            sa.select(row.seq)
            .select_from(tables.rows.join(tables.attempts, row.seq == attempt.seq))
            .where(row.state == State.SENDING.value, attempt.verdict == NAMED)
        )
        return {seq for (seq,) in self._iter(query)}

    def list_work_rows(self, stack_id: int) -> list[WorkRow]:
        """Return the rows of a stack that name a position, from the substrate up."""
        with self.store.read() as connection:
            records = connection.execute(_ROWS_OF_STACK, {"b_stack_id": stack_id}).all()
        return [_make_work_row(record) for record in records]

    def list_work(self, stack_ids: Sequence[int]) -> list[tuple[WorkStack, list[WorkRow]]]:
        """Return some stacks, each with its rows as by `list_work_rows`, in the order given.

        Read together, for every look at the file while it is being written has to read its pages again.
        """
        with self.store.read() as connection:
            stacks = connection.execute(_SOME_STACKS, {"b_stack_ids": stack_ids}).all()
            rows = connection.execute(_ROWS_OF_STACKS, {"b_stack_ids": stack_ids}).all()
        found: dict[int, tuple[WorkStack, list[WorkRow]]] = {
            record.id: (make_work_stack(record), []) for record in stacks
        }
        for record in rows:
            found[record.stack_id][1].append(_make_work_row(record))
        return [found[stack_id] for stack_id in stack_ids]

    def list_rows_in_state(self, state: State) -> list[WorkRow]:
        """Return the rows of a state in input order."""
        row = tables.rows.c
        query = _work_rows().where(row.state == state.value, row.stack_id.is_not(None))
        return [_make_work_row(record) for record in self._iter(query.order_by(row.seq))]

    def count_state(self, state: State) -> int:
        """Return how many rows are in a state."""
        query = sa.select(sa.func.count()).where(tables.rows.c.state == state.value)
        with self.store.read() as connection:
            return int(connection.execute(query).scalar_one())

    def list_stack_ids(self, state: State) -> list[int]:
        """Return the ids of the stacks that have a row of a state, in the order in which the inputs name them."""
        row = tables.rows.c
        query = sa.select(row.stack_id).where(row.state == state.value, row.stack_id.is_not(None)).distinct()
        return sorted(record[0] for record in self._iter(query))

    def list_earlier(self) -> dict[tuple[int, int], str]:
        """Return position -> body of what an earlier import into this file stored."""
        return {(sample_id, layer_id): body for sample_id, layer_id, body in self._iter(sa.select(tables.earlier))}

    def list_stored(self) -> dict[tuple[int, int], str]:
        """Return position -> record of every row that this import created or updated, over those of earlier ones.

        A row that was only found there is not among them: it is somebody else's.
        """
        row, stack = tables.rows.c, tables.stacks.c
        query = (
            sa.select(stack.target_id, row.layer_id, sa.func.coalesce(row.answer, row.payload))
            .select_from(tables.rows.join(tables.stacks, row.stack_id == stack.id))
            .where(row.status.in_([status.value for status in WRITTEN_STATUSES]), stack.target_id.is_not(None))
        )
        return {**self.list_earlier(), **{(target, layer): body for target, layer, body in self._iter(query)}}

    def list_earlier_targets(self) -> dict[str, int]:
        """Return sample name -> id of each target material that earlier imports into this file have made or used."""
        return {str(name): int(target) for name, target in self._iter(sa.select(tables.earlier_targets))}

    def list_known_targets(self) -> dict[str, int]:
        """Return sample name -> id of each target material that this import and earlier ones have made or used."""
        stack = tables.stacks.c
        query = sa.select(stack.sample_name, stack.target_id).where(
            stack.sample_name.is_not(None), stack.target_id.is_not(None)
        )
        return {**self.list_earlier_targets(), **{str(name): int(target) for name, target in self._iter(query)}}

    def list_written(self, most: int) -> list[tuple[int, int, int | None]]:
        """Return target material, layer and record id of the layers stored last by this run, so many at most."""
        row, stack = tables.rows.c, tables.stacks.c
        query = (
            sa.select(stack.target_id, row.layer_id, row.record_id)
            .select_from(tables.rows.join(tables.stacks, row.stack_id == stack.id))
            .where(row.status.in_([status.value for status in WRITTEN_STATUSES]), stack.target_id.is_not(None))
            .order_by(row.ended_at.desc())
            .limit(most)
        )
        return [(target_id, layer_id, record_id) for target_id, layer_id, record_id in self._iter(query)]

    def iter_work(self, rows: int) -> Iterator[list[tuple[WorkStack, list[WorkRow]]]]:
        """Yield all stacks with their rows, so many rows at once, or one stack where it has more."""
        row = tables.rows.c
        query = (
            sa.select(row.stack_id, sa.func.count())
            .where(row.stack_id.is_not(None), row.layer_id.is_not(None))
            .group_by(row.stack_id)
            .order_by(row.stack_id)
        )
        batch: list[int] = []
        count = 0
        for stack_id, number in list(self._iter(query)):
            if batch and count + number > rows:
                yield self.list_work(batch)
                batch, count = [], 0
            batch.append(stack_id)
            count += number
        if batch:
            yield self.list_work(batch)

    def find_place(self, seq: int) -> Where:
        """Return the place of a row in its input."""
        row, sheet = tables.rows.c, tables.sheets.c
        query = (
            sa.select(sheet.source, sheet.sheet, row.row)
            .select_from(tables.rows.join(tables.sheets, row.sheet_id == sheet.id))
            .where(row.seq == seq)
        )
        with self.store.read() as connection:
            source, name, number = connection.execute(query).one()
        return Where(source, name, number)


def _work_rows() -> sa.Select[*tuple[Any, ...]]:
    row = tables.rows.c
    return sa.select(
        row.seq, row.stack_id, row.layer_id, row.payload, row.state, row.status, row.attempts, row.rounds,
        row.last_sent_at, row.step, row.record_id, row.answer, row.difference,
    )  # fmt: skip


# Built once: building a statement again for each stack costs more than the database takes to answer it.
_ONE_STACK = sa.select(tables.stacks).where(tables.stacks.c.id == sa.bindparam("b_stack_id"))
_ROWS_OF_STACK = (
    _work_rows()
    .where(tables.rows.c.stack_id == sa.bindparam("b_stack_id"), tables.rows.c.layer_id.is_not(None))
    .order_by(tables.rows.c.layer_id, tables.rows.c.seq)
)
_STACK_IDS: sa.BindParameter[int] = sa.bindparam("b_stack_ids", expanding=True)
_SOME_STACKS = sa.select(tables.stacks).where(tables.stacks.c.id.in_(_STACK_IDS))
_ROWS_OF_STACKS = (
    _work_rows()
    .where(tables.rows.c.stack_id.in_(_STACK_IDS), tables.rows.c.layer_id.is_not(None))
    .order_by(tables.rows.c.stack_id, tables.rows.c.layer_id, tables.rows.c.seq)
)


def _make_work_row(record: sa.Row[*tuple[Any, ...]]) -> WorkRow:
    seq, stack_id, layer_id, payload, state, status, attempts, rounds, last, step, record_id, answer, difference = (
        record
    )
    return WorkRow(
        seq, stack_id, layer_id, (payload or "").encode(), State(state), Status(status) if status else None,
        attempts, rounds, last, Step(step) if step else None, record_id, answer,
        difference,
    )  # fmt: skip
