"""Compound files, the containers of old workbooks and of those with a password. Source: [MS-CFB] 2.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.formats.limits import MAX_XLS_BYTES

if TYPE_CHECKING:
    from importer.chunks import Source

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a compound file begins."""
_PROTECTED = "EncryptedPackage".encode("utf-16-le")


def is_protected(source: Source) -> bool:
    """Tell whether a file is a compound one with a workbook that is encrypted as a whole ([MS-OFFCRYPTO] 2.3.4.4)."""
    with source.path.open("rb") as stream:
        data = stream.read(MAX_XLS_BYTES)
    return data.startswith(OLE2) and _PROTECTED in data
