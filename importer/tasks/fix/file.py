"""`fix`: a corrected copy of a file, tried and checked before it is kept."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from importer.check.chunks import tell_sources
from importer.columns import load_mapping
from importer.context import Context, name_type, require_settings, take_path
from importer.copies import check_target, choose_suffix
from importer.errors import UsageError
from importer.formats.sources import hold_sources
from importer.report.output import open_output
from importer.settings import CheckSettings, ReadSettings
from importer.tasks.fix.trial import FileCheck, Fixed, FixSettings, Trial


def fix(
    path: str | Path,
    to: str | Path | None,
    *,
    what: FixSettings = FixSettings(),
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    context: Context | None = None,
) -> Fixed:
    """Write a corrected copy of a file; the file itself is never touched.

    A suggestion is taken where a check of the copy shows that it mends its cell and gives no new error.

    Args:
        path: the file.
        to: the copy, a new file of the same kind; None to write nothing and only tell what would change.
        what: the suggestions, edits and rows.
        read: how the file is read; its ``repair`` is ignored.
        check: how rows are weighed.
        context: who watches the rows being read.

    Raises:
        UsageError: the copy can't be written, an edit doesn't fit the file, or the changes would give a new error.
        NothingToDoError: there is nothing to change.
        InputError: the file can't be read.
    """
    require_settings(read=read, check=check, context=context)
    if not isinstance(what, FixSettings):
        raise UsageError(
            f"what takes FixSettings, e.g. what=importer.FixSettings(take='formula-case'), not {name_type(what)}."
        )
    codes = what.choose_codes()
    read = replace(read, repair=())
    with hold_sources([path], read) as sources, tempfile.TemporaryDirectory(prefix="layer-importer-") as folder:
        if len(sources) != 1:
            raise UsageError(f"{path} stands for {len(sources)} files; give one file at a time.")
        (source,) = tell_sources(sources, None if read.mapping is None else load_mapping(read.mapping))
        if source.name == "-":  # its copy is removed by whoever reads it to the end
            source = replace(source, path=Path(shutil.copy(source.path, Path(folder, f"stdin{choose_suffix(source)}"))))
        target = None if to is None else take_path("to", to)
        check_target(source, target or Path(folder, f"copy{choose_suffix(source)}"))
        trial = Trial(source, Path(folder), what, FileCheck(read, check, context or Context()))
        found = trial.run(codes)
        if target is not None:
            with trial.path.open("rb") as stream, open_output(target) as copy:
                shutil.copyfileobj(stream, copy)
        return replace(found, path=target)
