"""Reports of a check as files: of what it found, or of a dry run where a report shows every row."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer.report.files import find_report, write_findings
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks.import_layers import import_layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.formats.sources.inputs import Inputs
    from importer.tasks.validate import Validation


def write_check_reports(
    inputs: Inputs,
    paths: Sequence[Path],
    checked: Validation,
    *,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
) -> Iterator[Path]:
    """Write the reports of a check, and yield each path when its file is there.

    Args:
        inputs: what was checked.
        paths: the reports; their suffixes say which kinds.
        checked: what was found.
        read: how the inputs are read.
        check: how rows are weighed.

    Raises:
        UsageError: a suffix is unknown, or nothing can be written there.
        InputError: an input can't be read any more.
        StorageError: the disk is full, or fails.
    """
    of_rows = [path for path in paths if find_report(path).writer]
    for path in paths:
        if path not in of_rows:
            write_findings(checked.findings, path)
            yield path
    if of_rows:
        with tempfile.TemporaryDirectory(prefix="layer-importer-") as folder:
            plan = PlanSettings(run=Path(folder, "check.run.sqlite"))
            read = replace(read, skip_unreadable=True)
            report = import_layers(inputs, read=read, check=check, plan=plan, send=SendSettings(dry_run=True))
            for path in of_rows:
                yield report.write(path)
