"""Settling what is due while the run goes on: one stored list for all parked rows, and what follows for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import ListingError
from importer.events import Notice, SettlementStarted
from importer.model import Status
from importer.run import Hold, Log, State
from importer.server.listing import Known
from importer.submit.shared import Doubt
from importer.submit.stored.settle import Look, leave_unconfirmed, settle_parked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.events import Event
    from importer.submit.shared import Parked, Shared

KNOWN_LAYERS = 50
"""Layers that a run is known to have stored, the latest, which a list must show before absence from it counts."""


def settle_due(
    due: Sequence[Parked], shared: Shared, *, tell: Callable[[Event], None], requeue: Callable[[int], None]
) -> None:
    """Read the stored list once for parked rows, and write down what it says of each.

    Args:
        due: the parked rows whose time has come.
        shared: what all workers share.
        tell: told what is done.
        requeue: takes the id of a stack whose rows can be sent again.

    Raises:
        StorageError: the run file can't be written.
    """
    rows = sum(len(parked.rows) for parked in due)
    clock, journal = shared.gate.clock, shared.journal
    if all(parked.reason is Doubt.STACK_MADE for parked in due):
        tell(Notice(f"Reading back {rows:,} rows of stacks written as a whole."))
        journal.write(Log(clock.time(), "read-back", f"reading the stored list for {rows} rows of whole stacks"))
    else:
        tell(SettlementStarted(rows, 0.0))
        journal.write(Log(clock.time(), "settlement", f"reading the stored list for {rows} rows in doubt"))
    try:
        look = _look(due, shared)
    except ListingError as error:
        for parked in due:
            journal.write(*leave_unconfirmed(parked, str(error)))
            _hold_above(parked, shared)
        return
    for parked in due:
        settlement = settle_parked(parked, look)
        shared.write(*settlement.entries)
        if settlement.left:
            _hold_above(parked, shared)
        elif settlement.again is not None:
            shared.park(settlement.again)
        else:
            requeue(parked.stack.id)


def _look(due: Sequence[Parked], shared: Shared) -> Look:
    """Read the stored list for parked rows, with what this run knows to be there as a measure of it."""
    known = [Known(*layer) for layer in shared.run.list_written(KNOWN_LAYERS)]
    rows = [row for parked in due for row in parked.rows]
    listing = shared.stored.read(
        {parked.stack.target_id for parked in due} | {layer.sample_id for layer in known},
        names={parked.stack.sample_name for parked in due},
        record_ids={row.record_id for row in rows} | {layer.record_id for layer in known},
    )
    clock = shared.gate.clock
    last_sent = max((row.last_sent_at or 0.0 for row in rows), default=0.0)
    return Look(
        listing=listing,
        doubt="" if shared.send.trust_list else listing.find_doubt(known, after=last_sent or None),
        send=shared.send,
        run_key=shared.run_key,
        now=clock.now(),
        at=clock.time(),
    )


def _hold_above(parked: Parked, shared: Shared) -> None:
    top = max(row.layer_id for row in parked.rows)
    words = f"blocked: layer {top} below it is {Status.UNCONFIRMED.words}"
    above = [row for row in shared.run.list_work_rows(parked.stack.id) if row.state is State.READY]
    if above:
        shared.journal.write(*(Hold(row.seq, words) for row in above))
