"""A file to fill in, which imports without a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.context import take_path
from importer.errors import UsageError
from importer.report.output import open_output
from importer.report.workbook.template import WRITERS

if TYPE_CHECKING:
    from pathlib import Path


def write_template(to: str | Path, *, layers: int = 3) -> Path:
    """Write a file to fill in, of the kind that its suffix names (csv, xlsx, yaml), and return its path.

    Args:
        to: the file; it must not be there already.
        layers: layers of the example stack.

    Raises:
        UsageError: the file is there already, perhaps filled in, its suffix names no kind of template, or it would have
            no layer.
        StorageError: the disk is full, or fails.
    """
    path = take_path("to", to)
    if not isinstance(layers, int) or layers < 1:
        raise UsageError(f"layers takes a whole number from 1, not {layers!r}.")
    kind = path.suffix.lower().lstrip(".")
    if kind not in WRITERS:
        raise UsageError(
            f"Can't tell what kind of template {path} is. Use a name that ends in "
            f"{', '.join(f'.{name}' for name in WRITERS)}."
        )
    if path.exists():
        raise UsageError(f"{path} exists already and may be filled in. Name another file with --to.")
    with open_output(path) as stream:
        WRITERS[kind](stream, layers)
    return path
