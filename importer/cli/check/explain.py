"""``explain``: what an issue code means and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from importer.issues import CODES, find_code


def explain_codes(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="An issue code; all are listed without.")] = None,
) -> None:
    """Explain an issue code: what was found, an example, and what to do.

    Example: layer-importer explain layer-gap
    """
    if code is None:
        width = max(map(len, CODES))
        for name in sorted(CODES):
            typer.echo(f"{name:<{width}}  {CODES[name].severity:<7}  {CODES[name].meaning}")
        return
    found = find_code(code)
    typer.echo(
        f"{found.code} ({found.severity})\n\n{found.meaning}\nExample: {found.example}\nWhat to do: {found.remedy}"
    )
