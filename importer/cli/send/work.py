"""``work`` and ``stop``: join the processes that send a run on a server, and end them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.options import RunPath
from importer.cli.send.run_and_report import carry_out
from importer.cli.send.telling import Telling
from importer.cli.terminal import tell as tell_line
from importer.settings import SendSettings, word_command

if TYPE_CHECKING:
    from importer.context import Context
    from importer.tasks.results import Report


def work_along(run: RunPath, *, send: SendSettings, api: ApiAsked, tell: Telling) -> None:
    """Help to send a run on a server.

    For a run that `import`, `apply` or `resume` is sending, from another terminal or machine. Takes stacks that nobody
    else has, until none is left. The rate is the run's; --workers is this process's own.

    Example: layer-importer work 'postgresql://ann@db.lab/runs?run=growths'
    """
    from importer.tasks.crew import join as crew

    tell.check()
    crew.require_server(run)
    found = api.find()

    def call(context: Context) -> Report:
        return crew.join_run(run, api=found, send=send, context=context)

    raise typer.Exit(carry_out(call, telling=tell, api=found, profile=api.profile))


def stop_all(run: RunPath) -> None:
    """Stop a run on a server for all its processes.

    They begin nothing more, and end when their requests have ended. Ctrl-C ends one process only.

    Example: layer-importer stop 'postgresql://ann@db.lab/runs?run=growths'
    """
    from importer.tasks.crew.join import stop_run

    stopped = stop_run(run)
    tell_line(f"Stopping {stopped:,} {'process' if stopped == 1 else 'processes'}.")
    tell_line(f"Continue with: {word_command('resume', run)}")
