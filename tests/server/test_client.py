"""What the client tells of each way in which an exchange can go, over real sockets and at the HTTP seam."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
import responses

from importer._version import __version__
from importer.server import Client, Sent, read_retry_after
from importer.server.client import MAX_ANSWER
from importer.server.transport import MAX_KEPT
from importer.settings import ApiSettings, Secret, SendSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "test-key-31415926"
BODY = b'{"layer_id":1,"sample_id":42}'
WHOLE = b'{"id":100,"layer_id":1,"sample_id":42}'


@contextlib.contextmanager
def serve_once(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept one connection on loopback, read the request, and let a function answer it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work() -> None:
            connection, _ = server.accept()
            with connection:
                read_request(connection)
                with contextlib.suppress(OSError):
                    answer(connection)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


def read_request(connection: socket.socket) -> bytes:
    """Return a request that ends with the body that all tests send."""
    connection.settimeout(5)
    received = b""
    while not received.endswith(BODY):
        received += connection.recv(65536)
    return received


def make_client(url: str, *, deadline: float = 5.0, read_timeout: float = 2.0) -> Client:
    """Return a client with short waits."""
    send = SendSettings(workers=1, connect_timeout=1, read_timeout=read_timeout, deadline=deadline)
    return Client(ApiSettings(url=url, key=Secret(KEY)), send=send)


def answer_whole(connection: socket.socket) -> None:
    """Answer as the API does."""
    body = b'{"id":100,"layer_id":1,"sample_id":42}'
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def answer_cut_head(connection: socket.socket) -> None:
    """Close in the middle of the head, which looks like an empty success."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


def answer_cut_body(connection: socket.socket) -> None:
    """Close in the middle of the body."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"id":100')


def answer_nothing(connection: socket.socket) -> None:
    """Close without a word."""
    connection.close()


def answer_reset(connection: socket.socket) -> None:
    """Reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer_bad_status_line(connection: socket.socket) -> None:
    """Say something that isn't HTTP."""
    connection.sendall(b"220 smtp.example ESMTP\r\n")


def answer_bad_gzip(connection: socket.socket) -> None:
    """Claim gzip and send something else."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")


def answer_short_body(connection: socket.socket) -> None:
    """End in good order before the stated length."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 39\r\n\r\n{"id":100,"layer_id":1,"sample_id":42}')
    connection.shutdown(socket.SHUT_WR)


def answer_cut_chunk(connection: socket.socket) -> None:
    """Close in the middle of a chunk."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n26\r\n{"id":100,"layer')


def answer_cut_gzip(connection: socket.socket) -> None:
    """Close in the middle of a packed body."""
    body = gzip.compress(WHOLE)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    connection.sendall(head + body[:20])


def answer_dripping(connection: socket.socket, beginning: bytes = b"HTTP/1.1 200 OK\r\nX-Slow: ") -> None:
    """Send a byte now and then, each soon enough for the read timeout."""
    connection.sendall(beginning)
    for _ in range(60):
        connection.sendall(b"z")
        time.sleep(0.1)


def test_a_whole_answer_is_told_whole() -> None:
    """A complete JSON answer comes through with its status and data."""
    with serve_once(answer_whole) as url, make_client(url) as api:
        reply = api.post_layer(BODY)
    assert (reply.sent, reply.status, reply.whole) == (Sent.ANSWERED, 200, True)
    assert reply.data == {"id": 100, "layer_id": 1, "sample_id": 42}


@pytest.mark.parametrize(
    "answer",
    [
        answer_cut_body,
        answer_short_body,
        answer_cut_chunk,
        answer_cut_gzip,
        answer_nothing,
        answer_reset,
        answer_bad_status_line,
        answer_bad_gzip,
    ],
)
def test_a_broken_exchange_may_have_been_stored(answer: Callable[[socket.socket], None]) -> None:
    """Whatever breaks after the first byte left is never told as 'not sent'."""
    with serve_once(answer) as url, make_client(url) as api:
        reply = api.post_layer(BODY)
    assert reply.sent is Sent.MAYBE
    assert not reply.whole


@pytest.mark.parametrize(
    "head_and_body",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(WHOLE), WHOLE),
        b"HTTP/1.1 200 OK\r\ncontent-length: 0%d\r\n\r\n%s" % (len(WHOLE), WHOLE),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(WHOLE), WHOLE),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
        % (len(gzip.compress(WHOLE, mtime=0)), gzip.compress(WHOLE, mtime=0)),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s" % WHOLE,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: %d\r\n\r\n%s"
        % (len(WHOLE), WHOLE),
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(WHOLE), WHOLE),
    ],
    ids=["length", "length-0", "chunked", "gzip", "to-the-end", "continued", "early-hints"],
)
def test_a_whole_answer_is_read_in_every_framing(head_and_body: bytes) -> None:
    """However the server frames its answer, it comes through whole."""
    with serve_once(lambda connection: connection.sendall(head_and_body)) as url, make_client(url) as api:
        reply = api.post_layer(BODY)
    assert (reply.status, reply.whole, reply.data) == (200, True, {"id": 100, "layer_id": 1, "sample_id": 42})


@pytest.mark.parametrize("framing", ["length", "chunked", "gzip"])
def test_an_answer_beyond_all_bounds_is_not_read(framing: str) -> None:
    """A body longer than the bound is no answer, however it is framed; memory isn't filled with it."""
    size = MAX_ANSWER + 1
    packed = gzip.compress(b" " * size)
    head, body = {
        "length": (b"Content-Length: %d" % size, b" " * size),
        "chunked": (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (size, b" " * size)),
        "gzip": (b"Content-Encoding: gzip\r\nContent-Length: %d" % len(packed), packed),
    }[framing]
    answer = b"HTTP/1.1 200 OK\r\n%s\r\n\r\n%s" % (head, body)
    with serve_once(lambda connection: connection.sendall(answer)) as url, make_client(url) as api:
        reply = api.post_layer(BODY)
    assert not reply.whole
    assert reply.data is None


