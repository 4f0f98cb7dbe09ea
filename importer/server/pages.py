"""Whether a listing is whole and new by what its answers say, and where its next page is."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import orjson
from requests.utils import parse_header_links

from importer.server.listing import DATE_STEP, read_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.server.listing_reader import ListingReader
    from importer.server.reply import Reply
    from importer.server.server_clock import ServerClock

MAX_PAGES = 10_000
"""Pages of a listing that are read."""
TOTAL_HEADERS = ("X-Total-Count", "X-Total", "Total-Count", "X-Pagination-Total-Count", "X-Pagination-Total")
PAGES_HEADERS = ("X-Total-Pages", "X-Page-Count", "Total-Pages", "X-Pagination-Page-Count")
MORE_HEADERS = re.compile(r"(?:^|-)(?:next|more|cursor|continuation)(?:-|$)", re.IGNORECASE)
"""Names of headers that say that there is more."""
NO_MORE = frozenset({"", "0", "false", "no", "none", "null"})
CACHE_HEADERS = ("X-Cache", "X-Cache-Status", "Cache-Status", "CF-Cache-Status")
STALE = re.compile(r"(?:^|[\s;,_-])(?:hit|stale)(?:$|[\s;,_-])", re.IGNORECASE)
ENVELOPES = ("meta", "metadata", "pagination", "paging", "page", "page_info", "links", "_links")
"""Names under which an object around the array keeps what it says of its pages."""
TOTAL_KEYS = ("total", "total_count", "count")
NEXT_KEYS = ("next", "next_url", "next_page", "next_cursor")
MORE_KEYS = ("has_more", "has_next")


class Pages:
    """Goes from page to page of a listing, and gathers what speaks against it.

    Only a next page at the listing's own address is followed, for the key goes along.

    Attributes:
        total: the number of records that the server says there are, where it says so.
        doubts: what speaks against the listing's being whole and new, in words.
        made_at: POSIX time by the clock here at which the oldest page was made; None where the server doesn't tell.
    """

    def __init__(self, url: str, clock: ServerClock) -> None:
        self.total: int | None = None
        self.doubts: list[str] = []
        self.made_at: float | None = None
        self._url = url
        self._clock = clock
        self._seen = {url}

    def turn(self, reply: Reply, reader: ListingReader) -> str | None:
        """Weigh a whole page; return the address of the next one, or None where there is none to follow."""
        self._weigh_age(reply)
        headers, envelope = reply.headers, flatten_envelope(reader.envelope or {}, reply.headers)
        self._note_total(headers, envelope)
        following = find_next(headers, envelope)
        if following is None:
            if any(envelope.get(key) for key in (*NEXT_KEYS, *MORE_KEYS)) or is_more_said(headers):
                self.doubts.append("the list comes in pages, and the answer doesn't say where the next one is")
            return None
        url = urljoin(self._url, following)
        if not is_same_place(url, self._url):
            self.doubts.append(
                "the list continues at another address, which isn't followed because the key would go along"
            )
        elif url in self._seen or len(self._seen) >= MAX_PAGES:
            self.doubts.append("the list's pages never end")
        else:
            self._seen.add(url)
            return url
        return None

    def end(self, reader: ListingReader) -> None:
        """Weigh the listing as a whole, after its last page."""
        if self.total is not None and self.total != reader.entries:
            self.doubts.append(
                f"the list has only {reader.entries:,} of the {self.total:,} entries that the answer announces"
            )
        if self.total is None and reader.envelope is not None and len(self._seen) == 1:
            self.doubts.append("the list comes inside an object, as pages do, and nothing says that it's complete")
        if reader.lost:
            self.doubts.append(f"{reader.lost:,} of its records can't be read at all")

    def _weigh_age(self, reply: Reply) -> None:
        age = reply.headers.get("Age")
        if age is not None:
            self.doubts.append(f"the list comes from a cache (Age: {age.strip()[:20]})")
        elif is_stale_said(reply.headers):
            self.doubts.append("the list comes from a cache, by its own headers")
        seconds = self._clock.find_age(reply.server_time, reply.arrived)
        if seconds is None:
            return
        made_at = time.time() - (time.monotonic() - reply.arrived) - seconds
        self.made_at = made_at if self.made_at is None else min(self.made_at, made_at)
        if seconds > reply.arrived - reply.begun + DATE_STEP:
            self.doubts.append(f"the list is {seconds:.0f} s old, by the server's own clock")

    def _note_total(self, headers: Mapping[str, str], envelope: Mapping[str, object]) -> None:
        named = [headers.get(name) for name in TOTAL_HEADERS] + [envelope.get(key) for key in TOTAL_KEYS]
        named.append(headers.get("Content-Range", "").rpartition("/")[2])
        for value in named:
            total = read_id(value)
            if total is not None:
                self.total = total
                return


def flatten_envelope(envelope: Mapping[str, object], headers: Mapping[str, str]) -> dict[str, object]:
    """Return what is said beside the array, whether in the object around it, in an object in that, or in a header."""
    found: dict[str, object] = {}
    with contextlib.suppress(orjson.JSONDecodeError):
        said = orjson.loads(headers.get("X-Pagination", ""))
        found.update(said if isinstance(said, dict) else {})
    for key in ENVELOPES:
        within = envelope.get(key)
        found.update(within if isinstance(within, dict) else {})
    return {**found, **envelope}


def is_more_said(headers: Mapping[str, str]) -> bool:
    """Tell whether a header says that the list goes on."""
    pages = [read_id(headers.get(name)) for name in PAGES_HEADERS]
    return any(count is not None and count > 1 for count in pages) or any(
        MORE_HEADERS.search(name) and value.strip().lower() not in NO_MORE for name, value in headers.items()
    )


def is_stale_said(headers: Mapping[str, str]) -> bool:
    """Tell whether a cache says that it answered by itself (RFC 9211), or that its answer is stale (RFC 7234)."""
    warned = headers.get("Warning", "").strip().startswith(("110", "111"))
    return warned or any(STALE.search(headers.get(name, "")) for name in CACHE_HEADERS)


def find_next(headers: Mapping[str, str], envelope: Mapping[str, object]) -> str | None:
    """Return the address of the next page as an answer gives it: ``Link`` (RFC 8288), or beside the array."""
    for link in parse_header_links(headers.get("Link", "")):
        if "next" in link.get("rel", "").lower().split():
            return link["url"]
    for key in NEXT_KEYS:
        value = envelope.get(key)
        if isinstance(value, str) and (value.startswith(("/", "?")) or "://" in value):
            return value
    return None


def is_same_place(url: str, listing_url: str) -> bool:
    """Tell whether an address is the listing's own, but for the query."""
    try:
        one, other = urlsplit(url), urlsplit(listing_url)
    except ValueError:
        return False
    return (one.scheme, one.netloc, one.path.rstrip("/")) == (other.scheme, other.netloc, other.path.rstrip("/"))
