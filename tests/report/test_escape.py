"""Text is harmless where it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.report.escape import MAX_SHOWN, defuse_cell, escape_text, shorten_text


@given(st.text())
def test_escaped_text_is_printable(text: str) -> None:
    """Whatever a cell holds, what is shown has no control character, line break or bidirectional mark."""
    assert escape_text(text).isprintable()


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_printable_text_is_not_changed(text: str) -> None:
    """Escaping leaves letters, digits, subscripts and Greek alone."""
    assert escape_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31mb", "a\\x1b[31mb"), ("a\r\nb", "a\\r\\nb"), ("\u202eabc", "\\u202eabc"), ("Ga₂O₃ δ", "Ga₂O₃ δ")],
)
def test_escapes_are_named(text: str, shown: str) -> None:
    """A terminal escape, a line break and a direction override are shown by name."""
    assert escape_text(text) == shown


@given(st.text(min_size=200, max_size=300))
def test_long_text_is_cut(text: str) -> None:
    """A console line never gets more than its share of a huge cell."""
    assert len(shorten_text(text)) <= MAX_SHOWN


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－1", " =1", "\u200b=1", "\n@x"]
)
def test_formulas_are_defused(text: str) -> None:
    """Every way to begin a formula, full-width and behind blanks too, gets an apostrophe before it."""
    assert defuse_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "BaTiO3", "001", "1-10", "(001)", "a=b", '{"a":1}', "A17"])
def test_ordinary_cells_are_not_changed(text: str) -> None:
    """A cell that no spreadsheet would run stays as it is."""
    assert defuse_cell(text) == text
