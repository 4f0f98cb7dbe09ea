"""An input under edit: its rows in memory, an overlay of edits, re-checked where an edit touched it."""

from __future__ import annotations

from importer.draft.draft import Draft, Group, Row, Window, open_draft
from importer.draft.overlay import Cell

__all__ = ["Cell", "Draft", "Group", "Row", "Window", "open_draft"]
