"""What becomes of each row, by the run file and the server's listing: create, update, unchanged, or conflict.

Nothing is sent from here. A row whose position the server already fills is decided at once, so that importing a file
twice stores it once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from importer.errors import ListingError
from importer.events import Phase, ignore_event, iter_told
from importer.issues import make_issue
from importer.layers.same import describe_differences, is_same_layer, is_same_record
from importer.model import Status
from importer.run import Action, Aimed, End, Hold, Rewrite, State, Step, Stepped, add_issues
from importer.server.listing import find_layer_id, find_record_id
from importer.settings import OnExisting, PlanSettings, WriteMode
from importer.submit.stack_problems import (
    find_elsewhere,
    find_near_names,
    find_stack_problem,
    iter_gaps,
    make_stack_issues,
)
from importer.submit.stored.changes import describe_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from importer.events import Watcher
    from importer.run import Entry, Journal, RunFile, WorkRow, WorkStack
    from importer.server.listing import Listing, Record

Earlier = dict[tuple[int, int], str]
BATCH = 500
"""Decisions written at once, about so many: one commit a stack takes as long as reading the stacks and judging them."""


def plan_rows(
    run: RunFile,
    listing: Listing,
    *,
    plan: PlanSettings,
    journal: Journal,
    now: float,
    doubt: str = "",
    watch: Watcher = ignore_event,
) -> None:
    """Decide, for every stack with rows that are ready, where it goes and what becomes of each of its rows.

    Args:
        run: the run file; decisions are written to it through the journal.
        listing: what the server holds.
        plan: what to do about what is there already.
        journal: the writer.
        now: POSIX time, written as the time of the decisions.
        doubt: why absence from the listing proves nothing; empty where it does.
        watch: told how many of the stacks are planned.

    Raises:
        ListingError: a row's step depends on something being absent, which can't be told.
        StorageError: the run file can't be written.
    """
    waiting = set(run.list_stack_ids(State.READY))
    stacks = list(run.iter_work_stacks())
    basis = Basis(
        listing=listing,
        plan=plan,
        earlier=run.list_earlier(),
        made=run.list_earlier_targets(),
        numbered=frozenset(stack.sample_id for stack in stacks if stack.sample_id is not None),
        now=now,
        doubt=doubt,
    )
    entries: list[Entry] = []
    for stack in iter_told(stacks, Phase("plan", len(stacks)), watch):
        if stack.id in waiting:
            entries += plan_stack(run, stack, basis)
        if len(entries) >= BATCH:
            journal.write(*entries)
            entries = []
    if entries:
        journal.write(*entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What all stacks are planned by.

    Attributes:
        listing: what the server holds.
        plan: what to do about what is there already.
        earlier: what earlier imports into this run file stored: position -> record.
        made: the target materials that they made or used: sample name -> id.
        numbered: the ids of the target materials that the run's rows give by number.
        now: POSIX time.
        doubt: why absence from the listing proves nothing.
    """

    listing: Listing
    plan: PlanSettings
    earlier: Earlier
    made: Mapping[str, int]
    numbered: frozenset[int]
    now: float
    doubt: str = ""


