"""Cutting a JSON array that comes in pieces into its elements, so that a long one is never whole in memory."""

from __future__ import annotations

import re
from enum import Enum

MAX_ELEMENT = 4 * 2**20
"""Bytes of one element; a record of a layer has some hundreds."""
MAX_OBJECT = 16 * 2**20
"""Bytes of a body that is an object around the array: it is read whole, for only pages of a few records come so."""
BOM = b"\xef\xbb\xbf"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_FLAT = rb'(?:[^{}"]++|' + _STRING + rb")*+"
_OBJECT = rb'\{(?:[^{}"]++|' + _STRING + rb"|\{" + _FLAT + rb"\})*+\}"
_PLAIN = re.compile(rb"[ \t\r\n]*+(" + _OBJECT + rb")[ \t\r\n]*+,", re.DOTALL)
"""An object with objects in it, but none in those, and the comma behind it: nearly every record. Others are scanned
token by token."""
_TOKEN = re.compile(_STRING + rb'|["\[\]{},]', re.DOTALL)
_BLANKS = re.compile(rb"[ \t\r\n]*+")


class NotAnArrayError(ValueError):
    """A body isn't one JSON array, nor an object around one, or an element of it is too long."""


class _State(Enum):
    BEGIN = "begin"
    FIRST = "first element or end"
    ELEMENT = "element"
    AFTER = "comma or end"
    OBJECT = "object"
    END = "end"


class ArraySplitter:
    """Takes the blocks of a body as they come, gives the elements of its array as they become whole.

    Elements are cut by their brackets and quotes alone; whether each is sound JSON is for the reader to see. Any other
    body than an array is kept and given as `object`, for the servers that put the array into an object.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._state = _State.BEGIN

    @property
    def is_complete(self) -> bool:
        """Whether the array has come to its end."""
        return self._state is _State.END

    @property
    def object(self) -> bytes | None:
        """The body so far, where it is an object."""
        return self._rest if self._state is _State.OBJECT else None

    def feed(self, block: bytes) -> list[bytes]:
        """Take a block; return the elements that are whole by now.

        Raises:
            NotAnArrayError: the body isn't an array, or an element is longer than `MAX_ELEMENT`.
        """
        data = self._rest + block
        if self._state is _State.OBJECT:
            if len(data) > MAX_OBJECT:
                raise NotAnArrayError("an object instead of an array, too long for one page")
            self._rest = data
            return []
        elements: list[bytes] = []
        position = self._begin(data) if self._state is _State.BEGIN else 0
        if self._is_within_array():
            position = self._cut(data, position, elements)
        self._rest = data[position:]
        if len(self._rest) > MAX_ELEMENT:
            raise NotAnArrayError(f"an element of more than {MAX_ELEMENT:,} bytes")
        return elements

    def _is_within_array(self) -> bool:
        return self._state is not _State.BEGIN and self._state is not _State.OBJECT

    def _is_before_element(self) -> bool:
        return self._state is _State.FIRST or self._state is _State.ELEMENT

    def _cut(self, data: bytes, position: int, elements: list[bytes]) -> int:
        """Add the elements that are whole; return the position behind the last of them and its comma."""
        while True:
            if self._is_before_element():
                while match := _PLAIN.match(data, position):
                    elements.append(match[1])
                    position = match.end()
                    self._state = _State.ELEMENT
            position = _skip_blanks(data, position)
            if position == len(data):
                return position
            if self._is_before_element():
                end = self._find_end(data, position)
                if end is None:
                    return position
                if end > position:
                    elements.append(data[position:end])
                position = end
            else:
                self._pass_mark(data[position : position + 1])
                position += 1

    def _begin(self, data: bytes) -> int:
        """Look for the bracket that begins the body; return the position behind it."""
        if len(data) < len(BOM) and BOM.startswith(data):
            return 0
        position = _skip_blanks(data, len(BOM) if data.startswith(BOM) else 0)
        first = data[position : position + 1]
        if first == b"[":
            self._state = _State.FIRST
            return position + 1
        if first == b"{":
            self._state = _State.OBJECT
        elif first:
            raise NotAnArrayError("neither an array nor an object")
        return position

    def _find_end(self, data: bytes, position: int) -> int | None:
        """Return where the element that begins here ends; None where more of it must come."""
        if data[position : position + 1] == b"]" and self._state is _State.FIRST:
            self._state = _State.AFTER
            return position
        if data[position : position + 1] in b",]}":
            raise NotAnArrayError("an element is missing")
        end = _scan_element(data, position)
        if end is not None:
            self._state = _State.AFTER
        return end

    def _pass_mark(self, mark: bytes) -> None:
        if self._state is _State.AFTER and mark == b",":
            self._state = _State.ELEMENT
        elif self._state is _State.AFTER and mark == b"]":
            self._state = _State.END
        else:
            raise NotAnArrayError("something other than a comma or the end after an element")


def _skip_blanks(data: bytes, position: int) -> int:
    match = _BLANKS.match(data, position)
    return match.end() if match else position


def _scan_element(data: bytes, position: int) -> int | None:
    depth = 0
    for match in _TOKEN.finditer(data, position):
        token = match[0]
        if token in b"[{":
            depth += 1
        elif token == b'"':
            return None  # a string whose end has yet to come
        elif token in b"]}" or token == b",":
            if depth == 0:
                return match.start()
            depth -= token != b","
            if depth == 0 and token != b",":
                return match.end()
    return None
