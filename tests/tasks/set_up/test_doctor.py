"""What the doctor says of an answer: a line each, and no fault counted twice."""

from __future__ import annotations

import pytest

from importer.server import Reply, Sent
from importer.server.listing import Listing
from importer.tasks.set_up.doctor import check_address, check_clock, check_key, check_listing, check_tls

HTTPS, HTTP = "https://api.example.org", "http://127.0.0.1:9"
THEN = {"Date": "Thu, 01 Jan 1970 00:16:40 GMT"}
WELL = Reply(sent=Sent.ANSWERED, status=200, whole=True, listing=Listing(), headers=THEN)


@pytest.mark.parametrize(
    ("url", "reply", "is_good", "words"),
    [
        (HTTPS, WELL, True, "certificate is valid"),
        (HTTP, WELL, True, "not used"),
        (HTTPS, Reply(sent=Sent.NEVER, words="self-signed", bad_certificate=True), False, "refused: self-signed"),
    ],
)
def test_tls(url: str, reply: Reply, is_good: bool, words: str) -> None:  # noqa: FBT001  # a table's column
    """A certificate that is refused fails, and only its own line."""
    finding = check_tls(url, reply)
    assert (finding.is_good, words in finding.words) == (is_good, True)
    assert check_address(url, reply).is_good


@pytest.mark.parametrize(
    "reply", [Reply(sent=Sent.NEVER, words="refused"), Reply(sent=Sent.ANSWERED, status=307, words="elsewhere")]
)
def test_a_wrong_address(reply: Reply) -> None:
    """Nobody there, and a redirect, are told of the address."""
    assert not check_address(HTTPS, reply).is_good


def test_key_listing_and_clock() -> None:
    """A refused key, a listing cut short and a clock an hour off are failures of their own."""
    assert check_key(WELL).is_good
    assert check_listing(WELL).is_good
    assert not check_key(Reply(sent=Sent.ANSWERED, status=403, words="no")).is_good
    assert not check_listing(Reply(sent=Sent.ANSWERED, status=200, data=None, words="cut short")).is_good
    assert check_clock(WELL, now=1_100.0).is_good
    assert not check_clock(WELL, now=4_600.0).is_good