def plan_stack(run: RunFile, stack: WorkStack, basis: Basis) -> Iterator[Entry]:
    """Yield what becomes of the rows of a stack that are ready; what keeps them from being sent is an issue."""
    listing = basis.listing
    rows = run.list_work_rows(stack.id)
    if stack.action is not Action.CREATE_LAYER and any(row.state is State.SENDING for row in rows):
        return  # the one call for the whole stack is in doubt: the settlement decides about all of it
    if stack.target_id is None and not listing.find_samples(stack.sample_name or ""):
        # An earlier import has made it: without layers, after an undo, it may be in no list.
        stack = replace(stack, target_id=basis.made.get(stack.sample_name or ""))
    ready = [row for row in rows if row.state is State.READY]
    problem = find_stack_problem(stack, listing, numbered=basis.numbered)
    if problem is not None:
        add_issues(run, make_stack_issues(run, ready, problem))
        return
    aim = aim_stack(stack, listing)
    if aim.target_id is None and ready and (near := find_near_names(stack, listing)) is not None:
        add_issues(run, make_stack_issues(run, ready[:1], near))
    gaps = dict(iter_gaps(rows, aim.target_id, listing))
    if gaps:
        add_issues(run, (make_issue(gap, run.find_place(row.seq), seq=row.seq) for row, gap in gaps.items()))
        rows = [replace(row, state=State.DONE, status=Status.INVALID) if row in gaps else row for row in rows]
        ready = [row for row in ready if row not in gaps]
    require_proof(stack, ready, aim, basis)
    yield aim
    if stack.sample_id is None and aim.target_id is not None:
        yield from address_rows(ready, aim.target_id)
    if basis.plan.write_mode is WriteMode.REPLACE and aim.target_id is not None:
        yield from plan_replacement(aim, rows, listing, plan=basis.plan, now=basis.now)
        return
    for row in ready:
        elsewhere = find_elsewhere(row, aim.target_id, listing)
        if elsewhere:
            yield from _decide(row, Step.CONFLICT, Status.CONFLICT, None, elsewhere, now=basis.now)
        else:
            yield from plan_row(row, listing.find_records(aim.target_id, row.layer_id), basis)


def require_proof(stack: WorkStack, rows: Sequence[WorkRow], aim: Aimed, basis: Basis) -> None:
    """Refuse to plan by absence from a list that may be cut, cached or late.

    Raises:
        ListingError: it names the doubt, and the first stack that it matters for.
    """
    is_replacing = basis.plan.write_mode is WriteMode.REPLACE
    if not basis.doubt or not rows:
        return
    if is_replacing or any(not basis.listing.find_records(aim.target_id, row.layer_id) for row in rows):
        raise ListingError(
            f"The stored list may be incomplete: {basis.doubt}. So we can't tell whether {stack.label} is stored "
            "already, and nothing was sent. Try again later. If you know that the list is complete, use "
            "--trust-list."
        )


def aim_stack(stack: WorkStack, listing: Listing) -> Aimed:
    """Return where a stack goes, with what stands there: its target material, or a new one of its name."""
    target_id = stack.target_id
    if target_id is None:
        known = listing.find_samples(stack.sample_name or "")
        if not known:
            return Aimed(stack.id, None, Action.CREATE_STACK, "[]")
        target_id = min(known)
    return Aimed(stack.id, target_id, Action.CREATE_LAYER, orjson.dumps(listing.list_stack(target_id)).decode())


def address_rows(rows: Sequence[WorkRow], target_id: int) -> Iterator[Entry]:
    """Yield the bodies of rows with the id of their target material, which the input doesn't name."""
    for row in rows:
        yield Rewrite(row.seq, orjson.dumps({**orjson.loads(row.payload), "sample_id": target_id}).decode())


def plan_row(row: WorkRow, found: Sequence[Record], basis: Basis) -> Iterator[Entry]:
    """Yield what becomes of a row, when nothing of it is under way, by the records that stand at its position."""
    sent = orjson.loads(row.payload)
    if not found:
        yield Stepped(row.seq, Step.CREATE)
        return
    if len(found) > 1:
        ids = ", ".join(str(find_record_id(record)) for record in found)
        words = f"the server has {len(found)} records at this position (ids {ids}): left alone"
        yield from _decide(row, Step.CONFLICT, Status.CONFLICT, None, words, now=basis.now)
        return
    record_id = find_record_id(found[0])
    if is_same_layer(sent, found[0]):
        status = Status.UNCHANGED
        words = "already there with the same content"
        if row.attempts:
            status = Status.UPDATED if row.step is Step.UPDATE else Status.CREATED
            words = "found in the stored list"
        yield from _decide(row, Step.UNCHANGED, status, record_id, words, now=basis.now)
        return
    difference = describe_differences(sent, found[0])
    if basis.plan.on_existing is OnExisting.UPDATE or is_ours(sent, found[0], basis.earlier):
        yield Stepped(row.seq, Step.UPDATE, difference)
        return
    if basis.plan.on_existing is OnExisting.SKIP:
        words = f"already there with other content, left as it is (--on-existing skip): {difference}"
        yield from _decide(row, Step.UNCHANGED, Status.UNCHANGED, record_id, words, difference, now=basis.now)
        return
    words = f"already there with other content, left alone: {difference}"
    yield from _decide(row, Step.CONFLICT, Status.CONFLICT, record_id, words, difference, now=basis.now)


