"""The text of an input: its encoding and what is wrong with its bytes, found before a line of it is read."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_INPUT_BYTES, MAX_LINE_BYTES, MAX_TEXT_RATIO, MAX_UNPACKED_FREE
from importer.formats.text.encodings import NAMES, guess_encoding, is_damaged_utf8, sniff_encoding
from importer.formats.text.packing import DAMAGE, explain_damage, open_packed
from importer.formats.true_kind import explain_true_kind
from importer.issues import Code, Problem, make_issue
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import Source
    from importer.model import Issue

_BLOCK = 1024 * 1024
_SAMPLE = 64 * 1024
_SAMPLE_LINE = 1000
_FEW_NULS = 8
_BINARY = (
    *(b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"PAR1", b"ARROW1", b"SQLite format 3", b"\x7fELF"),
    *(
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ",
        b"\x28\xb5\x2f\xfd",
        b"7z\xbc\xaf",
        b"Rar!",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
    ),
)
_DOCUMENTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
_PAGES = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What is known of a text input before it is read.

    Attributes:
        encoding: a codec's name; byte-order marks are taken off by it.
        has_nul: a NUL character is in it.
        has_undecodable: a byte of it is no character in that encoding.
        sample: where the encoding was guessed, a text that shows what it makes of the file; else None.
        is_plain: it is sound UTF-8 without NULs and without a quote, and its lines end in LF or CR LF.
    """

    encoding: str
    has_nul: bool = False
    has_undecodable: bool = False
    sample: str | None = None
    is_plain: bool = False


def open_bytes(source: Source) -> BinaryIO:
    """Open an input's bytes, unpacked.

    Raises:
        InputError: it can't be opened.
    """
    return open_packed(source.path, source.name)


def iter_blocks(source: Source) -> Iterator[bytes]:
    """Yield an input's bytes in blocks, unpacked.

    Raises:
        InputError: it can't be read.
        InputLimitError: it is larger than the bound, or unpacks to too many times its size.
    """
    size = 0
    packed = source.path.stat().st_size
    with open_bytes(source) as stream:
        while True:
            try:
                block = stream.read(_BLOCK)
            except DAMAGE as error:
                raise explain_damage(error, source.name) from None
            if not block:
                return
            size += len(block)
            if size > MAX_INPUT_BYTES:
                raise InputLimitError(
                    f"{source.name} is larger than {MAX_INPUT_BYTES // 1024**3} GiB. Split it into several files."
                )
            if size > MAX_UNPACKED_FREE and size > packed * MAX_TEXT_RATIO:
                raise InputLimitError(
                    f"{source.name} expands to more than {MAX_TEXT_RATIO} times its size; refused as a possible "
                    "zip bomb. Check where it comes from."
                )
            yield block


def scan_text(source: Source) -> TextFacts:
    """Return what is to be known of a text input, in one pass over its bytes.

    Raises:
        InputError: it can't be read, is empty or is no text.
        InputLimitError: it, or one of its lines, is larger than the bound.
    """
    scan = _Scan(source)
    for block in iter_blocks(source):
        scan.add(block)
    return scan.finish()


def _explain_binary(source: Source, block: bytes) -> InputError:
    """Return what is to be said of a file that is no text."""
    if block.startswith(_DOCUMENTS) and source.format in {"csv", "tsv"}:
        return explain_true_kind(source)
    return InputError(
        f"{source.name} isn't plain text: it looks like a workbook or a compressed file. Give it the right suffix."
    )


