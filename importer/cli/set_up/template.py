"""``template``: a file to fill in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.terminal import tell
from importer.errors import UsageError
from importer.settings import word_command


class TemplateFormat(StrEnum):
    """The kinds of templates."""

    CSV = "csv"
    XLSX = "xlsx"
    YAML = "yaml"


def write_template_file(
    *,
    template_format: Annotated[
        TemplateFormat, typer.Option("--format", help="Kind of file. A workbook has drop-downs and notes.")
    ] = TemplateFormat.XLSX,
    layers: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Layers in the example stack.")] = 3,
    to: Annotated[Path | None, typer.Option(metavar="PATH", help="File to write. Default: layers.<format>.")] = None,
) -> None:
    """Write an example file to fill in and import.

    Example: layer-importer template --format xlsx --layers 5 --to growth.xlsx
    """
    from importer.tasks.set_up.write_template import write_template

    path = write_template(_add_suffix(to, template_format), layers=layers)
    tell(f"Written: {path}. Fill it in, then run: {word_command('validate', path)}")


def _add_suffix(to: Path | None, template_format: TemplateFormat) -> Path:
    """Return the path to write, which must name the same kind as ``--format`` does."""
    path = to or Path(f"layers.{template_format.value}")
    if path.suffix.lower() != f".{template_format.value}":
        raise UsageError(f"{path} doesn't end in .{template_format.value}. Name another file, or another --format.")
    return path
