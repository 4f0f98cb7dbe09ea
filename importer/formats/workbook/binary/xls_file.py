"""XLS workbooks opened: a damaged or hostile one may take all memory.

Also run by a bounded process of its own, so that nothing of this package is imported here.
"""

from __future__ import annotations

import os
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


def look_at_file(path: str) -> dict[str, object]:
    """Open a workbook; there is nothing to be said of one that can be opened."""
    open_xls(path)
    return {}
