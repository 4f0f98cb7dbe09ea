"""``schema``: print one of the JSON Schemas of the contract."""

from __future__ import annotations

from typing import Annotated

import typer


def print_schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="layer, stack, mapping or report.")],
) -> None:
    """Print the JSON Schema of layers, files or reports.

    There is one of a layer as it is sent, of stack files, of mapping files and of report lines.

    Example: layer-importer schema stack > stack.schema.json
    """
    from importer.layers.schema import read_schema

    typer.echo(read_schema(name), nl=False)
