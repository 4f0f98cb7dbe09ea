"""A run file connected with the API: its journal, its gate and the client, opened and closed together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from importer.errors import AbortedError, ImporterError, RunFileError, StalePlanError, UsageError
from importer.events import Notice
from importer.run import Journal
from importer.server import Client
from importer.settings import OnExisting, PlanSettings, WriteMode
from importer.submit.plan import find_stale_stacks, plan_rows
from importer.submit.submission import make_gate, read_listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.context import Context
    from importer.run import RunFile, RunMeta
    from importer.server.listing import Listing
    from importer.settings import ApiSettings, SendSettings
    from importer.submit.submission import Gate


@dataclass(frozen=True, slots=True)
class Connection:
    """A run file with its journal, its gate and the API, all open."""

    run: RunFile
    journal: Journal
    client: Client
    gate: Gate
    send: SendSettings
    context: Context

    def read_listing(self) -> Listing:
        """Return what the server holds of the run's stacks."""
        self.context.watch(Notice("Reading what the server holds already."))
        sample_ids, names = self.run.list_targets()
        return read_listing(
            self.client,
            send=self.send,
            gate=self.gate,
            sample_ids=sample_ids,
            names=names,
            watch=self.context.watch,
        )

    def plan(self) -> None:
        """Decide what becomes of each row that is ready."""
        meta = self.run.meta
        plan = PlanSettings(
            on_existing=OnExisting(meta.on_existing),
            write_mode=WriteMode(meta.write_mode),
            allow_remove=meta.allow_remove,
        )
        plan_rows(self.run, self.read_listing(), plan=plan, journal=self.journal, now=self.context.clock.time())
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


def word_staleness(changes: Sequence[str]) -> str:
    """Return in words that a plan can't be carried out any more, and why."""
    return f"Something has changed since the plan was made; make it anew. {'; '.join(changes)}."


@contextlib.contextmanager
def connect_run(run: RunFile, api: ApiSettings, *, send: SendSettings, context: Context) -> Iterator[Connection]:
    """Open what a run needs to talk to the API, and close it again; an abort is written into the run file.

    Raises:
        AbortedError: with the path of the run file.
    """
    try:
        with Journal(run) as journal, Client(api, send=send, stop=context.stop) as client:
            gate = make_gate(journal, send=send, context=context)
            yield Connection(run, journal, client, gate, send, context)
    except AbortedError as error:
        error.run_path = run.path
        with contextlib.suppress(ImporterError):
            run.add_event("aborted", str(error))
        raise


def check_target(file: RunFile, api: ApiSettings) -> RunMeta:
    """Return what a run file says of its run, if it can be gone on with at this address.

    Raises:
        RunFileError: it is of a dry run, or its reading never ended.
        UsageError: it writes to another address.
    """
    meta = file.meta
    if meta.mode == "dry-run":
        raise RunFileError(f"{file.path} is of a dry run, which sends nothing: import its inputs instead.")
    if not meta.staged:
        raise RunFileError(f"{file.path} ended while its inputs were being read; nothing was sent: import them again.")
    if meta.api_url != api.url:
        raise UsageError(
            f"{file.path} writes to {meta.api_url}, not to {api.url}. Sending the rest elsewhere would split it."
        )
    return meta
