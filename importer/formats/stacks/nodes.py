"""YAML as it stands in the file: nodes built from the event stream of libyaml, every scalar as its characters.

Nothing is resolved: ``010``, ``NO`` and ``12:30`` are the texts that they are. Depth, size and aliases are bounded
while the events pass, so that a file can't exhaust the machine (billion laughs, deep nesting).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson
import yaml

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_DEPTH, MAX_STACK_NODES, TOO_DEEP
from importer.issues import Code
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import TextIOBase
    from typing import TextIO

_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset({None, "!", *(_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))})
_LIBYAML_BOUND = "maximum nesting depth"
_NOTHING_KNOWN = "cannot start any token"
_NULLS = frozenset({"~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong inside a node that can be read all the same: code, message, value, place and what is meant."""

    code: Code
    message: str
    value: str
    line: int
    column: int
    suggestion: str | None = None


@dataclass(slots=True)
class Scalar:
    """A text as it stands in the file; None is ``null``, or YAML's ``~``. Line and column count from 1."""

    text: str | None
    line: int
    column: int
    size: int = 1


@dataclass(slots=True)
class SequenceNode:
    """A list."""

    items: list[Node]
    line: int
    column: int
    size: int = 1


@dataclass(slots=True)
class MappingNode:
    """Keys and values in the order of the file; a key that stands twice is a fault and its first value counts."""

    pairs: dict[str, Node]
    line: int
    column: int
    size: int = 1
    keys: dict[str, Scalar] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


Node = Scalar | SequenceNode | MappingNode


def is_flat(node: MappingNode) -> bool:
    """Tell whether all values of a mapping are scalars, as those of nearly every layer are."""
    return set(map(type, node.pairs.values())) == {Scalar}


def iter_faults(node: Node) -> Iterator[Fault]:
    """Yield the faults of a node and of all within it."""
    if isinstance(node, MappingNode):
        yield from node.faults
        inner: Iterable[Node] = node.pairs.values()
    else:
        inner = node.items if isinstance(node, SequenceNode) else ()
    for value in inner:
        if type(value) is not Scalar:  # nearly all are, and have none
            yield from iter_faults(value)


def write_json(node: Node) -> str | None:
    """Return a node as the text of a cell: a scalar as it stands, others as JSON with all scalars as strings."""
    return node.text if isinstance(node, Scalar) else orjson.dumps(_to_json(node)).decode()


def _to_json(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, SequenceNode):
        return [_to_json(item) for item in node.items]
    return {key: _to_json(value) for key, value in node.pairs.items()}


def iter_yaml_events(stream: TextIO | TextIOBase) -> Iterator[yaml.Event]:
    """Return the events of a YAML text, straight from libyaml's parser (`yaml.parse` costs twice as much)."""
    return iter(yaml.CSafeLoader(stream).get_event, None)


def _explain_fault(error: yaml.YAMLError | UnicodeDecodeError, name: str) -> InputError:
    """Return what is wrong with a text, with its place."""
    if isinstance(error, UnicodeDecodeError):
        return InputError(f"{name} contains bytes that aren't text. Save it as UTF-8.")
    mark = getattr(error, "problem_mark", None)
    where = "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"
    what = getattr(error, "problem", None) or " ".join(str(error).split())
    # libyaml has a bound of its own since 0.2.6, and meets it while it reads ahead of our own
    if _LIBYAML_BOUND in what:
        return InputLimitError(f"{name}{where}: {TOO_DEEP}")
    if _NOTHING_KNOWN in what:
        what += "; indent with spaces, not tabs, and put a text that begins with @, ` or % in quotes"
    return InputError(f"{name}{where}: this isn't valid YAML ({what}). Correct the line or the one above it.")


DUPLICATE_KEY = Code(
    "duplicate-key",
    Severity.ERROR,
    "A key appears twice, and we can't tell which value you mean.",
    "Keep one of the two.",
    "{layer_id: 1, layer_id: 2}",
)


def _take_text(event: yaml.ScalarEvent) -> str | None:
    """Return a scalar's text; None for a null, which only stands without quotes."""
    return None if event.value in _NULLS and not event.style else event.value


