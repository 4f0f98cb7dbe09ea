"""``sandbox``: a local server that behaves like the public API."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from importer.machine.processes import CAN_BECOME, run_along
from importer.settings import make_child_environment


def serve_sandbox(
    *,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Address to listen on; only those of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, metavar="PORT", help="Port; 0 picks a free one.")] = 8765,
    store: Annotated[
        Path | None, typer.Option(metavar="PATH", help="File to keep the stored layers in. Default: in memory.")
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(metavar="PLAN.yaml", help=("Fault plan: what goes wrong, and what colleagues do meanwhile.")),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="File of accepted API keys, one a line. Default: make a new key and show it."
        ),
    ] = None,
) -> None:
    """Start a local test server that behaves like the API.

    Accepts only its own API key, which it shows when it starts. Set AS_API_KEY to that key.

    Example: layer-importer sandbox --port 8765 --faults plan.yaml
    """
    from importer.tasks.set_up.embedded_sandbox import PACKAGE_HOME, list_sandbox_command

    options = ["--host", host, "--port", str(port)]
    for name, path in (("--store", store), ("--faults", faults), ("--keys", keys)):
        if path is not None:
            options += [name, "-" if str(path) == "-" else str(path.resolve())]
    command = list_sandbox_command(*options)
    os.chdir(PACKAGE_HOME)
    sys.stdout.flush()
    # The sandbox is a program of its own: this process becomes it, so that signals reach it as they come.
    if CAN_BECOME:
        os.execve(command[0], command, make_child_environment())  # noqa: S606  # our own interpreter and module
    raise typer.Exit(run_along(command, env=make_child_environment()))
