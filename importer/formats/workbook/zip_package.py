"""Zip packages (XLSX, XLSM, XLSB, ODS) looked through before anything parses them.

A package is only parsed when its entries, their true sizes and their ratio of packing stay within bounds and when no
part of it declares a document type: that is how entities, and with them files of this machine, would get in.
"""

from __future__ import annotations

import codecs
import os
import re
import zipfile
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_PACKAGE_BYTES, MAX_PACKAGE_ENTRIES, MAX_PACKAGE_RATIO, MAX_TREE_BYTES
from importer.formats.true_kind import explain_true_kind
from importer.formats.workbook.compound_file import OLE2, is_protected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import Source

_BLOCK = 1024 * 1024
_FREE_BYTES = 10 * 1024 * 1024
_LOCAL_HEADER = 30
# the characters of UTF-16 and UTF-32 have NULs between them
_DECLARATION = re.compile(rb"<\0*!\0*(?:D\0*O\0*C\0*T\0*Y\0*P\0*E|E\0*N\0*T\0*I\0*T\0*Y)")
_LONGEST_DECLARATION = 40


class Package:
    """A zip package whose parts can be read without surprise.

    Raises:
        InputError: it is no such package, is damaged or protected by a password, or declares a document type.
        InputLimitError: it unpacks to more than the bounds.
    """

    def __init__(self, source: Source) -> None:
        self._name = source.name
        self._wide: set[str] = set()
        try:
            self._stream = source.path.open("rb")
        except OSError as error:
            raise InputError(f"{source.name} can't be read: {error.strerror}.") from None
        try:
            self._open(source)
        except BaseException:
            self._stream.close()
            raise

    def _open(self, source: Source) -> None:
        """Look the package through.

        Raises:
            InputError, InputLimitError: see the class.
        """
        try:
            head = self._stream.read(8)
            self._size = self._stream.seek(0, os.SEEK_END)
            if not head:
                raise InputError(f"{source.name} is empty.")
            _refuse_other_kinds(head, source)
            self._zip = zipfile.ZipFile(self._stream)
            self._parts = self._list_parts()
            self._check_sizes()
        except zipfile.BadZipFile as error:
            raise InputError(f"{source.name} is damaged or cut off ({error}). Copy or export it again.") from None
        except (OSError, zlib.error, EOFError) as error:
            raise InputError(f"{source.name} can't be read: {error}. Copy or export it again.") from None

    def close(self) -> None:
        """Close the file, also where an error left a part of it open."""
        self._zip.close()
        self._stream.close()

    def has_part(self, name: str) -> bool:
        """Tell whether there is a part of this name."""
        return fold_name(name) in self._parts

    def iter_part(self, name: str) -> Iterator[bytes]:
        """Yield a part's bytes in blocks.

        Raises:
            InputError: there is no such part, it is damaged, or in UTF-16.
        """
        if fold_name(name) in self._wide:
            # written so, it would be read by some programs and not be seen by others
            raise InputError(
                f"The part {name} of {self._name} has an unusual encoding. Open the file and save it again."
            )
        try:
            with self._zip.open(self._parts[fold_name(name)]) as stream:
                while block := stream.read(_BLOCK):
                    yield block
        except KeyError:
            raise InputError(f"{self._name} has no part {name}. Export it again.") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"{self._name} is damaged in its part {name} ({error}). Export it again.") from None

    def read_tree(self, name: str) -> ET.Element:
        """Return a part as a tree; only for parts that are small by nature.

        Raises:
            InputError: it is no XML.
            InputLimitError: it is too large to be held.
        """
        size = self._parts[fold_name(name)].file_size if self.has_part(name) else 0
        if size > MAX_TREE_BYTES:
            raise InputLimitError(
                f"{self._name} has a part {name} of {size // 1024**2:,} MiB (limit {MAX_TREE_BYTES // 1024**2} "
                "MiB). Copy its sheets into a new workbook."
            )
        try:
            return ET.fromstring(b"".join(self.iter_part(name)))  # noqa: S314 no part declares a document type
        except (ET.ParseError, LookupError, ValueError) as error:
            raise InputError(f"{self._name} is damaged in its part {name} ({error}). Export it again.") from None

    def _list_parts(self) -> dict[str, zipfile.ZipInfo]:
        """Return folded name -> entry.

        Raises:
            InputError: two entries have one name: which of them is read would be up to the program.
            InputLimitError: there are too many.
        """
        entries = self._zip.infolist()
        if len(entries) > MAX_PACKAGE_ENTRIES:
            raise InputLimitError(
                f"{self._name} has {len(entries)} parts (limit {MAX_PACKAGE_ENTRIES}). Save it again."
            )
        parts = {fold_name(entry.filename): entry for entry in entries}
        if len(parts) < len(entries):
            raise InputError(f"{self._name} contains two parts with the same name. Open it and save it again.")
        return parts

    def _check_sizes(self) -> None:
        """Refuse packages with parts that are protected, or that unpack to too much, by what they declare and in truth.

        Raises:
            InputError: a part is protected, or packed in an unusual way.
            InputLimitError: they unpack to more than the bounds, or to another size than they declare.
        """
        entries = self._zip.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise InputError(f"{self._name} is protected by a password. Save it without one.")
        packed = sum(entry.compress_size for entry in entries)
        size = sum(entry.file_size for entry in entries)
        if max((entry.file_size for entry in entries), default=0) > MAX_PACKAGE_BYTES or size > 2 * MAX_PACKAGE_BYTES:
            raise InputLimitError(
                f"{self._name} unpacks to {size // 1024**2:,} MiB (limit {MAX_PACKAGE_BYTES // 1024**2:,} MiB "
                "a part). Split it into several workbooks."
            )
        if size > _FREE_BYTES and size > packed * MAX_PACKAGE_RATIO:
            raise InputLimitError(
                f"{self._name} expands to {size // max(packed, 1)} times its size (limit {MAX_PACKAGE_RATIO}); "
                "refused as a possible zip bomb. Check where it comes from, or save it again."
            )
        if packed > self._size:
            raise InputError(f"{self._name} is damaged: its parts overlap. Open it and save it again.")
        for name, entry in self._parts.items():
            self._check_part(name, entry)

    def _check_part(self, name: str, entry: zipfile.ZipInfo) -> None:
        """Refuse a part that isn't what its directory says; note it if it is in UTF-16.

        Raises:
            InputError: it is packed in an unusual way, or declares a document type.
            InputLimitError: it unpacks to another size than it declares.
        """
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise InputError(f"{self._name} is compressed in an unusual way. Open it and save it again.")
        is_xml = name.endswith((".xml", ".rels"))
        size, tail = 0, b""
        for block in self._iter_true_bytes(entry):
            if is_xml:
                self._check_text(name, tail + block, is_start=not size)
                tail = block[-_LONGEST_DECLARATION:]
            size += len(block)

    def _check_text(self, name: str, text: bytes, *, is_start: bool) -> None:
        """Refuse XML that declares a document type; note a part in UTF-16.

        Raises:
            InputError: it declares one.
        """
        if is_start and text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._wide.add(name)
        if b"!" in text and _DECLARATION.search(text):  # hardly any part has a "!" at all
            raise InputError(
                f"{self._name} declares a document type in {self._parts[name].filename}, which could pull in other "
                "files. Open it and save it again."
            )

    def _iter_true_bytes(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield what an entry really unpacks to, whatever its directory says.

        Raises:
            InputLimitError: another size than it declares.
            BadZipFile: its header or its checksum is wrong.
        """
        # zipfile itself stops at the declared size: what a reader that doesn't stop there meets must be seen too
        self._zip.open(entry).close()
        size = checksum = 0
        for block in self._unpack(entry):
            size += len(block)
            if size > entry.file_size:
                break
            checksum = zlib.crc32(block, checksum)
            yield block
        if size != entry.file_size:
            raise InputLimitError(f"{self._name} declares a wrong size of {entry.filename}. Export it again.")
        if checksum != entry.CRC:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {entry.filename!r}")

    def _unpack(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield an entry's bytes in blocks, to the end of its packed bytes."""
        stream = self._zip.fp
        if stream is None:
            raise zipfile.BadZipFile("the file is closed")
        stream.seek(entry.header_offset)
        header = stream.read(_LOCAL_HEADER)
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        stream.seek(entry.header_offset + _LOCAL_HEADER + names)
        inflate = None if entry.compress_type == zipfile.ZIP_STORED else zlib.decompressobj(-15)
        left = entry.compress_size
        while left > 0 and not (inflate and inflate.eof):
            data = stream.read(min(left, _BLOCK))
            if not data:
                raise EOFError("it ends too early")
            left -= len(data)
            if inflate is None:
                yield data
            while inflate and data and not inflate.eof:
                if block := inflate.decompress(data, _BLOCK):
                    yield block
                data = inflate.unconsumed_tail
        if inflate and not inflate.eof and (block := inflate.flush()):
            yield block  # all was taken in already, and not yet all given out


def fold_name(name: str) -> str:
    """Return a part's name as it is compared: without regard to case, as ECMA-376 part 2, 6.2.2.3 has it."""
    return name.replace("\\", "/").lower()


def _refuse_other_kinds(head: bytes, source: Source) -> None:
    """Refuse a file that is no zip, saying what it is instead.

    Raises:
        InputError: it is no zip.
    """
    if head.startswith(b"PK\x03\x04"):
        return
    if head.startswith(OLE2) and is_protected(source):
        raise InputError(f"{source.name} is protected by a password. Save it without one.")
    if head.startswith(OLE2):
        raise InputError(f"{source.name} is an old Excel workbook under another name. Give it the suffix .xls.")
    raise explain_true_kind(source)
