"""Run as a process of its own: has a module look at a file within bounds of memory and time.

Prints one line of JSON: what the module's ``look_at_file`` returned, or the error.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import runpy
import sys


def bound_process(most_bytes: int, most_seconds: int) -> None:
    """Bound this process's memory and processor time as far as the system can: Windows and macOS can't or do less.

    What is left is the bound on time that the parent has.
    """
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_DATA, most_bytes), (resource.RLIMIT_CPU, most_seconds)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def main(module: str, most_bytes: str, most_seconds: str, *arguments: str) -> None:
    """Have a module look at a file, and print what came of it."""
    look_at_file = runpy.run_path(module)["look_at_file"]
    bound_process(int(most_bytes), int(most_seconds))
    try:
        answer: dict[str, object] = look_at_file(*arguments)
    except MemoryError:
        answer = {"memory": True}
    except Exception as error:  # noqa: BLE001  # a damaged file makes a reader raise whatever its parts raise
        answer = {"error": " ".join(str(error).split())[:200] or type(error).__name__}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
