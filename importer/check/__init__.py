"""From raw chunks to checked ones: what validating, staging and the draft have in common."""

from __future__ import annotations

from importer.check.chunks import (
    CHECKED_ROWS,
    CheckedChunk,
    has_error,
    iter_checked_chunks,
    tell_sources,
)
from importer.check.reading import Reading, check_chunk, plan_table, prepare_reading

__all__ = [
    "CHECKED_ROWS",
    "CheckedChunk",
    "Reading",
    "check_chunk",
    "has_error",
    "iter_checked_chunks",
    "plan_table",
    "prepare_reading",
    "tell_sources",
]
