"""Reading the stored list for whoever needs it: settlement, canary, final check, and a replacement about to be made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from importer.errors import ImporterError, ListingError
from importer.server.listing import Listing, Wanted
from importer.server.read_listing import read_listing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from importer.events import Watcher
    from importer.server import Client
    from importer.settings import SendSettings
    from importer.submit.gate import Gate

_POLL = 0.2
FRESH, OLDEST = 5.0, 60.0
"""Seconds since its reading began for which a list still shows what a stack is just before it is replaced: the first
for one that is read quickly, up to the second for one whose reading takes long, twice as long as that took."""


class StoredList:
    """Reads the stored list; safe to use from any thread."""

    def __init__(self, client: Client, *, run_key: str, send: SendSettings, gate: Gate, watch: Watcher) -> None:
        self._client, self._run_key, self._gate, self._watch = client, run_key, gate, watch
        self._send = send
        self._condition = threading.Condition()
        self._concerned: frozenset[int] = frozenset()
        self._fresh_until = 0.0
        self._asked: set[int] = set()
        self._begun = self._done = 0
        self._is_reading = False
        self._last: Listing | ImporterError | None = None

    def read(
        self,
        sample_ids: Collection[int | None],
        *,
        names: Collection[str | None] = (),
        record_ids: Collection[int | None] = (),
    ) -> Listing:
        """Return what the stored list says of some target materials and records; None among them is passed over.

        Raises:
            AbortedError: see `importer.server.read_listing.read_listing`.
        """
        wanted = Wanted(
            sample_ids=frozenset(found for found in sample_ids if found is not None),
            names=frozenset(found for found in names if found is not None),
            record_ids=frozenset(found for found in record_ids if found is not None),
            run_key=self._run_key,
        )
        gate = self._gate
        return read_listing(self._client, wanted, send=self._send, sleep=gate.sleep, stop=gate.stop, watch=self._watch)

    def concern(self, sample_ids: Iterable[int]) -> None:
        """Say which target materials `read_again` will be asked about: one reading shows all of them."""
        self._concerned = frozenset(sample_ids)

    @property
    def is_fresh(self) -> bool:
        """Whether the list that `read_again` gave last is still new."""
        return self._gate.clock.now() <= self._fresh_until

    def read_again(self, sample_id: int) -> Listing:
        """Return a stored list that is new: its reading begins after this call, or began seconds ago (`FRESH`).

        Callers share one reading, so that thousands of stacks don't mean thousands of whole lists.

        Raises:
            AbortedError: see `read`.
        """
        clock = self._gate.clock
        with self._condition:
            if sample_id in self._concerned and self.is_fresh and isinstance(self._last, Listing):
                return self._last
            self._asked.add(sample_id)
            turn = self._begun + 1
            while self._done < turn and self._is_reading:
                self._condition.wait(_POLL)
            if self._done < turn:
                self._begun, self._is_reading = self._begun + 1, True
                asked, self._asked = self._asked, set()
            else:
                return self._take()
        began = clock.now()
        try:
            found: Listing | ImporterError = self.read(asked | self._concerned)
        except ImporterError as error:
            found = error
        with self._condition:
            self._fresh_until = began + min(OLDEST, max(FRESH, 2 * (clock.now() - began)))
            self._last, self._done, self._is_reading = found, self._begun, False
            self._condition.notify_all()
            return self._take()

    def _take(self) -> Listing:
        if isinstance(self._last, ImporterError):
            raise ListingError(str(self._last))
        if self._last is None:
            raise ListingError("The stored list wasn't read.")
        return self._last
