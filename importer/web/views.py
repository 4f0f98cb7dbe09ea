"""What the page is given of files, drafts and runs, as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.web.columns.fields import word_field, word_fields
from importer.web.columns.view import find_field, view_saying
from importer.web.windows import SEVERITIES, list_columns
from importer.web.workplace import show_name

if TYPE_CHECKING:
    from importer.columns import ColumnUse
    from importer.draft import Draft, IssueGroup, Mark
    from importer.draft.tables import DraftTable
    from importer.model import Issue
    from importer.tasks.runs import RunView
    from importer.web.session import OpenDraft
    from importer.web.workplace import WorkFile


def view_file(file: WorkFile, *, is_edited: bool) -> dict[str, Any]:
    """Return a file of the folder."""
    return {
        "id": file.id,
        "name": show_name(file.path),
        "format": file.format,
        "size": file.size,
        "changed": file.changed_at,
        "edited": is_edited,
    }


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
    uses = {use.position: _word_use(use) for use in table.plan.uses} if table.plan else {}
    return {
        "source": table.source.name,
        "sheet": head.sheet,
        "rows": len(table.rows),
        "editable": table.is_editable,
        "lined": head.marks is not None,
        "header_row": head.header_row,
        "turned": head.is_transposed,
        "columns": list_columns(head.header, head.letters, uses, is_turned=head.is_transposed),
    }


def _word_use(use: ColumnUse) -> str:
    if use.field is not None:
        return word_field(use.field)
    return f"amount of {use.element}" if use.element is not None else use.role.value


def _view_group(draft: Draft, group: IssueGroup) -> dict[str, Any]:
    return {
        "code": group.code,
        "severity": SEVERITIES[group.severity],
        "meaning": word_fields(group.meaning),
        "remedy": word_fields(group.remedy),
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


def view_run(run: RunView, run_id: str) -> dict[str, Any]:
    """Return a run as the list of earlier runs shows it."""
    return {
        "id": run_id,
        "name": show_name(run.path) if isinstance(run.path, Path) else run.path.name,
        "at": run.created_at,
        "mode": run.mode,
        "counts": {status.value: count for status, count in run.counts.items()},
        "undone": run.undone,
        "stacks": run.stacks,
        "fault": run.fault,
    }
