"""Settling rows in doubt by the server's listing: there, absent, or something else.

The listing is read no earlier than the settle time after the request ended for us, for the server may still be
working on it; and absence is believed only when two listings, a settle time apart, agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from importer.layers.same import is_same_layer
from importer.model import Status
from importer.run import Action, Aimed, Answer, End, Hold, Release, Rewrite, Settled, Step
from importer.server.listing import find_record_id
from importer.settings import InDoubt
from importer.submit.request_bodies import make_mark
from importer.submit.shared import Doubt, Parked
from importer.submit.stored.changes import describe_side_effects, find_before
from importer.submit.stored.findings import Finding, Presence, find_row, keep_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.run import Entry, WorkRow, WorkStack
    from importer.server.listing import Listing
    from importer.settings import SendSettings


DOUBTED_LOOKS = 2
"""Looks at a list that may be cut, cached or late, before its absent rows are left in doubt."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a listing tells of parked rows.

    Attributes:
        entries: what is to be written.
        again: parked again: a second listing must confirm that the rows are absent.
        left: some rows stay in doubt, for a later go.
    """

    entries: tuple[Entry, ...] = ()
    again: Parked | None = None
    left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the stored list, late enough for the rows that it settles.

    Attributes:
        listing: what it shows.
        doubt: why absence from it proves nothing; empty where it does.
        send: rounds, and what becomes of absent rows.
        run_key: the run's key, by which a target material made by it is known again.
        now: the gate's clock.
        at: POSIX time.
    """

    listing: Listing
    doubt: str = ""
    send: SendSettings
    run_key: str
    now: float
    at: float


def settle_parked(parked: Parked, look: Look) -> Settlement:
    """Return what a look at the stored list tells of rows of one request that may or may not be stored."""
    stack = find_target(parked, look)
    if isinstance(stack, str):
        return _settle_all(parked, Status.CONFLICT, stack, at=look.at)
    unreadable = look.listing.find_unreadable(stack.target_id, stack.sample_name)
    if unreadable:
        look = replace(look, doubt=look.doubt or unreadable)
    if stack.target_id is None:
        return _settle_absent(parked, parked.rows, (), look)
    if stack.action is Action.REPLACE_STACK:
        return _settle_replacement(parked, look)
    entries: list[Entry] = []
    absent = []
    for row in parked.rows:
        finding = find_row(row, stack.target_id, look.listing, is_ours=parked.reason is not Doubt.EXISTS)
        if finding.presence is Presence.ABSENT or is_untouched(stack, row, finding):
            absent.append(row)
        else:
            entries += _settle_found(parked, row, finding, at=look.at)
    is_missing_named = bool(absent) and parked.reason in _NAMED
    if stack.action is Action.CREATE_STACK and not is_missing_named:
        # The target material is there: only its layers are left to send, or a second one would be made. What the server
        # has said to be stored waits until the list shows all of it: no later go may make it again before that.
        entries.insert(0, Aimed(stack.id, stack.target_id, Action.CREATE_LAYER))
    if not absent:
        return Settlement(tuple(entries))
    return _settle_absent(replace(parked, stack=stack), absent, entries, look)


def find_target(parked: Parked, look: Look) -> WorkStack | str:
    """Return a parked stack with its target material, as far as that is known now; or why it can't be told, in words.

    A target material that carries the run's mark is ours, whatever it is called by now.
    """
    stack, listing = parked.stack, look.listing
    if stack.action is Action.CREATE_STACK:
        marked = sorted(listing.find_marked(make_mark(look.run_key, stack)))
        if len(marked) > 1:
            return f"the server created several target materials instead of one: samples {', '.join(map(str, marked))}"
        if marked:
            return replace(stack, target_id=marked[0])
    if stack.target_id is not None:
        return stack
    named = sorted(listing.find_samples(stack.sample_name or ""))
    if len(named) > 1:
        return f"there are several target materials of this name: {', '.join(map(str, named))}"
    if named and not _is_all_there(named[0], parked.rows, listing):
        return f"somebody else has created a target material of this name: {named[0]}"
    return replace(stack, target_id=named[0]) if named else stack


