"""A draft says of its rows what `validate` says of a file that holds the edits."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.draft import Cell, Draft, open_draft, recheck, tables
from importer.errors import NothingToDoError
from importer.settings import CheckSettings, ReadSettings
from importer.tasks.validate import validate

if TYPE_CHECKING:
    from importer.model import Issue

TALL = ["Sample", "Layer", "Formula", "Orientation", "Space group", "remark"]
SHARED = ["sample_id", "sample_name", "layer_id", "formula", "space_group", "mp_id", "id", "substrate"]
ORDERED = ["sample_name", "formula", "orientation", "remark"]
WIDE = ["sample_name", "formula 1", "formula 2", "orientation 1", "orientation 2"]
TEXTS = {
    "Sample": ["A", "B", "W 4", "", "101"],
    "Layer": ["1", "2", "3", "1", "2", "", "x", "1.0", "Layer"],
    "Formula": ["BaTiO3", "SrTiO3", "batio3", "", "NO", "Ba0.5Sr0.5TiO3", "Q9", "Total", "YBa2Cu3O7-d"],
    "Orientation": ["001", "1", "(110)", "", "1-Jan", "hkl"],
    "Space group": ["Pm-3m", "P4mm", "221", "", "Pm3m"],
    "remark": ["", "see p. 3", "Total"],
    "sample_name": ["A", "B", "", "a", "W-4", "w4"],
    "formula": ["BaTiO3", "srtio3", "", "Q9", "SrTiO3", "LaCoO3", "LaCOO3", "LacoO3"],
    "orientation": ["001", "1", ""],
    "sample_id": ["", "", "7", "8"],
    "layer_id": ["1", "2", "3", "5", "x"],
    "space_group": ["Pm-3m", "P4mm", ""],
    "mp_id": ["mp-1", "mp-2", ""],
    "id": ["", "", "1", "2"],
    "substrate": ["Si", "SrTiO3", ""],
}


SOUND = {
    "Sample": ["A", "1", "BaTiO3", "001", "Pm-3m", ""],
    "sample_name": ["A", "BaTiO3", "SrTiO3", "001", "110"],
    "ordered": ["A", "BaTiO3", "001", ""],
    "sample_id": ["", "A", "1", "BaTiO3", "Pm-3m", "mp-1", "1", "Si"],
}
"""First header -> a row without faults, which tells what the columns are."""
PLAIN = ReadSettings()
UPWARDS, DOWNWARDS = (ReadSettings(mapping={"number_rows": order}) for order in ("bottom-up", "top-down"))


def row_of(header: list[str]) -> st.SearchStrategy[list[str]]:
    """Return rows of a table."""
    return st.tuples(*(st.sampled_from(TEXTS[name.split(" 1")[0].split(" 2")[0]]) for name in header)).map(list)


@st.composite
def tables_and_edits(
    draw: st.DrawFn, header: list[str]
) -> tuple[list[list[str]], list[list[tuple[str, int, int, str]]]]:
    """Return the rows of a table, and steps of edits: what, position, column, text."""
    sound = SOUND["ordered" if header is ORDERED else header[0]]
    rows = [sound, *draw(st.lists(row_of(header), min_size=1, max_size=14))]
    one = st.one_of(
        st.integers(0, len(header) - 1).flatmap(
            lambda column: st.tuples(
                st.just("cell"),
                st.integers(0, len(rows) - 1),
                st.just(column),
                st.sampled_from(TEXTS[header[column].split(" 1")[0].split(" 2")[0]]),
            )
        ),
        st.tuples(st.sampled_from(["delete", "restore"]), st.integers(0, len(rows) - 1), st.just(0), st.just("")),
    )
    return rows, draw(st.lists(st.lists(one, min_size=1, max_size=4), max_size=5))


def write_table(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """Write a table as CSV; a row without text is a line without any."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            if any(map(str.strip, row)):
                writer.writerow(row)
            else:
                file.write("\r\n")


