"""Cutting a JSON array that comes in pieces: the same elements, however it is written and wherever it is cut."""

from __future__ import annotations

import collections
import itertools
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.server.splitter import MAX_ELEMENT, ArraySplitter, NotAnArrayError

TEXTS = st.text(alphabet='ab"\\{}[],: \n\té\U0001f600', max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 2])


def cut(body: bytes, places: list[int]) -> list[bytes]:
    """Return a body in pieces."""
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(edges)]


@given(
    st.lists(VALUES, max_size=5), INDENTS, st.booleans(), st.lists(st.integers(0, 10_000), max_size=12), st.booleans()
)
def test_the_elements_are_the_same_wherever_it_is_cut(
    values: list[object], indent: int | None, is_ascii: bool, places: list[int], has_bom: bool  # noqa: FBT001
) -> None:  # fmt: skip
    """Each element comes out once, whole and in order, and the end is seen."""
    text = json.dumps(values, indent=indent, ensure_ascii=is_ascii)
    body = (b"\xef\xbb\xbf" if has_bom else b"") + b" " + text.encode() + b"\n"
    splitter = ArraySplitter()
    elements = [element for piece in cut(body, places) for element in splitter.feed(piece)]
    assert [json.loads(element) for element in elements] == values
    assert splitter.is_complete


@given(st.lists(VALUES, max_size=4), st.integers(1, 10_000))
def test_an_array_cut_short_never_counts_as_complete(values: list[object], missing: int) -> None:
    """Without its last bracket no array is complete, wherever it ends."""
    body = json.dumps(values).encode()
    splitter = ArraySplitter()
    splitter.feed(body[: len(body) - 1 - missing % len(body)])
    assert not splitter.is_complete


@pytest.mark.parametrize("body", [b"hello", b"[1 2]", b"[1}", b"[,1]", b"[1,]", b"[] []", b'"[]"', b"<html>", b"[1],"])
def test_what_is_no_array_is_refused_or_never_complete(body: bytes) -> None:
    """Another body, or an array that isn't written as one, is told and not taken for an end."""
    splitter = ArraySplitter()
    try:
        elements = splitter.feed(body)
    except NotAnArrayError:
        return
    assert not splitter.is_complete or not all(_is_json(element) for element in elements)


def _is_json(element: bytes) -> bool:
    try:
        orjson.loads(element)
    except orjson.JSONDecodeError:
        return False
    return True


def test_an_element_without_end_is_bounded() -> None:
    """A server that sends one endless string doesn't fill the memory."""
    splitter = ArraySplitter()
    splitter.feed(b'["')
    with pytest.raises(NotAnArrayError):
        collections.deque(map(splitter.feed, itertools.repeat(b"a" * 2**20, 2 + MAX_ELEMENT // 2**20)), maxlen=0)


def test_an_object_around_the_array_is_kept_whole() -> None:
    """A body that is an object comes as it is, for it may hold the array."""
    splitter = ArraySplitter()
    assert [splitter.feed(piece) for piece in (b'{"items"', b":[1]}")] == [[], []]
    assert splitter.object == b'{"items":[1]}'
    assert not splitter.is_complete
