"""One report of several runs, each of them a part of one import: true row by row, as each run's own report."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from importer._version import __version__
from importer.errors import RunFileError, StorageError, UsageError
from importer.issues.several_runs import SAMPLE_IN_TWO_RUNS, UNREADABLE_RUN
from importer.model import Issue, ServerPlace, Status, Where
from importer.report.screen.next_command import word_resume
from importer.run import JoinedRun, RunFile, RunMeta
from importer.run.several.join import Joiner
from importer.run.several.sources import name_input
from importer.settings import read_run_place, word_command
from importer.tasks.one_run import name_server
from importer.tasks.results import Report, join_report, open_reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from importer.model import RunPlace
    from importer.run.several.join import Copied, SharedStack

FAULTS_SHOWN = 5
"""Run files that can't be read and are named, where none can."""


@contextlib.contextmanager
def report_runs(runs: str | RunPlace | Iterable[str | RunPlace]) -> Iterator[Report]:
    """Give one report of several runs, as long as the block lasts.

    ::

        with importer.report_runs(Path("shards").glob("*.run.sqlite")) as report:
            report.write("all.html")

    The runs are copied to a file in the folder for temporary files (``TMPDIR``), which takes as much space as theirs.
    A run file that is named twice counts once. One that can't be read is an issue of the report, and makes its exit
    code 2; so does, with 1, a sample that two runs have.

    Args:
        runs: the run files, one at least; a run on a server is reported alone.

    Raises:
        UsageError: no run file is named, two are copies of the same run, or one of several is on a server.
        RunFileError: none of them can be read; or the inputs of the only one weren't read to their end.
        StorageError: there is no room for the copy.
    """
    places = [read_run_place(run) for run in ([runs] if isinstance(runs, str | Path | ServerPlace) else runs)]
    if len(places) == 1:
        yield _report_one(places[0])
        return
    paths = _list_distinct(places)
    if not paths:
        raise UsageError("There is no run file to report on: name at least one.")
    if len(paths) == 1:
        yield _report_one(paths[0])
        return
    with tempfile.TemporaryDirectory(prefix="layer-importer-") as folder:
        path = Path(folder, "runs.sqlite")
        yield join_report(path, _join(paths, path))


def _report_one(place: RunPlace) -> Report:
    """Return the report of a run whose inputs were read to their end."""
    report = Report(place)
    with open_reported(report) as run:
        run.require_whole()
    return report


def _list_distinct(places: Iterable[RunPlace]) -> list[Path]:
    """Return the run files in the order in which they were named, each once.

    Raises:
        UsageError: one is a run on a server.
    """
    found: dict[object, Path] = {}
    for path in places:
        if not isinstance(path, Path):
            raise UsageError(f"{path} is on a server. Report it alone: only run files can be reported together.")
        try:
            stat = path.stat()
        except OSError:
            found.setdefault(path, path)
        else:
            found.setdefault((stat.st_dev, stat.st_ino), path)
    return list(found.values())


def _join(paths: Sequence[Path], to: Path) -> tuple[JoinedRun, ...]:
    """Copy the runs to one file, and return what each is.

    Raises:
        UsageError, RunFileError, StorageError: see `report_runs`.
    """
    with RunFile.create(to, _make_meta([])) as joined:
        with Joiner(joined) as joiner:
            runs, copied = _copy_all(paths, joiner)
            metas = [run.meta for run in runs if run.meta is not None]
            if not metas:
                more = f" (and {len(runs) - FAULTS_SHOWN:,} more)" if len(runs) > FAULTS_SHOWN else ""
                faults = " ".join(run.fault for run in runs[:FAULTS_SHOWN])
                raise RunFileError(f"None of the {len(runs):,} run files can be read{more}. {faults}")
            meta = _make_meta(metas)
            rehearsals = [part for part, run in copied if run.meta is not None and run.meta.is_rehearsal]
            joiner.finish([] if meta.is_rehearsal else rehearsals)
            names = [run.path for _, run in copied]
            joiner.add_issues(_make_unreadable(run) for run in runs if run.fault)
            joiner.add_issues([_make_shared(each, names) for each in joiner.iter_shared()])
        joined.set_meta(meta)
    return tuple(runs)


def _copy_all(paths: Sequence[Path], joiner: Joiner) -> tuple[list[JoinedRun], list[tuple[Copied, JoinedRun]]]:
    """Copy what can be read; return all runs, and the copied ones with their rows."""
    runs: list[JoinedRun] = []
    copied: list[tuple[Copied, JoinedRun]] = []
    keys: dict[str, Path] = {}
    for path in paths:
        try:
            with RunFile.open(path) as run:
                meta = run.meta
                if (other := keys.setdefault(meta.run_key, path)) != path:
                    raise UsageError(
                        f"{other} and {path} are the same run: one is a copy of the other, and its rows would count "
                        "twice. Leave one of them out."
                    )
                server = None if meta.api_url is None else name_server(meta.api_url)
                part = joiner.add(run, path=path, server=server)
                found = JoinedRun(str(path), meta, part.counts, step=_word_step(run))
        except StorageError as error:
            raise StorageError(
                f"{error} A report of several runs copies them to {tempfile.gettempdir()}, where they take as much "
                "space as their run files. Free some there, or set TMPDIR to a folder with more."
            ) from error
        except (RunFileError, OSError) as error:
            runs.append(JoinedRun(str(path), fault=str(error) if path.exists() else f"{path} isn't there."))
        else:
            runs.append(found)
            copied.append((part, found))
    return runs, copied


def _word_step(run: RunFile) -> str:
    """Return the command that goes on with a run; nothing where none would change anything."""
    meta, counts = run.meta, run.count_statuses()
    if meta.mode == "plan" and not meta.begun:
        return word_command("apply", run.place)
    waiting, _ = run.count_sendable()
    is_open = waiting or {Status.UNCONFIRMED, Status.FAILED} & set(counts)
    return word_resume(run) if is_open and not meta.is_rehearsal else ""


def _make_meta(metas: Sequence[RunMeta]) -> RunMeta:
    """Return what all runs say together; without an address, so that nobody goes on with the copy."""
    versions = sorted({meta.tool_version for meta in metas}) or [__version__]
    modes = {meta.mode for meta in metas}
    return RunMeta(
        run_key="",
        tool_version=", ".join(versions)[:1_000],
        created_at=min((meta.created_at for meta in metas), default=0.0),
        mode="dry-run" if metas and all(meta.is_rehearsal for meta in metas) else "import",
        api_url=None,
        staged=bool(modes),
        begun=any(meta.begun for meta in metas),
    )


def _make_unreadable(run: JoinedRun) -> Issue:
    return Issue(UNREADABLE_RUN.code, UNREADABLE_RUN.severity, Where(run.path), run.fault.removeprefix(f"{run.path} "))


def _make_shared(shared: SharedStack, names: Sequence[str]) -> Issue:
    """Return what is to be said of a sample that an earlier run has too."""
    other = names[shared.part]
    place = str(shared.other).removeprefix(name_input(other, ""))
    said = f"Sample {shared.label} is also in {other} ({place})"
    ids = (shared.other_id, shared.target_id)
    if None not in ids and shared.other_id != shared.target_id:
        said += f", as another target material: {shared.other_id} there, {shared.target_id} here"
    code = SAMPLE_IN_TWO_RUNS
    return Issue(code.code, code.severity, shared.where, f"{said}.", value=shared.label, seq=shared.seq)
