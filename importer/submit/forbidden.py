"""Telling a key that may not write at all from one that may not write to a certain sample: both mean 403."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from importer.errors import AbortedError, KeyRefusedError
from importer.server.listing import Wanted

if TYPE_CHECKING:
    from importer.server import Client

TOO_FEW, TOO_MANY = 2, 3
"""Samples forbidden one after the other, with none stored, after which the key counts as one that may not write: all
samples of the run, but two at least and three at the most."""
REFUSED = frozenset({401, 403})


class Forbidden:
    """Remembers which stacks were forbidden, and asks the listing once; safe to use from many threads.

    Attributes:
        stacks: how many stacks the run is about to send.
    """

    def __init__(self, client: Client) -> None:
        self.stacks = TOO_MANY
        self._client = client
        self._lock = threading.Lock()
        self._stacks: set[int] = set()
        self._may_write = False
        self._may_read: bool | None = None

    def note_stored(self) -> None:
        """Note that the key could write something."""
        self._may_write = True

    def judge(self, stack_id: int, words: str) -> AbortedError | None:
        """Return the error that ends the run where the key itself is refused; None where it is the sample only.

        Args:
            stack_id: the stack that was answered with 403.
            words: the server's words.
        """
        with self._lock:
            self._stacks.add(stack_id)
            if self._may_write:
                return None
            if self._may_read is None:
                self._may_read = self._client.fetch_listing(Wanted(), None).status not in REFUSED
            if not self._may_read:
                return KeyRefusedError(
                    f"The server refused the API key, for writing and for reading (403: {words}). Check "
                    "AS_API_KEY, then resume."
                )
            if len(self._stacks) < min(TOO_MANY, max(TOO_FEW, self.stacks)):
                return None
            return KeyRefusedError(
                f"The server refused {len(self._stacks)} samples in a row and accepted none (403: {words}). The "
                "API key seems to allow reading but not writing. Check AS_API_KEY, then use `retry`."
            )
