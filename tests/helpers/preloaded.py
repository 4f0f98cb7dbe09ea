"""The command and the sandbox in processes that are forked from one that has everything loaded: a fifth of the price.

``python preloaded.py`` reads requests from standard input, one a line, as JSON, and answers each by a line. What is
forked is a process of its own that goes the whole way of the real program, from its arguments to its exit, and dies
of SIGKILL like any other; only the imports are done. `tests.helpers.forking` asks it; it ends with its input, and
then ends what it has started.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import runpy
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        elif not (pid := os.fork()):
            return request
        else:
            running.add(pid)
            _send({"pid": pid})
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    sys.exit()


def _become(request: Mapping[str, Any]) -> None:
    """Take folder, environment, streams and arguments of a request."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    streams = [
        os.open(request["input"], os.O_RDONLY),
        *(os.open(request[name], os.O_CREAT | os.O_WRONLY, 0o600) for name in ("out", "err")),
    ]
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = request["arguments"] if request["program"] == "script" else ["layer-importer", *request["arguments"]]


def main() -> None:
    """Load everything, then fork on request."""
    import importer.report.screen.console  # noqa: PLC0415  # in this process alone, not where this module is imported
    import importer.report.screen.next_command  # noqa: PLC0415  # as above
    import importer.report.screen.progress  # noqa: PLC0415  # as above
    import importer.tasks.import_layers  # noqa: PLC0415  # as above
    import importer.tasks.undo  # noqa: PLC0415  # as above
    import importer.tasks.verify  # noqa: PLC0415  # as above
    import importer.web.server  # noqa: F401, PLC0415  # as above
    from importer.__main__ import main as run_command  # noqa: PLC0415  # as above
    from importer.sandbox.__main__ import main as run_sandbox  # noqa: PLC0415  # as above

    sys.argv = ["layer-importer", "runs", os.devnull]  # typer loads more when it first reads arguments
    with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
        run_command()
    gc.freeze()
    request = _serve()
    _become(request)
    if request["program"] == "script":
        runpy.run_path(sys.argv[0], run_name="__main__")
    elif request["program"] == "sandbox":
        sys.exit(run_sandbox())
    else:
        run_command()


if __name__ == "__main__":
    main()