class _Scan:
    """What is learnt of a text, block by block."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._encoding = ""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_sound = True
        self._has_nul = False
        self._line = 0
        self._sample = bytearray()
        self._has_quote = False
        self._lone_returns = 0
        self._is_open_return = False

    def add(self, block: bytes) -> None:
        """Take a block in."""
        if not self._encoding:
            if block.startswith(_BINARY):
                raise _explain_binary(self._source, block)
            if block[:1000].lstrip().lower().startswith(_PAGES):
                raise InputError(f"{self._source.name} is a web page, perhaps a login page. Download the file itself.")
            self._encoding = sniff_encoding(block) if self._source.encoding is None else self._source.encoding
            if self._encoding.lower().replace("_", "-") in {"utf-8", "utf8"}:
                self._encoding = "utf-8-sig"
            if self._encoding == "utf-8-sig" and block.count(0) > max(_FEW_NULS, len(block) // 1000):
                raise InputError(f"{self._source.name} isn't plain text, despite its name. Give it the right suffix.")
            self._decoder = codecs.getincrementaldecoder(self._encoding)()
        self._has_quote = self._has_quote or b'"' in block
        self._lone_returns -= self._is_open_return and block.startswith(b"\n")
        self._is_open_return = block.endswith(b"\r")
        if b"\r" in block:
            self._lone_returns += block.count(b"\r") - block.count(b"\r\n")
        self._line = _measure_line(block, self._line, self._source)
        self._decode(block, final=False)
        if not block.isascii() and len(self._sample) < _SAMPLE:
            for line in block.splitlines():
                if not line.isascii() and len(self._sample) < _SAMPLE:
                    self._sample += line[:_SAMPLE_LINE] + b"\n"

    def _decode(self, block: bytes, *, final: bool) -> None:
        if self._is_sound and self._decoder is not None:
            try:
                self._has_nul = "\0" in self._decoder.decode(block, final) or self._has_nul
            except UnicodeDecodeError:
                self._is_sound = False
        if not self._is_sound:
            self._has_nul = self._has_nul or b"\0" in block

    def finish(self) -> TextFacts:
        """Return what was learnt."""
        if not self._encoding:
            raise InputError(f"{self._source.name} is empty.")
        self._decode(b"", final=True)
        if self._is_sound:
            is_plain = self._encoding == "utf-8-sig" and not self._has_nul and not self._has_quote
            return TextFacts(self._encoding, self._has_nul, is_plain=is_plain and not self._lone_returns)
        if self._source.encoding is not None:
            return TextFacts(self._encoding, self._has_nul, has_undecodable=True)
        sample = bytes(self._sample)
        if self._encoding != "utf-8-sig":
            raise InputError(
                f"{self._source.name} looks like {self._encoding.upper()}, but some of its bytes aren't. It is "
                "damaged: export it again, as UTF-8."
            )
        if is_damaged_utf8(sample):
            return TextFacts(self._encoding, self._has_nul, has_undecodable=True)
        guess = guess_encoding(sample)
        shown = sample.decode(guess, "replace").splitlines()
        return TextFacts(guess, self._has_nul, has_undecodable=True, sample=shown[0].strip()[:80] if shown else "")


ENCODING_UNSURE = Code(
    "encoding-unsure",
    Severity.ERROR,
    "The text has special characters in a guessed encoding, so it may be wrong.",
    "Save the file as UTF-8, or write the encoding in a mapping file, e.g. `encoding: cp1252`.",
    "Gr\u00f6\u00dfe in a file that isn't UTF-8",
)

ENCODING_GUESSED = Code(
    "encoding-guessed",
    Severity.WARNING,
    "The file isn't UTF-8. Its encoding was guessed from its special characters.",
    "Check its special characters. If they are right, write the encoding in a mapping file, e.g. `encoding: cp1252`.",
    "a file saved by Excel as CSV (Windows-1252)",
    option="--encoding cp1252",
)


def note_encoding(source: Source, facts: TextFacts) -> list[Issue]:
    """Return a warning where the encoding of a text was guessed, with a text to judge by."""
    if facts.sample is None:
        return []
    said = (
        f"This file isn't UTF-8. It was read as {NAMES.get(facts.encoding, facts.encoding)} ({facts.encoding}), "
        "which is a guess."
    )
    return [make_issue(Problem(ENCODING_GUESSED, said), Where(source.name), value=facts.sample)]


def doubt_text(text: str, facts: TextFacts) -> Problem | None:
    """Return what is to be said of a cell in an encoding that was guessed, None where that doesn't matter."""
    if facts.sample is None or text.isascii():
        return None
    said = f"{text[:60]!r} was read as {NAMES.get(facts.encoding, facts.encoding)} "
    said += f"({facts.encoding}), which is a guess."
    return Problem(ENCODING_UNSURE, said)


def _measure_line(block: bytes, before: int, source: Source) -> int:
    """Return the length of the line that is open at a block's end, and refuse one past the bound."""
    last = max(block.rfind(b"\n"), block.rfind(b"\r"))
    if last >= 0:
        return len(block) - last
    if before + len(block) > MAX_LINE_BYTES:
        raise InputLimitError(
            f"{source.name} has a line of more than {MAX_LINE_BYTES // 1024**2} MiB, so it can't be a table or "
            "YAML file of layers. Export it again."
        )
    return before + len(block)


def open_text(source: Source, facts: TextFacts, *, is_strict: bool = False) -> io.TextIOWrapper:
    """Open an input's text; bytes that are no characters come as lone surrogates (PEP 383), or are an error if strict.

    Raises:
        InputError: it can't be opened.
    """
    return io.TextIOWrapper(
        open_bytes(source), encoding=facts.encoding, errors="strict" if is_strict else "surrogateescape", newline=""
    )


NUL_BYTE = Code(
    "nul-byte",
    Severity.ERROR,
    "The row contains a NUL character, so the file is damaged there.",
    "Export the file again, or retype the row.",
    "Ba\\x00TiO3",
)

UNDECODABLE_BYTE = Code(
    "undecodable-byte",
    Severity.ERROR,
    "The row contains a byte that isn't a character in the encoding of the file.",
    "Save the file as UTF-8, or retype the row.",
    "Ba\\xffTiO3",
)


def find_damage(text: str) -> tuple[Code, str] | None:
    """Return code and message for a text with a NUL or an undecodable byte, None for a sound one."""
    if "\0" in text:
        return NUL_BYTE, "This text contains a NUL character, so the file is damaged here."
    for character in text:
        if "\udc80" <= character <= "\udcff":
            byte = ord(character) - 0xDC00
            return (
                UNDECODABLE_BYTE,
                f"The byte 0x{byte:02X} isn't a character in the encoding of this file.",
            )
    return None


def show_damage(text: str) -> str:
    r"""Return a text with its NULs and undecodable bytes written as ``\xNN``, so that it can be shown and stored."""
    return "".join(
        f"\\x{ord(character) & 0xFF:02x}" if character == "\0" or "\udc80" <= character <= "\udcff" else character
        for character in text
    )
