"""What the stored list shows of one row: its own record, another one, several, or none.

A record that the server named in its answer is looked for by its id, wherever it stands now: the server may have put it
at another position or changed how it spells its content. Any other record counts only at the row's own position.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import orjson

from importer.contract import LAYER_FIELDS
from importer.layers.same import describe_differences, iter_differences
from importer.server.listing import find_layer_id, find_record_id, find_sample_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.run import WorkRow
    from importer.server.listing import Listing, Record

DERIVED = frozenset({"element_dict", "space_group", "mp_id", "id"})
"""Fields that the server may fill in or change by itself, as the API page says of them."""

PLACE = frozenset({"sample_id", "layer_id"})
"""Fields that say where a layer belongs: they are looked at by themselves."""


class Presence(StrEnum):
    """How a row shows in the stored list."""

    ABSENT = "absent"
    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the stored list shows of a row.

    Attributes:
        presence: whether its record is there, with the same content.
        record: the one record, where there is one.
        words: for people: why it is another one, or what the server has made of it.
    """

    presence: Presence
    record: Record | None = None
    words: str = ""

    @property
    def record_id(self) -> int | None:
        """The id of the one record."""
        return find_record_id(self.record)


def find_row(row: WorkRow, target_id: int | None, listing: Listing, *, is_ours: bool) -> Finding:
    """Return what the stored list shows of a row.

    Args:
        row: the row; its ``record_id`` is the record that the server named for it, if it did.
        target_id: the target material that it belongs to.
        listing: the stored list, read with the ids of the records that are looked for.
        is_ours: whether what stands there can only be what this run has stored: then content that the server derives
            or spells its own way is no other content.
    """
    there = listing.find_records(target_id, row.layer_id)
    if len(there) > 1:
        return Finding(Presence.OTHER, words=describe_copies(there))
    if not there:
        return _find_elsewhere(row, listing)
    sent, record = orjson.loads(row.payload), there[0]
    different = {name for name, _, _ in iter_differences(sent, record)} - PLACE
    if not different:
        return Finding(Presence.SAME, record)
    words = describe_differences(sent, record)
    is_named = row.record_id is not None and find_record_id(record) == row.record_id
    if (is_ours or is_named) and different <= DERIVED:
        return Finding(Presence.SAME, record, f"the server stores it in its own way: {words}")
    return Finding(Presence.OTHER, record, f"there with other content: {words}")


def _find_elsewhere(row: WorkRow, listing: Listing) -> Finding:
    """Return what the list shows of a row whose position is empty there: its record at another one, or nothing."""
    named = [] if row.record_id is None else listing.find_by_id(row.record_id)
    sent = orjson.loads(row.payload)
    moved = [
        record for record in named if not {name for name, _, _ in iter_differences(sent, record)} - PLACE - DERIVED
    ]
    if len(moved) > 1:
        return Finding(Presence.OTHER, words=describe_copies(moved))
    if not moved:
        return Finding(Presence.ABSENT)
    place = f"layer {find_layer_id(moved[0])} of sample {find_sample_id(moved[0])}"
    return Finding(Presence.OTHER, moved[0], f"stored as record {row.record_id}, but the server shows it as {place}")


def describe_copies(records: Sequence[Record]) -> str:
    """Return in words that several records stand where one should."""
    ids = ", ".join(str(find_record_id(record)) for record in records)
    return f"the server has {len(records)} records for this layer (ids {ids})"


def keep_answer(record: object) -> str | None:
    """Return the JSON text of the layer's fields as the server gave them, to compare with later; None for no record."""
    if not isinstance(record, dict):
        return None
    return orjson.dumps({name: record.get(name) for name in LAYER_FIELDS}, default=str).decode()
