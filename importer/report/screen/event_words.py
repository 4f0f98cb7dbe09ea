"""What the events of a run say, each in one plain line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.events import (
    Advanced,
    Event,
    ListingRead,
    Notice,
    Paused,
    Phase,
    PhaseName,
    RowEnded,
    RowsRead,
    SettlementStarted,
    SubmitStarted,
)
from importer.report.escape import escape_text
from importer.report.screen.summary import count_words

if TYPE_CHECKING:
    from collections.abc import Mapping

PHASES: Mapping[PhaseName, tuple[str, str]] = {
    "plan": ("planning", "stack"),
    "verify": ("comparing", "stack"),
    "undo": ("putting back", "stack"),
    "report": ("writing the report", "row"),
}
"""Phase -> what is done, and what is counted."""


def describe_event(event: Event) -> str:  # noqa: PLR0911  # one a kind of event
    """Return an event in one plain line."""
    match event:
        case RowsRead(source, rows):
            return f"{count_words(rows, 'row')} read, now in {escape_text(source)}"
        case SubmitStarted():
            return _describe_start(event)
        case RowEnded(outcome):
            said = f": {escape_text(outcome.message)}" if outcome.message else ""
            return f"Row {outcome.seq} {outcome.status.value}{said}"
        case Paused(seconds, reason):
            return f"Waiting {seconds:,.1f} s: {escape_text(reason)}"
        case SettlementStarted(rows, wait):
            after = f" in {wait:,.0f} s" if wait else ""
            return f"Looking up {count_words(rows, 'row')} in doubt in the stored list{after}."
        case ListingRead(records, size):
            return f"{count_words(records, 'record')} of the stored list read, {size / 1000000.0:,.0f} MB"
        case Phase(name, total):
            return f"{PHASES[name][0]}: {count_words(total, PHASES[name][1])}"
        case Advanced(count):
            return f"{count:,} more done"
        case Notice(text):
            return escape_text(text)


def _describe_start(event: SubmitStarted) -> str:
    """Return how many rows are sent, and how many are looked up first."""
    ready = event.rows - event.doubtful
    sending = f"Sending {count_words(ready, 'row')} in {count_words(event.stacks, 'stack')}."
    if not event.rows:
        return "There is nothing to send."
    if not event.doubtful:
        return sending
    wait = f"waiting up to {event.settle:,.0f} s (--settle)"
    looked = f"{count_words(event.doubtful, 'row')} in doubt from an earlier attempt"
    if not ready:
        return f"Looking up {looked} in the stored list first, {wait}. Only what isn't stored will be sent."
    return f"{sending} First looking up {looked} in the stored list, {wait}."
