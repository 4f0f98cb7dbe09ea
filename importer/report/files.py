"""A run's report as a file, of the kind that the file's suffix names."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from importer.errors import UsageError
from importer.formats.plug_ins import leave_out, list_own, list_plug_ins, load_late, name_fault
from importer.report.output import check_output, open_output
from importer.report.report_format import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from importer.run import RunFile

    Writer = Callable[[RunFile, IO[bytes]], None]

GROUP = "layer_importer.reports"
"""The entry point group of plug-ins."""


@cache
def list_own_reports() -> tuple[ReportFormat, ...]:
    """Return the kinds of reports that come with this package."""
    return tuple(list_own("importer.report", "REPORTS", ReportFormat))


@cache
def map_reports() -> Mapping[str, ReportFormat]:
    """Return suffix -> kind of report. A plug-in that takes the suffix of another one is left out."""
    reports = {each.suffix: each for each in list_own_reports()}
    for each in list_plug_ins(GROUP, ReportFormat):
        if each.suffix in reports:
            leave_out(each.writer, f"there is a report with the suffix {each.suffix} already")
        elif each.suffix != each.suffix.lower() or each.suffix[:1] != ".":
            leave_out(each.writer, f"{each.suffix!r} isn't a suffix in lower case with its dot")
        else:
            reports[each.suffix] = each
    return MappingProxyType(reports)


def check_report_path(to: Path) -> None:
    """Refuse a report path of an unknown kind, or one that can't be written, before any work is done for it.

    Raises:
        UsageError: see above, or what writes such a report isn't installed.
    """
    _load_writer(to, _find_report(to))
    check_output(to)


def _find_report(to: Path) -> ReportFormat:
    suffix = to.suffix.lower()
    own = next((each for each in list_own_reports() if each.suffix == suffix), None)
    chosen = own or map_reports().get(suffix)
    if chosen is None:
        raise UsageError(
            f"Can't tell what kind of report {to} is. Use a name that ends in {', '.join(sorted(map_reports()))}."
        )
    return chosen


def _load_writer(to: Path, chosen: ReportFormat) -> Writer:
    with _name_plug_in(to, chosen):
        writer: Writer = load_late(
            chosen.writer, extra=chosen.extra, wanted=f"A {chosen.suffix} report", error=UsageError
        )
    return writer


def _name_plug_in(to: Path, chosen: ReportFormat) -> AbstractContextManager[None]:
    """Give a block in which a fault of a plug-in is told by its name."""
    if chosen in list_own_reports():
        return nullcontext()
    return name_fault(chosen.writer, wanted=f"{to} can't be written", error=UsageError)


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


def write_report(run: RunFile, to: Path) -> None:
    """Write the report of a run, in the kind that the path's suffix names; the file is there whole or not at all.

    Args:
        run: an open run file.
        to: path of the report; what stands there is replaced.

    Raises:
        UsageError: the suffix is unknown, or nothing can be written there.
        RunFileError: the run's lines don't add up to its rows.
        StorageError: the disk is full, or fails.
    """
    chosen = _find_report(to)
    writer = _load_writer(to, chosen)
    check_not_input(run, to)
    with _name_plug_in(to, chosen), open_output(to) as stream:
        writer(run, stream)
