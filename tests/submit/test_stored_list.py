"""The stored list just before a replacement: new enough for each stack, and not read once a stack."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from importer.context import Context
from importer.settings import SendSettings
from importer.submit.gate import Gate
from importer.submit.stored_list import FRESH, StoredList
from tests.helpers.clock import FakeClock
from tests.helpers.listing import answer_listing

if TYPE_CHECKING:
    from importer.server import Reply
    from importer.server.listing import Wanted

STACKS = range(100, 1_100)


class Server:
    """Lists one layer of each stack, and counts how often."""

    url, is_reached = "http://127.0.0.1:9", True

    def __init__(self, clock: FakeClock, takes: float) -> None:
        self._clock, self._takes = clock, takes
        self.reads = 0

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Answer the list."""
        self.reads += 1
        self._clock.advance(self._takes)
        return answer_listing([{"id": n, "sample_id": n, "layer_id": 1} for n in STACKS], wanted)


def make_list(takes: float = 0.0) -> tuple[StoredList, Server, FakeClock]:
    """Return a list of a server that takes so many seconds to answer."""
    clock = FakeClock()
    context = Context(stop=threading.Event(), clock=clock)
    server: Any = Server(clock, takes)
    gate = Gate(SendSettings(), context, on_pause=lambda *_: None)
    stored = StoredList(server, run_key="r", send=SendSettings(), gate=gate, watch=context.watch)
    stored.concern(STACKS)
    return stored, server, clock


def test_a_thousand_stacks_share_one_reading() -> None:
    """Within some seconds one list serves all stacks that are to be replaced; after them it is read anew."""
    stored, server, clock = make_list()
    assert all(stored.read_again(stack).find_records(stack, 1) for stack in STACKS)
    assert server.reads == 1
    clock.advance(FRESH + 0.1)
    assert not stored.is_fresh
    stored.read_again(100)
    assert server.reads == 2


def test_a_list_that_takes_long_serves_as_long_as_it_took() -> None:
    """A list of 20 s isn't old when it has come, and is 40 s after its reading began."""
    stored, server, clock = make_list(takes=20.0)
    stored.read_again(100)
    clock.advance(19.0)
    stored.read_again(101)
    assert server.reads == 1
    clock.advance(2.0)
    stored.read_again(102)
    assert server.reads == 2


def test_a_stack_that_nobody_spoke_of_is_read() -> None:
    """A list that was read without a stack says nothing of it, however new it is."""
    stored, server, _ = make_list()
    stored.read_again(100)
    stored.read_again(5)
    assert server.reads == 2
