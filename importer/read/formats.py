"""The input formats and the suffixes that tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".yaml": "yaml",
    ".yml": "yaml",
}
"""Suffix -> format; a ``.txt`` is a table whose delimiter is found."""

FORMATS = frozenset(SUFFIXES.values())


def find_format(path: Path) -> str | None:
    """Return the format that a file's suffix tells, None for an unknown one."""
    return SUFFIXES.get(path.suffix.lower())
