"""What a report format is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """One kind of report: of a run, of what a check has found, or of both.

    A module or folder of ``importer.report`` lists its own as ``REPORTS``; another package names one of its objects
    under the entry point group ``layer_importer.reports``.

    Attributes:
        suffix: of its files, in lower case, with the dot; it tells which report is asked for. Empty for one that
            is only printed.
        writer: ``"package.module:function"``, loaded when such a report of a run is written. The function takes an open
            `RunFile` and a binary stream. Empty where a run is reported by what was found in it.
        description: what it is for, in a line or two, for the documentation.
        extra: the extra of this package without which it can't be written.
        name: as ``validate --format`` takes it; empty for a report of runs only.
        check_writer: the same as ``writer`` for what a check has found: the function takes `Findings` and a stream.
    """

    suffix: str
    writer: str
    description: str
    extra: str | None = None
    name: str = ""
    check_writer: str = ""