def is_untouched(stack: WorkStack, row: WorkRow, finding: Finding) -> bool:
    """Tell whether a row that was to be changed still shows what stood there before: the change didn't get in."""
    if row.step is not Step.UPDATE or finding.presence is not Presence.OTHER or finding.record is None:
        return False
    before = find_before(stack, row)
    return before is not None and is_same_layer(before, finding.record)


def _settle_replacement(parked: Parked, look: Look) -> Settlement:
    """Settle a stack that was to be replaced: all there and nothing else, or to be made again, which is safe."""
    rows, target_id, listing = parked.rows, parked.stack.target_id, look.listing
    if len(listing.list_stack(target_id)) != len(rows) or not _is_all_there(target_id, rows, listing):
        return _settle_absent(parked, rows, (), look)
    entries: list[Entry] = []
    for row in rows:
        record = listing.find_records(target_id, row.layer_id)[0]
        status = _STATUS_OF_STEP[row.step or Step.CREATE]
        end = End(row.seq, status, find_record_id(record), None, "", look.at, keep_answer(record))
        entries += [_log(row, f"settled-{status}", "", at=look.at), end]
    return Settlement(tuple(entries))


_STATUS_OF_STEP = {
    Step.CREATE: Status.CREATED,
    Step.UPDATE: Status.UPDATED,
    Step.UNCHANGED: Status.UNCHANGED,
    Step.CONFLICT: Status.CONFLICT,
}


def _is_all_there(target_id: int | None, rows: Sequence[WorkRow], listing: Listing) -> bool:
    found = [listing.find_records(target_id, row.layer_id) for row in rows]
    return all(
        len(records) == 1 and is_same_layer(orjson.loads(row.payload), records[0])
        for row, records in zip(rows, found, strict=True)
    )


def _settle_found(parked: Parked, row: WorkRow, finding: Finding, *, at: float) -> list[Entry]:
    status, words = Status.CONFLICT, finding.words
    if finding.presence is Presence.SAME:
        if parked.reason is Doubt.EXISTS and not row.rounds:
            status, words = Status.UNCHANGED, "already there with the same content"
        else:
            status = Status.UPDATED if row.step is Step.UPDATE else Status.CREATED
            is_sure = parked.reason is Doubt.STACK_MADE
            seen = "" if is_sure else f"confirmed by the stored list after: {parked.words}"
            words = "; ".join(filter(None, (seen, finding.words)))
    fault = find_side_effects(parked.stack, row, finding)
    if fault:
        status, words = Status.CONFLICT, f"updated, but the server also changed what wasn't sent: {fault}"
    record_id = row.record_id if finding.record_id is None else finding.record_id
    answer = keep_answer(finding.record) if finding.presence is Presence.SAME else None
    return [_log(row, f"settled-{status}", words, at=at), End(row.seq, status, record_id, None, words, at, answer)]


def find_side_effects(stack: WorkStack, row: WorkRow, finding: Finding) -> str:
    """Return in words what an update has done to fields that weren't sent; nothing where it left them alone."""
    if row.step is not Step.UPDATE or finding.presence is not Presence.SAME:
        return ""
    before = find_before(stack, row)
    return "" if before is None else describe_side_effects(row, before, finding.record)


def _settle_all(parked: Parked, status: Status, words: str, *, at: float) -> Settlement:
    entries: list[Entry] = []
    for row in parked.rows:
        entries += [_log(row, f"settled-{status}", words, at=at), End(row.seq, status, None, None, words, at)]
    return Settlement(tuple(entries))


_NAMED = frozenset({Doubt.STACK_MADE, Doubt.NAMED})
"""What the server has said to be stored, or soon to be: it is never sent again."""


