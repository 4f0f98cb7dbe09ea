"""Reading the stored list for whoever needs it: settlement, canary, final check, and a replacement about to be made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from importer.errors import ImporterError, ListingError
from importer.server.listing import Listing, Wanted
from importer.server.read_listing import read_listing

if TYPE_CHECKING:
    from collections.abc import Collection

    from importer.events import Watcher
    from importer.server import Client
    from importer.settings import SendSettings
    from importer.submit.gate import Gate

_POLL = 0.2


class StoredList:
    """Reads the stored list; safe to use from any thread."""

    def __init__(self, client: Client, *, run_key: str, send: SendSettings, gate: Gate, watch: Watcher) -> None:
        self._client, self._run_key, self._gate, self._watch = client, run_key, gate, watch
        self._send = send
        self._condition = threading.Condition()
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

    def read_again(self, sample_id: int) -> Listing:
        """Return a stored list whose reading has begun after this call; callers that wait share one reading.

        Raises:
            AbortedError: see `read`.
        """
        with self._condition:
            self._asked.add(sample_id)
            turn = self._begun + 1
            while self._done < turn and self._is_reading:
                self._condition.wait(_POLL)
            if self._done < turn:
                self._begun, self._is_reading = self._begun + 1, True
                asked, self._asked = self._asked, set()
            else:
                return self._take()
        try:
            found: Listing | ImporterError = self.read(asked)
        except ImporterError as error:
            found = error
        with self._condition:
            self._last, self._done, self._is_reading = found, self._begun, False
            self._condition.notify_all()
            return self._take()

    def _take(self) -> Listing:
        if isinstance(self._last, ImporterError):
            raise ListingError(str(self._last))
        if self._last is None:
            raise ListingError("The stored list wasn't read.")
        return self._last
