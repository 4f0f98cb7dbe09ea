"""The six endpoints of the target-materials API over requests.

A call never raises for what the network or the server did: it returns a `Reply` that says what is known. What the
libraries do by themselves and mustn't here is switched off: retries (a retry of a create may store a layer twice),
redirects (they would carry the key to another host), and everything taken from the environment (proxies, netrc,
certificate bundles).
"""

from __future__ import annotations

import itertools
import logging
import ssl
import time
from typing import TYPE_CHECKING, Self

import orjson
import requests
import urllib3

from importer._version import __version__
from importer.errors import AddressError
from importer.server.deadline import Deadlines
from importer.server.reply import MAX_WORDS, Reply, Sent, find_words, read_retry_after
from importer.server.transport import DeadlineAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.settings import ApiSettings, SendSettings

LISTING_PATH = "/target-materials/"
LAYER_PATH = "/target-materials/layers/"
MAX_ANSWER = 4 * 2**20
"""Bytes of an answer to a write that are read; a longer one is no answer of this API."""
MAX_LISTING = 2 * 2**30
"""Bytes of a listing that are read."""
_BLOCK = 64 * 2**10
_LOG = logging.getLogger(__name__)


class Client:
    """A pooled connection to the API; safe to use from many threads; a context manager."""

    def __init__(self, api: ApiSettings, *, send: SendSettings) -> None:
        self.url = api.url
        self._key = api.key
        self._send = send
        self._deadlines = Deadlines()
        self._adapter = DeadlineAdapter(self._deadlines, pool_size=send.workers + 2)
        self._timeout = (send.connect_timeout, send.read_timeout)
        self._verify = api.ca_bundle or True
        self._proxies = {} if api.proxy is None else {"http": api.proxy, "https": api.proxy}
        self._headers = {
            "X-API-KEY": api.key.reveal(),
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
            "User-Agent": f"layer-importer/{__version__}",
        }
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
        return self._call("POST", LAYER_PATH, body)

    def patch_layer(self, body: bytes) -> Reply:
        """Change the layer found by ``sample_id`` and ``layer_id``: ``PATCH /target-materials/layers/``."""
        return self._call("PATCH", LAYER_PATH, body)

    def replace_stack(self, target_id: int, body: bytes) -> Reply:
        """Make an array of layers the whole stack: ``POST /target-materials/{id}/layers``."""
        return self._call("POST", f"/target-materials/{target_id}/layers", body)

    def create_target(self, body: bytes) -> Reply:
        """Create a target material, with its layers: ``POST /target-materials/``."""
        return self._call("POST", LISTING_PATH, body)

    def patch_target(self, target_id: int, body: bytes) -> Reply:
        """Change a target material: ``PATCH /target-materials/{id}``."""
        return self._call("PATCH", f"/target-materials/{target_id}", body)

    def fetch_listing(self) -> Reply:
        """Read every layer of every target material of the organisation: ``GET /target-materials/``."""
        return self._call("GET", LISTING_PATH, None)

    def _call(self, method: str, path: str, body: bytes | None) -> Reply:
        """Make one call and log how it went: number, call, answer and time, nothing of what was sent or said."""
        if not _LOG.isEnabledFor(logging.INFO):
            return self._exchange(method, path, body)
        number = next(self._numbers)
        _LOG.debug("request %d: %s %s begins, %d bytes", number, method, path, len(body or b""))
        reply = self._exchange(method, path, body)
        answer = reply.status if reply.status is not None else f"no answer (sent: {reply.sent.value})"
        _LOG.info("request %d: %s %s: %s in %.0f ms", number, method, path, answer, reply.seconds * 1000)
        return reply

    def _exchange(self, method: str, path: str, body: bytes | None) -> Reply:
        begun = time.monotonic()
        self._deadlines.begin(self._send.deadline)
        try:
            response = self._adapter.send(
                # Not by a session: nothing is taken from the environment, neither a proxy nor a netrc's password.
                requests.Request(method, self.url + path, headers=self._headers, data=body).prepare(),
                stream=True,
                timeout=self._timeout,
                verify=self._verify,
                proxies=self._proxies,
            )
            content = _read_body(response, MAX_LISTING if method == "GET" else MAX_ANSWER)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise AddressError(f"The address {self.url} can't be called ({type(error).__name__}).") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return self._explain(error, time.monotonic() - begun)
        finally:
            self._deadlines.end()
        return self._read(response, content, time.monotonic() - begun)

    def _read(self, response: requests.Response, content: bytes | None, seconds: float) -> Reply:
        data: object = None
        whole = False
        if content is not None:
            try:
                data, whole = orjson.loads(content), True
            except orjson.JSONDecodeError:
                whole = False
        return Reply(
            sent=Sent.ANSWERED,
            status=response.status_code,
            data=data,
            whole=whole,
            words=self._redact(find_words(response, data, content)),
            retry_after=read_retry_after(response.headers),
            date=response.headers.get("Date", ""),
            seconds=seconds,
        )

    def _explain(self, error: Exception, seconds: float) -> Reply:
        chain = tuple(_iter_causes(error))
        bad_certificate = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain)
        never = bad_certificate or any(isinstance(cause, _NEVER_SENT) for cause in chain)
        return Reply(
            sent=Sent.NEVER if never else Sent.MAYBE,
            words=self._redact(f"{type(error).__name__}: {chain[-1]}"),
            bad_certificate=bad_certificate,
            seconds=seconds,
        )

    def _redact(self, text: str) -> str:
        return text.replace(self._key.reveal(), "***")[:MAX_WORDS]


_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ConnectTimeoutError,
    requests.exceptions.ConnectTimeout,
)
"""Only these prove that no byte of the request left: the connection itself never came about."""


def _iter_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        waiting += [link for link in linked if isinstance(link, BaseException)]


def _read_body(response: requests.Response, limit: int) -> bytes | None:
    """Return the body, or None where it is longer than the limit."""
    body = bytearray()
    try:
        for block in response.iter_content(_BLOCK):
            body += block
            if len(body) > limit:
                return None
        return bytes(body)
    finally:
        response.close()
