"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[str], typer.Argument(metavar="FILE", help="Files, folders, glob patterns, or - for standard input.")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The run file of an import.")]
