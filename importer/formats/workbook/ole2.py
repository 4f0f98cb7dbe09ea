"""Compound files (OLE2): the container of old workbooks.

Source: [MS-CFB]. Chains are bounded by the file's own size, so that a damaged one can't go round for ever.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_XLS_BYTES

if TYPE_CHECKING:
    from importer.chunks import Source

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA
_HEADER = 512
_ENTRY = 128
_HEADER_FAT = 109


class CompoundFile:
    """A compound file whose streams can be read.

    Raises:
        InputError: it is none, or is damaged.
        InputLimitError: it is too large.
    """

    def __init__(self, source: Source) -> None:
        self._name = source.name
        try:
            if source.path.stat().st_size > MAX_XLS_BYTES:
                raise InputLimitError(f"{source.name} is larger than {MAX_XLS_BYTES // 1024**2} MiB. Save it as XLSX.")
            self._data = source.path.read_bytes()
        except OSError as error:
            raise InputError(f"{source.name} can't be read: {error.strerror}.") from None
        if self._data.startswith(b"PK\x03\x04"):
            raise InputError(
                f"{source.name} is no old Excel workbook: it begins as XLSX, XLSB and ODS do. Give it its own suffix."
            )
        if not self._data.startswith(MAGIC) or len(self._data) < _HEADER:
            raise InputError(f"{source.name} is no old Excel workbook, whatever its name says. Check the file's kind.")
        try:
            self._open()
        except (struct.error, IndexError) as error:
            raise self._complain() from error

    def _complain(self) -> InputError:
        return InputError(f"{self._name} is damaged or cut off. Open it in a spreadsheet program and save it as XLSX.")

    def _open(self) -> None:
        shift, mini_shift = struct.unpack_from("<HH", self._data, 30)
        if shift not in {9, 12} or mini_shift != 6:  # noqa: PLR2004 the two versions of the format
            raise self._complain()
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        count, directory = struct.unpack_from("<II", self._data, 44)
        self._cutoff, mini, _, more = struct.unpack_from("<IIII", self._data, 56)
        sectors = list(struct.unpack_from(f"<{_HEADER_FAT}I", self._data, 76))
        while more < _END and len(sectors) * self._size <= len(self._data) * 2:
            block = struct.unpack(f"<{self._size // 4}I", self._read_sector(more))
            sectors += block[:-1]
            more = block[-1]
        self._fat: list[int] = []
        for sector in sectors[:count]:
            self._fat += struct.unpack(f"<{self._size // 4}I", self._read_sector(sector))
        self._entries = self._list_entries(self._read_chain(directory))
        self._mini_fat = [n for (n,) in struct.iter_unpack("<I", self._read_chain(mini))] if mini < _END else []
        root = next((entry for entry in self._entries if entry[1] == 5), None)  # noqa: PLR2004 the root's type
        self._mini_stream = self._read_chain(root[2]) if root is not None and root[2] < _END else b""

    def _read_sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        data = self._data[start : start + self._size]
        if not data:
            raise self._complain()
        return data.ljust(self._size, b"\0")

    def _read_chain(self, first: int) -> bytes:
        parts: list[bytes] = []
        sector = first
        while sector < _END:
            if len(parts) > len(self._fat) or sector >= len(self._fat):
                raise self._complain()
            parts.append(self._read_sector(sector))
            sector = self._fat[sector]
        return b"".join(parts)

    def _list_entries(self, data: bytes) -> list[tuple[str, int, int, int]]:
        """Return name, type, first sector and size of each entry of the directory."""
        entries = []
        for start in range(0, len(data) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", data, start + 64)
            name = data[start : start + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            first, size = struct.unpack_from("<II", data, start + 116)
            entries.append((name, kind, first, size))
        return entries

    def has_stream(self, name: str) -> bool:
        """Tell whether there is a stream of this name, in whatever case."""
        return any(entry[0].lower() == name.lower() and entry[1] == 2 for entry in self._entries)  # noqa: PLR2004 a stream's type

    def read_stream(self, name: str) -> bytes:
        """Return a stream's bytes.

        Raises:
            InputError: there is no such stream, or its chain is damaged.
        """
        for entry_name, kind, first, size in self._entries:
            if entry_name.lower() == name.lower() and kind == 2:  # noqa: PLR2004 a stream's type
                data = self._read_chain(first) if size >= self._cutoff else self._read_mini_chain(first)
                return data[:size]
        raise self._complain()

    def _read_mini_chain(self, first: int) -> bytes:
        parts: list[bytes] = []
        sector = first
        while sector < _END:
            if len(parts) > len(self._mini_fat) or sector >= len(self._mini_fat):
                raise self._complain()
            parts.append(self._mini_stream[sector * self._mini_size : (sector + 1) * self._mini_size])
            sector = self._mini_fat[sector]
        return b"".join(parts)
