"""XLS workbooks opened, and run as a process of its own: opened within bounds of memory and time.

A damaged or hostile file may take all memory; in the process that ends only the process. Prints one line of JSON: the
error, or nothing but braces.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

import xlrd

_LAST_WITH_CODE_PAGES = 50


def open_xls(path: str) -> xlrd.Book:
    """Return a workbook with all its sheets.

    Raises:
        Exception: it can't be read; a damaged file makes xlrd raise whatever its parts raise.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        book = xlrd.open_workbook(path, logfile=nowhere, formatting_info=True, ragged_rows=True)
        if book.codepage is None and book.biff_version <= _LAST_WITH_CODE_PAGES:
            # xlrd takes Latin-1, whose controls are the quotes and dashes of what Excel wrote without saying so
            book = xlrd.open_workbook(
                path, logfile=nowhere, formatting_info=True, ragged_rows=True, encoding_override="cp1252"
            )
    return book


def bound_process(most_bytes: int, most_seconds: int) -> None:
    """Bound this process's memory and processor time as far as the system can: Windows and macOS can't or do less.

    What is left is the bound on time that the parent has.
    """
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_AS, most_bytes), (resource.RLIMIT_CPU, most_seconds)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def main(path: str, most_bytes: int, most_seconds: int) -> None:
    """Open a workbook and print what came of it."""
    bound_process(most_bytes, most_seconds)
    answer: dict[str, object] = {}
    try:
        open_xls(path)
    except MemoryError:
        answer = {"memory": True}
    except Exception as error:  # noqa: BLE001  # see open_xls
        answer = {"error": " ".join(str(error).split())[:200] or type(error).__name__}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
