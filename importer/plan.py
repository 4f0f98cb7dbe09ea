"""What becomes of each row, by the run file and the server's listing: create, unchanged, or conflict.

Nothing is sent from here. A row whose position the server already fills is decided at once, so that importing a file
twice stores it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.codes import make_issue
from importer.fields.same import describe_differences, is_same_layer
from importer.listing import find_record_id
from importer.model import Issue, Problem, Status
from importer.run import Action, Aimed, End, Rewrite, State, add_issues

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.listing import Listing, Record
    from importer.run import Entry, Journal, RunFile, WorkRow, WorkStack


def plan_rows(run: RunFile, listing: Listing, *, journal: Journal, now: float) -> None:
    """Decide, for every stack with rows that are ready, where it goes and which of its rows are there already.

    Args:
        run: the run file; decisions are written to it through the journal.
        listing: what the server holds.
        journal: the writer.
        now: POSIX time, written as the time of the decisions.

    Raises:
        StorageError: the run file can't be written.
    """
    waiting = set(run.list_stack_ids(State.READY))
    for stack in run.iter_work_stacks():
        if stack.id not in waiting:
            continue
        rows = [row for row in run.list_work_rows(stack.id) if row.state is State.READY]
        problem = find_stack_problem(stack, listing)
        if problem is not None:
            add_issues(run, make_stack_issues(run, rows, problem))
            continue
        entries = [*aim_stack(stack, rows, listing)]
        target_id = next((entry.target_id for entry in entries if isinstance(entry, Aimed)), stack.target_id)
        for row in rows:
            found = listing.find_records(target_id, row.layer_id)
            if found:
                entries.append(judge_existing(row, found, now=now))
        if entries:
            journal.write(*entries)


def find_stack_problem(stack: WorkStack, listing: Listing) -> Problem | None:
    """Return why a stack that is named, not numbered, can't be aimed at a target material."""
    if stack.target_id is not None or stack.sample_name is None:
        return None
    known = sorted(listing.find_samples(stack.sample_name))
    if len(known) > 1:
        ids = ", ".join(str(sample_id) for sample_id in known)
        return Problem(
            "ambiguous-sample-name",
            f"{len(known)} target materials are called {stack.sample_name!r}: {ids}. Give sample_id "
            "instead of the name.",
        )
    if not known and stack.substrate is None:
        return Problem(
            "missing-substrate",
            f"No target material is called {stack.sample_name!r} yet, and a new one needs its substrate: add a column "
            "'substrate' (in YAML: sample: {name: ..., substrate: ...}).",
        )
    return None


def make_stack_issues(run: RunFile, rows: Sequence[WorkRow], problem: Problem) -> Iterator[Issue]:
    """Yield the issue of a whole stack for each of its rows, since none of them can be sent."""
    for row in rows:
        yield make_issue(problem, run.find_place(row.seq), seq=row.seq)


def aim_stack(stack: WorkStack, rows: Sequence[WorkRow], listing: Listing) -> Iterator[Entry]:
    """Yield where the rows of a named stack go: to the one target material of that name, or to a new one."""
    if stack.target_id is not None or stack.sample_name is None:
        return
    known = listing.find_samples(stack.sample_name)
    if not known:
        yield Aimed(stack.id, None, Action.CREATE_STACK)
        return
    target_id = min(known)
    yield Aimed(stack.id, target_id, Action.CREATE_LAYER)
    yield from address_rows(rows, target_id)


def address_rows(rows: Sequence[WorkRow], target_id: int) -> Iterator[Entry]:
    """Yield the bodies of rows with the id of their target material, which the input doesn't name."""
    for row in rows:
        yield Rewrite(row.seq, orjson.dumps({**orjson.loads(row.payload), "sample_id": target_id}).decode())


def judge_existing(row: WorkRow, found: Sequence[Record], *, now: float) -> End:
    """Return the answer for a row whose position the server already fills, when nothing of it is under way."""
    sent = orjson.loads(row.payload)
    if len(found) > 1:
        ids = ", ".join(str(find_record_id(record)) for record in found)
        words = f"the server holds {len(found)} records at this position (ids {ids}): left alone"
        return End(row.seq, Status.CONFLICT, None, None, words, now)
    record_id = find_record_id(found[0])
    if not is_same_layer(sent, found[0]):
        words = f"already there with other content, left alone: {describe_differences(sent, found[0])}"
        return End(row.seq, Status.CONFLICT, record_id, None, words, now)
    if row.attempts:
        return End(row.seq, Status.CREATED, record_id, None, "found in the server's listing", now)
    return End(row.seq, Status.UNCHANGED, record_id, None, "already there with the same content", now)
