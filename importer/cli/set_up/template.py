"""``template``: a file to be filled in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from importer.cli.terminal import tell
from importer.errors import UsageError


class TemplateFormat(StrEnum):
    """The kinds of templates."""

    CSV = "csv"
    XLSX = "xlsx"
    YAML = "yaml"


def write_template_file(
    *,
    template_format: Annotated[
        TemplateFormat, typer.Option("--format", help="Kind of file; a workbook has drop-downs and notes.")
    ] = TemplateFormat.XLSX,
    layers: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Layers of the example stack.")] = 3,
    to: Annotated[Path | None, typer.Option(metavar="PATH", help="File to write. Default: layers.<format>.")] = None,
) -> None:
    """Write a file to fill in; it imports without a mapping.

    Example: layer-importer template --format xlsx --layers 5 --to growth.xlsx
    """
    from importer.report.output import open_output
    from importer.report.workbook.template import WRITERS

    path = to or Path(f"layers.{template_format.value}")
    if path.exists():
        raise UsageError(f"{path} is there already, perhaps filled in: name another file with --to.")
    with open_output(path) as stream:
        WRITERS[template_format.value](stream, layers)
    tell(f"Written: {path}. Fill it in, then: layer-importer validate {path}")
