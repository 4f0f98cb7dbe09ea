"""The endpoints of the target-materials API over requests.

A call never raises for what the network or the server did: it returns a `Reply` that says what is known. What the
libraries do by themselves and mustn't here is switched off: retries (a retry of a create may store a layer twice),
redirects (they would carry the key to another host), and everything taken from the environment (proxies, netrc,
certificate bundles).
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import orjson
import requests
import urllib3

from importer._version import __version__
from importer.errors import AddressError
from importer.server.deadline import Deadlines
from importer.server.listing import Wanted
from importer.server.listing_reader import ListingReader
from importer.server.pages import Pages
from importer.server.redact import Redactor
from importer.server.reply import MAX_WORDS, Reply, Sent, explain_failure, find_words
from importer.server.server_clock import ServerClock
from importer.server.splitter import NotAnArrayError
from importer.server.transport import DeadlineAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.settings import ApiSettings, SendSettings

LISTING_PATH = "/target-materials/"
LAYER_PATH = "/target-materials/layers/"
MAX_ANSWER = 4 * 2**20
"""Bytes of an answer to a write that are read; a longer one is no answer of this API."""
MAX_LISTING = 2 * 2**30
"""Bytes of one page of a listing that are read."""
TELL_EVERY = 2.0
"""Seconds between two words about how far the reading of a listing is."""
OK = 200
NOTHING = Wanted()
_BLOCK = 64 * 2**10
_LISTING_BLOCK = 256 * 2**10
_LOG = logging.getLogger(__name__)


class Client:
    """A pooled connection to the API; safe to use from many threads; a context manager.

    Attributes:
        url: the address of the API.
        is_reached: whether a connection to it has ever come about, in this run.
    """

    def __init__(
        self, api: ApiSettings, *, send: SendSettings, stop: threading.Event | None = None, is_reached: bool = False
    ) -> None:
        self.url = api.url
        self.is_reached = is_reached
        self._redactor = Redactor(api.key)
        self._stop = stop or threading.Event()
        self._clock = ServerClock()
        self._send = send
        self._deadlines = Deadlines()
        self._adapter = DeadlineAdapter(
            self._deadlines,
            pool_size=send.workers + 2,
            trusts_system=api.ca_bundle is None and api.url.startswith("https:"),
        )
        self._timeout = urllib3.Timeout(connect=send.connect_timeout, read=send.read_timeout)
        self._verify = api.ca_bundle or True
        self._proxies = {} if api.proxy is None else {"http": api.proxy, "https": api.proxy}
        self._headers = {
            "X-API-KEY": api.key.reveal(),
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
            "User-Agent": f"layer-importer/{__version__}",
        }
        self._read_headers = {**self._headers, "Cache-Control": "no-cache", "Pragma": "no-cache"}
        self._prepared: dict[tuple[str, str], tuple[str | None, dict[str, str]]] = {}
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the pooled connections."""
        self._adapter.close()
        self._deadlines.close()

    def post_layer(self, body: bytes) -> Reply:
        """Create one layer: ``POST /target-materials/layers/``."""
        return self._call("POST", self.url + LAYER_PATH, body)

    def patch_layer(self, body: bytes) -> Reply:
        """Change the layer found by ``sample_id`` and ``layer_id``: ``PATCH /target-materials/layers/``."""
        return self._call("PATCH", self.url + LAYER_PATH, body)

    def replace_stack(self, target_id: int, body: bytes) -> Reply:
        """Make an array of layers the whole stack: ``POST /target-materials/{id}/layers``."""
        return self._call("POST", f"{self._place_target(target_id)}/layers", body)

    def create_target(self, body: bytes) -> Reply:
        """Create a target material, with its layers: ``POST /target-materials/``."""
        return self._call("POST", self.url + LISTING_PATH, body)

    def _place_target(self, target_id: int) -> str:
        """Return the address of a target material; whatever isn't a whole number would be another path."""
        return f"{self.url}{LISTING_PATH}{int(target_id):d}"

    def fetch_listing(self, wanted: Wanted = NOTHING, tell: Callable[[int, int], None] | None = None) -> Reply:
        """Read every layer of every target material of the organisation: ``GET /target-materials/``.

        It is read as it comes, and only what concerns the run is kept: `Reply.listing`. Further pages are followed.
        It ends early, without a listing, when the stop event is set.

        Args:
            wanted: what concerns the run.
            tell: called now and then with the records and the bytes read so far.
        """
        reader, pages = ListingReader(wanted), Pages(self.url + LISTING_PATH, self._clock)
        until = time.monotonic() + self._send.list_timeout
        url: str | None = self.url + LISTING_PATH
        while url is not None:
            taking = _Taking(reader, tell, self._stop)
            reply = self._call("GET", url, None, taking=taking, seconds=until - time.monotonic())
            if reply.status != OK or not reply.whole or not reader.is_listing:
                return replace(reply, whole=False)
            url = pages.turn(reply, reader)
        pages.end(reader)
        listing = reader.build(total=pages.total, doubts=tuple(pages.doubts), made_at=pages.made_at)
        return replace(reply, listing=listing, late=frozenset(reader.late))

    def _call(
        self, method: str, url: str, body: bytes | None, *, taking: _Taking | None = None, seconds: float | None = None
    ) -> Reply:
        """Make one call and log how it went: number, call, answer and time, nothing of what was sent or said."""
        seconds = self._send.deadline if seconds is None else seconds
        if not _LOG.isEnabledFor(logging.INFO):
            return self._exchange(method, url, body, taking, seconds)
        number, path = next(self._numbers), url.removeprefix(self.url)
        _LOG.debug("request %d: %s %s begins, %d bytes", number, method, path, len(body or b""))
        reply = self._exchange(method, url, body, taking, seconds)
        answer = reply.status if reply.status is not None else f"no answer (sent: {reply.sent.value})"
        _LOG.info("request %d: %s %s: %s in %.0f ms", number, method, path, answer, reply.seconds * 1000)
        return reply

    def _exchange(self, method: str, url: str, body: bytes | None, taking: _Taking | None, seconds: float) -> Reply:
        begun = time.monotonic()
        self._deadlines.begin(seconds, None if taking is None else self._stop)
        try:
            response = self._adapter.send(
                # Not by a session: nothing is taken from the environment, neither a proxy nor a netrc's password.
                self._prepare(method, url, body),
                stream=True,
                timeout=self._timeout,  # type: ignore[arg-type]  # the stubs know it as numbers only
                verify=self._verify,
                proxies=self._proxies,
            )
            arrived = time.monotonic()
            if taking is not None and response.status_code == OK:
                content, whole = None, taking.take(response)
            else:
                content = _read_body(response, MAX_ANSWER)
                whole = content is not None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise AddressError(f"The address {self.url} can't be called ({type(error).__name__}).") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, NotAnArrayError) as error:
            return self._explain(error, time.monotonic() - begun)
        finally:
            self._deadlines.end()
        data, is_json = _read_json(content)
        self.is_reached = True
        reply = Reply(
            sent=Sent.ANSWERED,
            status=response.status_code,
            data=data,
            whole=whole and is_json,
            words=self._redact(find_words(response, data, content)),
            headers=response.headers,
            begun=begun,
            arrived=arrived,
            seconds=time.monotonic() - begun,
        )
        self._clock.note(reply.server_time, arrived)
        return reply

    def _prepare(self, method: str, url: str, body: bytes | None) -> requests.PreparedRequest:
        """Return a request; for the address to which every layer goes it is prepared once, but for its body."""
        known = self._prepared.get((method, url))
        if known is None:
            headers = self._read_headers if body is None else self._headers
            request = requests.Request(method, url, headers=headers).prepare()
            known = request.url, dict(request.headers)
            if url == self.url + LAYER_PATH:
                self._prepared[method, url] = known
        request = requests.PreparedRequest()
        request.method, request.body, (request.url, headers) = method, body, known
        # A plain dictionary costs the least, and nobody looks into it in another case.
        length = {} if body is None else {"Content-Length": str(len(body))}
        request.headers = {**headers, **length}  # type: ignore[assignment]
        return request

    def _explain(self, error: Exception, seconds: float) -> Reply:
        failure = explain_failure(error)
        is_met = failure.sent is not Sent.NEVER or failure.bad_certificate
        self.is_reached = self.is_reached or is_met
        return replace(failure, words=self._redact(failure.words), seconds=seconds)

    def _redact(self, text: str) -> str:
        return self._redactor.redact(text)[:MAX_WORDS]


