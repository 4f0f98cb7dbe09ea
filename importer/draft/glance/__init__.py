"""A look at files without keeping their rows."""

from __future__ import annotations

from importer.draft.glance.first_rows import PlainRows, read_first_rows
from importer.draft.glance.rows_from import read_rows_from

__all__ = ["PlainRows", "read_first_rows", "read_rows_from"]
