"""An input under edit: its rows in memory, an overlay of edits, re-checked where an edit touched it."""

from __future__ import annotations

from importer.draft.corrected import CopiedFile, find_free_copy
from importer.draft.draft import Draft
from importer.draft.edits.overlay import Cell
from importer.draft.marks import Mark, can_take
from importer.draft.opening import open_draft
from importer.draft.tables import TooManyRowsError
from importer.draft.windows import IssueGroup, Window, WindowRow

__all__ = [
    "Cell",
    "CopiedFile",
    "Draft",
    "IssueGroup",
    "Mark",
    "TooManyRowsError",
    "Window",
    "WindowRow",
    "can_take",
    "find_free_copy",
    "open_draft",
]
