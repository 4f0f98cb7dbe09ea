"""The text of an input: its encoding and what is wrong with its bytes, found before a line of it is read."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from importer.errors import InputError, InputLimitError
from importer.read.limits import MAX_INPUT_BYTES, MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import Source

_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What is known of a text input before it is read.

    Attributes:
        encoding: a codec's name; byte-order marks are taken off by it.
        has_nul: a NUL character is in it.
        has_undecodable: a byte of it is no character in that encoding.
    """

    encoding: str
    has_nul: bool = False
    has_undecodable: bool = False


def open_bytes(source: Source) -> BinaryIO:
    """Open an input's bytes.

    Raises:
        InputError: it can't be opened.
    """
    try:
        return source.path.open("rb")
    except OSError as error:
        raise InputError(
            f"{source.name} can't be read: {error.strerror}. Check the path and its permissions."
        ) from None


def iter_blocks(source: Source) -> Iterator[bytes]:
    """Yield an input's bytes in blocks.

    Raises:
        InputError: it can't be read.
        InputLimitError: it is larger than the bound.
    """
    size = 0
    with open_bytes(source) as stream:
        while True:
            try:
                block = stream.read(_BLOCK)
            except OSError as error:
                raise InputError(f"{source.name} can't be read to its end: {error.strerror}.") from None
            if not block:
                return
            size += len(block)
            if size > MAX_INPUT_BYTES:
                raise InputLimitError(
                    f"{source.name} holds more than {MAX_INPUT_BYTES // 1024**3} GiB: split it into several files."
                )
            yield block


def scan_text(source: Source) -> TextFacts:
    """Return what is to be known of a text input, in one pass over its bytes.

    Raises:
        InputError: it can't be read, is empty or is no text.
        InputLimitError: it, or one of its lines, is larger than the bound.
    """
    blocks = iter_blocks(source)
    head = next(blocks, b"")
    if not head:
        raise InputError(f"{source.name} is empty: there is nothing in it to import.")
    encoding = _sniff_mark(head)
    decoder = codecs.getincrementaldecoder(encoding)()
    has_nul = has_undecodable = False
    line = 0
    block: bytes = head
    while True:
        line = _measure_line(block, line, source)
        if not has_undecodable:
            try:
                text = decoder.decode(block)
                has_nul = has_nul or "\0" in text
            except UnicodeDecodeError:
                has_undecodable = True
        has_nul = has_nul or (has_undecodable and b"\0" in block)
        following = next(blocks, None)
        if following is None:
            break
        block = following
    if not has_undecodable:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            has_undecodable = True
    return TextFacts(encoding, has_nul, has_undecodable)


def _sniff_mark(head: bytes) -> str:
    """Return the encoding that the first bytes tell: a byte-order mark, else UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def _measure_line(block: bytes, before: int, source: Source) -> int:
    """Return the length of the line that is open at a block's end, and refuse one past the bound."""
    last = max(block.rfind(b"\n"), block.rfind(b"\r"))
    if last >= 0:
        return len(block) - last
    if before + len(block) > MAX_LINE_BYTES:
        raise InputLimitError(
            f"{source.name} has a line of more than {MAX_LINE_BYTES // 1024**2} MiB: it is no table or YAML of layers. "
            "Export it again."
        )
    return before + len(block)


def open_text(source: Source, facts: TextFacts, *, newline: str | None = "") -> io.TextIOWrapper:
    """Open an input's text; bytes that are no characters come as lone surrogates (PEP 383).

    Raises:
        InputError: it can't be opened.
    """
    return io.TextIOWrapper(
        open_bytes(source), encoding=facts.encoding, errors="surrogateescape", newline=newline, write_through=False
    )


def find_damage(text: str) -> tuple[str, str] | None:
    """Return code and message for a text with a NUL or an undecodable byte, None for a sound one."""
    if "\0" in text:
        return "nul-byte", "There is a NUL character in this text: the file is damaged here. Export it again."
    for character in text:
        if "\udc80" <= character <= "\udcff":
            byte = ord(character) - 0xDC00
            return (
                "undecodable-byte",
                f"The byte 0x{byte:02X} is no character in the encoding of this file. Save the file as UTF-8.",
            )
    return None


def show_damage(text: str) -> str:
    r"""Return a text with its NULs and undecodable bytes written as ``\xNN``, so that it can be shown and stored."""
    return "".join(
        f"\\x{ord(character) & 0xFF:02x}" if character == "\0" or "\udc80" <= character <= "\udcff" else character
        for character in text
    )