def test_an_answer_cut_in_its_head_is_not_whole() -> None:
    """A head cut short looks like status 200 with an empty body; it must not count as an answer."""
    with serve_once(answer_cut_head) as url, make_client(url) as api:
        reply = api.post_layer(BODY)
    assert not reply.whole
    assert reply.data is None


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3c\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX-Slow: ",
    ],
    ids=["head", "length", "chunked", "hints"],
)
def test_a_dripping_answer_ends_at_the_deadline(beginning: bytes) -> None:
    """The deadline holds for the whole request, although every byte comes within the read timeout."""
    begun = time.monotonic()
    drip = partial(answer_dripping, beginning=beginning)
    with serve_once(drip) as url, make_client(url, deadline=0.5) as api:
        reply = api.post_layer(BODY)
        taken = time.monotonic() - begun
    assert reply.sent is not Sent.NEVER
    assert not reply.whole
    assert taken < 4


def test_a_dripping_proxy_ends_at_the_deadline() -> None:
    """The deadline holds on the way through a proxy too, and the proxy is asked for the whole address."""
    with serve_once(answer_dripping) as proxy:
        send = SendSettings(workers=1, connect_timeout=1, read_timeout=2, deadline=0.5)
        settings = ApiSettings(url="http://127.0.0.1:9", key=Secret(KEY), proxy=proxy)
        begun = time.monotonic()
        with Client(settings, send=send) as api:
            reply = api.post_layer(BODY)
        taken = time.monotonic() - begun
    assert reply.sent is not Sent.NEVER
    assert not reply.whole
    assert taken < 4


def test_a_request_states_the_length_of_its_body() -> None:
    """The body leaves as it is, with its length stated once."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work() -> None:
            connection, _ = server.accept()
            with connection:
                seen.append(read_request(connection))
                answer_whole(connection)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        with make_client(f"http://127.0.0.1:{server.getsockname()[1]}") as api:
            assert api.post_layer(BODY).whole
        thread.join(10)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert body == BODY
    assert b"\r\nContent-Length: %d" % len(BODY) in head
    assert head.lower().count(b"content-length") == 1


@pytest.mark.parametrize("is_proxied", [False, True], ids=["straight", "proxy"])
def test_each_write_leaves_as_one_piece_with_the_same_head(*, is_proxied: bool) -> None:
    """Head and body leave together, and nothing of one request stays for the next, whatever its address and method."""
    seen: list[bytes] = []
    calls = [("POST", "/layers/", BODY), ("PATCH", "/layers/", b"{}"), ("POST", "/layers/", BODY + b" ")]
    calls += [("POST", f"/{number}/layers", b"[]") for number in range(MAX_KEPT + 5)]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work() -> None:
            connection, _ = server.accept()
            with connection:
                for _ in calls:
                    seen.append(connection.recv(65536))
                    answer_whole(connection)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        there = f"127.0.0.1:{server.getsockname()[1]}"
        host, proxy = ("127.0.0.9:9", f"http://{there}") if is_proxied else (there, None)
        settings = ApiSettings(url=f"http://{host}", key=Secret(KEY), proxy=proxy)
        with Client(settings, send=SendSettings(workers=1, deadline=5)) as api:
            replies = [api.post_layer(BODY), api.patch_layer(b"{}"), api.post_layer(BODY + b" ")]
            replies += [api.replace_stack(number, b"[]") for number in range(MAX_KEPT + 5)]
        thread.join(10)
    assert all(reply.whole for reply in replies)
    start = f"http://{host}" if is_proxied else ""
    assert seen == [
        (
            f"{method} {start}/target-materials{path} HTTP/1.1\r\nHost: {host}\r\nX-API-KEY: {KEY}\r\n"
            "Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\nContent-Type: application/json\r\n"
            f"User-Agent: layer-importer/{__version__}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for method, path, body in calls
    ]


def test_a_cookie_is_not_kept() -> None:
    """What a server sets with its answer doesn't come back to it."""
    seen: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        for _ in range(2):
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: %d\r\n\r\n%s" % (len(WHOLE), WHOLE)
            )
            seen.append(connection.recv(65536))

    with serve_once(answer) as url, make_client(url) as api:
        assert api.post_layer(BODY).whole
        assert api.post_layer(BODY).whole
    assert b"cookie" not in seen[0].lower()


