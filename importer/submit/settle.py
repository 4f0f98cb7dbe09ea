"""Settling rows in doubt by the server's listing: there, absent, or something else.

The listing is read no earlier than the settle time after the request ended for us, for the server may still be
working on it; and absence is believed only when two listings, a settle time apart, agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from importer.errors import ListingError
from importer.events import ignore_event
from importer.layers.same import describe_differences, is_same_layer
from importer.model import GOOD_STATUSES, Status
from importer.run import Action, Aimed, Answer, End, Hold, Release, Rewrite, Settled, Step
from importer.server.listing import Listing, Wanted, find_record_id
from importer.server.read_listing import read_listing as wait_for_listing
from importer.settings import InDoubt
from importer.submit.bodies import make_mark
from importer.submit.shared import Doubt, Parked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from importer.events import Watcher
    from importer.run import Entry, WorkRow, WorkStack
    from importer.server import Client
    from importer.server.listing import Record
    from importer.settings import SendSettings
    from importer.submit.gate import Gate


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a listing tells of parked rows.

    Attributes:
        entries: what is to be written.
        again: parked anew: a second listing must confirm that the rows are absent.
    """

    entries: tuple[Entry, ...] = ()
    again: Parked | None = None


def read_listing(
    client: Client,
    *,
    send: SendSettings,
    gate: Gate,
    sample_ids: Collection[int],
    names: Collection[str],
    watch: Watcher = ignore_event,
) -> Listing:
    """Return what the server's listing says of the given samples and names.

    Raises:
        ListingError: it may be cut, cached or old, so that absence from it proves nothing.
        AbortedError: see `importer.server.read_listing`.
    """
    wanted = Wanted(sample_ids=frozenset(sample_ids), names=frozenset(names))
    listing = wait_for_listing(client, wanted, send=send, sleep=gate.sleep, stop=gate.stop, watch=watch)
    if listing.evidence.doubts:
        raise ListingError(
            f"What the server at {client.url} lists can't be taken for all it holds now: {listing.evidence.doubts[0]}. "
            "Nothing is decided from it, for a layer could be stored twice."
        )
    return listing


def settle_parked(
    parked: Parked, listing: Listing, *, send: SendSettings, run_key: str, now: float, at: float
) -> Settlement:
    """Return what a listing tells of parked rows.

    Args:
        parked: rows of one request that may or may not be stored.
        listing: a listing read late enough.
        send: rounds, and what becomes of absent rows.
        run_key: the run's key, by which a target material made by it is known again.
        now: the gate's clock.
        at: POSIX time.
    """
    stack = parked.stack
    if stack.target_id is None:
        marked = listing.find_marked(make_mark(run_key, stack))
        named = marked or listing.find_samples(stack.sample_name or "")
        if len(named) > 1:
            ids = ", ".join(str(sample_id) for sample_id in sorted(named))
            return _settle_all(parked, Status.CONFLICT, f"several target materials of this name: {ids}", at=at)
        if not named:
            return _settle_absent(parked, parked.rows, (), send=send, now=now, at=at)
        stack = replace(stack, target_id=min(named))
        if not marked and not _is_all_there(stack.target_id, parked.rows, listing):
            words = f"another target material of this name has appeared: {stack.target_id}"
            return _settle_all(parked, Status.CONFLICT, words, at=at)
    if stack.action is Action.REPLACE_STACK:
        return _settle_replacement(parked, listing, send=send, now=now, at=at)
    entries: list[Entry] = []
    if parked.stack.action is Action.CREATE_STACK:
        entries.append(Aimed(stack.id, stack.target_id, Action.CREATE_LAYER))
    absent = []
    for row in parked.rows:
        found = listing.find_records(stack.target_id, row.layer_id)
        if found and not is_untouched(stack, row, found):
            entries += _settle_found(parked, row, found, at=at)
        else:
            absent.append(row)
    if not absent:
        return Settlement(tuple(entries))
    return _settle_absent(replace(parked, stack=stack), absent, entries, send=send, now=now, at=at)


def is_untouched(stack: WorkStack, row: WorkRow, found: Sequence[Record]) -> bool:
    """Tell whether a row that was to be changed still shows what stood there before: the change didn't get in."""
    if row.step is not Step.UPDATE or len(found) != 1 or is_same_layer(orjson.loads(row.payload), found[0]):
        return False
    before = [record for record in orjson.loads(stack.before or "[]") if record.get("layer_id") == row.layer_id]
    return len(before) == 1 and is_same_layer(before[0], found[0])


