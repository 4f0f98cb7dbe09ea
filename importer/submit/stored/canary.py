"""The canary: the stacks that are sent first, read back before all others are trusted to go the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import CanaryError
from importer.model import GOOD_STATUSES
from importer.run import Step
from importer.submit.stored.findings import Presence, find_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.run import WorkRow, WorkStack
    from importer.server.listing import Listing
    from importer.settings import SendSettings
    from importer.submit.shared import Shared

CANARY_FROM = 20
"""More stacks than this, and the first one goes alone."""
LOOKS = 6
"""Looks at the stored list, over a settle time, until it shows the stacks that were sent first."""


def count_canary(send: SendSettings, stacks: int) -> int:
    """Return how many of the stacks go first."""
    if send.canary is not None:
        return send.canary
    return 1 if stacks > CANARY_FROM else 0


def check_canary(shared: Shared, stack_ids: Sequence[int]) -> None:
    """Read the first stacks back and compare them; a list that is late is read again for a settle time.

    Raises:
        CanaryError: a layer of them isn't in, or isn't what was sent.
        AbortedError: the stored list can't be read.
    """
    for look in range(LOOKS):
        if look:
            shared.gate.sleep(shared.send.settle / (LOOKS - 1))
        if shared.gate.is_closed:
            return
        fault, is_late = _look(shared, stack_ids)
        if not fault:
            return
        if not is_late:
            break
    raise CanaryError(f"{fault} Nothing more will be sent. Continue with `resume` once this is fixed.")


def _look(shared: Shared, stack_ids: Sequence[int]) -> tuple[str, bool]:
    """Return what is wrong with the stacks that were sent first, and whether a later list may show it otherwise."""
    works = shared.run.list_work(stack_ids)
    record_ids = [row.record_id for _, rows in works for row in rows]
    listing = shared.stored.read([stack.target_id for stack, _ in works], record_ids=record_ids)
    for stack, row in ((stack, row) for stack, rows in works for row in rows):
        words = find_canary_fault(stack, row, listing)
        if words is not None:
            is_late = row.status in GOOD_STATUSES and not listing.find_records(stack.target_id, row.layer_id)
            said = f"The first stack ({stack.label}) was sent alone as a test, and its layer {row.layer_id} {words}."
            return said, is_late
    return "", False


def find_canary_fault(stack: WorkStack, row: WorkRow, listing: Listing) -> str | None:
    """Return what is wrong with a row that was sent ahead of all others; None where it is in as it was sent."""
    if not row.attempts:
        return None  # never sent: invalid, decided by the plan, or blocked by such a one
    if row.status not in GOOD_STATUSES:
        return f"ended as {row.status or 'unconfirmed'}"
    finding = find_row(row, stack.target_id, listing, is_ours=True)
    if finding.presence is Presence.ABSENT:
        return "isn't in the stored list"
    if finding.presence is Presence.OTHER and row.step is not Step.UNCHANGED:
        return f"came back different: {finding.words}"
    return None
