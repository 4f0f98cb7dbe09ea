"""What came of a request: its answer, or what is known of its way, and the server's words in it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import requests
import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from importer.server.listing import Listing

MAX_WORDS = 500
"""Characters of the server's words that are kept."""


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
        headers: the answer's header fields, by names in any case.
        listing: what a whole listing says of what concerns the run.
        late: sample ids that the listing showed too late to concern the run: it must be read again with them.
        bad_certificate: the connection was refused by us, for the server couldn't prove who it is.
        begun: when the request began, by the monotonic clock.
        arrived: when the answer's head arrived, by the same.
        seconds: how long the request took.
    """

    sent: Sent
    status: int | None = None
    data: object = field(default=None, repr=False)
    whole: bool = False
    words: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    listing: Listing | None = field(default=None, repr=False)
    late: frozenset[int] = frozenset()
    bad_certificate: bool = False
    begun: float = 0.0
    arrived: float = 0.0
    seconds: float = 0.0

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait, from ``Retry-After``; None where it names none."""
        return read_retry_after(self.headers)

    @property
    def server_time(self) -> float | None:
        """POSIX time of the answer by the server's clock, or None where its ``Date`` is absent or unreadable."""
        return _read_date(self.headers.get("Date", ""))


@lru_cache(maxsize=8)
def _read_date(text: str) -> float | None:
    """Return POSIX time of a date; all answers of a second have the same."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None


WRAPPERS = ("data", "result", "layer", "item", "record", "target_material")
"""Names under which servers put the thing that an answer is about into an object."""
_MAX_WRAPPERS = 3


def unwrap_thing(data: object) -> object:
    """Return the thing that an answer is about: itself, or what it holds as the one entry or under a usual name."""
    for _ in range(_MAX_WRAPPERS):
        if isinstance(data, list) and len(data) == 1:
            data = data[0]
        elif isinstance(data, dict) and not _ID_KEYS & data.keys():
            inner = next((data[key] for key in WRAPPERS if isinstance(data.get(key), dict | list)), None)
            if inner is None:
                return data
            data = inner
        else:
            return data
    return data


_ID_KEYS = frozenset({"id", "sample_id", "layer_id"})


def find_words(response: requests.Response, data: object, content: bytes | None) -> str:
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


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, or None where it is absent or unreadable.

    A date is taken relative to the answer's own ``Date``, so that a wrong clock here doesn't matter.
    Source: RFC 9110, section 10.2.3.
    """
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - sent).total_seconds())
    except (TypeError, ValueError):
        return None


def explain_failure(error: Exception) -> Reply:
    """Return what is known of a request that ended with an error of the libraries; its words may hold the key."""
    chain = tuple(_iter_causes(error))
    bad_certificate = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain)
    never = bad_certificate or any(isinstance(cause, _NEVER_SENT) or _is_refused_way(cause) for cause in chain)
    return Reply(sent=Sent.NEVER if never else Sent.MAYBE, words=_word_failure(chain), bad_certificate=bad_certificate)


_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ConnectTimeoutError,
    requests.exceptions.ConnectTimeout,
)
"""Only these prove that no byte of the request left: the connection itself never came about."""


def _is_refused_way(cause: BaseException) -> bool:
    """Tell whether a proxy has refused to connect: http.client says so before anything is sent through it."""
    return isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed")


def _word_failure(chain: Sequence[BaseException]) -> str:
    """Return in words why no answer came: what people know it by, else as the library says it."""
    for kind, words in _KNOWN_FAILURES:
        if any(isinstance(cause, kind) for cause in chain):
            return words
    return f"{type(chain[0]).__name__}: {chain[-1]}"


_KNOWN_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "connection refused"),
    (socket.gaierror, "this host name isn't known"),
    (urllib3.exceptions.NameResolutionError, "this host name isn't known"),
    (requests.exceptions.ConnectTimeout, "the connection timed out"),
)


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
