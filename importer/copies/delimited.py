"""A corrected copy of a delimited text: the lines of touched rows are cut into cells, all other bytes are passed on."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.copies.packed import open_new
from importer.errors import UsageError
from importer.formats.text.delimited import find_delimiter
from importer.formats.text.spans import cut_cells, read_cell
from importer.formats.text.text import iter_blocks, scan_text, show_damage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from importer.chunks import Source
    from importer.copies.edit import Changes, Edit
    from importer.formats.text.text import TextFacts

_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)")
_END = re.compile(r"\r\n|\r|\n")
_MOST_LINES = 1_000
"""Lines of one record; a cell holds 131,072 characters."""


@dataclass(frozen=True, slots=True)
class _Text:
    """How the bytes of a text are read and written, a line at a time.

    Attributes:
        encoding: the codec, without a mark of its own.
        mark: the byte-order mark at the beginning.
        is_guessed: nobody said that it is in this encoding.
    """

    encoding: str
    mark: bytes
    is_guessed: bool

    @property
    def is_wide(self) -> bool:
        """Whether a line end is more than a byte."""
        return self.encoding.replace("_", "-").startswith(("utf-16", "utf-32"))

    @property
    def errors(self) -> str:
        """What becomes of what is no character: it comes back as the bytes that it was."""
        return "surrogatepass" if self.is_wide else "surrogateescape"

    def decode(self, line: bytes) -> str:
        """Return the characters of a line."""
        return line.decode(self.encoding, self.errors)


def write_delimited(source: Source, to: Path, changes: Changes) -> tuple[str, ...]:
    """Write a copy of a delimited text file in which cells are edited and rows are deleted.

    Returns what is to be known of it: nothing.

    Raises:
        UsageError: an edit is of a cell that isn't there or holds another text, or can't be written in the encoding.
        InputError: the file can't be read.
    """
    facts = scan_text(source)
    text = _find_text(source, facts)
    delimiter = find_delimiter(source, facts)
    edits, deleted = changes.of_sheet(None)
    wanted = {*edits, *deleted}
    with open_new(to) as stream:
        stream.write(text.mark)
        lines = _iter_lines(source, text)
        number = 0
        for line in lines:
            number += 1
            if number not in wanted:
                stream.write(line)
                continue
            record = [line]
            row = number
            while (cells := cut_cells("".join(map(text.decode, record)), delimiter)) is None:
                following = next(lines, None)
                if following is None or len(record) >= _MOST_LINES:
                    raise UsageError(f"{source.name}, row {row}: a quote is opened and never closed. Close it first.")
                record.append(following)
                number += 1
            if row in deleted:
                stream.writelines(_list_ends(record, text))
            else:
                stream.write(_Record(source, row, text, delimiter).change(b"".join(record), cells, edits[row]))
    return ()


def _find_text(source: Source, facts: TextFacts) -> _Text:
    """Return how the bytes of a text are read and written."""
    is_guessed = facts.sample is not None
    head = next(iter_blocks(source), b"")[:4]
    if facts.encoding == "utf-8-sig":
        return _Text("utf-8", codecs.BOM_UTF8 if head.startswith(codecs.BOM_UTF8) else b"", is_guessed)
    if facts.encoding in {"utf-16", "utf-32"}:
        for mark, encoding in _WIDE.items():
            if head.startswith(mark) and encoding.startswith(facts.encoding):
                return _Text(encoding, mark, is_guessed)
        return _Text(f"{facts.encoding}-le", b"", is_guessed)
    return _Text(facts.encoding, b"", is_guessed)


def _iter_lines(source: Source, text: _Text) -> Iterator[bytes]:
    """Yield the lines of a text with their ends, without its mark."""
    blocks = _drop_mark(iter_blocks(source), len(text.mark))
    if text.is_wide:
        yield from _iter_wide_lines(source, blocks, text)
        return
    held = b""
    for block in blocks:
        *lines, held = (held + block).splitlines(keepends=True) or [b""]
        if held.endswith(b"\n"):
            lines, held = [*lines, held], b""
        yield from lines
    yield from held.splitlines(keepends=True)


def _drop_mark(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    for block in blocks:
        if block[size:]:
            yield block[size:]
        size = max(0, size - len(block))


def _iter_wide_lines(source: Source, blocks: Iterator[bytes], text: _Text) -> Iterator[bytes]:
    """Yield the lines of a text whose characters are several bytes."""
    decoder = codecs.getincrementaldecoder(text.encoding)(text.errors)
    held = ""
    try:
        for block in blocks:
            held += decoder.decode(block)
            at = 0
            for match in _LINE.finditer(held):
                if match.end() == len(held) and held.endswith("\r"):
                    break  # its other half may be in the next block
                yield match[0].encode(text.encoding, text.errors)
                at = match.end()
            held = held[at:]
        held += decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise UsageError(
            f"{source.name} is damaged: some bytes aren't valid {text.encoding}. Export it again."
        ) from None
    yield from (match[0].encode(text.encoding, text.errors) for match in re.finditer(f"{_LINE.pattern}|.+", held))


def _list_ends(lines: list[bytes], text: _Text) -> Iterator[bytes]:
    """Yield the ends of lines alone: blank lines in their places."""
    for line in lines:
        end = _END.search(text.decode(line))
        yield b"" if end is None else end[0].encode(text.encoding)


@dataclass(frozen=True, slots=True)
class _Record:
    """A record that is edited."""

    source: Source
    row: int
    text: _Text
    delimiter: str

    def change(self, line: bytes, cells: list[tuple[int, int]], edits: Mapping[int, Edit]) -> bytes:
        """Return a record's bytes with its edits.

        Raises:
            UsageError: a cell isn't there or holds another text, or a text can't be written in the encoding.
        """
        text = self.text.decode(line)
        if text.encode(self.text.encoding, self.text.errors) != line:
            raise self._explain(f"its bytes can't be written again in {self.text.encoding}. Save the file as UTF-8.")
        parts: list[str] = []
        at = 0
        for column, edit in sorted(edits.items()):
            if not 0 <= column < len(cells):
                raise self._explain(f"there is no cell {edit.cell}: the row has {len(cells)} cells.")
            start, end = cells[column]
            found = read_cell(text[start:end])
            if show_damage(found) != (edit.was or ""):
                raise self._explain(f"cell {edit.cell} holds {found[:60]!r}, not {(edit.was or '')[:60]!r}.")
            if self.text.is_guessed and not edit.now.isascii():
                raise self._explain(
                    f"{edit.now!r} can't be written to cell {edit.cell}, for the file's encoding is only guessed. "
                    f"Give it, e.g. --encoding {self.text.encoding}."
                )
            parts += (text[at:start], self._write_cell(edit.now, is_quoted=text.startswith('"', start)))
            at = end
        try:
            return "".join([*parts, text[at:]]).encode(self.text.encoding, self.text.errors)
        except UnicodeEncodeError as error:
            raise self._explain(
                f"{error.object[error.start]!r} can't be written in {self.text.encoding}. Save the file as UTF-8 first."
            ) from None

    def _write_cell(self, text: str, *, is_quoted: bool) -> str:
        """Return a text as a cell, quoted where it was or must be."""
        if is_quoted or any(character in text for character in (self.delimiter, '"', "\r", "\n")):
            return '"' + text.replace('"', '""') + '"'
        return text

    def _explain(self, said: str) -> UsageError:
        return UsageError(f"{self.source.name}, row {self.row}: {said}")
