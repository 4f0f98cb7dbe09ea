# ruff: noqa: ANN401  # what stands in for anything takes anything
"""A Python as it is on Windows, as far as Linux can play it: a child process with this folder on its path gets it.

Modules and names that Windows doesn't have are absent for the package's own modules (the standard library's and other
packages' have their own ways for each system), and a file that this process has open can't be replaced or removed.
"""

from __future__ import annotations

import builtins
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ABSENT_MODULES = frozenset({"fcntl", "grp", "pty", "pwd", "resource", "select", "selectors", "termios"})
ABSENT_NAMES = {
    os: (
        "O_NOFOLLOW", "O_CLOEXEC", "O_DIRECTORY", "execv", "fork", "forkpty", "getgid",
        "getpgid", "getuid", "killpg", "mkfifo", "setpgid", "setsid",
    ),
    signal: ("SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "pthread_sigmask"),
}  # fmt: skip
_import, _open, _replace, _unlink = builtins.__import__, os.open, os.replace, os.unlink
_start = subprocess.Popen.__init__


def _is_ours(name: object) -> bool:
    return isinstance(name, str) and (name == "__main__" or name.partition(".")[0] == "importer")


def _import_there(name: str, given: Any = None, *rest: Any, **named: Any) -> Any:
    if name in ABSENT_MODULES and given is not None and _is_ours(given.get("__name__")):
        raise ModuleNotFoundError(f"No module named {name!r}")
    return _import(name, given, *rest, **named)


class SharingViolationError(PermissionError):
    """What Windows says of a file that is open."""

    winerror = 32


def _refuse_open(*paths: object) -> None:
    wanted = {os.path.realpath(str(path)) for path in paths}
    for number in Path("/proc/self/fd").iterdir():
        if os.path.realpath(number) in wanted:
            raise SharingViolationError(
                13, "The process cannot access the file because it is being used", str(paths[-1])
            )


def _replace_there(source: Any, target: Any, **named: Any) -> None:
    _refuse_open(source, target)
    _replace(source, target, **named)


def _unlink_there(path: Any, **named: Any) -> None:
    if not named:  # with a folder's descriptor it is the standard library that removes whole folders
        _refuse_open(path)
    _unlink(path, **named)


def _open_there(path: Any, *rest: Any, **named: Any) -> int:
    if not isinstance(path, int) and Path(path).is_dir() and _is_ours(sys._getframe(1).f_globals.get("__name__")):
        raise PermissionError(13, "Permission denied", str(path))
    return _open(path, *rest, **named)


def _start_there(self: Any, *arguments: Any, **named: Any) -> None:
    for each in ("preexec_fn", "process_group", "start_new_session", "pass_fds"):
        if named.get(each) not in {None, False, ()}:
            raise ValueError(f"{each} is not supported on Windows platforms")
    _start(self, *arguments, **named)


for _place, _names in ABSENT_NAMES.items():
    for _name in _names:
        delattr(_place, _name)
setattr(builtins, "__import__", _import_there)  # noqa: B010  # mypy knows the name
for _name, _there in {
    "open": _open_there, "replace": _replace_there, "unlink": _unlink_there, "remove": _unlink_there
}.items():  # fmt: skip
    setattr(os, _name, _there)
subprocess.Popen.__init__ = _start_there  # type: ignore[method-assign]  # Windows' own refuses too
