"""Files opened by a process of its own first, which alone a hostile file can end."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from importer.errors import InputLimitError
from importer.formats.bounded import child
from importer.formats.limits import MAX_PROBE_SECONDS
from importer.settings import make_child_environment

if TYPE_CHECKING:
    from importer.chunks import Source


def ask_child(
    source: Source, module: str, *arguments: str, most_bytes: int, most_seconds: int, remedy: str
) -> dict[str, Any]:
    """Return what a module's ``look_at_file`` says of a file; ``error`` is what it raised.

    Args:
        source: the file.
        module: the module's path. It imports nothing of this package, which such a process may not find.
        arguments: what its function takes beside the file's path.
        most_bytes: the memory that the process may take, where the system can bound it.
        most_seconds: the processor time that it may take, likewise.
        remedy: what the user can do where the process doesn't survive.

    Raises:
        InputLimitError: it took more than the bounds, or was ended by the file.
    """
    bounds = (str(most_bytes), str(most_seconds))
    command = [sys.executable, "-I", child.__file__, module, *bounds, str(source.path), *arguments]
    environment = make_child_environment()
    try:
        done = subprocess.run(command, capture_output=True, timeout=2 * MAX_PROBE_SECONDS, env=environment, check=False)  # noqa: S603 own program
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise InputLimitError(f"{source.name} takes too long to read. {remedy}") from None
    except ValueError:
        raise InputLimitError(f"{source.name} is damaged or too large to read. {remedy}") from None
    if "memory" in answer:
        raise InputLimitError(f"{source.name} takes too much memory. {remedy}")
    return answer
