"""What becomes of each row, by the run file and the server's listing: create, update, unchanged, or conflict.

Nothing is sent from here. A row whose position the server already fills is decided at once, so that importing a file
twice stores it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.contract import LAYER_FIELDS
from importer.issues import Code, Problem, make_issue
from importer.layers.same import describe_differences, is_same_layer
from importer.model import Issue, Severity, Status
from importer.run import Action, Aimed, End, Hold, Rewrite, State, Step, Stepped, add_issues
from importer.server.listing import find_record_id
from importer.settings import OnExisting, PlanSettings, WriteMode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from importer.run import Entry, Journal, RunFile, WorkRow, WorkStack
    from importer.server.listing import Listing, Record

Earlier = dict[tuple[int, int], str]
BATCH = 500
"""Decisions written at once, about so many: one commit a stack takes as long as reading the stacks and judging them."""


def plan_rows(run: RunFile, listing: Listing, *, plan: PlanSettings, journal: Journal, now: float) -> None:
    """Decide, for every stack with rows that are ready, where it goes and what becomes of each of its rows.

    Args:
        run: the run file; decisions are written to it through the journal.
        listing: what the server holds.
        plan: what to do about what is there already.
        journal: the writer.
        now: POSIX time, written as the time of the decisions.

    Raises:
        StorageError: the run file can't be written.
    """
    waiting = set(run.list_stack_ids(State.READY))
    earlier = run.list_earlier()
    numbered = {stack.sample_id for stack in run.iter_work_stacks() if stack.sample_id is not None}
    entries: list[Entry] = []
    for stack in run.iter_work_stacks():
        if stack.id not in waiting:
            continue
        rows = run.list_work_rows(stack.id)
        ready = [row for row in rows if row.state is State.READY]
        if stack.action is not Action.CREATE_LAYER and any(row.state is State.SENDING for row in rows):
            continue  # the one call for the whole stack is in doubt: the settlement decides about all of it
        problem = find_stack_problem(stack, listing, numbered=numbered)
        if problem is not None:
            add_issues(run, make_stack_issues(run, ready, problem))
            continue
        aim = aim_stack(stack, listing)
        entries.append(aim)
        if stack.sample_id is None and aim.target_id is not None:
            entries += address_rows(ready, aim.target_id)
        if plan.write_mode is WriteMode.REPLACE and aim.target_id is not None:
            entries += plan_replacement(aim, rows, listing, plan=plan, now=now)
        else:
            for row in ready:
                entries += plan_row(row, listing.find_records(aim.target_id, row.layer_id), plan, earlier, now=now)
        if len(entries) >= BATCH:
            journal.write(*entries)
            entries = []
    if entries:
        journal.write(*entries)


SAMPLE_NAMED_TWICE = Code(
    "sample-named-twice",
    Severity.ERROR,
    "Some rows give a target material by its name and others give the same one by its id.",
    "Give sample_id in all of its rows.",
    "A17, which is sample 7, beside rows of sample 7",
)

AMBIGUOUS_SAMPLE_NAME = Code(
    "ambiguous-sample-name",
    Severity.ERROR,
    "Several target materials on the server have this name.",
    "Give sample_id instead of the name.",
    "two samples called A17",
)

MISSING_SUBSTRATE = Code(
    "missing-substrate",
    Severity.ERROR,
    "A new target material needs a substrate, and none is given.",
    "Fill in the substrate in one row of the sample; add the column if there is none (in YAML: sample: substrate).",
    "a new sample_name alone",
)


UNREADABLE_STACK = Code(
    "unreadable-stack",
    Severity.ERROR,
    "A record of the sample on the server can't be read: an id in it is no whole number, or it is no sound JSON.",
    "Have the record corrected on the server, then import again.",
    "layer_id null on the server",
)


def find_stack_problem(stack: WorkStack, listing: Listing, *, numbered: Collection[int] = ()) -> Problem | None:
    """Return why a stack that is named, not numbered, can't be aimed at a target material.

    Args:
        stack: the stack.
        listing: what the server holds.
        numbered: the ids of the target materials that the run's rows give by number; were a stack sent under both
            its name and its number, a layer could be stored twice.
    """
    unreadable = listing.find_unreadable(stack.target_id, stack.sample_name if stack.target_id is None else None)
    if unreadable:
        return Problem(
            UNREADABLE_STACK,
            f"What the server holds of this sample can't be read whole: {unreadable}. Nothing is sent to it, for a "
            "layer could be stored twice or lost: have the record corrected on the server.",
        )
    if stack.sample_id is not None or stack.sample_name is None:
        return None
    known = sorted(listing.find_samples(stack.sample_name)) if stack.target_id is None else [stack.target_id]
    if len(known) == 1 and known[0] in numbered:
        return Problem(
            SAMPLE_NAMED_TWICE,
            f"The target material called {stack.sample_name!r} is sample {known[0]}, which other rows give by its id. "
            "Give sample_id in all of its rows.",
        )
    if len(known) > 1:
        ids = ", ".join(str(sample_id) for sample_id in known)
        return Problem(
            AMBIGUOUS_SAMPLE_NAME,
            f"{len(known)} target materials are called {stack.sample_name!r}: {ids}. Give sample_id "
            "instead of the name.",
        )
    if not known and stack.substrate is None:
        return Problem(
            MISSING_SUBSTRATE,
            f"No target material is called {stack.sample_name!r} yet, and a new one needs its substrate: fill in "
            "'substrate' in one of its rows (in YAML: sample: {name: ..., substrate: ...}).",
        )
    return None


def make_stack_issues(run: RunFile, rows: Sequence[WorkRow], problem: Problem) -> Iterator[Issue]:
    """Yield the issue of a whole stack for each of its rows, since none of them can be sent."""
    for row in rows:
        yield make_issue(problem, run.find_place(row.seq), seq=row.seq)


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


def plan_row(
    row: WorkRow, found: Sequence[Record], plan: PlanSettings, earlier: Earlier, *, now: float
) -> Iterator[Entry]:
    """Yield what becomes of a row, when nothing of it is under way, by the records that stand at its position."""
    sent = orjson.loads(row.payload)
    if not found:
        yield Stepped(row.seq, Step.CREATE)
        return
    if len(found) > 1:
        ids = ", ".join(str(find_record_id(record)) for record in found)
        words = f"the server holds {len(found)} records at this position (ids {ids}): left alone"
        yield from _decide(row, Step.CONFLICT, Status.CONFLICT, None, words, now=now)
        return
    record_id = find_record_id(found[0])
    if is_same_layer(sent, found[0]):
        status = Status.UNCHANGED
        words = "already there with the same content"
        if row.attempts:
            status = Status.UPDATED if row.step is Step.UPDATE else Status.CREATED
            words = "found in the server's listing"
        yield from _decide(row, Step.UNCHANGED, status, record_id, words, now=now)
        return
    difference = describe_differences(sent, found[0])
    if plan.on_existing is OnExisting.UPDATE or is_ours(sent, found[0], earlier):
        yield Stepped(row.seq, Step.UPDATE, difference)
        return
    if plan.on_existing is OnExisting.SKIP:
        words = f"there with other content, left as it is, as --on-existing skip asks: {difference}"
        yield from _decide(row, Step.UNCHANGED, Status.UNCHANGED, record_id, words, difference, now=now)
        return
    words = f"already there with other content, left alone: {difference}"
    yield from _decide(row, Step.CONFLICT, Status.CONFLICT, record_id, words, difference, now=now)


def is_ours(sent: Mapping[str, object], record: Record, earlier: Earlier) -> bool:
    """Tell whether a record is what an earlier import into this run file stored, untouched since."""
    sample_id, layer_id = sent.get("sample_id"), sent.get("layer_id")
    body = earlier.get((sample_id, layer_id)) if isinstance(sample_id, int) and isinstance(layer_id, int) else None
    return body is not None and is_same_layer(orjson.loads(body), record)


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
        words = f"held back: layer {held[0].layer_id} of its stack is {held[0].status or 'in doubt'}"
        yield from (Hold(row.seq, words) for row in ready)
        return
    steps = [_compare(row, listing.find_records(aim.target_id, row.layer_id)) for row in ready]
    named = {row.layer_id for row in ready}
    removed = [record["layer_id"] for record in listing.list_stack(aim.target_id) if record["layer_id"] not in named]
    if removed and not plan.allow_remove:
        ids = ", ".join(str(layer_id) for layer_id in removed)
        words = f"replacing the stack would remove its layers {ids}; --allow-remove allows it"
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
                yield stack, f"a target material of this name has appeared ({min(known)})"
            continue
        words = describe_changes(orjson.loads(stack.before), listing.list_stack(stack.target_id))
        if words:
            yield stack, words


def describe_changes(before: Sequence[Record], after: Sequence[Record]) -> str:
    """Return in words how the layers of a stack differ from what they were; nothing where they don't."""
    if before == after:
        return ""
    was, now = ({int(str(record["layer_id"])): record for record in records} for records in (before, after))
    changes = [
        *(f"layer {layer_id} is new" for layer_id in sorted(now.keys() - was.keys())),
        *(f"layer {layer_id} is gone" for layer_id in sorted(was.keys() - now.keys())),
        *(
            f"layer {layer_id} has changed ({describe_change(was[layer_id], now[layer_id])})"
            for layer_id in sorted(was.keys() & now.keys())
            if was[layer_id] != now[layer_id]
        ),
    ]
    return ", ".join(changes) or "a position is filled more than once"


def describe_change(before: Record, after: Record) -> str:
    """Return in words which fields of a record differ from what they were."""
    return "; ".join(
        f"{name} was {before.get(name)!r}, is {after.get(name)!r}"
        for name in LAYER_FIELDS
        if before.get(name) != after.get(name)
    )
