"""Corrected copies of files that are corrected as a whole, YAML and JSON: the same as `layer-importer fix` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.draft import find_free_copy
from importer.errors import NothingToDoError, UsageError
from importer.tasks.fix.file import fix
from importer.tasks.fix.trial import FixSettings
from importer.web.workplace import name_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.tasks.fix.trial import Fixed
    from importer.web.session import OpenDraft, Session

MAX_TOLD = 20
"""Suggestions that weren't taken whose reason is given."""


def fix_files(session: Session, opened: OpenDraft, take: Sequence[str] | None) -> dict[str, Any]:
    """Write corrected copies of the open files whose places are lines, and tell what is different in them.

    Args:
        session: what the routes share.
        opened: the files.
        take: the codes whose suggestions are taken; None for all that are sure.

    Raises:
        UsageError: no such file is open, or a suggestion of one of the codes is no text for a cell.
        NothingToDoError: no suggestion can be taken.
        InputError, StorageError: a file can't be read, or a copy not be written.
    """
    sources = {table.source.name: table.source for table in opened.draft.tables if table.is_lined}
    if not sources:
        raise UsageError("Such a file is corrected in its cells: type, or take a suggestion.")
    copies: list[dict[str, Any]] = []
    nothing: list[NothingToDoError] = []
    for name, source in sources.items():
        try:
            found = fix(
                name,
                find_free_copy(source),
                what=FixSettings(take=take),
                read=opened.draft.read,
                check=opened.draft.check,
            )
        except NothingToDoError as error:
            nothing.append(error)
        else:
            copies.append(_view_fixed(session, name, found))
    if not copies:
        raise nothing[0]
    return {"copies": copies}


def _view_fixed(session: Session, name: str, found: Fixed) -> dict[str, Any]:
    if found.path is None:
        raise RuntimeError("no copy was written")
    return {
        "name": found.path.name,
        "of": name,
        "file": name_id(found.path.name),
        "notes": found.notes,
        "changes": [[str(each.where), each.was, each.now] for each in found.changes[:MAX_TOLD]],
        "changed": len(found.changes),
        "not_taken": [[str(each.issue.where), each.issue.code, each.why] for each in found.not_taken[:MAX_TOLD]],
        "rows": found.checked.rows,
        "valid": found.checked.valid,
        "ticket": session.give_ticket(found.path, found.path.name, is_temporary=False),
    }
