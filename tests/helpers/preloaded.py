"""The command and the sandbox in processes that are forked from one that has everything loaded: a fifth of the price.

``python preloaded.py`` reads requests from standard input, one a line, as JSON, and answers each by a line. What is
forked is a process of its own that goes the whole way of the real program, from its arguments to its exit, and dies
of SIGKILL like any other; only the imports are done. `tests.helpers.forking` asks it; it ends with its input, and
then ends what it has started.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import runpy
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from importer.sandbox.app import create_app
from importer.sandbox.keys import Organisations
from importer.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

LOADED = (
    "importer.report.files", "importer.report.screen.console", "importer.report.screen.next_command",
    "importer.report.screen.progress", "importer.report.tables.json_lines", "importer.report.tables.table_files",
    "importer.settings.file", "importer.tasks.import_layers", "importer.tasks.undo", "importer.tasks.verify",
    "importer.web.server", "sqlalchemy.dialects.sqlite", "uvicorn.lifespan.off", "uvicorn.protocols.websockets.auto",
)  # fmt: skip
"""What commands load when they run."""
fork = importlib.import_module("posix").fork  # which is here also where `elsewhere` has taken it from os
KILL = 9
"""The number of SIGKILL, whose name `elsewhere` has taken."""


def _send(message: Mapping[str, Any]) -> None:
    print(json.dumps(message), flush=True)  # noqa: T201  # the answer


def _wait(pid: int, running: set[int]) -> int | None:
    """Return the exit code of a process, negative for a signal; None while it runs."""
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    running.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _serve() -> dict[str, Any]:
    """Answer requests; return only in a forked process, with the request that it is to carry out."""
    running: set[int] = set()
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        if "wait" in request:
            _send({"code": _wait(request["wait"], running)})
        elif not (pid := fork()):
            return request
        else:
            running.add(pid)
            _send({"pid": pid})
    for pid in running:
        os.kill(pid, KILL)
    sys.exit()


def _become(request: Mapping[str, Any]) -> None:
    """Take folder, environment, streams and arguments of a request."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    if request["terminal"]:
        _sit_down_at(request["terminal"])
    else:
        streams = [
            os.open(request["input"], os.O_RDONLY),
            *(os.open(request[name], os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600) for name in ("out", "err")),
        ]
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
            os.close(descriptor)
        _open_streams()
    sys.argv = request["arguments"] if request["program"] == "script" else ["layer-importer", *request["arguments"]]


def _sit_down_at(terminal: str) -> None:
    """Make a terminal the process's own, and its streams what Python makes them there."""
    os.setsid()
    descriptor = os.open(terminal, os.O_RDWR)  # the first that a session without one opens is the one it has
    for number in range(3):
        os.dup2(descriptor, number)
    os.close(descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # a descriptor
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115  # as above
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115  # as above


def _open_streams() -> None:
    """Have standard output and error as Python makes them where it starts with this environment."""
    encoding = os.environ.get("PYTHONIOENCODING")
    if not encoding and not os.environ.get("PYTHONUNBUFFERED"):
        return
    out = open(1, "wb", buffering=0 if os.environ.get("PYTHONUNBUFFERED") else -1, closefd=False)  # noqa: SIM115  # a descriptor
    sys.stdout = io.TextIOWrapper(out, encoding=encoding, write_through=True)
    sys.stderr = io.TextIOWrapper(
        open(2, "wb", closefd=False),  # noqa: SIM115  # as above
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=True,
    )


def main() -> None:
    """Load everything, then fork on request."""
    for name in LOADED:
        importlib.import_module(name)
    main_module, sandbox_module = map(importlib.import_module, ("importer.__main__", "importer.sandbox.__main__"))
    run_command, run_sandbox = main_module.main, sandbox_module.main
    # What is made of declarations, read of schemas and compiled of patterns when it is first used.
    typer.main.get_command = functools.cache(typer.main.get_command)
    with tempfile.TemporaryDirectory() as folder:
        table, run = Path(folder) / "a.csv", Path(folder) / "a.sqlite"
        table.write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n", encoding="utf-8")
        for words in (["validate", table], ["import", table, "--dry-run", "--run", run], ["report", run]):
            sys.argv = ["layer-importer", *map(str, words)]
            said = io.StringIO()
            with contextlib.suppress(SystemExit), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                run_command()
    create_app(Organisations({"anything": ""}, lambda _: Store(None)))
    assert threading.active_count() == 1, "a fork has only one of the threads"
    gc.freeze()
    request = _serve()
    _become(request)
    try:
        if request["program"] == "script":
            runpy.run_path(sys.argv[0], run_name="__main__")
        elif request["program"] == "sandbox":
            sys.exit(run_sandbox())
        else:
            run_command()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            _end(ended.code or 0)
        raise


def _end(code: int) -> None:
    """End as Python does, but for taking apart all that was loaded: its memory is shared, and would be copied first.

    Where output can't be written, what Python does then is left to it.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
