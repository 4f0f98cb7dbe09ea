"""``watch``: import what settles in a folder, one run a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.send.run_and_report import Telling, carry_out
from importer.cli.signals import INTERRUPTED
from importer.cli.terminal import tell, tell_error
from importer.errors import BusyError, InputError, NothingToDoError, RunFileError
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings

if TYPE_CHECKING:
    from threading import Event

    from importer.context import Context
    from importer.tasks.results import Report


def watch_folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to watch, with its sub-folders.")],
    *,
    read: ReadSettings,
    check: CheckSettings,
    send: SendSettings,
    api: ApiAsked,
) -> None:
    """Import each file that settles in a folder.

    Each file gets a run of its own, whose run file lies beside it; nothing is moved. A file that changes is imported
    again: only what changed is sent. Nobody is asked. Ctrl-C ends it.

    Example: layer-importer watch ~/growths --mapping lab.mapping.yaml
    """
    from importer.context import Context
    from importer.tasks.import_layers import import_layers
    from importer.tasks.watch.folder import iter_settled, name_run

    found = api.find()
    tell(f"Watching {folder}. Press Ctrl-C to end.")
    stops: list[Event] = []
    for path in iter_settled(folder, context=Context(), exclude=read.exclude):

        def call(context: Context, path: Path = path) -> Report:
            stops[:] = [context.stop]
            plan = PlanSettings(run=name_run(path))
            return import_layers(path, api=found, read=read, check=check, plan=plan, send=send, context=context)

        tell(f"Importing {path}")
        try:
            code = carry_out(call, telling=replace(Telling(), yes=True), api=found)
        except (BusyError, InputError, NothingToDoError, RunFileError) as error:
            tell_error(error)
            code = error.exit_code
        # A Ctrl-C may come when all rows have their answers: the run is whole, and the watching ends all the same.
        if code == INTERRUPTED or any(stop.is_set() for stop in stops):
            raise typer.Exit(INTERRUPTED)
