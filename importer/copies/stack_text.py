"""A corrected copy of a YAML or JSON file: the characters of single values are replaced, all others are passed on."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import yaml

from importer.copies.packed import open_new
from importer.errors import UsageError
from importer.formats.stacks.json_events import iter_json_events
from importer.formats.stacks.nodes import iter_yaml_events
from importer.formats.text.text import iter_blocks, open_text, scan_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from importer.chunks import Source
    from importer.copies.edit import Changes, Edit

MAX_BYTES = 256 * 1024**2
"""Bytes of a file whose values are changed; all of it is held in memory."""
_PROPERTIES = re.compile(r"(?:[&!][^ \t\r\n]*[ \t]+)*")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"})
"""What some YAML readers take for something else than a text."""
_JSON_TOKEN = re.compile(r'"(?:[^"\\\r\n]|\\.)*"|[^\s,:\[\]{}"]+')
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def write_stack_text(source: Source, to: Path, changes: Changes) -> tuple[str, ...]:
    """Write a copy of a YAML or JSON file in which single values are replaced.

    Returns what is to be known of it: nothing.

    Raises:
        UsageError: a row is to be deleted, no value begins at an edit's place, or its extent isn't sure.
        InputError: the file can't be read.
    """
    edits, deleted = changes.of_sheet(None)
    if deleted:
        raise UsageError(f"{source.name}: rows of a {source.format.upper()} file can't be deleted. Edit it by hand.")
    data = _read_bytes(source)
    facts = scan_text(source)
    with open_text(source, facts, is_strict=True) as stream:
        text = stream.read()
    mark = next((data[:size] for size in (0, 2, 3, 4) if data[size:] == _encode(text, facts.encoding, data)), None)
    wanted = {(row, column): edit for row, columns in edits.items() for column, edit in columns.items()}
    is_plain = all(edit.now.isascii() for edit in wanted.values())
    if mark is None or not (is_plain or facts.sample is None):
        raise UsageError(f"{source.name}: its encoding isn't sure. Save the file as UTF-8 first.")
    find = _find_json_values if source.format in {"json", "jsonl"} else _find_yaml_values
    parts: list[str] = []
    at = 0
    for start, end, written in sorted(find(source, text, wanted)):
        parts += (text[at:start], written)
        at = end
    with open_new(to) as copy:
        copy.write(mark + _encode("".join([*parts, text[at:]]), facts.encoding, data))
    return ()


def _read_bytes(source: Source) -> bytes:
    blocks: list[bytes] = []
    size = 0
    for block in iter_blocks(source):
        size += len(block)
        if size > MAX_BYTES:
            raise UsageError(f"{source.name} is too large to be changed in its place. Edit it by hand.")
        blocks.append(block)
    return b"".join(blocks)


def _encode(text: str, encoding: str, like: bytes) -> bytes:
    """Return the bytes of a text in an encoding, without its mark, in the byte order of others."""
    if encoding in {"utf-16", "utf-32"}:
        order = "-be" if like[:4] in {b"\xfe\xff" + like[2:4], b"\x00\x00\xfe\xff"} else "-le"
        return text.encode(encoding + order)
    return text.encode("utf-8" if encoding == "utf-8-sig" else encoding, "replace")


def _find_yaml_values(
    source: Source, text: str, wanted: Mapping[tuple[int, int], Edit]
) -> Iterator[tuple[int, int, str]]:
    """Yield where each value that is replaced begins and ends, and what takes its place.

    Raises:
        UsageError: no value begins at an edit's place, or it is written in a way in which its extent isn't sure.
    """
    left = dict(wanted)
    try:
        for event in iter_yaml_events(io.StringIO(text, newline="")):
            begin = event.start_mark
            if not isinstance(event, yaml.ScalarEvent) or begin is None or event.end_mark is None:
                continue
            edit = left.pop((begin.line + 1, begin.column), None)
            if edit is not None:
                written = text[begin.index : event.end_mark.index]
                properties = _PROPERTIES.match(written)
                start = begin.index + (0 if properties is None else properties.end())
                value = text[start : event.end_mark.index]
                if not _is_sure(value, event):
                    raise _explain(source, edit, "is written over several lines. Edit it by hand")
                yield start, event.end_mark.index, _write_yaml(edit.now, like=value)
    except yaml.YAMLError as error:
        raise UsageError(f"{source.name} can't be changed in its place ({error}). Edit it by hand.") from None
    for edit in left.values():
        raise _explain(source, edit, "isn't a single value. Edit it by hand")


def _is_sure(written: str, event: yaml.ScalarEvent) -> bool:
    """Tell whether a value's characters are all of it, on one line."""
    if "\n" in written or "\r" in written:
        return False
    if event.style in {"'", '"'}:
        return len(written) > 1 and written[0] == written[-1] == event.style
    return not event.style and written == event.value


def _write_yaml(text: str, *, like: str) -> str:
    """Return a text as YAML: plain where it was plain and nobody takes it for anything else, else in quotes."""
    if like[:1] not in {"'", '"'} and _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if like[:1] == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return _write_json(text)


def _write_json(text: str) -> str:
    """Return a text as a JSON string, which YAML takes too; what can't be seen as its escape."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def _find_json_values(
    source: Source, text: str, wanted: Mapping[tuple[int, int], Edit]
) -> Iterator[tuple[int, int, str]]:
    """Yield as `_find_yaml_values`; a value's end is that of its token."""
    left = dict(wanted)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for event in iter_json_events(io.StringIO(text, newline=""), source.name):
        begin = event.start_mark
        if isinstance(event, yaml.ScalarEvent) and begin is not None:
            edit = left.pop((begin.line + 1, begin.column), None)
            match = None if edit is None else _JSON_TOKEN.match(text, starts[begin.line] + begin.column)
            if match is not None and edit is not None:
                yield match.start(), match.end(), _write_json(edit.now)
    for edit in left.values():
        raise _explain(source, edit, "isn't a single value. Edit it by hand")


def _explain(source: Source, edit: Edit, said: str) -> UsageError:
    return UsageError(f"{source.name}, line {edit.row}, column {edit.column + 1}: {(edit.was or '')[:60]!r} {said}.")
