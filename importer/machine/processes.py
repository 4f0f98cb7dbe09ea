"""Children that the terminal's Ctrl-C doesn't reach, what they say within a time, and whether a process is dead."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CAN_BECOME = hasattr(os, "fork")
"""Whether a process can become another program: on Windows ``os.execve`` starts a second one and ends the first."""
END_SECONDS = 10.0
"""Longest wait for a child to end in its own time after a Ctrl-C."""
_MAX_LINE = 4_096
_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Places of a process's state and start behind its name: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """By what a process is known again, also by another one.

    Attributes:
        host: its machine's name.
        boot: which start of the machine it belongs to; empty where that can't be told.
        pid_space: what its number counts in, as of a container; empty where that can't be told.
        pid: its number.
        started: when it started, in ticks since the machine did; 0 where that can't be told.
    """

    host: str
    boot: str
    pid_space: str
    pid: int
    started: int


def mark_process() -> ProcessMark:
    """Return this process's mark."""
    boot, space = "", ""
    with contextlib.suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = str((_PROC / "self/ns/pid").readlink())
    found = _read_stat(os.getpid())
    return ProcessMark(socket.gethostname(), boot, space, os.getpid(), int(found[_STARTED]) if found else 0)


def is_proven_dead(mark: ProcessMark) -> bool:
    """Tell whether a process is known to be dead: it was on this machine, and none has its number and start now.

    Whatever can't be told, as of a process elsewhere, is no proof.
    """
    own = mark_process()
    is_comparable = mark.boot and mark.pid_space and mark.started and own.started
    if not is_comparable or (mark.host, mark.boot, mark.pid_space) != (own.host, own.boot, own.pid_space):
        return False
    try:
        os.kill(mark.pid, 0)  # also where others' processes are hidden
    except ProcessLookupError:
        return True
    except OSError:
        pass
    found = _read_stat(mark.pid)
    if not found:
        return False
    if int(found[_STARTED]) != mark.started:
        return True
    return found[_STATE] in {"Z", "X"} and _count_threads(mark.pid) <= 1  # dead, and its parent hasn't looked yet


def _read_stat(pid: int) -> list[str]:
    """Return what the kernel tells of a process behind its name; nothing where it doesn't."""
    with contextlib.suppress(OSError, ValueError):
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return []


def _count_threads(pid: int) -> int:
    try:
        return sum(1 for _ in (_PROC / str(pid) / "task").iterdir())
    except OSError:
        return 0


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
