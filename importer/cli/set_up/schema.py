"""``schema``: print one of the JSON Schemas of the contract."""

from __future__ import annotations

from typing import Annotated

import typer

from importer.cli.completion import complete_schema


def print_schema(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="layer, stack, mapping, report or settings.", autocompletion=complete_schema
        ),
    ],
) -> None:
    """Print the JSON Schema of layers, files or reports.

    There are schemas for a layer as it is sent, for stack files, mapping files, report lines and a lab's settings.

    Example: layer-importer schema stack > stack.schema.json
    """
    from importer.layers.schema import read_schema

    typer.echo(read_schema(name), nl=False)