class _Taking:
    """Hands the blocks of a listing to its reader, tells how far it is, and ends it when the run is to stop."""

    def __init__(self, reader: ListingReader, tell: Callable[[int, int], None] | None, stop: threading.Event) -> None:
        self._reader, self._tell, self._stop = reader, tell, stop

    def take(self, response: requests.Response) -> bool:
        """Read a page to its end; tell whether it was whole.

        Raises:
            NotAnArrayError: it is no array, or too long.
            requests.RequestException: it was cut short, or ended by the stop event.
        """
        reader, limit, told = self._reader, self._reader.size + MAX_LISTING, time.monotonic()
        try:
            for block in response.iter_content(_LISTING_BLOCK):
                if self._stop.is_set():
                    raise requests.ConnectionError("interrupted")
                reader.feed(block)
                if reader.size > limit:
                    raise NotAnArrayError(f"a list of more than {MAX_LISTING:,} bytes")
                if self._tell is not None and time.monotonic() - told >= TELL_EVERY:
                    told = time.monotonic()
                    self._tell(reader.entries, reader.size)
            return reader.end_page()
        finally:
            response.close()


def _read_json(content: bytes | None) -> tuple[object, bool]:
    """Return what a body says, and whether it is JSON; a body that was read elsewhere says nothing."""
    if content is None:
        return None, True
    try:
        return orjson.loads(content), True
    except orjson.JSONDecodeError:
        return None, False


def _read_body(response: requests.Response, limit: int) -> bytes | None:
    """Return the body, or None where it is longer than the limit."""
    body = bytearray()
    try:
        while block := response.raw.read(_BLOCK, decode_content=True):
            body += block
            if len(body) > limit:
                return None
        return bytes(body)
    finally:
        response.raw.close()
