"""The list of stored layers as it is delivered: late, cached, in pages, slowly, huge, or among strange entries."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from importer.sandbox.plan.behaviour import CacheHeader, Foreign, LagOf, Paging
from importer.sandbox.trouble.spelling import spell_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Scope, Send

    from importer.sandbox.plan.behaviour import Behaviour
    from importer.sandbox.store import Store

PIECES = 50
"""Pieces in which a slow list drips in."""
NOTICE = 0.2
"""Seconds between two looks at whether the client is still there."""
BLOCK = 64 * 2**10
ELSEWHERE = "http://localhost:9"
_FOREIGN_ID = 5_000_000
_FOREIGN = {"id": 4_000_001, "sample_id": 4_000_000, "sample_name": "somebody's", "substrate": "Si", "layer_id": 1}
_DEPTH = 5_000

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Page:
    """A list, or a page of it, ready to leave."""

    at: float
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Lister:
    """Answers the list of stored layers as the plan's behaviour asks."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._rules = (*behaviour.shown, *behaviour.listing)
        self._habits = behaviour.delivery
        self._kept: dict[tuple[int, bytes], Page] = {}

    def make_page(self, scope: Scope, store: Store) -> Page:
        """Return what is answered to a request for the list."""
        habits = self._habits
        asked = dict(scope["headers"])
        key = (id(store), scope.get("query_string", b""))
        kept, now = self._kept.get(key), time()
        is_heeded = habits.cache_heeds and b"no-cache" in asked.get(b"cache-control", b"")
        if kept is not None and now - kept.at < habits.cache_seconds and not is_heeded:
            headers = list(kept.headers)
            if CacheHeader.AGE in habits.cache_tells:
                headers.append((b"age", str(max(1, round(now - kept.at))).encode()))
            if CacheHeader.DATE in habits.cache_tells:
                headers.append((b"date", formatdate(kept.at, usegmt=True).encode()))
            if CacheHeader.HIT in habits.cache_tells:
                headers.append((b"x-cache", b"HIT from proxy"))
            return Page(kept.at, tuple(headers), kept.body)
        page = self._cut_page(scope, self._list_records(store), now)
        self._kept[key] = page
        return page

    async def send(self, page: Page, send: Send, *, is_gone: Callable[[], bool]) -> None:
        """Let a page go, at the plan's pace and size; stop when the client has gone."""
        habits = self._habits
        headers: Headers = list(page.headers)
        if not habits.size_mb:
            headers.append((b"content-length", str(len(page.body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for block, pause in self._iter_blocks(page.body):
            for part in _cut_pause(pause):
                if not is_gone():
                    await asyncio.sleep(part)
            if is_gone():
                return
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _list_records(self, store: Store) -> list[dict[str, Any]]:
        habits = self._habits
        young = store.list_young(seconds=habits.lag_seconds, reads=habits.lag_reads)
        hidden = {key for key, in_target in young.items() if in_target or habits.lag_of is LagOf.ALL}
        shown = (spell_record(record, self._rules) for record in store.list_layers() if record["id"] not in hidden)
        found = [record for record in shown if record is not None]
        return [record for record in found for _ in range(1 + habits.is_twice)]

    def _cut_page(self, scope: Scope, records: list[dict[str, Any]], now: float) -> Page:
        size, paging = self._habits.page, self._habits.paging
        headers: Headers = [(b"content-type", b"application/json")]
        number = _read_page_number(scope)
        total = len(records)
        has_more = bool(size) and number * size < total
        shown = records[(number - 1) * size : number * size] if size else records
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        following = f"/target-materials/?page={number + 1}"
        if size and paging is Paging.COUNT:
            headers.append((b"x-total-count", str(total).encode()))
        if size and paging is Paging.RANGE:
            headers.append((b"content-range", f"items 0-{max(0, len(shown) - 1)}/{total}".encode()))
        if has_more and paging is Paging.HAS_MORE:
            headers.append((b"x-has-more", b"true"))
        if has_more and paging in {Paging.LINK, Paging.LINK_ELSEWHERE, Paging.LINK_LOOP}:
            root = ELSEWHERE if paging is Paging.LINK_ELSEWHERE else f"http://{host}"
            path = "/target-materials/" if paging is Paging.LINK_LOOP else following
            headers.append((b"link", f'<{root}{path}>; rel="next"'.encode()))
        entries = [json.dumps(record).encode() for record in shown]
        if number == 1:
            entries = [*_list_foreign(self._habits.foreign), *entries]
        body = b"[" + b",".join(entries) + b"]"
        if size and paging is Paging.ITEMS:
            rest = {"total": total, "next": following if has_more else None}
            body = b'{"items": ' + body + b", " + json.dumps(rest).encode()[1:]
        if paging is Paging.BARE:
            body = b'{"layers": ' + body + b"}"
        if paging is Paging.META:
            body = b'{"data": ' + body + b', "meta": ' + json.dumps({"total": total}).encode() + b"}"
        if Foreign.BOM in self._habits.foreign:
            body = b"\xef\xbb\xbf" + body
        return Page(now, tuple(headers), body)

    def _iter_blocks(self, body: bytes) -> Iterator[tuple[bytes, float]]:
        habits = self._habits
        if habits.size_mb:
            yield body[:1], 0.0
            yield from ((block, 0.0) for block in _iter_filling(habits.size_mb * 2**20 - len(body)))
            rest = body[1:].lstrip()
            yield (b"," if rest != b"]" else b"") + rest, habits.takes
        elif habits.stalls_after:
            yield body[: habits.stalls_after], 0.0
            yield body[habits.stalls_after :], habits.takes
        elif habits.takes:
            step = max(1, len(body) // PIECES)
            pieces = [body[at : at + step] for at in range(0, len(body), step)]
            yield from ((piece, habits.takes / len(pieces)) for piece in pieces)
        else:
            yield body, 0.0


def _cut_pause(seconds: float) -> Iterator[float]:
    """Yield a pause in parts, so that a client that goes away is noticed."""
    for _ in range(int(seconds / NOTICE)):
        yield NOTICE
    yield seconds % NOTICE


def _read_page_number(scope: Scope) -> int:
    found = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("page", ["1"])[0]
    return max(1, int(found)) if found.isascii() and found.isdigit() and len(found) < 10 else 1  # noqa: PLR2004


def _iter_filling(size: int) -> Iterator[bytes]:
    """Yield foreign records of about so many bytes in all, in blocks, with commas between them."""
    shape = (
        '{"id": %d, "sample_id": %d, "sample_name": "foreign %d", "substrate": "SrTiO3", "layer_id": 1, '
        '"composition_string": "BaTiO3", "element_dict": {"Ba": 1, "Ti": 1, "O": 3}, "orientation": "001", '
        '"space_group": "P4mm", "mp_id": "mp-5020", "detail_notes_id": null, "detail_note_content": null, '
        '"sample_metadata": null, "user_id": "somebody", "user_name": "somebody", "version": 1, '
        '"last_updated": "2026-01-01T00:00:00+00:00"}'
    )
    block: list[str] = []
    done = waiting = 0
    number = _FOREIGN_ID
    while done < size:
        record = shape % (number, number, number)
        block.append(record)
        number += 1
        waiting += len(record) + 1
        if waiting >= BLOCK or done + waiting >= size:
            text = ",".join(block)
            yield (("," if done else "") + text).encode()
            done += waiting
            block, waiting = [], 0


def _list_foreign(kinds: tuple[Foreign, ...]) -> list[bytes]:
    plain = json.dumps(_FOREIGN).encode()
    deep = b"[" * _DEPTH + b"]" * _DEPTH
    entries = {
        Foreign.NAN: plain.replace(b'"Si"', b'"Si", "element_dict": {"O": NaN}'),
        Foreign.SURROGATE: plain.replace(b"somebody's", rb"lone \ud800 surrogate"),
        Foreign.NULL: b"null",
        Foreign.TEXT: b'"a text"',
        Foreign.BIG_ID: plain.replace(b"4000001", b"9" * 30),
        Foreign.NO_SAMPLE: plain.replace(b"4000000", b"null"),
        Foreign.DEEP: plain.replace(b'"Si"', b'"Si", "sample_metadata": ' + deep),
        Foreign.BAD_UTF8: plain.replace(b"somebody's", b"bad \xff byte"),
    }
    return [entries[kind] for kind in kinds if kind in entries]
