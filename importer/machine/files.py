"""Private files, and files that take another's place, on Windows, macOS and Linux."""

from __future__ import annotations

import errno
import os
import re
import time
from pathlib import Path
from typing import TypeVar

T = TypeVar("T", bound=str | Path)

_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_IN_USE = frozenset({5, 32})
"""Windows' words for a file that another program has open: access denied, sharing violation."""
_TRIES = 10
_PAUSE = 0.05


def expand_home(given: T) -> T:
    """Return a path that a person typed, with ``~`` or ``~user`` in front of its first slash made the home folder.

    It stays as it is where something of that name is here or there is no such user, and without a slash: the name of
    a file may begin with the sign.
    """
    text = str(given)
    first = re.split(r"[/\\]" if os.name == "nt" else "/", text, maxsplit=1)[0]
    if not first.startswith("~") or (first == text and text != "~") or os.path.lexists(first):
        return given
    return type(given)(os.path.expanduser(text))  # noqa: PTH111  # Path.expanduser refuses where there is no such user


def open_private(path: Path, flags: int) -> int:
    """Return a descriptor of a file that only its owner can read, where the system can say that of a new file.

    A symbolic link isn't followed.

    Args:
        path: the file.
        flags: ``os.O_...``, of those that every system has.

    Raises:
        OSError: it can't be opened, or is a symbolic link.
    """
    return _open(path, flags, 0o600)


def open_shared(path: Path, flags: int) -> int:
    """Return a descriptor of a file whose readers are those that the user's umask lets; as `open_private` else."""
    return _open(path, flags, 0o666)


def _open(path: Path, flags: int, mode: int) -> int:
    if not hasattr(os, "O_NOFOLLOW") and path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return os.open(path, flags | _FLAGS, mode)


def replace_file(path: Path, target: Path) -> None:
    """Put a file in the place of another; where the system refuses that for a moment, try again for half a second.

    On Windows nothing takes the place of a file that is open, and virus scanners open what is new.

    Raises:
        OSError: it can't be done; a PermissionError where another program has the target open.
    """
    for is_last in (*[False] * (_TRIES - 1), True):
        try:
            path.replace(target)
        except PermissionError as error:
            if is_last or getattr(error, "winerror", None) not in _IN_USE:
                raise
            time.sleep(_PAUSE)
        else:
            return


def sync_folder(folder: Path) -> None:
    """Make a new name durable: a rename is a change of the folder, which has a sync of its own where it can be opened.

    Raises:
        OSError: the disk fails.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_own_folder(folder: Path) -> bool:
    """Tell whether a path is a folder, not a link to one, that nobody else may write to, as far as the system says.

    Raises:
        OSError: it can't be looked at.
    """
    if folder.is_symlink() or not folder.is_dir():
        return False
    if not hasattr(os, "getuid"):
        return True  # Windows: the folder for temporary files is in the user's own profile
    found = folder.lstat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
