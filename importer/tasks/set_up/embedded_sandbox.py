"""The sandbox as a child process, for one run or as a command; never imported, only started."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import selectors
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

from importer.errors import UsageError
from importer.settings import ApiSettings, Secret, make_child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 30.0
STOP_SECONDS = 5.0
MAX_LINE = 4_096
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
    command = list_sandbox_command("--port", "0", "--keys", "-", "--parent-pid", str(os.getpid()))
    key = Secret(f"sandbox-{secrets.token_hex(16)}")
    # A process group of its own: a Ctrl-C at the terminal must reach the run, not the server it is talking to.
    child = subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command,
        cwd=PACKAGE_HOME,
        env=make_child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        if child.stdin is None or child.stdout is None:
            raise UsageError("The sandbox can't be started, because its input and output aren't connected.")
        _give_key(child.stdin, key)
        url = _wait_address(child.stdout)
        yield ApiSettings(url=url, key=key)
    finally:
        _end(child)


def _give_key(stream: IO[bytes], key: Secret) -> None:
    """Write the one key that the sandbox is to take, in no place where others could read it."""
    # A child that died already is seen when its address is waited for.
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(key.reveal().encode("ascii") + b"\n")


def _wait_address(stream: IO[bytes]) -> str:
    """Return the address that the sandbox names in its first lines; the wait is bounded."""
    until = time.monotonic() + START_SECONDS
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(said) < MAX_LINE and selector.select(max(0.0, until - time.monotonic())):
            got = os.read(stream.fileno(), MAX_LINE)
            if not got:
                raise UsageError("The sandbox ended before it was ready. Try `layer-importer sandbox` to see why.")
            said += got
            if match := _READY.search(said.decode("utf-8", "replace")):
                return match[1]
    raise UsageError(f"The sandbox wasn't ready after {START_SECONDS:.0f} s. Try `layer-importer sandbox` to see why.")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
