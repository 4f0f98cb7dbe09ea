"""One watched file: whether it was imported, and importing it so that nothing of an earlier run is left over."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from importer.errors import ImporterError
from importer.formats.digest import digest_file
from importer.model import Status
from importer.run import RunFile
from importer.tasks.import_layers import import_layers
from importer.tasks.resume import has_rest, resume
from importer.tasks.watch.folder import name_run

if TYPE_CHECKING:
    from pathlib import Path

    from importer.context import Context
    from importer.settings import ApiSettings, CheckSettings, PlanSettings, ReadSettings, SendSettings
    from importer.tasks.results import Report


class Earlier(Enum):
    """What an earlier run of a watched file left to do."""

    ALL = auto()
    """There is none, or it is of other content: the file is imported."""
    REST = auto()
    """It stopped before its end: it goes on."""
    DOUBTS = auto()
    """It is of other content, and has rows in doubt: these are settled first, then the file is imported."""
    NOTHING = auto()
    """Each row of the file has its answer."""


def find_earlier(path: Path, api_url: str) -> Earlier:
    """Return what an earlier run of a file left to do; its run file tells, for times of files prove nothing.

    Args:
        path: the watched file.
        api_url: where it is to be sent; a run that wrote elsewhere says nothing of it.
    """
    place = name_run(path)
    if not place.exists():
        return Earlier.ALL
    try:
        with RunFile.open(place) as run:
            if run.meta.mode != "import" or run.meta.api_url != api_url or not run.meta.staged:
                return Earlier.ALL
            is_same = [record.sha256 for record in run.iter_inputs()] == [digest_file(path, name=str(path))]
            if not is_same:
                return Earlier.DOUBTS if Status.UNCONFIRMED in run.count_statuses() else Earlier.ALL
            return Earlier.REST if has_rest(run, (Status.FAILED,)) else Earlier.NOTHING
    except ImporterError:
        return Earlier.ALL  # whoever imports it says what is wrong with the file or with its run file


def import_file(
    path: Path,
    *,
    api: ApiSettings,
    read: ReadSettings,
    check: CheckSettings,
    plan: PlanSettings,
    send: SendSettings,
    context: Context,
) -> Report:
    """Import a watched file, or go on with its run where that stopped before its end.

    Raises:
        BusyError, InputError, NothingToDoError, RunFileError, AbortedError: see `import_layers` and `resume`.
    """
    run, earlier = name_run(path), find_earlier(path, api.url)
    if earlier in {Earlier.REST, Earlier.DOUBTS}:
        report = resume(run, api=api, send=send, context=context)
        if earlier is Earlier.REST or context.stop.is_set():
            return report
    return import_layers(path, api=api, read=read, check=check, plan=replace(plan, run=run), send=send, context=context)