def _settle_absent(parked: Parked, absent: Sequence[WorkRow], entries: Sequence[Entry], look: Look) -> Settlement:
    """Settle rows that a stored list doesn't show: a second one must agree, and nothing may speak against either."""
    written = list(entries)
    if look.doubt and parked.doubted >= DOUBTED_LOOKS:
        words = f"that it isn't in the stored list proves nothing: {look.doubt}"
        return Settlement((*written, *leave_unconfirmed(replace(parked, rows=tuple(absent)), words)), left=True)
    if look.doubt or not parked.absent_once:
        why = (
            f"that they aren't in the list proves nothing: {look.doubt}"
            if look.doubt
            else "not in the stored list; a second reading must agree"
        )
        written += [_log(row, "absent-once", why, at=look.at) for row in absent]
        again = replace(
            parked,
            rows=tuple(absent),
            since=look.now,
            absent_once=not look.doubt,
            doubted=parked.doubted + bool(look.doubt),
        )
        return Settlement(tuple(written), again)
    left = False
    for row in absent:
        entries_of_row, is_left = _settle_missing(parked, row, look)
        written += entries_of_row
        left = left or is_left
    return Settlement(tuple(written), left=left)


def _settle_missing(parked: Parked, row: WorkRow, look: Look) -> tuple[list[Entry], bool]:
    """Return what is written of a row that two lists agree not to have, and whether it stays in doubt all the same."""
    send, at = look.send, look.at
    is_replacing = parked.stack.action is Action.REPLACE_STACK
    if row.record_id is not None or (parked.reason in _NAMED and not is_replacing):
        return leave_named(parked, row, at=at), True
    if parked.lost:
        # Its process may still be alive, stand still, and send it when it goes on: nobody else does.
        words = f"not in the stored list so far, but {parked.words}, and may still send it"
        return [_log(row, "settled-unconfirmed", words, at=at), Hold(row.seq, words)], True
    written: list[Entry] = [_log(row, "settled-absent", "not in the stored list twice: not stored", at=at)]
    spent = row.rounds + 1 >= send.settle_rounds
    if send.in_doubt is InDoubt.HOLD or spent:
        missing = "its stack wasn't replaced" if is_replacing else "not stored"
        why = f"given up after {row.rounds + 1} tries" if spent else "not sent again (--in-doubt hold)"
        words = f"{missing}, according to the stored list; {why}: {parked.words}"
        return [*written, End(row.seq, Status.FAILED, None, None, words, at)], False
    written += [Settled(row.seq), Release(row.seq)]
    if parked.stack.target_id is not None and parked.stack.sample_id is None:
        body = {**orjson.loads(row.payload), "sample_id": parked.stack.target_id}
        written.append(Rewrite(row.seq, orjson.dumps(body).decode()))
    return written, False


def leave_named(parked: Parked, row: WorkRow, *, at: float) -> list[Entry]:
    """Return what is written of a row that the server says it has stored, and that its list doesn't show.

    It is never sent again: it stays in doubt, for a later look.
    """
    target = "the sample" if parked.stack.target_id is None else f"sample {parked.stack.target_id}"
    name = "the layer" if row.record_id is None else f"record {row.record_id}"
    name = target if parked.reason is Doubt.STACK_MADE and row.record_id is None else f"{name} of {target}"
    words = f"the server answered that it stored {name}, but the stored list doesn't show the layer"
    return [_log(row, "settled-unconfirmed", words, at=at), Hold(row.seq, words)]


def leave_unconfirmed(parked: Parked, words: str) -> tuple[Entry, ...]:
    """Return what is written of rows that can't be settled now: they stay in doubt."""
    return tuple(Hold(row.seq, f"may be stored, couldn't be checked: {words}") for row in parked.rows)


def _log(row: WorkRow, verdict: str, words: str, *, at: float) -> Answer:
    return Answer(row.seq, row.attempts + 1, at, 0.0, None, verdict, words)
