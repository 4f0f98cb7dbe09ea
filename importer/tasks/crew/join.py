"""A run on a server sent by several processes: its first one opens it, others join, and anybody may stop it for all."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from importer.context import Context, require_settings
from importer.errors import AbortedError, ImporterError, KeyRefusedError, RunFileError, UsageError
from importer.model import ServerPlace
from importer.run import CrewRun, stop_crews
from importer.server import Client
from importer.server.listing import Known
from importer.settings import SendSettings, read_run_place, word_command
from importer.submit.crew.crew import Crew
from importer.submit.stored.settlement import KNOWN_LAYERS
from importer.tasks.connection import READS_AGAIN, check_target, require_own
from importer.tasks.one_run import share_turn
from importer.tasks.results import Report

if TYPE_CHECKING:
    from importer.model import RunPlace
    from importer.settings import ApiSettings

WAIT_SECONDS = 0.1
"""Seconds between two looks at whether anything is stored yet."""


def join_run(
    run: str | RunPlace, *, api: ApiSettings, send: SendSettings = SendSettings(), context: Context | None = None
) -> Report:
    """Join the processes that send a run on a server, until all of it has ended.

    Args:
        run: the address of the run, which `import`, `apply` or `resume` is sending.
        api: the API's address, the same as the run's, and key.
        send: bounds and waits; the rate is the run's, whatever is said here.
        context: who watches, what stops it, and the time.

    Raises:
        UsageError: the run is a file, or goes to another address.
        RunFileError: no such run, or nothing of it is being sent now.
        BusyError: another run on this machine is sending to the same address.
        AbortedError: the run stopped before its end, or this process's part of it.
    """
    require_settings(api=api, send=send, context=context)
    context, place = context or Context(), require_server(run)
    try:
        with contextlib.ExitStack() as held:
            joined = held.enter_context(CrewRun.join(place))
            meta = check_target(joined, api.url)
            held.enter_context(share_turn(api, send, place))
            client = held.enter_context(Client(api, send=send, stop=context.stop, is_reached=meta.begun))
            crew = held.enter_context(Crew(joined, client, send=send, context=context))
            check_key(joined, crew, send)
            try:
                crew.work()
            finally:
                tell_others(joined, crew)
    except AbortedError as error:
        error.run_path = place
        raise
    return Report(place, interrupted=context.stop.is_set())


def require_server(run: str | RunPlace) -> ServerPlace:
    """Return the place of a run that is on a server.

    Raises:
        UsageError: it is a file, which one process at a time works on.
    """
    place = read_run_place(run)
    if not isinstance(place, ServerPlace):
        raise UsageError(
            f"{place} is a file, and one process at a time sends it. Several share a run on a PostgreSQL server: "
            "import with --run 'postgresql://user@host/database?run=NAME'."
        )
    return place


def check_key(run: CrewRun, crew: Crew, send: SendSettings) -> None:
    """See that the key shows what the run has stored, before anything is sent with it.

    As long as nothing is stored, the process that joined first goes ahead and the others wait for it.

    Raises:
        KeyRefusedError: it doesn't.
        AbortedError: the stored list can't be read.
    """
    gate = crew.shared.gate
    while not (known := run.list_written(KNOWN_LAYERS)) and run.crew.has_elders() and not gate.is_closed:
        gate.sleep(WAIT_SECONDS)
    if not known:
        return
    layers = [Known(*layer) for layer in known]
    for look in range(READS_AGAIN + 1):
        if gate.is_closed:
            return
        listing = crew.shared.stored.read({layer.sample_id for layer in layers})
        try:
            require_own(layers, listing)
        except KeyRefusedError:  # the list may be late
            if look == READS_AGAIN:
                raise
            gate.sleep(send.settle / READS_AGAIN)
        else:
            return


def tell_others(run: CrewRun, crew: Crew) -> None:
    """Say which processes go on with a run when this one ends before it."""
    if not crew.shared.gate.is_closed:
        return
    with contextlib.suppress(ImporterError):  # a server that is gone; what ended this process is told
        others = run.crew.count_others()
        if others and run.crew.is_going():
            what = "1 other process is" if others == 1 else f"{others:,} other processes are"
            crew.shared.note(
                f"{what} at work on this run and may go on to its end. End the run for all with "
                f"`{word_command('stop', run.place)}`."
            )


def stop_run(run: str | RunPlace) -> int:
    """Have every process that sends a run end its part; return how many are at work.

    Nothing more is begun; requests under way come to their end. `resume` goes on.

    Raises:
        UsageError: the run is a file.
        RunFileError: no such run, or nobody is at work on it.
    """
    place = require_server(run)
    words = f"The run was stopped for all processes. Continue it with `{word_command('resume', place)}`."
    stopped = stop_crews(place, words)
    if not stopped:
        raise RunFileError(f"No process is at work on the run {place}.")
    return stopped
