"""Texts that may mean "nothing" are found by what they begin with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from importer.columns.headers import evidence


@given(st.from_regex(evidence._BLANK_TEXT, fullmatch=True))
def test_every_such_text_begins_as_one_is_looked_for(text: str) -> None:
    """The quick look at the first sign and the length passes none over that the whole pattern means."""
    assert text[:1] in evidence._BLANK_STARTS
    assert len(text) <= evidence._BLANK_LONGEST
