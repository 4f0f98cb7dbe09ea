"""``explain``: what an issue code means and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from importer.cli.completion import complete_code


def explain_codes(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]",
            help="An issue code, e.g. layer-gap. Default: list all codes.",
            autocompletion=complete_code,
        ),
    ] = None,
) -> None:
    """Explain what an issue code means and what to do about it.

    Without a code, lists them all.

    Example: layer-importer explain layer-gap
    """
    from importer.issues import find_code, load_codes

    if code is None:
        codes = load_codes()
        width = max(map(len, codes))
        for name, entry in codes.items():
            typer.echo(f"{name:<{width}}  {entry.severity:<7}  {entry.meaning}")
        return
    found = find_code(code)
    typer.echo(f"{found.code} ({found.severity})\n\n{found.meaning}\nExample: {found.example}")
    if found.remedy:
        typer.echo(f"What to do: {found.remedy}")
    if found.added:
        typer.echo(f"Or add: {found.added}")
