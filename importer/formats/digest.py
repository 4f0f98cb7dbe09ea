"""The digest by which an input is known again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from importer.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def digest_file(path: Path, *, name: str) -> str:
    """Return the SHA-256 of a file's bytes, as hexadecimal text.

    Args:
        path: the file.
        name: what the user called it, for the error.

    Raises:
        InputError: it can't be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}.") from None