def test_a_silent_server_ends_at_the_read_timeout() -> None:
    """A server that never answers is in doubt after the read timeout."""
    done = threading.Event()

    def keep_silent(connection: socket.socket) -> None:
        del connection
        done.wait(5)

    with serve_once(keep_silent) as url, make_client(url, read_timeout=0.2) as api:
        reply = api.post_layer(BODY)
        done.set()
    assert reply.sent is Sent.MAYBE


def test_nobody_listening_means_never_sent() -> None:
    """A refused connection proves that nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with make_client(f"http://127.0.0.1:{port}") as api:
        assert api.post_layer(BODY).sent is Sent.NEVER


@responses.activate
def test_redirects_are_not_followed() -> None:
    """A redirect is told as such, and the key goes nowhere else."""
    responses.post("http://127.0.0.1:9/target-materials/layers/", status=307, headers={"Location": "http://127.0.0.2/"})
    elsewhere = responses.post("http://127.0.0.2/", json={})
    with make_client("http://127.0.0.1:9") as api:
        assert api.post_layer(BODY).status == 307
    assert elsewhere.call_count == 0


@responses.activate
def test_the_key_travels_in_its_header_and_the_body_as_it_is() -> None:
    """Each request carries X-API-KEY, JSON, and exactly the bytes given."""
    responses.post("http://127.0.0.1:9/target-materials/layers/", json={})
    with make_client("http://127.0.0.1:9") as api:
        api.post_layer(BODY)
        api.post_layer(b"{}")
    first, second = (call.request for call in responses.calls)
    assert first.headers["X-API-KEY"] == KEY
    assert (first.body, first.headers["Content-Length"]) == (BODY, str(len(BODY)))
    assert (second.body, second.headers["Content-Length"]) == (b"{}", "2")


@responses.activate
def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies of the environment don't get the key."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    responses.post("http://127.0.0.1:9/target-materials/layers/", json={})
    with make_client("http://127.0.0.1:9") as api:
        assert api.post_layer(BODY).status == 200


@responses.activate
def test_a_server_that_tells_the_key_back_is_not_quoted() -> None:
    """The key is masked in the server's words."""
    responses.post("http://127.0.0.1:9/target-materials/layers/", status=401, json={"detail": f"bad key {KEY}"})
    with make_client("http://127.0.0.1:9") as api:
        reply = api.post_layer(BODY)
    assert reply.words == "bad key ***"
    assert KEY not in repr(reply)


@responses.activate
def test_a_list_of_faults_is_put_into_words() -> None:
    """FastAPI's list of faults names each place and message."""
    detail = [{"loc": ["body", "layer_id"], "msg": "Input should be a valid integer", "type": "int_parsing"}]
    responses.post("http://127.0.0.1:9/target-materials/layers/", status=422, json={"detail": detail})
    with make_client("http://127.0.0.1:9") as api:
        assert api.post_layer(BODY).words == "body.layer_id: Input should be a valid integer"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "٧"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 400}, 999999999999.0),
        ({"Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT"}, None),
    ],
)
def test_retry_after_in_both_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After is read as seconds or as a date relative to the server's own; anything else is no wish."""
    assert read_retry_after(headers) == seconds
