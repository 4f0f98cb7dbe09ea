"""Output files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import IO, TYPE_CHECKING

from importer.errors import StorageError, UsageError
from importer.machine.files import open_shared, replace_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def open_output(path: Path) -> Iterator[IO[bytes]]:
    """Give a binary stream whose bytes become the file at a path when the block ends well.

    They go to a new file in the same folder, with the readers that the user's umask lets it have. It takes the place of
    the old one once it is on disk. If the block fails, whatever stood at the path stays as it was. A symbolic link at
    the path is replaced, never followed.

    Raises:
        UsageError: nothing can be written in that folder, or the path is a folder.
        StorageError: the disk is full, or fails.
    """
    check_output(path)
    scratch = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        descriptor = open_shared(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except OSError as error:
        raise UsageError(f"{path} can't be written ({error.strerror}). Name another place.") from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _take_place(scratch, path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}). No partial file was left behind.") from error
    finally:
        scratch.unlink(missing_ok=True)


def check_output(path: Path) -> None:
    """Refuse a path that can't become a file, before any work is done for it.

    Raises:
        UsageError: its folder isn't there or can't be written, or it is a folder itself.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} for {path.name}. Make it first, or name another place.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"The folder {path.parent} can't be written to. Name another place for {path.name}.")


def _take_place(scratch: Path, path: Path) -> None:
    try:
        replace_file(scratch, path)
    except PermissionError as error:
        raise StorageError(
            f"{path} can't be replaced ({error.strerror}): another program may have it open. Close it there, "
            "then write it again."
        ) from error