def _settle_replacement(parked: Parked, listing: Listing, *, send: SendSettings, now: float, at: float) -> Settlement:
    """Settle a stack that was to be replaced: all there and nothing else, or to be made again, which is safe."""
    rows, target_id = parked.rows, parked.stack.target_id
    if len(listing.list_stack(target_id)) != len(rows) or not _is_all_there(target_id, rows, listing):
        return _settle_absent(parked, rows, (), send=send, now=now, at=at)
    entries: list[Entry] = []
    for row in rows:
        record_id = find_record_id(listing.find_records(target_id, row.layer_id)[0])
        status = _STATUS_OF_STEP[row.step or Step.CREATE]
        entries += [_log(row, f"settled-{status}", "", at=at), End(row.seq, status, record_id, None, "", at)]
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


def _settle_found(parked: Parked, row: WorkRow, found: Sequence[Record], *, at: float) -> list[Entry]:
    record_id = find_record_id(found[0])
    sent = orjson.loads(row.payload)
    if len(found) > 1:
        ids = ", ".join(str(find_record_id(record)) for record in found)
        status, words = Status.CONFLICT, f"the server holds {len(found)} records at this position (ids {ids})"
        record_id = None
    elif not is_same_layer(sent, found[0]):
        status, words = Status.CONFLICT, f"there with other content: {describe_differences(sent, found[0])}"
    elif parked.reason is Doubt.EXISTS and not row.rounds:
        status, words = Status.UNCHANGED, "already there with the same content"
    else:
        words = "" if parked.reason is Doubt.STACK_MADE else f"confirmed by the server's listing after: {parked.words}"
        status = Status.UPDATED if row.step is Step.UPDATE else Status.CREATED
    return [_log(row, f"settled-{status}", words, at=at), End(row.seq, status, record_id, None, words, at)]


def _settle_all(parked: Parked, status: Status, words: str, *, at: float) -> Settlement:
    entries: list[Entry] = []
    for row in parked.rows:
        entries += [_log(row, f"settled-{status}", words, at=at), End(row.seq, status, None, None, words, at)]
    return Settlement(tuple(entries))


def _settle_absent(
    parked: Parked,
    absent: Sequence[WorkRow],
    entries: Sequence[Entry],
    *,
    send: SendSettings,
    now: float,
    at: float,
) -> Settlement:
    written = list(entries)
    if not parked.absent_once:
        written += [_log(row, "absent-once", "not in the listing; a second one must agree", at=at) for row in absent]
        again = replace(parked, rows=tuple(absent), since=now, absent_once=True)
        return Settlement(tuple(written), again)
    for row in absent:
        written.append(_log(row, "settled-absent", "twice not in the listing: not stored", at=at))
        spent = row.rounds + 1 >= send.settle_rounds
        if send.in_doubt is InDoubt.HOLD or spent:
            why = f"given up after {row.rounds + 1} settlements" if spent else "held, as --in-doubt hold asks"
            words = f"not stored, by the server's listing; {why}: {parked.words}"
            written.append(End(row.seq, Status.FAILED, None, None, words, at))
            continue
        written += [Settled(row.seq), Release(row.seq)]
        if parked.stack.target_id is not None and parked.stack.sample_id is None:
            body = {**orjson.loads(row.payload), "sample_id": parked.stack.target_id}
            written.append(Rewrite(row.seq, orjson.dumps(body).decode()))
    return Settlement(tuple(written))


def find_canary_fault(stack: WorkStack, row: WorkRow, listing: Listing) -> str | None:
    """Return what is wrong with a row that was sent ahead of all others; None where it is in as it was sent."""
    if not row.attempts:
        return None  # never sent: invalid, decided by the plan, or held back by such a one
    if row.status not in GOOD_STATUSES:
        return f"ended as {row.status or 'unconfirmed'}"
    found = listing.find_records(stack.target_id, row.layer_id)
    if len(found) != 1:
        return f"stands {len(found)} times in the server's listing"
    if row.step is not Step.UNCHANGED and not is_same_layer(orjson.loads(row.payload), found[0]):
        return f"came back different: {describe_differences(orjson.loads(row.payload), found[0])}"
    return None


def leave_unconfirmed(parked: Parked, words: str) -> tuple[Entry, ...]:
    """Return what is written of rows that can't be settled now: they stay in doubt."""
    return tuple(Hold(row.seq, f"may be stored, could not be checked: {words}") for row in parked.rows)


def _log(row: WorkRow, verdict: str, words: str, *, at: float) -> Answer:
    return Answer(row.seq, row.attempts + 1, at, 0.0, None, verdict, words)
