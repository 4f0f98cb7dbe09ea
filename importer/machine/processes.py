"""Children that the terminal's Ctrl-C doesn't reach, and what they say within a time."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

CAN_BECOME = hasattr(os, "fork")
"""Whether a process can become another program: on Windows ``os.execve`` starts a second one and ends the first."""
END_SECONDS = 10.0
"""Longest wait for a child to end in its own time after a Ctrl-C."""
_MAX_LINE = 4_096


def start_apart(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, with pipes to its input and from its output.

    A Ctrl-C at the terminal then reaches this process alone, which ends the child in its own time.
    """
    return subprocess.Popen(  # noqa: S603  # the callers start our own interpreter and modules
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0 if hasattr(os, "setpgid") else None,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def iter_lines_within(stream: IO[bytes], seconds: float) -> Iterator[bytes]:
    """Yield lines of a pipe as they come; end with the pipe, or raise when the time is over.

    A thread reads them, for Windows can't wait for a pipe. It ends with the pipe.

    Raises:
        TimeoutError: the time was over before the pipe ended.
    """
    until = time.monotonic() + seconds
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):  # closed, once the child has ended
            while line := stream.readline(_MAX_LINE):
                lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        if not line:
            return
        yield line


def run_along(command: Sequence[str], *, env: Mapping[str, str]) -> int:
    """Run a child that the terminal's Ctrl-C reaches too, and return its exit code; it ends with this process.

    This process waits for it to end in its own time, also after a Ctrl-C.
    """
    with subprocess.Popen(command, env=env) as child:  # noqa: S603  # as above
        try:
            return child.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                return child.wait(END_SECONDS)
            raise
        finally:
            child.terminate()