class NodeReader:
    """Builds nodes from the events of a YAML stream, one at a time, so that memory follows the largest of them.

    Raises (every method):
        InputError: no valid YAML, an unknown tag, an alias to nothing.
        InputLimitError: nested too deeply, or larger than the bound, aliases counted as what they stand for.
    """

    def __init__(self, events: Iterator[yaml.Event], name: str) -> None:
        self._name = name
        self._next = events.__next__
        self._anchors: dict[str, Node | None] = {}
        self._kept = 0
        self.event = self.read_event()

    def read_event(self) -> yaml.Event:
        """Read the next event into ``event`` and return it."""
        try:
            self.event = self._next()
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise _explain_fault(error, self._name) from None
        return self.event

    def forget_anchors(self) -> None:
        """Forget the anchors of a document at its end."""
        self._anchors.clear()
        self._kept = 0

    def read_node(self, depth: int = 0) -> Node:
        """Return the node that begins at the current event, which becomes the first one after it."""
        try:
            return self._read_node(depth)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise _explain_fault(error, self._name) from None

    def _read_node(self, depth: int) -> Node:
        event = self.event
        mark = event.start_mark
        line, column = (0, 0) if mark is None else (mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            return self._follow_alias(event, line)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = None
        self._check_tag(event, line)
        if depth > MAX_DEPTH:
            raise InputLimitError(f"{self._name}, line {line}: {TOO_DEEP}")
        self.event = self._next()
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(_take_text(event), line, column)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._read_sequence(line, column, depth)
        else:
            node = self._read_mapping(line, column, depth)
        if anchor is not None:
            self._keep_anchor(anchor, node)
        return node

    def _read_child(self, depth: int) -> Node:
        """Return the node that begins at the current event; a plain scalar, as nearly all are, by a short way."""
        event = self.event
        if type(event) is not yaml.ScalarEvent or event.anchor is not None or event.tag is not None:
            return self._read_node(depth)
        mark = event.start_mark
        self.event = self._next()
        text = _take_text(event) if event.value in _NULLS else event.value
        return Scalar(text, mark.line + 1, mark.column + 1) if mark is not None else Scalar(text, 0, 0)

    def _check_tag(self, event: yaml.Event, line: int) -> None:
        tag = getattr(event, "tag", None)
        if tag not in _TAGS:
            raise InputError(f"{self._name}, line {line}: the tag {tag!r} has no meaning here. Remove it.")

    def _keep_anchor(self, anchor: str, node: Node) -> None:
        self._anchors[anchor] = node
        self._kept += node.size
        self._check_size(self._kept, node.line)

    def _check_size(self, size: int, line: int) -> None:
        if size > MAX_STACK_NODES:
            raise InputLimitError(
                f"{self._name}, line {line}: a stack of more than {MAX_STACK_NODES} values, with all aliases "
                "expanded. Split it into several stacks."
            )

    def _follow_alias(self, event: yaml.AliasEvent, line: int) -> Node:
        anchor = event.anchor or ""
        node = self._anchors.get(anchor)
        if node is None:
            what = "is inside what it refers to" if anchor in self._anchors else "refers to nothing above it"
            raise InputError(f"{self._name}, line {line}: the alias *{anchor} {what}.")
        self.event = self._next()
        return node

    def _read_sequence(self, line: int, column: int, depth: int) -> SequenceNode:
        items: list[Node] = []
        size = 1
        while type(self.event) is not yaml.SequenceEndEvent:
            item = self._read_child(depth + 1)
            items.append(item)
            size += item.size
            if size > MAX_STACK_NODES:
                self._check_size(size, line)
        self.event = self._next()
        return SequenceNode(items, line, column, size)

    def _read_mapping(self, line: int, column: int, depth: int) -> MappingNode:
        node = MappingNode({}, line, column)
        pairs, keys = node.pairs, node.keys
        merged: list[Node] = []
        size = 1
        while type(event := self.event) is not yaml.MappingEndEvent:
            key = self._read_child(depth + 1)
            value = self._read_child(depth + 1)
            size += value.size + 1
            if size > MAX_STACK_NODES:
                self._check_size(size, line)
            text = key.text if isinstance(key, Scalar) else None
            if text == "<<" and isinstance(event, yaml.ScalarEvent) and not event.style:
                merged += value.items if isinstance(value, SequenceNode) else [value]
            elif isinstance(key, Scalar) and text is not None and text not in pairs:
                pairs[text], keys[text] = value, key
            else:
                self.add_pair(node, key, value)
        node.size = size
        self.event = self._next()
        for other in merged:
            self._merge(node, other)
        return node

    def add_pair(self, node: MappingNode, key: Node, value: Node) -> None:
        """Add key and value to a mapping; a key that is there already, or that is no text, is a fault."""
        if not isinstance(key, Scalar) or key.text is None:
            raise InputError(f"{self._name}, line {key.line}: a list, mapping or null can't be a key. Write a name.")
        if key.text in node.pairs:
            said = f"The key {key.text!r} appears twice, first on line {node.keys[key.text].line}."
            node.faults.append(Fault(DUPLICATE_KEY, said, write_json(value) or "", key.line, key.column))
            return
        node.pairs[key.text] = value
        node.keys[key.text] = key

    def _merge(self, node: MappingNode, other: Node) -> None:
        """Add what a merge key names; what is written out wins."""
        if not isinstance(other, MappingNode):
            raise InputError(f"{self._name}, line {other.line}: the merge key << must name a mapping.")
        for text, value in other.pairs.items():
            if text not in node.pairs:
                node.pairs[text] = value
                node.keys[text] = other.keys[text]
        self._check_size(node.size + other.size, node.line)
