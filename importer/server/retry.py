"""What may be retried and how long to wait; the only module that imports tenacity.

Deciding, waiting and sending are three things: here is the deciding and the waiting. Only what is known *not* to have
been stored is retried; everything that may have been stored is in doubt and goes to a settlement.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

import tenacity

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.settings import SendSettings


class ReplyKind(StrEnum):
    """What an answer to a write means."""

    STORED = "stored"
    AGAIN = "again"
    DOUBT = "doubt"
    NAMED = "named"
    EXISTS = "exists"
    REFUSED = "refused"
    KEY_REFUSED = "key-refused"
    FORBIDDEN = "forbidden"
    WRONG_ADDRESS = "wrong-address"
    BAD_CERTIFICATE = "bad-certificate"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about one answer.

    Attributes:
        kind: what the answer means.
        pause: whether all workers wait: the server itself is in trouble or asks for it.
        wait: seconds the server asked for, None where it named none.
        words: why, for people.
        status: the HTTP status, where one came.
    """

    kind: ReplyKind
    pause: bool = False
    wait: float | None = None
    words: str = ""
    status: int | None = None


class ReplyLike(Protocol):
    """What deciding needs to know of a reply; see ``importer.server.Reply``."""

    @property
    def sent(self) -> str:
        """One of ``never``, ``maybe``, ``answered``."""

    @property
    def status(self) -> int | None:
        """The HTTP status."""

    @property
    def words(self) -> str:
        """The server's words."""

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait."""

    @property
    def bad_certificate(self) -> bool:
        """Whether the server couldn't prove who it is."""


_BY_STATUS = {
    401: ReplyKind.KEY_REFUSED,
    403: ReplyKind.FORBIDDEN,
    408: ReplyKind.DOUBT,
    409: ReplyKind.EXISTS,
    429: ReplyKind.AGAIN,
    **dict.fromkeys((420, 423, 425, 430, 440, 460, 498, 499), ReplyKind.DOUBT),
}
"""Statuses that don't mean what their class means.

Beside those of RFC 9110 and RFC 6585: 420 and 430 (slow down), 423 (locked), 425 (too early), 440 and 498 (a session or
token of a proxy ran out), 460 and 499 (a proxy says that the client went away). None of these is the API's last word.
"""
_BY_CLASS = {
    1: ReplyKind.DOUBT,
    2: ReplyKind.DOUBT,
    3: ReplyKind.WRONG_ADDRESS,
    4: ReplyKind.REFUSED,
    5: ReplyKind.DOUBT,
}


