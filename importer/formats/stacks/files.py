"""YAML and JSON stack definitions: documents, lists and ``stacks:`` as they pass, so that memory follows one stack."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from importer.errors import InputError
from importer.formats.stacks.gather import gather_rows
from importer.formats.stacks.json_events import iter_json_events
from importer.formats.stacks.nodes import Fault, MappingNode, NodeReader, Scalar, iter_yaml_events
from importer.formats.stacks.order import find_order
from importer.formats.stacks.structure import (
    DEFAULTS,
    KEY_NEAR_MISS,
    LAYERS,
    SAMPLE,
    fold_keys,
    is_stacks_key,
    suggest_key,
)
from importer.formats.text.text import doubt_text, note_encoding, open_text, scan_text
from importer.issues import Code, make_issue
from importer.layers.header_names import match_header
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from importer.chunks import RawChunk, Source
    from importer.formats.stacks.nodes import Node
    from importer.formats.text.text import TextFacts

_TELL_OF_ALL = frozenset({"metadata", "meta", "id"})
"""Names of fields that beside ``stacks`` most likely tell of the file, not of each of its layers."""


def iter_yaml_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the layers of the stacks of a YAML file.

    Raises:
        InputError: it can't be read, or is no valid YAML.
        InputLimitError: it is past a bound of size or depth.
    """
    return _iter_chunks(source, iter_yaml_events, chunk_rows=chunk_rows)


def iter_orso_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the layers of the model in the header of an ORSO text file; raises as `iter_yaml_chunks`."""
    return _iter_chunks(source, lambda stream: iter_yaml_events(_HeaderLines(stream)), chunk_rows=chunk_rows)


def iter_json_chunks(source: Source, *, chunk_rows: int) -> Iterator[RawChunk]:
    """Yield the layers of the stacks of a JSON or JSON Lines file; raises as `iter_yaml_chunks`."""
    return _iter_chunks(source, lambda stream: iter_json_events(stream, source.name), chunk_rows=chunk_rows)


def _iter_chunks(
    source: Source, iter_events: Callable[[TextIO], Iterator[yaml.Event]], *, chunk_rows: int
) -> Iterator[RawChunk]:
    facts = scan_text(source)
    if (facts.has_undecodable and facts.sample is None) or facts.has_nul:
        raise InputError(f"{source.name} contains bytes that aren't valid in its encoding. Save it as UTF-8.")
    try:
        with open_text(source, facts, is_strict=True) as stream:
            reader = NodeReader(iter_events(stream), source.name)
            surplus: list[Fault] = []
            stacks = _iter_stacks(reader, source.name, surplus)
            issues = note_encoding(source, facts)
            for chunk in gather_rows(source, stacks, chunk_rows=chunk_rows, issues=issues, surplus=surplus):
                yield chunk if facts.sample is None else _doubt_cells(chunk, facts)
    except UnicodeError:
        raise InputError(f"{source.name} contains bytes that aren't valid in its encoding. Save it as UTF-8.") from None


def _doubt_cells(chunk: RawChunk, facts: TextFacts) -> RawChunk:
    """Return a chunk that tells at each value whether it depends on the encoding, which was guessed."""
    issues = []
    for column, texts in enumerate(chunk.columns):
        for row, text in enumerate(texts.cells):
            if text and (doubt := doubt_text(text, facts)) is not None:
                issues.append((row, column, make_issue(doubt, chunk.place_cell(row, column), value=text[:200])))
    return replace(chunk, cell_issues=(*chunk.cell_issues, *issues))


class _HeaderLines(io.TextIOBase):
    """The header of an ORSO text file (``.ort``) as YAML: its lines without their ``#``, each in its own place."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_ended = False

    def read(self, size: int | None = -1) -> str:
        """Return the next line; the file ends where its data begin."""
        del size
        line = "" if self._is_ended else self._stream.readline()
        if not line.startswith("#"):
            self._is_ended = True
            return ""
        return " " + line[1:] if line.startswith(("# #", "##")) else line[2:] or "\n"


