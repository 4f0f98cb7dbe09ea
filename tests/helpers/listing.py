"""A listing as the client would read it from an answer, for servers that stand in for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.server import Reply, Sent
from importer.server.listing_reader import ListingReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.server.listing import Wanted


def answer_listing(
    records: Sequence[object], wanted: Wanted, *, total: int | None = None, doubts: tuple[str, ...] = ()
) -> Reply:
    """Return the answer that holds these records, read for what is wanted, with what speaks against it."""
    reader = ListingReader(wanted)
    reader.feed(orjson.dumps(records))
    assert reader.end_page()
    listing = reader.build(total=total, doubts=doubts)
    return Reply(sent=Sent.ANSWERED, status=200, whole=True, listing=listing, late=frozenset(reader.late))
