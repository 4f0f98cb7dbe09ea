"""What a mapping file names and an input doesn't have."""

from __future__ import annotations

import difflib
from pathlib import PurePath
from typing import TYPE_CHECKING

from importer.issues import Code, Problem, make_issue
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Collection

    from importer.chunks import Source
    from importer.columns.mapping.rules import MappingFile
    from importer.model import Issue

MAPPING_UNMATCHED = Code(
    "mapping-unmatched",
    Severity.WARNING,
    "The mapping file names a column, a sheet, or files that the input doesn't have.",
    "Check the spelling of the header, the sheet, or the pattern of files in the mapping file.",
    "columns: {Formla: composition_string}",
)


def list_absent(mapping: MappingFile, seen: Collection[str | None], sources: Collection[Source]) -> list[Issue]:
    """Return what is to be said of sheets and of patterns of files that a mapping file has rules for, and no input.

    Args:
        mapping: the mapping file.
        seen: the sheets that were read, None for files without sheets.
        sources: the inputs; where only one sheet of them is read, sheets aren't told.
    """
    issues = list_absent_sheets(mapping, seen) if all(source.sheet is None for source in sources) else []
    for pattern, _ in mapping.files:
        if not any(PurePath(source.name).match(pattern) for source in sources):
            said = f"The mapping file {mapping.name} has rules for files {pattern!r}, which no input's name matches."
            issues.append(make_issue(Problem(MAPPING_UNMATCHED, said), Where(mapping.name), value=pattern))
    return issues


def list_absent_sheets(mapping: MappingFile, seen: Collection[str | None]) -> list[Issue]:
    """Return what is to be said of sheets that a mapping file has rules for and that weren't read.

    A mapping may be for several workbooks: an absent sheet is told where one that was read has nearly its name, or
    where none was read that the mapping names.
    """
    without_rules = [sheet for sheet in seen if sheet is not None and sheet not in mapping.sheets]
    has_one = any(sheet in seen for sheet in mapping.sheets)
    issues = []
    for sheet in mapping.sheets:
        near = next(iter(difflib.get_close_matches(sheet, without_rules, n=1, cutoff=0.7)), None)
        if sheet in seen or (has_one and near is None):
            continue
        said = f"The mapping file {mapping.name} has rules for the sheet {sheet!r}, which wasn't read or doesn't exist."
        if near is not None:
            said += f" Did you mean {near!r}?"
        issues.append(make_issue(Problem(MAPPING_UNMATCHED, said, near), Where(mapping.name, sheet), value=sheet))
    return issues
