"""Reading heads the fast way gives what the standard library gives, for every head."""

from __future__ import annotations

import http.client
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.server.transport_head import MAX_LINE, MAX_LINES, parse_head

NAMES = st.sampled_from(["Content-Length", "content-length", "Date", "X-A", "Set-Cookie", "", "a b", "From x", "é"])
VALUES = st.text(alphabet=" \t:;=abc019\r\x0b\x0c\x1c\x85é", max_size=12)
LINES = st.tuples(NAMES, st.sampled_from([":", ": ", " :", ""]), VALUES, st.sampled_from(["\r\n", "\n", "\r\n b\r\n"]))


@given(st.lists(LINES, max_size=6), st.sampled_from(["\r\n", "\n", "", "Content-Le"]))
def test_a_head_reads_as_the_standard_library_reads_it(lines: list[tuple[str, ...]], end: str) -> None:
    """Plain, folded, broken or cut short: the same fields in the same order, and as many bytes read."""
    head = ("".join("".join(line) for line in lines) + end).encode("iso-8859-1") + (b"{}" if end[-1:] == "\n" else b"")
    ours, theirs = io.BytesIO(head), io.BytesIO(head)
    found, expected = parse_head(ours), http.client.parse_headers(theirs)
    assert found.items() == expected.items()
    assert found.get("content-length") == expected.get("content-length")
    assert ours.read() == theirs.read()


@pytest.mark.parametrize("head", [b"a: " + b"x" * MAX_LINE + b"\r\n\r\n", b"a: b\r\n" * (MAX_LINES + 1) + b"\r\n"])
def test_a_head_has_bounds(head: bytes) -> None:
    """A line without end and lines without end are refused."""
    with pytest.raises(http.client.HTTPException):
        parse_head(io.BytesIO(head))
