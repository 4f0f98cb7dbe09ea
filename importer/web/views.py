"""What the page is given: results as plain values, texts numbered once a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importer.chunks import column_letters
from importer.draft import can_take
from importer.model import Severity
from importer.web.columns.view import find_field, view_saying

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.draft import Draft, Group, Mark, Window
    from importer.draft.glance import FirstRows
    from importer.draft.tables import DraftTable
    from importer.model import Issue
    from importer.tasks.runs import RunView
    from importer.web.session import OpenDraft
    from importer.web.workplace import WorkFile

SEVERITIES = {Severity.ERROR: "e", Severity.WARNING: "w", Severity.NOTE: "n"}


def view_file(file: WorkFile, *, is_edited: bool) -> dict[str, Any]:
    """Return a file of the folder."""
    return {
        "id": file.id,
        "name": file.path.name,
        "format": file.format,
        "size": file.size,
        "changed": file.changed_at,
        "edited": is_edited,
    }


def view_first_rows(found: FirstRows | None) -> dict[str, Any]:
    """Return the first rows of a file, as a window without marks; nothing where they can't be had so soon."""
    if found is None:
        return {}
    columns = _view_columns(found.header, found.letters, {})
    rows = [[at, number, [cell or "" for cell in cells], [], 0] for at, (number, cells) in enumerate(found.rows)]
    return {"sheet": found.sheet, "columns": columns, "rows": rows, "marks": [], "texts": []}


def view_draft(opened: OpenDraft) -> dict[str, Any]:
    """Return what is shown above and beside the sheet."""
    draft = opened.draft
    checked = draft.checked
    return {
        "id": opened.id,
        "files": [file.path.name for file in opened.files],
        "sheet": opened.sheet,
        "format": opened.input_format,
        "mapping": None if opened.mapping is None else opened.mapping.name,
        "left_out": draft.left_out,
        "tables": [_view_table(table) for table in draft.tables],
    } | view_state(draft, rows=checked.rows, valid=checked.valid)


def view_state(draft: Draft, *, rows: int, valid: int) -> dict[str, Any]:
    """Return what every edit may change."""
    return {
        "version": draft.version,
        "edited": draft.is_edited,
        "can_undo": draft.can_undo,
        "can_redo": draft.can_redo,
        "rows": rows,
        "valid": valid,
        "groups": [_view_group(draft, group) for group in draft.list_groups()],
    }


def _view_table(table: DraftTable) -> dict[str, Any]:
    head = table.head
    uses = {use.position: use.field or use.element or use.role.value for use in table.plan.uses} if table.plan else {}
    return {
        "source": table.source.name,
        "sheet": head.sheet,
        "rows": len(table.rows),
        "editable": table.is_editable,
        "lined": head.marks is not None,
        "header_row": head.header_row,
        "columns": _view_columns(head.header, head.letters, uses),
    }


def _view_columns(header: Sequence[str], letters: Sequence[int], uses: Mapping[int, str]) -> list[dict[str, str]]:
    return [
        {"letter": column_letters(letters[at]), "header": text, "use": uses.get(at, "unused")}
        for at, text in enumerate(header)
    ]


def _view_group(draft: Draft, group: Group) -> dict[str, Any]:
    return {
        "code": group.code,
        "severity": SEVERITIES[group.severity],
        "meaning": group.meaning,
        "remedy": group.remedy,
        "count": group.count,
        "takeable": group.takeable,
        "fixable": group.fixable,
        "places": [_view_place(draft, issue) for issue in group.issues[:5]],
    }


def _view_place(draft: Draft, issue: Issue) -> dict[str, Any]:
    mark = draft.locate(issue)
    if mark is None:
        return {"where": str(issue.where), "at": None} | view_saying(issue, find_field(draft, issue))
    return {"where": str(issue.where), "at": view_mark(mark), "message": issue.message, "offers": []}


def view_mark(mark: Mark | None) -> list[int] | None:
    """Return the place of a mark."""
    return None if mark is None else [mark.table, mark.position, mark.column]


def view_window(draft: Draft, table: int, window: Window) -> dict[str, Any]:
    """Return rows and marks; code, message and suggestion of a mark are positions in ``texts``."""
    texts: dict[str, int] = {}

    def number(text: str | None) -> int:
        return -1 if text is None else texts.setdefault(text, len(texts))

    chosen = draft.tables[table]
    marks = [
        [
            mark.position,
            mark.column,
            SEVERITIES[mark.issue.severity],
            number(mark.issue.code),
            number(mark.issue.message),
            number(mark.issue.suggestion),
            int(can_take(chosen, mark)),
        ]
        for mark in window.marks
    ]
    rows = [
        [row.position, row.number, [cell or "" for cell in row.cells], list(row.edited), int(row.is_deleted)]
        for row in window.rows
    ]
    return {"total": window.total, "rows": rows, "marks": marks, "texts": list(texts)}


def view_run(run: RunView, run_id: str) -> dict[str, Any]:
    """Return a run as the list of earlier runs shows it."""
    return {
        "id": run_id,
        "name": run.path.name,
        "at": run.created_at,
        "mode": run.mode,
        "counts": {status.value: count for status, count in run.counts.items()},
        "undone": run.undone,
        "stacks": run.stacks,
        "fault": run.fault,
    }
