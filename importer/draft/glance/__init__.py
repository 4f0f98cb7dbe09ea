"""A look at files without keeping their rows: the first of them at once, and those of a file that is too large."""

from __future__ import annotations

from importer.draft.glance.first_rows import FirstRows, read_first_rows

__all__ = ["FirstRows", "read_first_rows"]
