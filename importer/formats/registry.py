"""The input formats and the suffixes that tell them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from importer.formats.text.packing import PACKINGS

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".ods": "ods",
    ".xls": "xls",
    ".xlsb": "xlsb",
    ".parquet": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".ort": "orso",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""Suffix -> format; a ``.txt`` is a table whose delimiter is found."""

FORMATS = frozenset(SUFFIXES.values())
_PACKABLE = frozenset({"csv", "tsv", "yaml", "json", "jsonl"})
"""Text formats, which may come packed."""


def find_format(path: Path) -> str | None:
    """Return the format that a file's suffix tells, seen through a packing's; None for an unknown one."""
    suffix = path.suffix.lower()
    if suffix not in PACKINGS:
        return SUFFIXES.get(suffix)
    inner = SUFFIXES.get(Path(path.stem).suffix.lower())
    if inner is None and suffix == ".zip":
        inner = _find_member_format(path)
    return inner if inner in _PACKABLE else None


def _find_member_format(path: Path) -> str | None:
    """Return the format of the first member of a zip file that has one."""
    try:
        with zipfile.ZipFile(path) as package:
            formats = [SUFFIXES.get(Path(name).suffix.lower()) for name in package.namelist()[:100]]
    except (OSError, zipfile.BadZipFile):
        return None
    return next((chosen for chosen in formats if chosen is not None), None)
