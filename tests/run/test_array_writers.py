"""Many entries that go to a server as arrays leave what they leave when each is written by a statement of its own."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa

from importer.errors import RunFileError
from importer.model import Status
from importer.run import (
    Action,
    Aimed,
    Answer,
    End,
    Hold,
    Intent,
    Journal,
    Log,
    Named,
    Release,
    Revised,
    Rewrite,
    RunFile,
    Settled,
    State,
    Step,
    Stepped,
    statements,
    tables,
)
from tests.helpers.postgres import get_cluster
from tests.helpers.staging import make_stacks, stage_layers
from tests.helpers.stores import read_server_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.model import ServerPlace
    from importer.run import Entry

pytestmark = pytest.mark.server
ROWS = range(24)
ODD = 'a\x00b\x1a0{NULL,"x\\\\"}\'\t\n\U0001d7d8'
_numbers = itertools.count()


def make_place() -> ServerPlace:
    """Return the place of a run of twelve stacks of two layers."""
    place = read_server_place(f"{get_cluster().address}&run=a{next(_numbers)}")
    stage_layers(place, make_stacks(len(ROWS) // 2, 2))
    return place


def list_groups() -> list[Sequence[Entry]]:
    """Return what a run may hand in, kind by kind: some values are nothing, some hard to quote, one is past 32 bits."""

    def text(seq: int) -> str | None:
        return (None, "", "NULL", ODD)[seq % 4]

    return [
        [Aimed(seq, (None, 2**40)[seq % 2], Action.REPLACE_STACK, text(seq)) for seq in range(12)],
        [Aimed(seq, seq, Action.CREATE_LAYER, "[]") for seq in range(12)],
        [Stepped(seq, (Step.CREATE, Step.UPDATE)[seq % 2], text(seq)) for seq in ROWS],
        [Rewrite(seq, "{}" + " " * seq) for seq in ROWS],
        [Intent(seq, float(seq)) for seq in ROWS],
        [Settled(seq) for seq in ROWS],
        [Named(seq, 2**40 + seq) for seq in range(12)],
        [Hold(seq, text(seq) or "") for seq in range(12)],
        [Release(seq) for seq in range(12, 24)],
        [Intent(seq, 100.5) for seq in range(12, 24)],
        [Answer(seq, 1, 1, 0.25, (None, 200)[seq % 2], "ok", text(seq) or "") for seq in (*ROWS, *ROWS)],
        [
            End(seq, (Status.CREATED, Status.REFUSED)[seq % 2], (None, seq)[seq % 2], None, ODD, 2.0, "{}")
            for seq in ROWS
        ],
        [
            Revised(seq, (Status.UNCONFIRMED, Status.CONFLICT, Status.CREATED)[seq % 3], None, text(seq) or "", 3.0)
            for seq in ROWS
        ],
        [Log(1.0, "note", text(seq) or "") for seq in ROWS],
    ]


def write(place: ServerPlace, groups: list[Sequence[Entry]]) -> list[list[tuple[object, ...]]]:
    """Write groups, each with one commit, and return all that the run holds then."""
    with RunFile.open(place, readonly=False) as run, Journal(run) as journal:
        for group in groups:
            journal.write(*group)
        with run.store.read() as connection:
            wanted = [tables.stacks, tables.rows, tables.attempts, tables.events]
            return [
                [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
                for table in wanted
            ]


def test_arrays_leave_what_single_entries_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of entry, with values that are nothing, hard to quote or large."""
    groups = list_groups()
    assert {type(group[0]) for group in groups} == set(statements.STATEMENTS)
    as_arrays = write(make_place(), groups)
    monkeypatch.setattr(statements, "MANY", 1_000)
    assert write(make_place(), groups) == as_arrays


def test_of_two_entries_for_a_row_the_last_counts() -> None:
    """As with single statements; in an array either of them might."""
    place = make_place()
    holds = [Hold(seq, "one") for seq in range(8)]
    write(place, [[*holds, *(Hold(seq, "two") for seq in range(8))]])
    with RunFile.open(place) as run:
        assert [row.message for row in run.iter_rows()][:9] == ["two"] * 8 + [""]


def test_a_claim_of_many_is_compared_and_set() -> None:
    """Of a group in which one row isn't ready any more nothing is written."""
    place = make_place()
    with RunFile.open(place, readonly=False) as run, Journal(run) as journal:
        journal.write(Intent(3, 1.0))
        with pytest.raises(RunFileError, match="1 of 10 rows weren't in the state that 'intent' starts from"):
            journal.write(*(Intent(seq, 2.0) for seq in range(10)))
        assert [row.seq for row in run.list_rows_in_state(State.SENDING)] == [3]


def test_sending_leaves_the_indexes_as_they_are() -> None:
    """A row's intent and its answer find room beside it, so that no index is written for them."""
    place, layers = read_server_place(f"{get_cluster().address}&run=a{next(_numbers)}"), range(600)
    stage_layers(place, make_stacks(len(layers) // 2, 2))
    with RunFile.open(place, readonly=False) as run, Journal(run) as journal:
        for first in range(0, len(layers), 20):
            group = layers[first : first + 20]
            journal.write(*(Intent(seq, 1.0) for seq in group))
            journal.write(*(End(seq, Status.CREATED, seq, 200, "", 2.0, "{}" + " " * 200) for seq in group))
    query = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = %s AND relname = 'row'"
    with psycopg.connect(get_cluster().address, autocommit=True) as session:
        until = time.monotonic() + 20
        changed = in_place = 0
        while (
            changed < 2 * len(layers) and time.monotonic() < until
        ):  # what a session has done is counted a little later
            ((changed, in_place),) = session.execute(query, (f"run_{place.name}",)).fetchall()
            time.sleep(0.01)
    assert (changed, in_place > 0.75 * changed) == (2 * len(layers), True), in_place