def describe(issues: list[Issue] | tuple[Issue, ...]) -> Counter[tuple[object, ...]]:
    """Return issues without the notes of blank rows, which are counted together as they are read."""
    return Counter(
        (each.code, each.severity, each.where.row, each.where.cell, each.message, each.value, each.suggestion, each.seq)
        for each in issues
        if each.code != "blank-row"
    )


def compare(draft: Draft, header: list[str], path: Path, check: CheckSettings, read: ReadSettings = PLAIN) -> None:
    """Write what a draft holds, and compare what is said of both."""
    (table,) = draft.tables
    window = draft.view(0, 0, len(table.rows))
    kept = {row.number: ["" if row.is_deleted else cell or "" for cell in row.cells] for row in window.rows}
    last = max(kept, default=1)
    write_table(path, header, [kept.get(number, [""] * len(header)) for number in range(2, last + 1)])
    try:
        found = validate(path, read=read, check=check, keep_frame=False)
    except NothingToDoError:
        assert draft.checked.rows == 0
        return
    said = describe(draft.checked.list_issues())
    expected = describe(found.issues)
    assert said - expected == Counter()
    assert expected - said == Counter()
    assert (draft.checked.rows, draft.checked.valid) == (found.rows, found.valid)


def run_steps(draft: Draft, steps: list[list[tuple[str, int, int, str]]]) -> None:
    """Take some steps."""
    rows = draft.tables[0].rows
    for step in steps:
        cells = [
            Cell(0, int(rows[at]), column, text) for what, at, column, text in step if what == "cell" and at < len(rows)
        ]
        turned = {
            what: [(0, int(rows[at])) for kind, at, _, _ in step if kind == what and at < len(rows)]
            for what in ("delete", "restore")
        }
        draft.edit(cells, delete=turned["delete"])
        draft.edit(restore=turned["restore"])


@pytest.mark.parametrize("examples", [20, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.parametrize("is_anew", [True, False], ids=["across all rows", "near the edit"])
@pytest.mark.parametrize(
    ("header", "read"),
    [(TALL, PLAIN), (WIDE, PLAIN), (SHARED, PLAIN), (ORDERED, UPWARDS), (ORDERED, DOWNWARDS)],
    ids=["tall", "wide", "shared", "ordered", "ordered from the top"],
)
def test_issues_equal_those_of_the_saved_copy(  # fixtures
    header: list[str],
    read: ReadSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_anew: bool,
    examples: int,
) -> None:
    """After any edits, issues and verdicts are those of the file with these edits; undone, the first."""
    monkeypatch.setattr(tables, "PART_ROWS", 3)
    monkeypatch.setattr(recheck, "FEW_ISSUES", 10**9 if is_anew else 0)
    monkeypatch.setattr(recheck, "MOST_CHANGED", 1.0)
    settings_of_lab = CheckSettings(whole_stacks=is_anew)
    path, copy = tmp_path / "a.csv", tmp_path / "copy" / "a.csv"
    copy.parent.mkdir()
    monkeypatch.chdir(tmp_path)

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(tables_and_edits(header))
    def check(drawn: tuple[list[list[str]], list[list[tuple[str, int, int, str]]]]) -> None:
        rows, steps = drawn
        write_table(path, header, rows)
        draft = open_draft("a.csv", read=read, check=settings_of_lab)
        before = describe(draft.checked.list_issues())
        run_steps(draft, steps)
        monkeypatch.chdir(copy.parent)
        try:
            compare(draft, header, Path("a.csv"), settings_of_lab, read)
        finally:
            monkeypatch.chdir(tmp_path)
        count = 0
        while draft.can_undo:
            draft.step("undo")
            count += 1
        assert describe(draft.checked.list_issues()) == before
        assert not draft.is_edited
        for _ in range(count):
            draft.step("redo")
        assert not draft.can_redo

    check()
