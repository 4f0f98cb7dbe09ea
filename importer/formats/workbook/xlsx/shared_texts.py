"""The texts that the sheets of an XLSX workbook share, looked through before a reader of values holds them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import InputLimitError
from importer.formats.limits import MAX_CELL_BYTES, MAX_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_texts(blocks: Iterable[bytes], *, name: str) -> None:
    """Refuse shared texts that take too much.

    Args:
        blocks: the XML.
        name: the file, for messages.

    Raises:
        InputLimitError: they are too many, or one of them is longer than a cell can be.
    """
    count = waiting = 0
    rest = b""
    for block in blocks:
        data = rest + block
        count += data.count(b"<si") + data.count(b":si>") // 2
        end = max(data.rfind(b"</si>"), data.rfind(b":si>"), data.rfind(b"<si/>"))
        waiting = len(data) - end if end >= 0 else waiting + len(block)
        if waiting > MAX_CELL_BYTES:
            raise InputLimitError(f"{name} has a text of more than {MAX_CELL_BYTES // 1024**2} MiB. Remove it.")
        if count > MAX_TEXTS:
            raise InputLimitError(f"{name} has more than {MAX_TEXTS:,} texts. Split it into several workbooks.")
        # a mark that two blocks share
        rest = data[-4:]
