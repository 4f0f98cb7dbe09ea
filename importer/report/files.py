"""A run's report as a file, of the kind that the file's suffix names."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from importer.errors import UsageError
from importer.events import Advanced, Phase, ignore_event
from importer.formats.plug_ins import leave_out, list_own, list_plug_ins, load_late, name_fault
from importer.report.findings import find_in_run
from importer.report.output import check_output, open_output
from importer.report.report_format import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from importer.events import Watcher
    from importer.report.findings import Findings
    from importer.run import RunFile

GROUP = "layer_importer.reports"
"""The entry point group of plug-ins."""


@cache
def list_own_reports() -> tuple[ReportFormat, ...]:
    """Return the kinds of reports that come with this package."""
    return tuple(list_own("importer.report", "REPORTS", ReportFormat))


@cache
def _list_all() -> tuple[ReportFormat, ...]:
    """Return all kinds of reports. A plug-in that takes the suffix or the name of another one is left out."""
    reports = list(list_own_reports())
    for each in list_plug_ins(GROUP, ReportFormat):
        name = each.writer or each.check_writer
        if each.suffix and any(other.suffix == each.suffix for other in reports):
            leave_out(name, f"there is a report with the suffix {each.suffix} already")
        elif each.name and any(other.name == each.name for other in reports):
            leave_out(name, f"there is a report of the name {each.name} already")
        elif each.suffix and (each.suffix != each.suffix.lower() or each.suffix[:1] != "."):
            leave_out(name, f"{each.suffix!r} isn't a suffix in lower case, with its dot")
        else:
            reports.append(each)
    return tuple(reports)


@cache
def map_reports() -> Mapping[str, ReportFormat]:
    """Return suffix -> kind of report."""
    return MappingProxyType({each.suffix: each for each in _list_all() if each.suffix})


@cache
def map_check_formats() -> Mapping[str, ReportFormat]:
    """Return name -> kind of report, of those that tell what a check has found."""
    return MappingProxyType({each.name: each for each in _list_all() if each.name and each.check_writer})


def check_report_path(to: Path) -> None:
    """Refuse a report path of an unknown kind, or one that can't be written, before any work is done for it.

    Raises:
        UsageError: see above, or what writes such a report isn't installed.
    """
    chosen = find_report(to)
    _load_writer(to, chosen, chosen.writer or chosen.check_writer)
    check_output(to)


def find_report(to: Path) -> ReportFormat:
    """Return the kind of report that a path's suffix names, the longest one that fits.

    Raises:
        UsageError: it names none.
    """
    name = to.name.lower()
    fitting = [each for each in list_own_reports() if each.suffix and name.endswith(each.suffix)]
    fitting = fitting or [each for suffix, each in map_reports().items() if name.endswith(suffix)]
    if not fitting:
        raise UsageError(f"Can't tell what kind of report {to} is. Use one of {', '.join(sorted(map_reports()))}.")
    return max(fitting, key=lambda each: len(each.suffix))


def _load_writer(to: Path, chosen: ReportFormat, name: str) -> Callable[..., None]:
    with _name_plug_in(to, chosen):
        what = f"A {chosen.suffix or chosen.name} report"
        writer: Callable[..., None] = load_late(name, extra=chosen.extra, wanted=what, error=UsageError)
    return writer


def _name_plug_in(to: Path, chosen: ReportFormat) -> AbstractContextManager[None]:
    """Give a block in which a fault of a plug-in is told by its name."""
    if chosen in list_own_reports():
        return nullcontext()
    return name_fault(chosen.writer or chosen.check_writer, wanted=f"{to} can't be written", error=UsageError)


def check_not_input(run: RunFile, to: Path) -> None:
    """Refuse to write over an input of the run, which may be the only copy of somebody's data.

    Raises:
        UsageError: the path is one of the inputs.
    """
    for record in run.iter_inputs():
        check_other_file(to, Path(record.path))


def check_other_file(to: Path, source: Path) -> None:
    """Refuse to write to a path that is an input, by whatever name.

    Raises:
        UsageError: both are the same file.
    """
    if to.exists() and source.exists() and to.samefile(source):
        raise UsageError(f"{to} is one of the inputs and would be overwritten. Name another file.")


def write_report(run: RunFile, to: Path, *, watch: Watcher = ignore_event) -> None:
    """Write the report of a run, in the kind that the path's suffix names; the file is there whole or not at all.

    Args:
        run: an open run file.
        to: path of the report; what stands there is replaced.
        watch: told when it begins and when it is written; the writers don't tell how far they are.

    Raises:
        UsageError: the suffix is unknown, or nothing can be written there.
        RunFileError: the run's lines don't add up to its rows.
        StorageError: the disk is full, or fails.
    """
    chosen = find_report(to)
    check_not_input(run, to)
    rows = run.count_rows()
    watch(Phase("report", rows))
    if not chosen.writer:
        write_findings(find_in_run(run), to)
    else:
        writer = _load_writer(to, chosen, chosen.writer)
        with _name_plug_in(to, chosen), open_output(to) as stream:
            writer(run, stream)
    watch(Advanced(rows))


def write_findings(found: Findings, to: Path) -> None:
    """Write what a check has found, in the kind that the path's suffix names; the file is there whole or not at all.

    Raises:
        UsageError: the suffix is unknown or of reports of runs only, or nothing can be written there.
        StorageError: the disk is full, or fails.
    """
    chosen = find_report(to)
    writer = _load_writer(to, chosen, chosen.check_writer)
    with _name_plug_in(to, chosen), open_output(to) as stream:
        writer(found, stream)


def print_findings(found: Findings, name: str, stream: IO[bytes]) -> None:
    """Write what a check has found to a stream, in the kind of a name.

    Raises:
        UsageError: there is no such kind.
    """
    chosen = find_check_format(name)
    writer = _load_writer(Path(name), chosen, chosen.check_writer)
    with _name_plug_in(Path(name), chosen):
        writer(found, stream)


def find_check_format(name: str) -> ReportFormat:
    """Return the kind of report of a name.

    Raises:
        UsageError: there is none.
    """
    chosen = map_check_formats().get(name)
    if chosen is None:
        raise UsageError(f"There is no format {name!r}. Use text, {', '.join(sorted(map_check_formats()))}.")
    return chosen
