"""``watch``: import what settles in a folder, one run a file."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from importer.cli.credentials import ApiAsked
from importer.cli.send.run_and_report import carry_out
from importer.cli.send.telling import Telling
from importer.cli.signals import INTERRUPTED
from importer.cli.terminal import tell, tell_error
from importer.errors import InputError
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.settings.option import Option

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from importer.context import Context
    from importer.tasks.results import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is written of each run.

    Attributes:
        reports: report files; each run has its own, named for the watched file.
    """

    PANEL: ClassVar[str] = "Report"

    reports: tuple[Path, ...] = Option(
        "--report",
        "Write a report of each run, e.g. out/answers.html: that of a.csv is out/a.csv.answers.html. Repeatable.",
        metavar="PATH",
    ).with_default(())


def watch_folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to watch, with its sub-folders.")],
    *,
    read: ReadSettings,
    check: CheckSettings,
    plan: PlanSettings,
    send: SendSettings,
    api: ApiAsked,
    write: Written,
) -> None:
    """Import each file that settles in a folder.

    Each file gets a run of its own, whose run file lies beside it; nothing is moved. A file that changes is imported
    again: only what changed is sent. A run that was cut off goes on at the next start. While the server can't be
    reached, or another import is sending to it, the file is tried again. Nobody is asked. Ctrl-C ends it.

    Example: layer-importer watch ~/growths --mapping lab.mapping.yaml
    """
    from importer.context import Context
    from importer.report.files import check_report_path
    from importer.tasks.watch.files import Earlier, find_earlier, import_file
    from importer.tasks.watch.folder import hold_folder, iter_settled, name_report

    for given in write.reports:
        check_report_path(given)
    found = api.find()
    stops: list[Event] = []

    def import_once(path: Path) -> int:
        reports = tuple(name_report(given, path, folder) for given in write.reports)
        for report in reports:
            with contextlib.suppress(OSError):  # whoever writes the report says what is wrong with its folder
                report.parent.mkdir(parents=True, exist_ok=True)

        def call(context: Context) -> Report:
            stops[:] = [context.stop]
            return import_file(path, api=found, read=read, check=check, plan=plan, send=send, context=context)

        tell(f"Importing {path}")
        return carry_out(call, telling=replace(Telling(), yes=True, reports=reports), api=found, profile=api.profile)

    def is_done(path: Path) -> bool:
        return find_earlier(path, found.url) is Earlier.NOTHING

    context = Context()
    with hold_folder(folder):
        tell(f"Watching {folder}. Press Ctrl-C to end.")
        for settled in iter_settled(folder, context=context, exclude=read.exclude, is_done=is_done):
            if settled.fault:
                tell_error(InputError(settled.fault))
                continue
            # A Ctrl-C may come when all rows have their answers: the run is whole, and the watching ends all the same.
            if _import_at_last(import_once, settled.path, context=context) == INTERRUPTED or any(
                stop.is_set() for stop in stops
            ):
                raise typer.Exit(INTERRUPTED)


def _import_at_last(import_once: Callable[[Path], int], path: Path, *, context: Context) -> int:
    """Import a file, again and again while the server is away or somebody else is sending; return the exit code.

    Raises:
        AbortedError: what no wait mends, e.g. a key that is refused.
    """
    from importer.tasks.watch.watching import iter_tries

    code = 0
    for tried in iter_tries(path, import_once, context=context):
        if tried.error is not None:
            tell_error(tried.error)
        code = (tried.result or 0) if tried.error is None else tried.error.exit_code
        if tried.again_in is not None:
            tell(f"Trying {path} again in {tried.again_in:.0f} s.")
    return code
