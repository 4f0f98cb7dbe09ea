"""What a report format is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """One kind of report that a run can be written as.

    A module or folder of ``importer.report`` lists its own as ``REPORTS``; another package names one of its objects
    under the entry point group ``layer_importer.reports``.

    Attributes:
        suffix: of its files, in lower case, with the dot; it tells which report is asked for.
        writer: ``"package.module:function"``, loaded when such a report is written. The function takes an open
            `RunFile` and a binary stream.
        description: what it is for, in a line or two, for the documentation.
        extra: the extra of this package without which it can't be written.
    """

    suffix: str
    writer: str
    description: str
    extra: str | None = None
