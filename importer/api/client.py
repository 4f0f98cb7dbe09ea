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
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import orjson
import requests
import urllib3

from importer._version import __version__
from importer.api.deadline import Deadlines, WatchedAdapter
from importer.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from importer.settings import ApiSettings, SubmitSettings

LISTING_PATH = "/target-materials/"
LAYER_PATH = "/target-materials/layers/"
MAX_ANSWER = 4 * 2**20
"""Bytes of an answer to a write that are read; a longer one is no answer of this API."""
MAX_LISTING = 2 * 2**30
"""Bytes of a listing that are read."""
MAX_WORDS = 500
_BLOCK = 64 * 2**10
_LOG = logging.getLogger(__name__)


class Sent(StrEnum):
    """What is known of a request's way to the server."""

    NEVER = "never"
    MAYBE = "maybe"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one request.

    Attributes:
        sent: whether the server can have seen the request.
        status: HTTP status, where one came.
        data: the body read as JSON; None where it is missing, cut short or no JSON.
        whole: whether the body came to its end and is JSON.
        words: the server's or the library's words for people, without the key.
        retry_after: seconds that the server asks to wait, from ``Retry-After``.
        server_time: POSIX time of the answer by the server's clock, from ``Date``.
        bad_certificate: the connection was refused by us, for the server couldn't prove who it is.
        seconds: how long the request took.
    """

    sent: Sent
    status: int | None = None
    data: object = field(default=None, repr=False)
    whole: bool = False
    words: str = ""
    retry_after: float | None = None
    server_time: float | None = None
    bad_certificate: bool = False
    seconds: float = 0.0


class Api:
    """A pooled connection to the API; safe to use from many threads; a context manager."""

    def __init__(self, settings: ApiSettings, *, limits: SubmitSettings) -> None:
        self.url = settings.url
        self._key = settings.key
        self._limits = limits
        self._deadlines = Deadlines()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers = requests.structures.CaseInsensitiveDict(
            {
                "X-API-KEY": settings.key.reveal(),
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
                "Content-Type": "application/json",
                "User-Agent": f"layer-importer/{__version__}",
            }
        )
        if settings.proxy is not None:
            self._session.proxies = {"http": settings.proxy, "https": settings.proxy}
        self._session.verify = settings.ca_bundle or True
        adapter = WatchedAdapter(self._deadlines, pool_size=limits.workers + 2)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._templates: dict[tuple[str, str], requests.PreparedRequest] = {}
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the pooled connections."""
        self._session.close()
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
        number = next(self._numbers)
        _LOG.debug("request %d: %s %s begins, %d bytes", number, method, path, len(body or b""))
        reply = self._exchange(method, path, body)
        answer = reply.status if reply.status is not None else f"no answer (sent: {reply.sent.value})"
        _LOG.info("request %d: %s %s: %s in %.0f ms", number, method, path, answer, reply.seconds * 1000)
        return reply

    def _exchange(self, method: str, path: str, body: bytes | None) -> Reply:
        begun = time.monotonic()
        try:
            with self._deadlines.watch(self._limits.deadline):
                response = self._session.send(
                    self._prepare(method, path, body),
                    timeout=(self._limits.connect_timeout, self._limits.read_timeout),
                    allow_redirects=False,
                    stream=True,
                )
                try:
                    content = _read_body(response, MAX_LISTING if method == "GET" else MAX_ANSWER)
                finally:
                    response.close()
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise AddressError(f"The address {self.url} can't be called ({type(error).__name__}).") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return self._explain(error, time.monotonic() - begun)
        return self._read(response, content, time.monotonic() - begun)

    def _prepare(self, method: str, path: str, body: bytes | None) -> requests.PreparedRequest:
        # Preparing anew costs a fifth of a request's client time; only body and length differ.
        template = self._templates.get((method, path))
        if template is None:
            template = self._session.prepare_request(requests.Request(method, self.url + path))
            if path in {LISTING_PATH, LAYER_PATH}:
                self._templates[method, path] = template
        prepared = template.copy()
        if body is not None:
            prepared.body = body
            prepared.headers["Content-Length"] = str(len(body))
        return prepared

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
            words=self._redact(_find_words(response, data, content)),
            retry_after=read_retry_after(response.headers),
            server_time=_read_date(response.headers),
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
    blocks: list[bytes] = []
    size = 0
    for block in response.iter_content(_BLOCK):
        blocks.append(block)
        size += len(block)
        if size > limit:
            return None
    return b"".join(blocks)


def _find_words(response: requests.Response, data: object, content: bytes | None) -> str:
    """Return what the server says for people: FastAPI's ``detail``, or the beginning of the text."""
    if response.ok:
        return ""
    detail = data.get("detail") if isinstance(data, dict) else None
    if isinstance(detail, str):
        return detail
    if isinstance(detail, list):
        return "; ".join(_format_detail(entry) for entry in detail)
    text = (content or b"")[: 4 * MAX_WORDS].decode(errors="replace").strip()
    return text or str(response.reason or "")


def _format_detail(entry: object) -> str:
    if isinstance(entry, dict) and "msg" in entry:
        place = ".".join(str(part) for part in entry.get("loc", ()))
        return f"{place}: {entry['msg']}" if place else str(entry["msg"])
    return str(entry)


def _read_date(headers: Mapping[str, str]) -> float | None:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        return None


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, or None where it is absent or unreadable.

    A date is taken relative to the answer's own ``Date``, so that a wrong clock here doesn't matter.
    Source: RFC 9110, section 10.2.3.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - sent).total_seconds())
    except (TypeError, ValueError):
        return None
