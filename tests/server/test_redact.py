"""The key in whatever dress a server may echo it."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.server.redact import MASK, Redactor
from importer.settings import Secret

KEY = 'Key/With+Signs="&<7>\\z'


@pytest.mark.parametrize(
    "echo",
    [
        KEY,
        KEY.upper(),
        KEY.lower(),
        quote(KEY, safe=""),
        quote(KEY),
        quote_plus(KEY),
        quote(KEY, safe="").lower(),
        quote(quote(KEY, safe=""), safe=""),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        html.escape(KEY, quote=False),
        json.dumps(KEY)[1:-1],
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
    ],
)
def test_the_key_is_masked_in_every_dress(echo: str) -> None:
    """Upper and lower case, URL-encoded, base64, hexadecimal, escaped: all of it is masked."""
    told = Redactor(Secret(KEY)).redact(f"bad key <{echo}> given")
    assert MASK in told
    assert echo not in told
    assert told.startswith("bad key <")
    assert told.endswith("> given")


@given(st.text(alphabet="abcdefgh:/ ", max_size=9), st.text(alphabet="abcdefgh ", max_size=9))
def test_base64_of_a_longer_text_hides_the_key_too(before: str, after: str) -> None:
    """Wherever the key begins within what was packed, what remains can't be turned back into it."""
    packed = base64.b64encode(f"{before}{KEY}{after}".encode()).decode()
    told = Redactor(Secret(KEY)).redact(packed)
    assert MASK in told
    assert len(told.replace(MASK, "")) <= len(packed) - len(KEY) * 4 // 3 + 4


def test_it_doesnt_show_itself() -> None:
    """The redactor holds the key and doesn't tell it."""
    assert KEY not in repr(Redactor(Secret(KEY)))
