"""What may be retried, and how long is waited."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.server.retry import Decision, ReplyKind, RetryBudget, decide_read, decide_reply, retry_call
from importer.settings import SendSettings


@dataclass(frozen=True)
class FakeReply:
    """A reply with only what deciding looks at."""

    status: int | None = None
    sent: str = "answered"
    words: str = ""
    retry_after: float | None = None
    bad_certificate: bool = False


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (202, ReplyKind.DOUBT),
        (204, ReplyKind.DOUBT),
        (301, ReplyKind.WRONG_ADDRESS),
        (307, ReplyKind.WRONG_ADDRESS),
        (400, ReplyKind.REFUSED),
        (401, ReplyKind.KEY_REFUSED),
        (403, ReplyKind.FORBIDDEN),
        (404, ReplyKind.REFUSED),
        (408, ReplyKind.DOUBT),
        (409, ReplyKind.EXISTS),
        (422, ReplyKind.REFUSED),
        (420, ReplyKind.DOUBT),
        (423, ReplyKind.DOUBT),
        (425, ReplyKind.DOUBT),
        (429, ReplyKind.AGAIN),
        (430, ReplyKind.DOUBT),
        (440, ReplyKind.DOUBT),
        (460, ReplyKind.DOUBT),
        (498, ReplyKind.DOUBT),
        (499, ReplyKind.DOUBT),
        (500, ReplyKind.DOUBT),
        (503, ReplyKind.DOUBT),
        (522, ReplyKind.DOUBT),
    ],
)
def test_each_status_has_its_verdict(status: int, verdict: ReplyKind) -> None:
    """Every status of the decision table gets the table's verdict."""
    assert decide_reply(FakeReply(status), is_echo=False).kind is verdict


@pytest.mark.parametrize("status", [200, 201])
def test_success_needs_the_echo(status: int) -> None:
    """A success status alone proves nothing: without the echo the row is in doubt."""
    assert decide_reply(FakeReply(status), is_echo=True).kind is ReplyKind.STORED
    assert decide_reply(FakeReply(status), is_echo=False).kind is ReplyKind.DOUBT


@given(status=st.integers(100, 599), is_echo=st.booleans())
def test_only_what_is_known_not_to_be_stored_is_sent_again(*, status: int, is_echo: bool) -> None:
    """Of all statuses only 429 lets a write be sent again without a settlement."""
    decision = decide_reply(FakeReply(status), is_echo=is_echo)
    assert (decision.kind is ReplyKind.AGAIN) == (status == 429)


def test_a_lost_connection_is_in_doubt_and_one_never_made_is_not() -> None:
    """What may have reached the server is in doubt; what can't have is tried again."""
    assert decide_reply(FakeReply(sent="maybe"), is_echo=False).kind is ReplyKind.DOUBT
    assert decide_reply(FakeReply(sent="never"), is_echo=False).kind is ReplyKind.AGAIN
    certificate = FakeReply(sent="never", bad_certificate=True)
    assert decide_reply(certificate, is_echo=False).kind is ReplyKind.BAD_CERTIFICATE


@pytest.mark.parametrize(
    ("status", "whole", "verdict"),
    [
        (200, True, ReplyKind.STORED),
        (200, False, ReplyKind.AGAIN),
        (500, True, ReplyKind.AGAIN),
        (429, True, ReplyKind.AGAIN),
        (403, True, ReplyKind.KEY_REFUSED),
        (307, True, ReplyKind.WRONG_ADDRESS),
        (404, True, ReplyKind.REFUSED),
    ],
)
def test_a_listing_counts_only_when_whole(status: int, whole: bool, verdict: ReplyKind) -> None:  # noqa: FBT001
    """A truncated or failed listing is no evidence and is read again."""
    assert decide_read(FakeReply(status), is_whole=whole).kind is verdict


def call_until(results: list[str], *, attempts: int) -> tuple[str, list[float], int]:
    """Retry a call that gives one result after the other; return the result, the waits and the calls made."""
    waits: list[float] = []
    rest = iter(results)
    made = 0

    def call() -> str:
        nonlocal made
        made += 1
        return next(rest)

    found = retry_call(
        call,
        is_again=lambda result: result == "again",
        send=SendSettings(first_wait=0.5, max_wait=8, total_wait=600, attempts=attempts),
        sleep=waits.append,
        stop=threading.Event(),
    )
    return found, waits, made


def test_a_first_success_waits_for_nothing() -> None:
    """The first try is made bare."""
    assert call_until(["done"], attempts=6) == ("done", [], 1)


def test_retries_end_with_the_first_other_result() -> None:
    """A failure is retried with growing, jittered waits until something else comes."""
    found, waits, made = call_until(["again", "again", "done"], attempts=6)
    assert (found, made) == ("done", 3)
    assert len(waits) == 2
    assert all(0 <= wait <= 0.5 * 2**n for n, wait in enumerate(waits))


def test_retries_are_bounded_by_attempts() -> None:
    """The last result comes through when the attempts are spent."""
    found, waits, made = call_until(["again"] * 10, attempts=4)
    assert (found, made, len(waits)) == ("again", 4, 3)


def test_no_try_is_made_after_stop() -> None:
    """Once the stop event is set, the result at hand is the last."""
    stop = threading.Event()
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        stop.set()
        return "again"

    retry_call(
        call,
        is_again=lambda _: True,
        send=SendSettings(attempts=6),
        sleep=lambda _: None,
        stop=stop,
    )
    assert len(calls) == 1


def test_the_budget_runs_dry_and_successes_refill_it() -> None:
    """A run can't retry more than its budget; five successes earn one retry."""
    budget = RetryBudget(2)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    for _ in range(5):
        budget.give_back()
    assert [budget.take(), budget.take()] == [True, False]


def test_a_pause_goes_with_server_trouble() -> None:
    """429 and 5xx pause all workers; a refusal of one row doesn't."""
    assert decide_reply(FakeReply(429, retry_after=3.0), is_echo=False) == Decision(
        ReplyKind.AGAIN, pause=True, wait=3.0, status=429
    )
    assert decide_reply(FakeReply(503), is_echo=False).pause
    assert not decide_reply(FakeReply(422), is_echo=False).pause
