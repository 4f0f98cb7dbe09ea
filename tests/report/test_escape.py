"""Text is harmless where it ends."""

from __future__ import annotations

import json

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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Si;=1+1;x", "Si;'=1+1;x"),
        ("a\n@SUM(A1)", "a\n'@SUM(A1)"),
        ("a\t=1; +2", "a\t'=1;' +2"),
        ("a;-1", "a;'-1"),
        ("a; - b", "a; - b"),
        ("a;b", "a;b"),
    ],
)
def test_formulas_within_a_cell_are_defused(text: str, shown: str) -> None:
    """Where a semicolon, a tab or a line break would separate cells, what stands behind it is one."""
    assert defuse_cell(text) == shown


def test_control_characters_are_named() -> None:
    """What would steer a terminal is written as an escape, which JSON texts may hold."""
    assert defuse_cell("a\x1b[31m\x9b2J\x7f") == "a\\u001b[31m\\u009b2J\\u007f"
    assert json.loads(defuse_cell(json.dumps({"a": "\x9b;=1"}, ensure_ascii=False))) == {"a": "\x9b;'=1"}
