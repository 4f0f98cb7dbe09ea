"""``schema``: print one of the JSON Schemas of the contract."""

from __future__ import annotations

from typing import Annotated

import typer


def print_schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="layer, stack, mapping or report.")],
) -> None:
    """Print the JSON Schema of layers, files or reports.

    There are schemas for a layer as it is sent, for stack files, mapping files and report lines.

    Example: layer-importer schema stack > stack.schema.json
    """
    from importer.layers.schema import read_schema

    typer.echo(read_schema(name), nl=False)
