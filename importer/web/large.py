"""Files with more rows than can be edited: what is wrong with them, and the rows at a place, in bounded memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importer.check import tell_sources
from importer.chunks import column_letters
from importer.columns import load_mapping
from importer.draft.glance import read_rows_from
from importer.errors import UsageError
from importer.formats.sources import find_sources
from importer.issues.catalogue import describe_code
from importer.tasks.validate import Validation, validate
from importer.web.windows import SEVERITIES, number_texts, view_plain_rows

if TYPE_CHECKING:
    from importer.issues import Code
    from importer.model import Issue
    from importer.settings import CheckSettings, ReadSettings
    from importer.web.workplace import WorkFile

PLACES = 20
"""Issues of a code whose places are kept."""


@dataclass(frozen=True, slots=True)
class LargeFile:
    """Files that are looked at, and not edited.

    Attributes:
        id: what the page calls them.
        files: the files.
        sheet, input_format: as they were asked for.
        read: how they are read.
        check: how rows are weighed.
        found: what is wrong with them: the counts, and the first issues of each code.
    """

    id: str
    files: tuple[WorkFile, ...]
    sheet: str | None
    input_format: str | None
    read: ReadSettings
    check: CheckSettings
    found: Validation


def check_large(draft_id: str, files: tuple[WorkFile, ...], read: ReadSettings, check: CheckSettings) -> LargeFile:
    """Check files that are too large for a draft.

    Raises:
        InputError: they can't be read.
    """
    found = validate(
        [str(file.path) for file in files], read=read, check=check, keep_frame=False, keep_stacks=0, keep_issues=PLACES
    )
    return LargeFile(draft_id, files, read.sheet, read.input_format, read, check, found)


def view_large(large: LargeFile) -> dict[str, Any]:
    """Return what is wrong with the files, by code, each with its first places."""
    by_code: dict[str, list[Issue]] = {}
    for issue in large.found.issues:
        by_code.setdefault(issue.code, []).append(issue)
    groups = [_view_group(large, issues) for issues in by_code.values()]
    rank = list(SEVERITIES.values())
    return {
        "id": large.id,
        "large": True,
        "files": [file.path.name for file in large.files],
        "sheet": large.sheet,
        "format": large.input_format,
        "version": 0,
        "edited": False,
        "can_undo": False,
        "can_redo": False,
        "rows": large.found.rows,
        "valid": large.found.valid,
        "tables": [],
        "groups": sorted(groups, key=lambda group: (rank.index(group["severity"]), -group["count"])),
    }


def _view_group(large: LargeFile, issues: list[Issue]) -> dict[str, Any]:
    told: Code = describe_code(issues[0])
    return {
        "code": issues[0].code,
        "severity": SEVERITIES[issues[0].severity],
        "meaning": told.meaning,
        "remedy": told.remedy,
        "count": large.found.counts[issues[0].code],
        "takeable": 0,
        "fixable": 0,
        "places": [
            {
                "where": str(issue.where),
                "message": issue.message,
                "at": None,
                "file": issue.where.source,
                "sheet": issue.where.sheet,
                "row": issue.where.row,
            }
            for issue in issues[:PLACES]
        ],
    }


def view_around(large: LargeFile, file: str, sheet: str | None, row: int) -> dict[str, Any]:
    """Return the rows about a row of one of the files, as a window; marked are the issues that were kept.

    Raises:
        UsageError: there is no such file or table.
        InputError: it can't be read any more.
    """
    if file not in {each.path.name for each in large.files}:
        raise UsageError(f"{file} isn't among the open files.")
    given = None if large.read.mapping is None else load_mapping(large.read.mapping)
    (source,) = tell_sources(find_sources([file], large.read), given)
    rows = read_rows_from(source, row, sheet=sheet)
    if rows is None:
        raise UsageError(f"{file} has no such table.")
    shown = {number: at for at, (number, _) in enumerate(rows.rows)}
    letters = {column_letters(letter): at for at, letter in enumerate(rows.letters)}
    texts: dict[str, int] = {}
    marks = [
        [
            shown[issue.where.row],
            letters.get(re.sub("[0-9:]", "", issue.where.cell or ""), -1),
            SEVERITIES[issue.severity],
            *number_texts(texts, issue.code, issue.message, issue.suggestion),
            0,
        ]
        for issue in large.found.issues
        if issue.where.row in shown and (issue.where.source, issue.where.sheet) == (file, rows.sheet)
    ]
    return view_plain_rows(rows) | {"marks": marks, "texts": list(texts)}
