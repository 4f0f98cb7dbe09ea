"""A process of its own that opens a file first: what a hostile file does to its memory and time ends only that."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from importer.errors import InputLimitError
from importer.formats.limits import MAX_PROBE_SECONDS
from importer.settings import make_child_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.chunks import Source


def ask_child(source: Source, program: str, arguments: Sequence[str], *, remedy: str) -> dict[str, Any]:
    """Return what a program of this package says of a file: one line of JSON.

    Args:
        source: the file.
        program: the program's path; its arguments are the file's path and ``arguments``, among them its own bounds.
        arguments: the other arguments.
        remedy: what the user can do where the program doesn't survive.

    Raises:
        InputLimitError: it took more than the bounds, or was ended by the file.
    """
    command = [sys.executable, "-I", program, str(source.path), *arguments]
    environment = make_child_environment()
    try:
        done = subprocess.run(command, capture_output=True, timeout=2 * MAX_PROBE_SECONDS, env=environment, check=False)  # noqa: S603 own program
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise InputLimitError(f"{source.name} takes too long to read. {remedy}") from None
    except ValueError:
        raise InputLimitError(f"{source.name} is damaged or too large to read. {remedy}") from None
    return answer
