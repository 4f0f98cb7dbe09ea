"""From raw chunks to checked ones: what validating, staging and the draft have in common."""

from __future__ import annotations

from importer.check.chunks import (
    CHECKED_ROWS,
    CheckedChunk,
    ReadSoFar,
    check_row_count,
    has_error,
    iter_but_last,
    iter_checked_chunks,
    judge_absent,
    require_readable,
    tell_sources,
)
from importer.check.reading import Reading, check_chunk, plan_table, prepare_reading

__all__ = [
    "CHECKED_ROWS",
    "CheckedChunk",
    "ReadSoFar",
    "Reading",
    "check_chunk",
    "check_row_count",
    "has_error",
    "iter_but_last",
    "iter_checked_chunks",
    "judge_absent",
    "plan_table",
    "prepare_reading",
    "require_readable",
    "tell_sources",
]
