"""Open files: their rows, marks, edits, stacks, copies, and how their columns are understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from importer.draft import Cell
from importer.draft.stacks import draw_stack_of
from importer.errors import UsageError
from importer.web.fixing import fix_files
from importer.web.large import LargeFile, view_around, view_large
from importer.web.views import view_draft, view_mark, view_state
from importer.web.windows import view_window

if TYPE_CHECKING:
    from importer.web.session import OpenDraft, Session


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opening(_Asked):
    """Files to open."""

    files: list[str] = Field(min_length=1, max_length=100)
    sheet: str | None = None
    format: str | None = None


class View(_Asked):
    """The window in sight, which an edit is answered with."""

    table: int = 0
    first: int = 0
    last: int = 0
    only_bad: bool = False


class Edits(_Asked):
    """Cells to change, rows to delete and to restore."""

    version: int
    cells: list[tuple[StrictInt, StrictInt, StrictInt, StrictStr]] = Field(default=[], max_length=200_000)
    delete: list[tuple[StrictInt, StrictInt]] = Field(default=[], max_length=200_000)
    restore: list[tuple[StrictInt, StrictInt]] = Field(default=[], max_length=200_000)
    why: Literal["typed", "pasted", "emptied", "taken", "deleted", "restored"] = "typed"
    view: View = View()


class Taking(_Asked):
    """Suggestions to take."""

    version: int
    code: str
    value: str | None = None
    view: View = View()


class Stepping(_Asked):
    """A step to take back or to do again."""

    version: int
    view: View = View()


class Fixing(_Asked):
    """Codes whose suggestions are taken; None for all that are sure."""

    take: list[str] | None = None


class Nothing(_Asked):
    """A request that says all by its address."""


def _answer(opened: OpenDraft, view: View) -> dict[str, Any]:
    draft = opened.draft
    found = view_state(draft, rows=draft.checked.rows, valid=draft.checked.valid)
    window = draft.view(view.table, view.first, view.last, only_bad=view.only_bad)
    return found | {"window": view_window(draft, view.table, window)}


def _view(opened: OpenDraft | LargeFile) -> dict[str, Any]:
    if isinstance(opened, LargeFile):
        return view_large(opened)
    with opened.lock:
        return view_draft(opened)


def make_draft_routes(session: Session) -> APIRouter:  # noqa: C901  # a list of routes
    """Return the routes of open files."""
    router = APIRouter(prefix="/api/drafts")

    @router.post("")
    def open_files(asked: Opening) -> dict[str, Any]:
        return _view(session.open(asked.files, sheet=asked.sheet, input_format=asked.format))

    @router.get("/{draft_id}")
    def show_draft(draft_id: str) -> dict[str, Any]:
        return _view(session.find_opened(draft_id))

    @router.get("/{draft_id}/around")
    def show_around(draft_id: str, file: str, row: int, sheet: str | None = None) -> dict[str, Any]:
        opened = session.find_opened(draft_id)
        if not isinstance(opened, LargeFile):
            raise UsageError("All rows of this file can be had.")
        return view_around(opened, file, sheet, row)

    @router.get("/{draft_id}/rows")
    def show_rows(draft_id: str, table: int, first: int, last: int, *, only_bad: bool = False) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            window = opened.draft.view(table, first, last, only_bad=only_bad)
            return {"version": opened.draft.version} | view_window(opened.draft, table, window)

    @router.get("/{draft_id}/next")
    def show_next(  # the framework reads them from the address
        draft_id: str, table: int, row: int, col: int, step: int = 1, code: str | None = None
    ) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            return {"at": view_mark(opened.draft.find_next(table, row, col, step=step, code=code))}

    @router.get("/{draft_id}/place")
    def show_place(draft_id: str, table: int, row: int) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            return {"position": opened.draft.find_position(table, row) or 0}

    @router.post("/{draft_id}/edits")
    def edit(draft_id: str, asked: Edits) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            opened.draft.edit(
                [Cell(*each) for each in asked.cells],
                delete=asked.delete,
                restore=asked.restore,
                why=asked.why,
                version=asked.version,
            )
            return _answer(opened, asked.view)

    @router.post("/{draft_id}/take")
    def take(draft_id: str, asked: Taking) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            taken = opened.draft.take(asked.code, value=asked.value, version=asked.version)
            return _answer(opened, asked.view) | {"taken": taken}

    @router.post("/{draft_id}/copy")
    def copy(draft_id: str, asked: Nothing) -> dict[str, Any]:
        del asked
        opened = session.find_draft(draft_id)
        with opened.lock:
            copies = opened.draft.write_copies()
        return {
            "copies": [
                {
                    "name": each.path.name,
                    "of": each.source,
                    "notes": each.notes,
                    "ticket": session.give_ticket(each.path, each.path.name, is_temporary=False),
                }
                for each in copies
            ]
        }

    @router.post("/{draft_id}/fix")
    def fix(draft_id: str, asked: Fixing) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            return fix_files(session, opened, asked.take)

    @router.get("/{draft_id}/stack")
    def show_stack(draft_id: str, table: int, row: int) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            drawing = draw_stack_of(opened.draft, table, row)
        return {} if drawing is None else {"label": drawing.label, "svg": drawing.svg, "words": drawing.words}

    @router.post("/{draft_id}/{direction}")
    def step(draft_id: str, direction: Literal["undo", "redo"], asked: Stepping) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            opened.draft.step(direction, version=asked.version)
            return _answer(opened, asked.view)

    return router
