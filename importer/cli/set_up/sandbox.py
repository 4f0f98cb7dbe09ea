"""``sandbox``: a local server that behaves as the API does in public."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from importer.settings import make_child_environment
from importer.tasks.set_up.embedded_sandbox import PACKAGE_HOME, list_sandbox_command


def serve_sandbox(
    *,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Address to listen on; this machine's own only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, metavar="PORT", help="Port; 0 for a free one.")] = 8765,
    store: Annotated[
        Path | None, typer.Option(metavar="PATH", help="File that keeps what is stored. Default: memory.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(metavar="PLAN.yaml", help="What goes wrong: faults, odd behaviour, colleagues.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="File of the API keys to take, one a line. Default: a new key, which is shown."
        ),
    ] = None,
) -> None:
    """Start a local test server that behaves like the API.

    It takes only its own API key, which it shows when it starts: set AS_API_KEY to that.

    Example: layer-importer sandbox --port 8765 --faults plan.yaml
    """
    options = ["--host", host, "--port", str(port)]
    for name, path in (("--store", store), ("--faults", faults), ("--keys", keys)):
        if path is not None:
            options += [name, "-" if str(path) == "-" else str(path.resolve())]
    command = list_sandbox_command(*options)
    os.chdir(PACKAGE_HOME)
    sys.stdout.flush()
    # The sandbox is a program of its own: this process becomes it, so that signals reach it as they come.
    os.execve(command[0], command, make_child_environment())  # noqa: S606  # our own interpreter and module
