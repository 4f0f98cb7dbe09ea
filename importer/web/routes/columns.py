"""The columns of open files: shown, chosen, and the mapping file as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictStr

from importer.web.columns import Choices, change_columns, put_mapping_text, view_columns
from importer.web.views import view_draft

if TYPE_CHECKING:
    from importer.web.session import Session


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Split(_Asked):
    """How a column is cut into fields."""

    separator: str = Field(min_length=1, max_length=20)
    fields: list[str] = Field(min_length=2, max_length=20)


class StackCell(_Asked):
    """How a cell that holds a whole stack is cut into layers."""

    separator: str = Field(min_length=1, max_length=20)
    order: Literal["bottom-up", "top-down"]
    lowest: Literal["substrate", "layer"]


class ColumnChoice(_Asked):
    """What somebody chose for one column; what isn't said stays."""

    header: str
    use: str | None = None
    values: dict[str, str] = {}
    fill_down: bool | None = None
    split: Split | None = None
    stack: StackCell | None = None
    element: str | None = None


class Columns(_Asked):
    """What somebody chose for the columns; what isn't said stays."""

    columns: list[ColumnChoice] = Field(default=[], max_length=2_000)
    order: Literal["", "bottom-up", "top-down", "rows-bottom-up", "rows-top-down"] | None = None
    made: list[tuple[Literal["constants", "defaults", "templates"], StrictStr, StrictStr]] | None = None
    add: list[dict[str, Any]] = Field(default=[], max_length=100)


class MappingText(_Asked):
    """A mapping file as somebody typed it."""

    text: str = Field(max_length=1_000_000)


def make_column_routes(session: Session) -> APIRouter:
    """Return the routes of columns."""
    router = APIRouter(prefix="/api/drafts")

    @router.get("/{draft_id}/mapping")
    def show_columns(draft_id: str) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            return view_columns(opened)

    @router.put("/{draft_id}/mapping")
    def put_columns(draft_id: str, asked: Columns) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        choices = Choices([each.model_dump() for each in asked.columns], asked.order, asked.made, asked.add)
        with opened.lock:
            change_columns(opened, choices, reread=session.reread)
            return view_columns(opened) | {"draft": view_draft(opened)}

    @router.put("/{draft_id}/mapping/text")
    def put_text(draft_id: str, asked: MappingText) -> dict[str, Any]:
        opened = session.find_draft(draft_id)
        with opened.lock:
            put_mapping_text(opened, asked.text, reread=session.reread)
            return view_columns(opened) | {"draft": view_draft(opened)}

    return router
