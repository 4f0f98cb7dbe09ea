"""Packed text inputs: gzip, bzip2, xz, zstandard, and zip with one member, unpacked as they are read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

from importer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

try:
    import zstandard
except ImportError:  # the extra "compression" isn't installed
    _has_zstandard = False
else:
    _has_zstandard = True

_ZSTANDARD_BLOCK = 256
_MOST_WINDOW = 128 * 1024**2
PACKINGS = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
DAMAGE: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
"""What the readers of packed files raise when one is damaged or protected."""
if _has_zstandard:
    DAMAGE = (*DAMAGE, zstandard.ZstdError)


def open_packed(path: Path, name: str) -> BinaryIO:
    """Open a file's bytes, unpacked where its suffix says that it is packed.

    Raises:
        InputError: it can't be opened, is no such file, or the library for it isn't installed.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".gz":
            return cast("BinaryIO", gzip.open(path, "rb"))
        if suffix == ".bz2":
            return cast("BinaryIO", bz2.open(path, "rb"))
        if suffix == ".xz":
            return cast("BinaryIO", lzma.open(path, "rb"))
        if suffix == ".zst":
            return _open_zstandard(path, name)
        if suffix == ".zip":
            return _open_member(path, name)
        return path.open("rb")
    except DAMAGE as error:
        raise explain_damage(error, name) from None


def explain_damage(error: Exception, name: str) -> InputError:
    """Return what is to be said of a file that can't be opened, or not read to its end."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return InputError(
        f"{name} can't be read to the end ({said}). Check the path and its permissions, or copy it again."
    )


def _open_zstandard(path: Path, name: str) -> BinaryIO:
    if not _has_zstandard:
        raise InputError(f"{name} is compressed with zstandard. Unpack it, or install layer-importer[compression].")
    return io.BufferedReader(_ZstandardStream(path.open("rb")))


class _ZstandardStream(io.RawIOBase):
    """A zstandard file unpacked as it is read; unlike the library's own stream it tells a file that was cut off."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).decompressobj()
        self._ready = memoryview(b"")
        self._is_inside = False

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer with what is unpacked next, and return how much it is.

        Raises:
            EOFError: the file was cut off.
        """
        target = memoryview(buffer).cast("B")
        while not self._ready:
            # few bytes at a time: each may unpack to a hundred thousand times as many
            data = self._packed.read(_ZSTANDARD_BLOCK)
            if not data:
                if self._is_inside:
                    raise EOFError("it is cut off")
                return 0
            self._ready = memoryview(b"".join(self._unpack(data)))
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield what packed bytes unpack to, frame after frame."""
        while data:
            self._is_inside = True
            yield self._unpacker.decompress(data)
            data = self._unpacker.unused_data
            if self._unpacker.eof:
                self._is_inside = False
                self._unpacker = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).decompressobj()

    def close(self) -> None:
        """Close the file."""
        self._packed.close()
        super().close()


def _open_member(path: Path, name: str) -> BinaryIO:
    """Open the one member of a zip file."""
    package = zipfile.ZipFile(path)
    return cast("BinaryIO", package.open(find_member(package, name)))


def find_member(package: zipfile.ZipFile, name: str) -> str:
    """Return the name of the one member of a zip file.

    Raises:
        InputError: it has none or several.
    """
    members = [entry.filename for entry in package.infolist() if not entry.is_dir()]
    # what macOS packs beside each file
    members = [member for member in members if not member.startswith("__MACOSX/")]
    if len(members) != 1:
        raise InputError(
            f"{name} contains {len(members)} files, but a compressed input must contain one. Unpack it and name "
            "the folder."
        )
    return members[0]