def decide_reply(reply: ReplyLike, *, is_echo: bool) -> Decision:
    """Return what an answer to a write means.

    Args:
        reply: the answer.
        is_echo: whether its body is, whole, the thing that was sent, with a record id.

    Source of the classes: RFC 9110, section 15. Without an idempotency key only an answer that the server gives
    *before* it works on a request (429, and 4xx that name a fault of the request) proves that nothing was stored.
    """
    status, words = reply.status, reply.words
    if reply.bad_certificate:
        return Decision(ReplyKind.BAD_CERTIFICATE, words=words)
    if reply.sent == "never":
        return Decision(ReplyKind.AGAIN, words=words)
    if status is None:
        return Decision(ReplyKind.DOUBT, words=words)
    if status in {200, 201} and is_echo:
        return Decision(ReplyKind.STORED, status=status)
    if status // 100 == 2:  # noqa: PLR2004  # the success class
        words = words or "the answer isn't what was sent"
    return Decision(
        _BY_STATUS.get(status, _BY_CLASS.get(status // 100, ReplyKind.DOUBT)),
        pause=status == 429 or status // 100 == 5,  # noqa: PLR2004  # too many requests; the server-error class
        wait=reply.retry_after,
        words=words,
        status=status,
    )


def decide_read(reply: ReplyLike, *, is_whole: bool) -> Decision:
    """Return what an answer to the listing call means.

    A read changes nothing, so that any failure of the way or of the server may be tried again.
    """
    status = reply.status
    if status == 200 and is_whole:  # noqa: PLR2004  # OK
        return Decision(ReplyKind.STORED, status=status)
    decision = decide_reply(reply, is_echo=False)
    if decision.kind is ReplyKind.FORBIDDEN:
        return Decision(ReplyKind.KEY_REFUSED, words=decision.words, status=status)
    if decision.kind in {ReplyKind.DOUBT, ReplyKind.EXISTS}:
        return Decision(ReplyKind.AGAIN, wait=reply.retry_after, words=decision.words, status=status)
    return decision


class RetryBudget:
    """A bucket of retries for a whole run: each takes one, each success gives a part back.

    So a server in trouble isn't buried under retries, however many rows wait. Idea: the AWS SDKs' retry quota.
    """

    GIVE_BACK = 0.2

    def __init__(self, capacity: float) -> None:
        self._capacity = self._left = float(capacity)
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one retry; tell whether one was left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def give_back(self) -> None:
        """Put a part of a retry back, for a success."""
        with self._lock:
            self._left = min(self._capacity, self._left + self.GIVE_BACK)


T = TypeVar("T")


def retry_call(
    call: Callable[[], T],
    *,
    is_again: Callable[[T], bool],
    send: SendSettings,
    sleep: Callable[[float], None],
    stop: threading.Event,
    ask_wait: Callable[[T], float | None] = lambda _: None,
    find_patience: Callable[[], float] | None = None,
) -> T:
    """Return the first result of a call that isn't to be tried again, or the last one when a bound is reached.

    The first try is made bare, for most need no second; after a failure tenacity takes over: exponential back-off with
    full jitter, bounded by attempts and by total time, ended by the stop event.

    Args:
        call: makes one try.
        is_again: tells whether a result asks for another try; asked once for each result.
        send: tries at the most; first, longest and total wait.
        sleep: waits so many seconds, or until the stop event.
        stop: once set, no further try is made.
        ask_wait: returns the seconds that the server asks to wait after a result. It is waited so long at least; where
            that is longer than the longest wait, no further try is made.
        find_patience: returns the seconds that may be spent in all, asked after each try; else ``send.total_wait``.
    """
    first = call()
    if not is_again(first):
        return first
    known = [first]
    backed_off = tenacity.wait_random_exponential(multiplier=send.first_wait, max=send.max_wait)

    def find_asked(state: tenacity.RetryCallState) -> float:
        return 0.0 if state.outcome is None else ask_wait(state.outcome.result()) or 0.0

    retrying = tenacity.Retrying(
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(send.attempts),
            _StopWhen(lambda state: _find_spent(state) >= (find_patience() if find_patience else send.total_wait)),
            tenacity.stop_when_event_set(stop),
            _StopWhen(lambda state: find_asked(state) > send.max_wait),
        ),
        wait=lambda state: max(backed_off(state), find_asked(state)),
        retry=tenacity.retry_if_result(lambda result: result is first or is_again(result)),
        sleep=sleep,
        retry_error_callback=_last_result,
        reraise=True,
    )
    return retrying(lambda: known.pop() if known else call())


class _StopWhen(tenacity.stop.stop_base):
    """Stops trying when a function of the state says so."""

    def __init__(self, is_over: Callable[[tenacity.RetryCallState], bool]) -> None:
        self._is_over = is_over

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        """Tell whether to stop."""
        return self._is_over(retry_state)


def _find_spent(state: tenacity.RetryCallState) -> float:
    """Return the seconds since the first try, with the wait that would come next."""
    return (state.seconds_since_start or 0.0) + state.upcoming_sleep


def _last_result(state: tenacity.RetryCallState) -> object:
    if state.outcome is None:
        raise RuntimeError("tenacity gave up before the first try")
    return state.outcome.result()
