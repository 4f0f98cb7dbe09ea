"""Suspicions of damage: what was most likely meant, never taken unasked."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
import pytest

from importer.columns import arrange_chunk, choose_repairs, plan_columns, suspect_text
from importer.errors import UsageError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.issues import load_codes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("field", "text", "code", "meant"),
    [
        ("orientation", "1", "zeros-lost", "001"),
        ("orientation", "11", "zeros-lost", "011"),
        ("orientation", "8", "octal-read", "010"),
        ("orientation", "9", "octal-read", "011"),
        ("orientation", "-1", "brackets-lost", "001"),
        ("orientation", "2025-11-20", "date-made", "11-20"),
        ("orientation", "20-Nov", "date-made", "11-20"),
        ("orientation", "20 Nov", "date-made", "11-20"),
        ("composition_string", "Nov-20", "date-made", "11-20"),
        ("composition_string", "20.11.2025", "date-made", "11-20"),
        ("composition_string", "inf", "word-changed", "InF"),
        ("composition_string", "nan", "word-changed", "NaN"),
        ("composition_string", "FALSE", "word-changed", "NO"),
        ("composition_string", "1.00E+03", "scientific-made", None),
        ("sample_name", "1.00E+03", "scientific-made", "1e3"),
        ("composition_string", "Ba0,5Sr0,5TiO3", "decimal-comma", "Ba0.5Sr0.5TiO3"),
        ("orientation", "1\u221210", "minus-changed", "1-10"),
        ("orientation", "1\u201310", "minus-changed", "1-10"),
        ("composition_string", "YBa2Cu3O7\u2212\u03b4", "minus-changed", "YBa2Cu3O7-\u03b4"),
        ("space_group", "Fm\u20133m", "minus-changed", "Fm-3m"),
        ("mp_id", "mp\u20115020", "minus-changed", "mp-5020"),
        ("orientation", "0\u200b01", "invisible-character", "001"),
        ("space_group", "P4\u00admm", "invisible-character", "P4mm"),
        ("orientation", "1\u030510", None, None),
        ("composition_string", "BaTiO\u2083", None, None),
        ("sample_name", "A\u20131", None, None),
        ("sample_name", "1.23E+05", "scientific-made", None),
        ("sample_name", "#NAME?", "error-text", None),
        ("orientation", "001", None, None),
        ("orientation", "-110", None, None),
        ("composition_string", "NaN", None, None),
        ("composition_string", "InF", None, None),
        ("composition_string", "NO", None, None),
        ("composition_string", "BaTiO3", None, None),
        ("sample_name", "2025-11-20", None, None),
        ("sample_name", "1E05", None, None),
    ],
)
def test_suspicions(field: str, text: str, code: str | None, meant: str | None) -> None:
    """Each kind of damage is known by its text; sound texts aren't suspected."""
    problem = suspect_text(field, text)
    assert (problem and problem.code, problem and problem.suggestion) == (code, meant)


def test_what_can_be_repaired_is_declared_beside_the_checks() -> None:
    """The codes of damage are among those whose suggestions may be taken; others are told by name."""
    assert choose_repairs(["zeros-lost", "cell-date", "formula-case"]) <= set(load_codes())
    with pytest.raises(UsageError, match=r"stack-start can't be repaired. These can: .*zeros-lost"):
        choose_repairs(["stack-start"])


def test_nothing_is_changed_unasked(tmp_path: Path) -> None:
    """A suspicion is told and the text stays; asked by its code, the suggestion is taken and said."""
    (tmp_path / "a.csv").write_text("layer_id,hkl\n1,1\n2,001\n3,8\n")
    (raw,) = iter_raw_chunks(find_sources([tmp_path / "a.csv"])[0])
    chunk = arrange_chunk(raw, plan_columns(raw), start=0)
    assert chunk.frame["orientation"].tolist() == ["1", "001", "8"]
    assert [(issue.code, issue.where.cell) for issue in chunk.issues] == [("zeros-lost", "B2"), ("octal-read", "B4")]
    chunk = arrange_chunk(raw, plan_columns(raw, repairs=frozenset({"zeros-lost"})), start=0)
    assert chunk.frame["orientation"].tolist() == ["001", "001", "8"]
    assert [(issue.code, issue.seq, issue.value) for issue in chunk.issues] == [
        ("repaired", 0, "1"),
        ("octal-read", 2, "8"),
    ]


def test_date_cells_can_be_repaired(tmp_path: Path) -> None:
    """A date cell of a workbook is one issue, and one repair where it is asked for; unused columns may hold dates."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["layer_id", "hkl", "Grown on"], [1, "x", "y"]):
        sheet.append(row)
    sheet["B2"] = sheet["C2"] = dt.date(2025, 11, 20)
    book.save(tmp_path / "a.xlsx")
    (raw,) = iter_raw_chunks(find_sources([tmp_path / "a.xlsx"])[0])
    chunk = arrange_chunk(raw, plan_columns(raw), start=0)
    assert [(issue.code, issue.where.cell, issue.seq) for issue in chunk.issues] == [("cell-date", "B2", 0)]
    chunk = arrange_chunk(raw, plan_columns(raw, repairs=frozenset({"cell-date"})), start=0)
    assert chunk.frame["orientation"].tolist() == ["11-20"]
    assert [issue.code for issue in chunk.issues] == ["repaired"]
