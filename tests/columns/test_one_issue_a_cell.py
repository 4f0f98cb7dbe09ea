"""A cell that a program changed gets one issue, which says what happened and stops the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.settings import CheckSettings, ReadSettings
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("composition_string", "FALSE", [("word-changed", "error", "NO")]),
        ("composition_string", "nan", [("word-changed", "error", "NaN")]),
        ("composition_string", "Ba0,5Sr0,5TiO3", [("decimal-comma", "error", "Ba0.5Sr0.5TiO3")]),
        ("composition_string", "1.00E+03", [("scientific-made", "error", None)]),
        ("composition_string", "20-Nov", [("date-made", "error", "11-20")]),
        ("composition_string", "#NAME?", [("error-text", "error", None)]),
        ("composition_string", "Ba\0TiO3", [("nul-byte", "error", None)]),
        ("orientation", "1", [("zeros-lost", "error", "001")]),
        ("orientation", "8", [("octal-read", "error", "010")]),
        ("orientation", "-1", [("brackets-lost", "error", "001")]),
        ("orientation", "0\u200b01", [("invisible-character", "error", "001")]),
        ("space_group", "Pm\u200b-3m", [("invisible-character", "error", "Pm-3m")]),
        ("mp_id", "mp\u22125020", [("minus-changed", "error", "mp-5020")]),
        ("orientation", "1\u221210", [("minus-changed", "note", "1-10")]),
        ("composition_string", "INF", [("word-changed", "warning", "InF")]),
    ],
)
def test_what_happened_to_a_text_is_why_it_cannot_be_read(
    tmp_path: Path, field: str, text: str, told: list[tuple[str, str, str | None]]
) -> None:
    """The cause is told once, as an error with the fix; where the text can be read all the same it stays a hint."""
    (tmp_path / "a.csv").write_text(f'sample_id,layer_id,{field},substrate\n1,1,"{text}",Si\n', encoding="utf-8")
    checked = validate(tmp_path / "a.csv", keep_frame=False)
    found = [
        (issue.code, issue.severity.value, issue.suggestion) for issue in checked.issues if issue.where.cell == "C2"
    ]
    assert found == told
    assert checked.valid == (0 if told[0][1] == "error" else 1)


@pytest.mark.parametrize(
    ("field", "text", "codes"),
    [
        ("orientation", "1\u22121", ["minus-changed", "orientation-not-miller"]),
        ("composition_string", "Ba0,5Xx0,5O3", ["decimal-comma", "formula-unreadable"]),
    ],
)
def test_a_fix_that_is_not_enough_leaves_the_fault_told(
    tmp_path: Path, field: str, text: str, codes: list[str]
) -> None:
    """Where the suggestion couldn't be read either, what is wrong beside it is told too."""
    (tmp_path / "a.csv").write_text(f'sample_id,layer_id,{field}\n1,1,"{text}"\n', encoding="utf-8")
    checked = validate(tmp_path / "a.csv", keep_frame=False)
    assert ([issue.code for issue in checked.issues], checked.valid) == (codes, 0)


@pytest.mark.parametrize(
    "check", [CheckSettings(ignore=frozenset({"decimal-comma"})), CheckSettings(only=frozenset({"layer-gap"}))]
)
def test_a_cause_cannot_be_ignored(tmp_path: Path, check: CheckSettings) -> None:
    """A lab that ignores the hint still gets the error that it became: no row is stopped without an issue."""
    (tmp_path / "a.csv").write_text('sample_id,layer_id,formula\n1,1,"Ba0,5Sr0,5TiO3"\n')
    checked = validate(tmp_path / "a.csv", check=check, keep_frame=False)
    assert ([issue.code for issue in checked.issues], checked.valid) == (["decimal-comma"], 0)


def test_a_repair_is_no_cause(tmp_path: Path) -> None:
    """A repaired text that can't be read gets its own error: the note of the repair isn't why."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,20-Nov\n")
    checked = validate(tmp_path / "a.csv", read=ReadSettings(repair=("date-made",)), keep_frame=False)
    assert ([issue.code for issue in checked.issues], checked.valid) == (["repaired", "formula-unreadable"], 0)


@pytest.mark.parametrize("before", [1, 5_000])
def test_an_unclosed_quote_is_one_issue(tmp_path: Path, before: int) -> None:
    """The row in which it opens isn't told to lack what the quote took along, wherever in the file it stands."""
    rows = "".join(f"1,{number},SrRuO3\n" for number in range(1, before + 1))
    (tmp_path / "a.csv").write_text(f'sample_id,layer_id,formula\n{rows}1,{before + 1},"BaTiO3\n2,1,Si\n')
    checked = validate(tmp_path / "a.csv", keep_frame=False)
    codes = [issue.code for issue in checked.issues if issue.severity == "error"]
    assert (codes, checked.rows, checked.valid) == (["unterminated-quote"], before + 1, 0)
