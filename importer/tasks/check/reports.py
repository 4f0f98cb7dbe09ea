"""Reports of a check as files: of what it found, or of a dry run where a report shows every row."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer.context import require_settings, take_path
from importer.report.files import find_report, write_findings
from importer.settings import CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.tasks.import_layers import import_layers
from importer.tasks.validate import read_check, validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.formats.sources.inputs import Inputs
    from importer.tasks.validate import Validation


def write_check_reports(
    inputs: Inputs,
    paths: str | Path | Sequence[str | Path],
    checked: Validation | None = None,
    *,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
) -> tuple[Path, ...]:
    """Write reports of a check, of the kinds that their suffixes say, and return their paths.

    Args:
        inputs: what was checked, or is.
        paths: the report, or several, for example ``check.html``, ``check.xlsx`` or ``check.junit.xml``.
        checked: what `validate` found; None to check now.
        read: how the inputs are read.
        check: how rows are weighed.

    Raises:
        UsageError: a suffix is unknown, or nothing can be written there.
        InputError: an input can't be read, or not any more.
        StorageError: the disk is full, or fails.
    """
    require_settings(read=read, check=check)
    wanted = [take_path("paths", each) for each in ((paths,) if isinstance(paths, str | Path) else paths)]
    of_rows = [path for path in wanted if find_report(path).writer]
    of_findings = [path for path in wanted if path not in of_rows]
    if of_findings:
        found = read_check(checked or validate(inputs, read=read, check=check, keep_frame=False)).findings
        for path in of_findings:
            write_findings(found, path)
    if of_rows:
        with tempfile.TemporaryDirectory(prefix="layer-importer-") as folder:
            plan = PlanSettings(run=Path(folder, "check.run.sqlite"))
            read = replace(read, skip_unreadable=True)
            report = import_layers(inputs, read=read, check=check, plan=plan, send=SendSettings(dry_run=True))
            for path in of_rows:
                report.write(path)
    return tuple(wanted)
