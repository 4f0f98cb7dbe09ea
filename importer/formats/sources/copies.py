"""Private copies of what can be read only once: standard input, open files, tables in memory."""

from __future__ import annotations

import atexit
import secrets
import shutil
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import IO

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_INPUT_BYTES

_BLOCK = 1024 * 1024
_COPYING = threading.Lock()
"""Held while standard input is copied: a second thread waits for the whole copy."""


@cache
def make_private_folder() -> Path:
    """Return a folder that only this user can read and that is removed when the program ends."""
    folder = Path(tempfile.mkdtemp(prefix="layer-importer-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def is_private(path: Path) -> bool:
    """Tell whether a file is in that folder, which isn't made for the asking."""
    return make_private_folder.cache_info().currsize > 0 and path.parent == make_private_folder()


def copy_standard_input() -> Path:
    """Copy standard input to a private file, once a run, so that it can be read more than once.

    Raises:
        InputLimitError: it is larger than the bound.
        InputError: it can't be copied.
    """
    with _COPYING:
        path = make_private_folder() / "stdin"
        if not path.exists():
            copy_stream(sys.stdin.buffer, path)
        return path


def make_private_file(suffix: str) -> Path:
    """Return a new file's place in that folder."""
    return make_private_folder() / f"{secrets.token_hex(8)}{suffix}"


def copy_stream(stream: IO[str] | IO[bytes], path: Path, *, name: str = "Standard input") -> None:
    """Copy what is left of a stream to a file; characters as UTF-8, those that stand for bytes as the bytes.

    Raises:
        InputLimitError: it is larger than the bound.
        InputError: it can't be copied.
    """
    size = 0
    try:
        with path.open("xb") as copy:
            while block := stream.read(_BLOCK):
                data = block.encode("utf-8", "surrogateescape") if isinstance(block, str) else block
                size += len(data)
                if size > MAX_INPUT_BYTES:
                    raise InputLimitError(f"{name} is too large. Split it into several runs.")
                copy.write(data)
    except UnicodeDecodeError as error:
        raise InputError(f"{name} isn't text in its encoding ({error}). Open it with open(path, 'rb').") from None
    except (OSError, ValueError) as error:  # a closed file is a ValueError
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{name} can't be copied to {path.parent}: {said}.") from None