def _iter_stacks(reader: NodeReader, name: str, surplus: list[Fault]) -> Iterator[tuple[Node, MappingNode | None]]:
    """Yield each stack of the stream, with what stands beside the list that it is in."""
    while not isinstance(reader.event, yaml.StreamEndEvent):
        event = reader.event
        if isinstance(event, yaml.SequenceStartEvent) and event.anchor is None:
            for item in _iter_items(reader):
                yield item, None
        elif isinstance(event, yaml.MappingStartEvent) and event.anchor is None:
            yield from _iter_root(reader, name, surplus)
        elif isinstance(event, yaml.NodeEvent):
            node = reader.read_node()
            if not (isinstance(node, Scalar) and not node.text):
                yield node, None
        else:
            if isinstance(event, yaml.DocumentEndEvent):
                reader.forget_anchors()
            reader.read_event()


def _iter_items(reader: NodeReader) -> Iterator[Node]:
    """Yield the items of the list that begins at the current event, each dropped before the next is built."""
    reader.read_event()
    while not isinstance(reader.event, yaml.SequenceEndEvent):
        yield reader.read_node(1)
    reader.read_event()


def _iter_root(reader: NodeReader, name: str, surplus: list[Fault]) -> Iterator[tuple[Node, MappingNode | None]]:
    """Yield the stacks of a document that is a mapping: those under ``stacks:``, or itself.

    Raises:
        InputError: what stands below the stacks, or beside them, is for their layers and would be lost.
    """
    mark = reader.event.start_mark
    root = MappingNode({}, *((1, 1) if mark is None else (mark.line + 1, mark.column + 1)))
    has_stacks = False
    reader.read_event()
    while not isinstance(reader.event, yaml.MappingEndEvent):
        key = reader.read_node(1)
        is_list = isinstance(reader.event, yaml.SequenceStartEvent) and reader.event.anchor is None
        if is_stacks_key(key) and is_list and not has_stacks:
            has_stacks = True
            outer = fold_keys(root)
            surplus += _iter_surplus(outer, name)
            for item in _iter_items(reader):
                yield item, outer
            root = MappingNode({}, key.line, key.column)
            continue
        reader.add_pair(root, key, reader.read_node(1))
    reader.read_event()
    if not has_stacks:
        yield root, None
        return
    below = fold_keys(root)
    said = find_order([below])
    if DEFAULTS in below.pairs or said is not None:
        line = below.keys[DEFAULTS if said is None else said.key].line
        raise InputError(f"{name}, line {line}: keys beside `stacks` must come above it, not below.")
    surplus += _iter_surplus(below, name)


KEY_UNUSED = Code(
    "key-unused",
    Severity.NOTE,
    "A key beside `stacks` has no meaning and was ignored.",
    "If it applies to the layers, write it under `defaults`.",
    "{project: FE films, stacks: [...]}",
)


def _iter_surplus(node: MappingNode, name: str) -> Iterator[Fault]:
    """Yield what is to be said of the keys beside ``stacks``: they are passed over, unless they tell of layers.

    Raises:
        InputError: a key names a field of all layers, or has no place there.
    """
    yield from node.faults
    order = find_order([node])
    for key, place in node.keys.items():
        field, is_weak = match_header(key)
        if key == DEFAULTS or (order is not None and key == order.key):
            continue
        if key in {LAYERS, SAMPLE} or is_stacks_key(place):
            raise InputError(f"{name}, line {place.line}: {key!r} belongs in one of the `stacks`, not beside them.")
        if field is not None and not is_weak and key.strip().casefold() not in _TELL_OF_ALL:
            said = f"only `defaults` applies to all layers. Move {key!r} there, or into the stacks."
            raise InputError(f"{name}, line {place.line}: {said}")
        near = suggest_key(key)
        hint = "" if near is None else f" Did you mean {near!r}?"
        said = f"The key {key!r} beside `stacks` has no meaning and was ignored.{hint}"
        yield Fault(KEY_UNUSED if near is None else KEY_NEAR_MISS, said, key[:200], place.line, place.column, near)
