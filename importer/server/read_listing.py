"""Reading the listing until it is to be had: again after what may pass, no longer than bounds and the server allow."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from importer.errors import AddressError, KeyRefusedError, ListingError, ListingStoppedError
from importer.events import ListingRead, Notice, ignore_event
from importer.server.reply import Reply, Sent
from importer.server.retry import Decision, ReplyKind, decide_read, retry_call

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from importer.events import Watcher
    from importer.server.client import Client
    from importer.server.listing import Listing, Wanted
    from importer.settings import SendSettings

MAX_READS = 3
"""Readings of one listing because samples were seen too late to concern the run."""


def read_listing(
    client: Client,
    wanted: Wanted,
    *,
    send: SendSettings,
    sleep: Callable[[float], None],
    stop: threading.Event,
    watch: Watcher = ignore_event,
) -> Listing:
    """Return what the server's listing says of what a run wants to know.

    Whether absence from it proves anything is for `Listing.find_doubt` to say.

    Args:
        client: the connection to the API.
        wanted: what concerns the run.
        send: attempts and waits.
        sleep: waits so many seconds, or until nothing more is to be begun.
        stop: once set, the reading ends at once.
        watch: told how far the reading is, and of records that are passed over.

    Raises:
        KeyRefusedError: the key may not read.
        AddressError: a redirect, a bad certificate, or an answer that isn't a listing.
        ListingStoppedError: the stop event was set meanwhile.
        ListingError: it can't be had after bounded retries, or not before a time that the run doesn't wait for.
    """
    for _ in range(MAX_READS):
        reply = _read_once(client, wanted, send=send, sleep=sleep, stop=stop, watch=watch)
        if reply.listing is not None and not reply.late:
            note = reply.listing.describe_passed_over()
            if note:
                watch(Notice(note))
            return reply.listing
        wanted = replace(wanted, sample_ids=wanted.sample_ids | reply.late)
    raise ListingError(f"The stored list of {client.url} changes from one reading to the next. Resume in a moment.")


def _read_once(
    client: Client,
    wanted: Wanted,
    *,
    send: SendSettings,
    sleep: Callable[[float], None],
    stop: threading.Event,
    watch: Watcher,
) -> Reply:
    reading = _Reading(client, wanted, send=send, stop=stop, watch=watch)
    decision = retry_call(
        reading.attempt,
        is_again=reading.is_again,
        send=send,
        sleep=sleep,
        stop=stop,
        ask_wait=lambda found: found.wait,
        find_patience=reading.find_patience,
    )
    if decision.kind is ReplyKind.STORED:
        return reading.reply
    if stop.is_set():
        raise ListingStoppedError("Interrupted while the stored list was being read.")
    if reading.is_too_slow:
        raise ListingError(
            f"Reading the list of stored layers from {client.url} took longer than {send.list_timeout:g} s. Allow "
            f"more time, e.g. --list-timeout {10 * send.list_timeout:g}."
        )
    if decision.kind is ReplyKind.AGAIN and not client.is_reached:
        raise AddressError(
            f"{word_failure(client, reading.reply)} Nothing was sent. Check the address and the network."
        )
    raise explain_failure(client.url, reading.reply, decision, send=send)


class _Reading:
    """The tries at reading one listing; watchers hear at once why one failed, and how long it goes on.

    Attributes:
        reply: the last answer.
    """

    def __init__(
        self, client: Client, wanted: Wanted, *, send: SendSettings, stop: threading.Event, watch: Watcher
    ) -> None:
        self.reply = Reply(sent=Sent.NEVER)
        self._client, self._wanted, self._send, self._stop, self._watch = client, wanted, send, stop, watch
        self._begun = monotonic()
        self._told = ""

    def attempt(self) -> Decision:
        """Read it once."""
        self._begun = monotonic()
        self.reply = self._client.fetch_listing(
            self._wanted, lambda records, size: self._watch(ListingRead(records, size))
        )
        return decide_read(self.reply, is_whole=self.reply.listing is not None)

    @property
    def is_too_slow(self) -> bool:
        """Whether the last try took all its time: no outage that passes, for the next one would take as long."""
        return monotonic() - self._begun >= self._send.list_timeout

    def find_patience(self) -> float:
        """Return the seconds that may be spent: few as long as nothing speaks for the address."""
        send = self._send
        return send.total_wait if self._client.is_reached else min(send.reach_wait, send.total_wait)

    def is_again(self, found: Decision) -> bool:
        """Tell whether to try again."""
        if found.kind is not ReplyKind.AGAIN or self._stop.is_set() or self.is_too_slow:
            return False
        words = word_failure(self._client, self.reply)
        if words != self._told and (found.wait or 0.0) <= self._send.max_wait:
            self._told = words
            self._watch(Notice(f"{words} Trying again for up to {self.find_patience():g} s."))
        return True


def word_failure(client: Client, reply: Reply) -> str:
    """Return in a sentence why the listing couldn't be read this time."""
    if not client.is_reached:
        return f"Can't reach {client.url}: {reply.words}."
    said = f"{reply.status or 'no answer'}: {reply.words or 'incomplete list'}"
    return f"Couldn't read the list of stored layers from {client.url} ({said})."


def explain_failure(
    url: str, reply: Reply, decision: Decision, *, send: SendSettings
) -> KeyRefusedError | AddressError | ListingError:
    """Return the error of a listing that can't be had."""
    words = f"{reply.status or 'no answer'}: {reply.words or 'incomplete list'}"
    match decision.kind:
        case ReplyKind.KEY_REFUSED:
            return KeyRefusedError(
                f"The server refused the API key for reading the stored list ({words}). Check AS_API_KEY."
            )
        case ReplyKind.BAD_CERTIFICATE:
            return AddressError(f"The server at {url} couldn't prove who it is: {reply.words}")
        case ReplyKind.WRONG_ADDRESS:
            return AddressError(
                f"{url} answers with a redirect ({words}), which is never followed. Use the address it leads to."
            )
        case _ if decision.wait is not None and decision.wait > send.max_wait:
            return ListingError(
                f"The server asks to wait {decision.wait:.0f} s before the stored list is read ({words}), longer "
                f"than the {send.max_wait:.0f} s that this run waits at most. Resume it later."
            )
        case _:
            return ListingError(
                f"Couldn't read the list of stored layers from {url} ({words}), so nothing can be decided safely."
            )
