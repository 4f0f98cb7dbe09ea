"""A run file connected with the API: its journal, its gate and the client, opened and closed together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from importer.errors import AbortedError, ImporterError, KeyRefusedError, RunFileError, StalePlanError, UsageError
from importer.events import Notice
from importer.run import Journal, RunFile
from importer.server import Client
from importer.server.listing import Known
from importer.settings import OnExisting, PlanSettings, WriteMode
from importer.submit.plan import find_stale_stacks, plan_rows
from importer.submit.stored.settlement import KNOWN_LAYERS
from importer.submit.stored_list import StoredList
from importer.submit.submission import make_gate
from importer.tasks.run_content import check_bodies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.context import Context
    from importer.model import RunPlace
    from importer.run import RunMeta
    from importer.server.listing import Listing
    from importer.settings import ApiSettings, SendSettings
    from importer.submit.gate import Gate

READS_AGAIN = 3
"""Times that a list which may be incomplete is read again before a plan."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A run file with its journal, its gate and the API, all open."""

    run: RunFile
    journal: Journal
    client: Client
    gate: Gate
    stored: StoredList
    send: SendSettings
    context: Context

    def read_listing(self) -> Listing:
        """Return what the server holds of the run's stacks."""
        self.context.watch(Notice("Checking what is already on the server."))
        sample_ids, names = self.run.list_targets()
        return self.stored.read(sample_ids, names=names, record_ids=self.run.list_record_ids())

    def read_sure_listing(self) -> tuple[Listing, str]:
        """Return what the server holds of the run's stacks, and why absence from it proves nothing, if so.

        A list that may be cached or late is read again for as long as a settlement would wait.
        """
        known = [Known(*layer) for layer in self.run.list_written(KNOWN_LAYERS)]
        listing = self.read_listing()
        if self.send.trust_list:
            return listing, ""
        require_own(known, listing)
        for _ in range(READS_AGAIN):
            doubt = listing.find_doubt(known)
            if not doubt or self.gate.is_closed:
                break
            self.context.watch(Notice(f"The stored list may be incomplete ({doubt}). Reading it again."))
            self.gate.sleep(self.send.settle / READS_AGAIN)
            listing = self.read_listing()
        return listing, listing.find_doubt(known)

    def plan(self) -> None:
        """Decide what becomes of each row that is ready."""
        meta = self.run.meta
        plan = PlanSettings(
            on_existing=OnExisting(meta.on_existing),
            write_mode=WriteMode(meta.write_mode),
            allow_remove=meta.allow_remove,
        )
        listing, doubt = self.read_sure_listing()
        now = self.context.clock.time()
        plan_rows(self.run, listing, plan=plan, journal=self.journal, now=now, doubt=doubt, watch=self.context.watch)
        self.run.set_meta(replace(meta, planned=True))

    def check_fresh(self, known: Sequence[str] = ()) -> None:
        """Refuse a plan whose inputs or stacks have changed since.

        Args:
            known: what is known to have changed already, of the inputs.

        Raises:
            StalePlanError: it names all that has changed.
        """
        stale = [
            f"on the server, {stack.label}: {words}"
            for stack, words in find_stale_stacks(self.run.iter_work_stacks(), self.read_listing())
        ]
        if known or stale:
            raise StalePlanError(word_staleness([*known, *stale]))


def require_own(known: Sequence[Known], listing: Listing) -> None:
    """Refuse a key that shows nothing of what the run has stored.

    Raises:
        KeyRefusedError: it is of another organisation, or somebody has removed all of it.
    """
    seen = [layer for layer in known if listing.find_records(layer.sample_id, layer.layer_id)]
    if known and not seen:
        raise KeyRefusedError(
            f"The stored list shows none of the {len(known)} layers that this run stored last. The API key may "
            "belong to another organisation, which must not get the rest. Use the key that the run started "
            "with."
        )


def word_staleness(changes: Sequence[str]) -> str:
    """Return in words that a plan can't be carried out any more, and why."""
    return f"Something has changed since the plan was made: {'; '.join(changes)}. Make a new plan."


@contextlib.contextmanager
def connect_run(run: RunFile, api: ApiSettings, *, send: SendSettings, context: Context) -> Iterator[Connection]:
    """Open what a run needs to talk to the API, and close it again; an abort is written into the run file.

    Raises:
        AbortedError: with the path of the run file.
    """
    try:
        meta = run.meta
        with (
            Journal(run) as journal,
            Client(api, send=send, stop=context.stop, is_reached=meta.begun) as client,
        ):
            gate = make_gate(journal, send=send, context=context)
            run_key = meta.run_key
            stored = StoredList(client, run_key=run_key, send=send, gate=gate, watch=context.watch)
            yield Connection(run, journal, client, gate, stored, send, context)
    except AbortedError as error:
        error.run_path = run.place
        with contextlib.suppress(ImporterError):
            run.add_event("aborted", str(error))
        raise


def check_run(run: str | RunPlace, url: str) -> None:
    """Refuse a run file that can't be gone on with at an address, before anybody is asked for a key.

    Raises:
        RunFileError, UsageError: see `check_target`.
    """
    with RunFile.open(run, readonly=False) as file:
        check_target(file, url)


def check_target(file: RunFile, url: str) -> RunMeta:
    """Return what a run file says of its run, if it can be gone on with at this address.

    Raises:
        RunFileError: it is of a dry run, its reading never ended, or it would send what isn't a layer of its stacks.
        UsageError: it writes to another address.
    """
    meta = file.meta
    if meta.mode == "dry-run":
        raise RunFileError(f"{file.place} belongs to a dry run, which never sends anything. Import its inputs instead.")
    if not meta.staged:
        raise RunFileError(
            f"The run in {file.place} stopped while its inputs were being read, and nothing was sent. Import them "
            "again."
        )
    if meta.api_url != url:
        raise UsageError(
            f"The run in {file.place} goes to {meta.api_url}, not to {url}. Sending the rest elsewhere would split it."
        )
    check_bodies(file)
    return meta