def is_ours(sent: Mapping[str, object], record: Record, earlier: Earlier) -> bool:
    """Tell whether a record is what an earlier import into this run file stored, untouched since in all its fields."""
    sample_id, layer_id = sent.get("sample_id"), sent.get("layer_id")
    known = earlier.get((sample_id, layer_id)) if isinstance(sample_id, int) and isinstance(layer_id, int) else None
    return known is not None and is_same_record(orjson.loads(known), record)


def _decide(
    row: WorkRow,
    step: Step,
    status: Status,
    record_id: int | None,
    words: str,
    difference: str | None = None,
    *,
    now: float,
) -> Iterator[Entry]:
    yield Stepped(row.seq, step, difference)
    yield End(row.seq, status, record_id, None, words, now)


def plan_replacement(
    aim: Aimed, rows: Sequence[WorkRow], listing: Listing, *, plan: PlanSettings, now: float
) -> Iterator[Entry]:
    """Yield what becomes of a stack that is to be replaced as a whole, in one call that may be made again."""
    held = [row for row in rows if row.state is not State.READY]
    ready = [row for row in rows if row.state is State.READY]
    if held:
        status = held[0].status
        words = f"blocked: layer {held[0].layer_id} of its stack is {status.words if status else 'in doubt'}"
        yield from (Hold(row.seq, words) for row in ready)
        return
    steps = [_compare(row, listing.find_records(aim.target_id, row.layer_id)) for row in ready]
    named = {row.layer_id for row in ready}
    there = [find_layer_id(record) for record in listing.list_stack(aim.target_id)]
    removed = [layer_id for layer_id in there if layer_id not in named]
    if removed and not plan.allow_remove:
        ids = ", ".join(str(layer_id) for layer_id in removed)
        words = f"replacing the stack would delete its layers {ids}; allow that with --allow-remove"
        for row in ready:
            yield from _decide(row, Step.CONFLICT, Status.CONFLICT, None, words, now=now)
        return
    if not removed and all(step is Step.UNCHANGED for step, _ in steps):
        for row in ready:
            found = listing.find_records(aim.target_id, row.layer_id)
            record_id, words = find_record_id(found[0]), "already there with the same content"
            yield from _decide(row, Step.UNCHANGED, Status.UNCHANGED, record_id, words, now=now)
        return
    yield Aimed(aim.stack_id, aim.target_id, Action.REPLACE_STACK, aim.before)
    for row, (step, difference) in zip(ready, steps, strict=True):
        yield Stepped(row.seq, step, difference)


def _compare(row: WorkRow, found: Sequence[Record]) -> tuple[Step, str | None]:
    sent = orjson.loads(row.payload)
    if not found:
        return Step.CREATE, None
    if len(found) == 1 and is_same_layer(sent, found[0]):
        return Step.UNCHANGED, None
    return Step.UPDATE, describe_differences(sent, found[0])


def find_stale_stacks(stacks: Iterable[WorkStack], listing: Listing) -> Iterator[tuple[WorkStack, str]]:
    """Yield the stacks whose layers on the server aren't what they were when they were planned, with what changed."""
    for stack in stacks:
        if stack.before is None:
            continue
        known = listing.find_samples(stack.sample_name or "")
        if stack.action is Action.CREATE_STACK:
            if known:
                yield stack, f"somebody has created a target material of this name ({min(known)})"
            continue
        words = describe_changes(orjson.loads(stack.before), listing.list_stack(stack.target_id))
        if words:
            yield stack, words
