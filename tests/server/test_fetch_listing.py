"""Fetching the listing over real sockets: pages, caches, cuts, waits and interruptions."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import tracemalloc
from email.utils import formatdate
from typing import TYPE_CHECKING, Self

import pytest

from importer.errors import AddressError, KeyRefusedError, ListingError, ListingStoppedError
from importer.events import Event, ListingRead, Notice
from importer.server import Client, Sent
from importer.server import client as client_module
from importer.server.listing import Listing, Wanted
from importer.server.read_listing import read_listing
from importer.settings import ApiSettings, Secret, SendSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "test-key-31415926"
OURS = Wanted(sample_ids=frozenset({42}))
RECORD = {"id": 1, "sample_id": 42, "sample_name": "A", "layer_id": 1}
WHOLE = json.dumps([RECORD]).encode()


class Server:
    """Answers one request after the other on loopback, and keeps what it was asked."""

    def __init__(self, answers: list[Callable[[], Iterator[bytes]]]) -> None:
        self._answers = iter(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """End."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _work(self) -> None:
        for answer in self._answers:
            with contextlib.suppress(OSError):
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(5)
                    asked = b""
                    while b"\r\n\r\n" not in asked:
                        asked += connection.recv(65536)
                    self.asked.append(asked)
                    for block in answer():
                        connection.sendall(block)

    def stay_silent(self) -> Iterator[bytes]:
        """Send the beginning of a listing, then nothing for long."""
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[" + json.dumps(RECORD).encode() + b","
        self.ended.wait(20)


def say(body: bytes = WHOLE, *heads: str, status: str = "200 OK", cut: int = 0) -> Callable[[], Iterator[bytes]]:
    """Return an answer, some bytes shorter than it says."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *heads]

    def answer() -> Iterator[bytes]:
        yield "\r\n".join(lines).encode() + b"\r\n\r\n" + body[: len(body) - cut]

    return answer


def make_client(url: str, *, stop: threading.Event | None = None, list_timeout: float = 10.0) -> Client:
    """Return a client with short waits."""
    send = SendSettings(workers=1, connect_timeout=1, read_timeout=5, deadline=5, list_timeout=list_timeout)
    return Client(ApiSettings(url=url, key=Secret(KEY)), send=send, stop=stop)


def fetch_doubt(*answers: Callable[[], Iterator[bytes]]) -> str:
    """Return what speaks against the listing that a server gives."""
    with Server(list(answers)) as server, make_client(server.url) as client:
        listing = client.fetch_listing(OURS).listing
    assert listing is not None
    return listing.find_doubt()


def test_a_whole_listing_is_asked_for_without_caches() -> None:
    """The request forbids caches, and a plain list has nothing against it."""
    with Server([say()]) as server, make_client(server.url) as client:
        reply = client.fetch_listing(OURS)
    assert reply.listing is not None
    assert reply.listing.find_doubt() == ""
    assert reply.listing.list_stack(42) == [{"id": 1, "sample_id": 42, "layer_id": 1}]
    assert b"\r\ncache-control: no-cache\r\n" in server.asked[0].lower()


@pytest.mark.parametrize(
    "answer",
    [
        say(cut=1),
        say(cut=30),
        say(WHOLE[:-1]),
        say(b""),
        say(b"<html>"),
        say(b'{"detail":"x"}'),
        say(b"[1,2]"),
        say(status="206 Partial Content"),
        say(status="500 Oops"),
    ],
)
def test_a_cut_body_is_no_evidence(answer: Callable[[], Iterator[bytes]]) -> None:
    """A listing that is cut short anywhere, or is something else, is none."""
    with Server([answer]) as server, make_client(server.url) as client:
        reply = client.fetch_listing(OURS)
    assert reply.listing is None
    assert not reply.whole


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (say(WHOLE, "Age: 12"), "from a cache (Age: 12)"),
        (say(WHOLE, "X-Total-Count: 7"), "has only 1 of the 7 entries"),
        (say(WHOLE, "X-Total-Count: 1"), ""),
        (say(WHOLE, "Content-Range: items 0-0/7"), "has only 1 of the 7 entries"),
        (say(WHOLE, "Content-Range: items 0-0/*"), ""),
        (say(WHOLE, 'X-Pagination: {"total": 7, "page": 1}'), "has only 1 of the 7 entries"),
        (say(WHOLE, "X-Total-Pages: 2"), "comes in pages"),
        (say(WHOLE, "X-Total-Pages: 1", "X-Page: 1"), ""),
        (say(WHOLE, "X-Has-More: true"), "comes in pages"),
        (say(WHOLE, "X-Has-More: false", "X-Next-Cursor: null"), ""),
        (say(WHOLE, "X-Next-Cursor: YWJj"), "comes in pages"),
        (say(WHOLE, "X-Cache: HIT from proxy"), "from a cache"),
        (say(WHOLE, "X-Cache: MISS", "CF-Cache-Status: DYNAMIC"), ""),
        (say(WHOLE, 'Warning: 110 - "Response is Stale"'), "from a cache"),
        (say(b'{"layers": %s}' % WHOLE), "inside an object"),
        (say(b'{"data": %s, "meta": {"total": 1}}' % WHOLE), ""),
        (say(b'{"data": %s, "meta": {"total": 7}}' % WHOLE), "has only 1 of the 7 entries"),
        (say(b'{"items": %s}' % WHOLE), "inside an object"),
        (say(b'{"items": %s, "total": 1}' % WHOLE), ""),
        (say(b'{"items": %s, "total": 1, "next": 2}' % WHOLE), "comes in pages"),
        (say(WHOLE, 'Link: <http://127.0.0.2/target-materials/?page=2>; rel="next"'), "isn't followed"),
        (say(WHOLE, 'Link: </users/7?page=2>; rel="next"'), "isn't followed"),
        (say(WHOLE, 'Link: </target-materials/>; rel="next"'), "never end"),
        (say(WHOLE, 'Link: </target-materials/?page=9>; rel="last"'), ""),
        (say(json.dumps([RECORD] * 250).encode()), "exactly 250"),
        (say(b'[{"id":1,"sample_id":42,"layer_id":1},{"sample_id":x}]'), "can't be read at all"),
    ],
)
def test_what_speaks_against_a_listing(answer: Callable[[], Iterator[bytes]], words: str) -> None:
    """Caches, cuts and pages that can't be followed are named."""
    doubt = fetch_doubt(answer)
    assert words in doubt
    assert bool(words) == bool(doubt)


def test_pages_are_followed() -> None:
    """The next page is read where it is at the same address, and all of them count as one list."""
    pages = [say(json.dumps([{**RECORD, "layer_id": n}]).encode(), *link) for n, link in (
        (1, ['Link: </target-materials/?page=2>; rel="next", </x>; rel="last"', "X-Total-Count: 3"]),
        (2, ["Link: <?page=3>; rel=next", "X-Total-Count: 3"]),
        (3, ["X-Total-Count: 3"]),
    )]  # fmt: skip
    with Server(pages) as server, make_client(server.url) as client:
        listing = client.fetch_listing(OURS).listing
    assert listing is not None
    assert len(listing.list_stack(42)) == 3
    assert listing.find_doubt() == ""
    assert [asked.split(b" ", 2)[1] for asked in server.asked] == [
        b"/target-materials/", b"/target-materials/?page=2", b"/target-materials/?page=3",
    ]  # fmt: skip


def test_a_listing_older_than_the_servers_clock_is_doubted() -> None:
    """A cache that hides its age shows by the date, when other answers have told the server's time."""
    then, now = formatdate(time.time() - 3_600, usegmt=True), formatdate(usegmt=True)
    with Server([say(b"{}", f"Date: {now}"), say(WHOLE, f"Date: {then}")]) as server, make_client(server.url) as client:
        client.post_layer(b"{}")
        listing = client.fetch_listing(OURS).listing
    assert listing is not None
    assert "s old" in listing.find_doubt()


def test_a_wrong_clock_on_either_side_is_no_doubt() -> None:
    """A server whose clock is an hour off in all of its answers is believed."""
    then = formatdate(time.time() - 3_600, usegmt=True)
    with (
        Server([say(b"{}", f"Date: {then}"), say(WHOLE, f"Date: {then}")]) as server,
        make_client(server.url) as client,
    ):
        client.post_layer(b"{}")
        listing = client.fetch_listing(OURS).listing
    assert listing is not None
    assert listing.find_doubt(after=time.time()) == ""


def test_a_long_listing_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what concerns the run is kept, and progress is told: 20 MB of strangers leave next to nothing behind."""
    monkeypatch.setattr(client_module, "TELL_EVERY", 0.0)
    stranger = b"," + json.dumps({**RECORD, "sample_id": 7, "user_name": "x" * 200}).encode()
    count = 20 * 2**20 // len(stranger)

    def answer() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(WHOLE) + count * len(stranger))
        yield WHOLE[:-1]
        for _ in range(count // 100):
            yield stranger * 100
        yield stranger * (count % 100) + b"]"

    told: list[tuple[int, int]] = []
    with Server([answer]) as server, make_client(server.url, list_timeout=60) as client:
        tracemalloc.start()
        reply = client.fetch_listing(OURS, lambda records, size: told.append((records, size)))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert reply.listing is not None
    assert reply.listing.evidence.entries == count + 1
    assert len(reply.listing.positions) == 1
    assert peak < 8 * 2**20
    assert told == sorted(told)
    assert len(told) > 10


def wait_for_listing(
    url: str, *, stop: threading.Event, waits: list[float], events: list[Event], list_timeout: float = 10.0
) -> object:
    """Read a listing with retries, and keep the waits instead of making them."""
    send = SendSettings(workers=1, attempts=3, max_wait=30, list_timeout=list_timeout, first_wait=0.01)
    with Client(ApiSettings(url=url, key=Secret(KEY)), send=send, stop=stop) as client:
        return read_listing(client, OURS, send=send, sleep=waits.append, stop=stop, watch=events.append)


def test_retry_after_binds_the_listing() -> None:
    """The wait that the server asks for is kept, and a longer one than the run waits for is told."""
    waits: list[float] = []
    busy = say(b"", "Retry-After: 20", status="429 Too Many Requests")
    with Server([busy, say()]) as server:
        wait_for_listing(server.url, stop=threading.Event(), waits=waits, events=[])
    assert waits == [20.0]
    with (
        Server([say(b"", "Retry-After: 3600", status="503 Later")]) as server,
        pytest.raises(ListingError, match="asks to wait 3600 s"),
    ):
        wait_for_listing(server.url, stop=threading.Event(), waits=waits, events=[])
    assert waits == [20.0]


def test_an_address_that_nobody_answers_at_is_told_at_once_and_given_up_early() -> None:
    """Nothing was ever reached: the first failure is told in plain words, and only `reach_wait` is spent on it."""
    events: list[Event] = []
    send = SendSettings(workers=1, reach_wait=0.2, first_wait=0.01)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"  # bound and not listened at: refused
        api = ApiSettings(url=url, key=Secret(KEY))
        stop = threading.Event()
        with (
            Client(api, send=send, stop=stop) as client,
            pytest.raises(AddressError, match="connection refused"),
        ):
            read_listing(client, OURS, send=send, sleep=time.sleep, stop=stop, watch=events.append)
    assert events == [Notice(f"Can't reach {url}: connection refused. Trying again for up to 0.2 s.")]


def test_an_outage_of_a_server_that_was_reached_is_waited_for() -> None:
    """Once an answer came, of whatever kind, a failure is told once and tried again as long as any other."""
    events: list[Event] = []
    with Server([say(b"", status="503 Later"), say(b"", status="503 Later"), say()]) as server:
        found = wait_for_listing(server.url, stop=threading.Event(), waits=[], events=events)
    assert isinstance(found, Listing)
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert len(notices) == 1
    assert "(503: Later). Trying again for up to 600 s." in notices[0]


def test_a_key_that_may_not_read_is_refused_at_once() -> None:
    """A listing refused with 403 ends the run: there is no sample to blame."""
    with Server([say(b"{}", status="403 Forbidden")]) as server, pytest.raises(KeyRefusedError):
        wait_for_listing(server.url, stop=threading.Event(), waits=[], events=[])


def test_an_interrupt_ends_a_hanging_listing_at_once() -> None:
    """Ctrl-C while the server says nothing more ends the reading in a second or two, and is told as interrupted."""
    stop = threading.Event()
    server = Server([])
    server._answers = iter([server.stay_silent])
    timer = threading.Timer(0.3, stop.set)
    with server:
        timer.start()
        begun = time.monotonic()
        with pytest.raises(ListingStoppedError) as caught:
            wait_for_listing(server.url, stop=stop, waits=[], events=[])
        taken = time.monotonic() - begun
        timer.join()
    assert caught.value.exit_code == 130
    assert taken < 4


def test_a_hanging_listing_ends_at_its_timeout() -> None:
    """The listing has a deadline of its own, over all of its blocks."""
    server = Server([])
    server._answers = iter([server.stay_silent])
    with server, make_client(server.url, list_timeout=0.5) as client:
        begun = time.monotonic()
        reply = client.fetch_listing(OURS)
        taken = time.monotonic() - begun
    assert (reply.sent, reply.listing) == (Sent.MAYBE, None)
    assert taken < 4


def test_progress_is_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches the run is told how far the listing is."""
    monkeypatch.setattr(client_module, "TELL_EVERY", 0.0)
    events: list[Event] = []
    with Server([say()]) as server:
        wait_for_listing(server.url, stop=threading.Event(), waits=[], events=events)
    assert events == [ListingRead(1, len(WHOLE))]
