"""The sandbox as a child process, for one run or as a command; never imported, only started."""

from __future__ import annotations

import contextlib
import re
import secrets
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

from importer.errors import UsageError
from importer.machine.processes import iter_lines_within, start_apart
from importer.settings import ApiSettings, Secret, make_child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 30.0
STOP_SECONDS = 5.0
PACKAGE_HOME = Path(__file__).resolve().parents[3]
"""The folder that holds the package. ``-m`` looks there first, so that a ``random.py`` among the user's data files
isn't taken for the standard library's."""

_READY = re.compile(r"sandbox listening on (http://127\.0\.0\.1:[0-9]{1,5})")


def list_sandbox_command(*options: str) -> list[str]:
    """Return the command that starts the sandbox, to be run in `PACKAGE_HOME`.

    Raises:
        UsageError: the packages that the sandbox needs aren't installed.
    """
    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"The sandbox needs {' and '.join(missing)}. Install it with `pip install 'layer-importer[sandbox]'`."
        )
    return [sys.executable, "-m", "importer.sandbox", *options]


@contextlib.contextmanager
def start_sandbox() -> Iterator[ApiSettings]:
    """Give address and throw-away key of a sandbox on a free loopback port, which ends with the block.

    Raises:
        UsageError: it can't be started.
    """
    command = list_sandbox_command("--port", "0", "--keys", "-", "--end-with-input")
    key = Secret(f"sandbox-{secrets.token_hex(16)}")
    # A Ctrl-C at the terminal must reach the run, not the server that it is talking to.
    child = start_apart(command, cwd=PACKAGE_HOME, env=make_child_environment())
    try:
        if child.stdin is None or child.stdout is None:
            raise UsageError("The sandbox can't be started, because its input and output aren't connected.")
        _give_key(child.stdin, key)
        yield ApiSettings(url=_wait_address(child.stdout), key=key)
    finally:
        _end(child)


def _give_key(stream: IO[bytes], key: Secret) -> None:
    """Write the one key that the sandbox is to take, in no place where others could read it.

    The stream stays open: its end, also that of this process, ends the sandbox.
    """
    with contextlib.suppress(OSError):  # a child that died already is seen when its address is waited for
        stream.write(key.reveal().encode("ascii") + b"\n\n")
        stream.flush()


def _wait_address(stream: IO[bytes]) -> str:
    """Return the address that the sandbox names in its first lines; the wait is bounded."""
    try:
        for line in iter_lines_within(stream, START_SECONDS):
            if match := _READY.search(line.decode("utf-8", "replace")):
                return match[1]
    except TimeoutError:
        raise UsageError(
            f"The sandbox wasn't ready after {START_SECONDS:.0f} s. Try `layer-importer sandbox` to see why."
        ) from None
    raise UsageError("The sandbox ended before it was ready. Try `layer-importer sandbox` to see why.")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):  # the key that a dead child never took
                stream.close()
