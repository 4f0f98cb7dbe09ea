"""Arguments that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE", help=("Files, folders, patterns such as 'data/*.csv', or - for standard input.")),
]
RunPath = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="Run file of an import, e.g. growths.run.sqlite, or address of a run on a server.",
    ),
]
