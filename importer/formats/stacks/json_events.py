"""JSON and JSON Lines as the events of a YAML stream, so that both are built into nodes in the same way.

Numbers are the characters in the file; RFC 8259 has the grammar. Several values, one after the other or one a line,
are several documents.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import yaml

from importer.errors import InputError, InputLimitError
from importer.formats.limits import MAX_DEPTH, MAX_LINE_BYTES, TOO_DEEP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_BLOCK = 256 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r'(?P<mark>[{}\[\],:])|"(?P<text>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"|'
    r"(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9.eE+-])|(?P<word>true|false|null)\b"
)
_SLIPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("//", "/*", "#"), "JSON has no comments. Remove it, or name the file .yaml."),
    (("}", "]"), "Remove the comma before it, or write the missing value."),
    (("'", "\u201c", "\u201d"), 'Use straight double quotes (").'),
    (("N", "I", "-I", "T", "F"), "Write null, true or false, or put the text in double quotes."),
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: yaml.error.Mark


class _Tokens:
    """The tokens of a JSON text, read in blocks."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self.name = name
        self._text = ""
        self._at = 0
        self._line = 0
        self._line_start = 0
        self._is_ended = False

    def __iter__(self) -> Iterator[_Token]:
        """Yield each token with its place."""
        while True:
            self._skip_space()
            match = _TOKEN.match(self._text, self._at)
            # a token that touches the end of what was read may go on in the next block
            while not self._is_ended and (match is None or match.end() >= len(self._text) - 1):
                self._refill()
                match = _TOKEN.match(self._text, self._at)
            if match is None:
                if self._at >= len(self._text):
                    return
                raise self.explain(self.place)
            place = self.place
            self._at = match.end()
            yield _Token(match.lastgroup or "", match[match.lastgroup or 0], place)

    @property
    def place(self) -> yaml.error.Mark:
        """The place that was read to."""
        return yaml.error.Mark(self.name, 0, self._line, self._at - self._line_start, None, 0)

    def explain(self, place: yaml.error.Mark) -> InputError:
        """Return the error that the text at a place is no JSON."""
        at = place.column + self._line_start if place.line == self._line else len(self._text)
        found = self._text[at : at + 2] if at >= 0 else ""
        remedy = next((said for starts, said in _SLIPS if found.startswith(starts)), "Correct it there.")
        return InputError(
            f"{self.name}, line {place.line + 1}, column {place.column + 1}: this isn't valid JSON. {remedy}"
        )

    def _skip_space(self) -> None:
        while True:
            match = _SPACE.match(self._text, self._at)
            space = match.group() if match is not None else ""
            breaks = space.count("\n")
            if breaks:
                self._line += breaks
                self._line_start = self._at + space.rindex("\n") + 1
            self._at += len(space)
            if self._at < len(self._text) or self._is_ended:
                return
            self._refill()

    def _refill(self) -> None:
        """Read the next block behind what isn't used up."""
        if len(self._text) - self._at > MAX_LINE_BYTES:
            raise InputLimitError(
                f"{self.name}, line {self._line + 1}: a text of more than {MAX_LINE_BYTES} characters. Remove it."
            )
        block = self._stream.read(_BLOCK)
        self._is_ended = not block
        self._text = self._text[self._at :] + block
        self._line_start -= self._at
        self._at = 0


def iter_json_events(stream: TextIO, name: str) -> Iterator[yaml.Event]:
    """Yield the events of a JSON text.

    Raises:
        InputError: it is no valid JSON.
        InputLimitError: it is nested too deeply.
    """
    tokens = _Tokens(stream, name)
    source = iter(tokens)
    yield yaml.StreamStartEvent()
    token = next(source, None)
    while token is not None:
        yield yaml.DocumentStartEvent()
        yield from _iter_value(token, source, tokens, 0)
        yield yaml.DocumentEndEvent()
        token = next(source, None)
    yield yaml.StreamEndEvent()


def _iter_value(token: _Token, source: Iterator[_Token], tokens: _Tokens, depth: int) -> Iterator[yaml.Event]:
    """Yield the events of the value that begins with a token."""
    if depth > MAX_DEPTH:
        line = token.place.line + 1
        raise InputLimitError(f"{tokens.name}, line {line}: {TOO_DEEP}")
    if token.kind != "mark":
        yield _make_scalar(token, tokens.name)
    elif token.text == "[":
        yield yaml.SequenceStartEvent(None, None, True, token.place)
        token = _take(source, tokens)
        while token.text != "]" or token.kind != "mark":
            yield from _iter_value(token, source, tokens, depth + 1)
            token = _take_next(source, tokens, "]")
        yield yaml.SequenceEndEvent()
    elif token.text == "{":
        yield yaml.MappingStartEvent(None, None, True, token.place)
        token = _take(source, tokens)
        while token.text != "}" or token.kind != "mark":
            if token.kind != "text":
                raise tokens.explain(token.place)
            yield _make_scalar(token, tokens.name)
            colon = _take(source, tokens)
            if (colon.kind, colon.text) != ("mark", ":"):
                raise tokens.explain(colon.place)
            yield from _iter_value(_take(source, tokens), source, tokens, depth + 1)
            token = _take_next(source, tokens, "}")
        yield yaml.MappingEndEvent()
    else:
        raise tokens.explain(token.place)


def _take(source: Iterator[_Token], tokens: _Tokens) -> _Token:
    """Return the next token, which must be there."""
    token = next(source, None)
    if token is None:
        raise tokens.explain(tokens.place)
    return token


def _take_next(source: Iterator[_Token], tokens: _Tokens, end: str) -> _Token:
    """Return the token after a value: the end of its list or mapping, or what follows a comma."""
    token = _take(source, tokens)
    if (token.kind, token.text) == ("mark", end):
        return token
    if (token.kind, token.text) != ("mark", ","):
        raise tokens.explain(token.place)
    following = _take(source, tokens)
    if following.kind == "mark" and following.text in "]}":
        raise tokens.explain(following.place)
    return following


def _make_scalar(token: _Token, name: str) -> yaml.ScalarEvent:
    """Return the event of a text, number or word; ``null`` has no text."""
    text = token.text
    if token.kind == "text" and "\\" in token.text:
        text = json.loads(f'"{token.text}"')
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            line = token.place.line + 1
            raise InputError(f"{name}, line {line}: half a character (a lone surrogate). Write the character itself.")
    if token.kind == "word" and token.text == "null":
        text = cast("str", None)  # the node takes None for no text; PyYAML's own events always have one
    return yaml.ScalarEvent(None, None, (True, False), text, token.place, None, '"')
