"""`fix`: the suggestions of a check taken in a copy that is checked in turn."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import importer
from importer.errors import NothingToDoError, UsageError
from importer.issues import Fix, list_fixable
from importer.tasks.fix.given import load_edits, parse_rows

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "Sample,Substrate,Layer,Composition,Orientation,Elements\r\n"
GROWTHS = HEADER + 'W1,Si,1,batio3,1,\r\nW1,Si,Layer 2,Hf02,"001",\r\n'


def write(folder: Path, text: str, name: str = "growths.csv") -> Path:
    """Return a new file with some text."""
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_sure_suggestions_are_taken_and_named(tmp_path: Path) -> None:
    """Each changed cell is named with its codes; the file stays, all other bytes of the copy are its own."""
    path = write(tmp_path, GROWTHS)
    fixed = importer.fix(path, tmp_path / "fixed.csv")
    assert [(str(each.where.cell), each.was, each.now, each.codes) for each in fixed.changes] == [
        ("D2", "batio3", "BaTiO3", ("formula-case",)),
        ("E2", "1", "001", ("zeros-lost",)),
        ("C3", "Layer 2", "2", ("not-an-integer",)),
        ("D3", "Hf02", "HfO2", ("formula-lookalike",)),
    ]
    assert fixed.changes[0].where.source == str(path)
    assert path.read_bytes() == GROWTHS.encode()
    meant = HEADER + 'W1,Si,1,BaTiO3,001,\r\nW1,Si,2,HfO2,"001",\r\n'
    assert (tmp_path / "fixed.csv").read_bytes() == meant.encode()
    assert fixed.exit_code == 0
    assert fixed.difference is not None
    assert [each.line for each in fixed.difference] == [2, 3]


def test_only_what_is_asked_for(tmp_path: Path) -> None:
    """Chosen codes alone are taken, also those that aren't sure; nothing is written where nobody says where."""
    path = write(tmp_path, HEADER + "W1,Si,1,batio3,1,\r\nW1,Si,2,YBCO,001,\r\n")
    fixed = importer.fix(path, None, what=importer.FixSettings(take=["formula-abbreviation"]))
    assert [(each.was, each.now) for each in fixed.changes] == [("YBCO", "YBa2Cu3O7")]
    assert fixed.path is None
    assert fixed.exit_code == 1
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError, match="stack-start can't be taken; these can: "):
        importer.fix(path, None, what=importer.FixSettings(take=["stack-start"]))


def test_nothing_to_change(tmp_path: Path) -> None:
    """A file without a sure suggestion gets no copy; what could be asked for is named."""
    path = write(tmp_path, HEADER + "W1,Si,1,YBCO,001,\r\n")
    with pytest.raises(NothingToDoError, match="--take formula-abbreviation"):
        importer.fix(path, tmp_path / "fixed.csv")
    assert not (tmp_path / "fixed.csv").exists()


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("W1,Si,1,Hf02,001,Hf:1 O:1\r\n", "element-dict-mismatch"),
        ("W1,Si,Layer 1,SiO2,,\r\nW1,Si,1,HfO2,,\r\n", "duplicate-layer"),
        ("W1,Si,1,SiO2,,\r\nW1,Si,Layer 3,HfO2,,\r\n", "layer-gap"),
    ],
)
def test_a_suggestion_that_gives_a_new_error_is_left(tmp_path: Path, rows: str, code: str) -> None:
    """What would turn one error into another is left to a person, and told; other suggestions are taken."""
    path = write(tmp_path, HEADER + rows + "W7,Si,1,batio3,,\r\n")
    fixed = importer.fix(path, tmp_path / "fixed.csv")
    assert [each.now for each in fixed.changes] == ["BaTiO3"]
    (left,) = fixed.not_taken
    assert f"it would give {code}" in left.why
    assert left.issue.where.source == str(path)


def test_a_change_that_cannot_be_written_is_left(tmp_path: Path) -> None:
    """A value over several lines is left to a person, and told; the others are changed."""
    text = "sample: W1\nsubstrate: Si\nlayers:\n  - composition: >-\n      batio3\n  - composition: batio3\n"
    path = write(tmp_path, text, "stacks.yaml")
    fixed = importer.fix(path, tmp_path / "fixed.yaml")
    assert [each.where.cell for each in fixed.changes] == ["6:18"]
    (left,) = fixed.not_taken
    assert "several lines" in left.why
    assert (tmp_path / "fixed.yaml").read_text() == text.replace(": batio3", ": BaTiO3")


def test_a_part_of_a_cell_is_left(tmp_path: Path) -> None:
    """A suggestion for a text that the mapping file cuts out of a cell isn't put in the place of the whole cell."""
    path = write(tmp_path, "Sample,Code\r\nW1,1-batio3\r\nW1,2-SrTiO3\r\n")
    mapping = {"split": {"Code": {"separator": "-", "fields": ["layer_id", "composition_string"]}}}
    with pytest.raises(NothingToDoError, match="only a part of the cell"):
        importer.fix(path, None, read=importer.ReadSettings(mapping=mapping))


def test_edits_and_deleted_rows(tmp_path: Path) -> None:
    """What a person gives is done, and nothing else; suggestions come along where codes are named too."""
    path = write(tmp_path, GROWTHS + "Total,,2,,,\r\n")
    edits = write(tmp_path, '{"cell": "D3", "was": "Hf02", "now": "ZrO2"}\n\n', "edits.jsonl")
    what = importer.FixSettings(edits=load_edits(edits), delete_rows=parse_rows("4"))
    fixed = importer.fix(path, tmp_path / "fixed.csv", what=what)
    meant = GROWTHS.replace("Hf02", "ZrO2") + "\r\n"
    assert (tmp_path / "fixed.csv").read_bytes() == meant.encode()
    assert [each.codes for each in fixed.changes] == [()]
    what = importer.FixSettings(edits=load_edits(edits), take=["formula-case", "formula-lookalike"])
    fixed = importer.fix(path, None, what=what)
    assert [each.now for each in fixed.changes] == ["ZrO2", "BaTiO3"]


@pytest.mark.parametrize(
    "line",
    ["[]", "{", '{"cell": "D3", "now": "x"}', '{"cell": "D", "was": "a", "now": "x"}',
     '{"cell": "D3", "was": "a", "now": 1}',
     '{"cell": "D3", "was": "a", "now": "x", "why": "y"}', '{"cell": "D0", "was": "a", "now": "x"}'],
)  # fmt: skip
def test_edits_that_are_none(tmp_path: Path, line: str) -> None:
    """A line that isn't an edit is told by its number."""
    path = write(tmp_path, f'{{"cell": "C7", "was": null, "now": "x"}}\n{line}\n', "edits.jsonl")
    with pytest.raises(UsageError, match="line 2"):
        load_edits(path)


@pytest.mark.parametrize(
    ("text", "rows"),
    [("17", [17]), ("1, 3-5,4", [1, 3, 4, 5]), ("x", None), ("5-3", None), ("0", None), ("1-99999999", None)],
)
def test_rows(text: str, rows: list[int] | None) -> None:
    """Rows are named by numbers and ranges, each once."""
    if rows is None:
        with pytest.raises(UsageError, match="doesn't name rows"):
            parse_rows(text)
    else:
        assert sorted(parse_rows(text)) == rows


def test_a_workbook(tmp_path: Path) -> None:
    """A workbook's cells are changed in their sheet; rows are deleted where there is one sheet, or one is named."""
    book = openpyxl.Workbook()
    for title in ("A", "B"):
        sheet = book.create_sheet(title)
        sheet.append(["Sample", "Substrate", "Layer", "Composition"])
        sheet.append([f"W{title}", "Si", 1, "batio3"])
        sheet.append(["footnote"])
    path = tmp_path / "growths.xlsx"
    book.save(path)
    fixed = importer.fix(path, None)
    assert [(each.where.sheet, each.where.cell) for each in fixed.changes] == [("A", "D2"), ("B", "D2")]
    assert fixed.difference is None
    with pytest.raises(UsageError, match="say with --sheet"):
        importer.fix(path, None, what=importer.FixSettings(delete_rows=[3]))
    read = importer.ReadSettings(sheet="B")
    importer.fix(path, tmp_path / "fixed.xlsx", read=read, what=importer.FixSettings(delete_rows=[3]))
    made = openpyxl.load_workbook(tmp_path / "fixed.xlsx")
    assert [cell.value for cell in made["B"][3]] == [None] * 4
    assert made["A"]["A3"].value == "footnote"


def test_a_stack_file(tmp_path: Path) -> None:
    """A value of YAML is changed where it stands, once for all layers that it serves."""
    text = "# log\nsample: W1\nsubstrate: Si\nlayers:\n  - &a {composition: batio3}  # first\n  - *a\n"
    path = write(tmp_path, text, "stacks.yaml")
    fixed = importer.fix(path, tmp_path / "fixed.yaml")
    assert (tmp_path / "fixed.yaml").read_text() == text.replace("batio3", "BaTiO3")
    assert [each.where.cell for each in fixed.changes] == ["5:22"]


def test_a_file_whose_suffix_tells_nothing(tmp_path: Path) -> None:
    """Its copy has the suffix of its format, so that it's known when it is read."""
    path = write(tmp_path, GROWTHS, "growths.dat")
    read = importer.ReadSettings(input_format="csv")
    with pytest.raises(UsageError, match=r"end in \.csv"):
        importer.fix(path, tmp_path / "fixed.dat", read=read)
    assert importer.fix(path, tmp_path / "fixed.csv", read=read).exit_code == 0


def test_one_file_at_a_time(tmp_path: Path) -> None:
    """A folder of several files has no one copy."""
    write(tmp_path, GROWTHS, "a.csv")
    write(tmp_path, GROWTHS, "b.csv")
    with pytest.raises(UsageError, match="one file at a time"):
        importer.fix(tmp_path, None)


FORMULAS = st.sampled_from(
    [
        "batio3",
        "BaTIO3",
        "Hf02",
        "SiO2",
        "YBCO",
        "MgO(2)",
        "a-Si",
        "SIO2",
        "Ba0,5Sr0,5TiO3",
        "nan",
        "InF",
        "SrTi03",
        "",
        "x",
    ]
)
ORIENTATIONS = st.sampled_from(
    ["1", "001", "-1", "8", "110", "1\u221210", "(0 0 1)", "0\u200b01", "up", "", "12-Mar", "1012"]
)
ROWS = st.tuples(
    st.sampled_from(["W1", "W2", "230415.0", "230415", "w1"]),
    st.just("Si"),
    st.sampled_from(["1", "2", "3", "Layer 1", "Layer 2", "1.0", "1,000", ""]),
    FORMULAS,
    ORIENTATIONS,
    st.sampled_from(["", "", "Ba:1, Ti:1, O:3", "Hf:1, O:1", "Si:0,5; O:1"]),
)


@settings(max_examples=40)
@given(rows=st.lists(ROWS, min_size=1, max_size=6), take=st.sampled_from([None, sorted(list_fixable())]))
def test_no_fixed_code_and_no_new_error_is_left(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], take: list[str] | None
) -> None:
    """Whatever a file holds: a check of its copy shows none of the fixed codes at their cells, and no new error.

    All cells that aren't named are what they were; all bytes outside their lines too.
    """
    folder = tmp_path_factory.mktemp("fix")
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER.strip().split(","), *rows])
    path = write(folder, text.getvalue())
    before = importer.validate(path)
    try:
        fixed = importer.fix(path, folder / "fixed.csv", what=importer.FixSettings(take=take))
    except NothingToDoError:
        return
    after = importer.validate(folder / "fixed.csv")
    changed = {(each.where.cell, code) for each in fixed.changes for code in each.codes}
    assert changed
    assert not changed & {(issue.where.cell, issue.code) for issue in after.issues}
    known = {(issue.code, issue.where.row, issue.where.cell) for issue in before.issues}
    new = [issue for issue in after.issues if issue.severity is importer.Severity.ERROR]
    assert [issue for issue in new if (issue.code, issue.where.row, issue.where.cell) not in known] == []
    old_rows, new_rows = (
        list(csv.reader(io.StringIO(each.read_text(encoding="utf-8"), newline="")))
        for each in (path, folder / "fixed.csv")
    )
    differing = {
        f"{'ABCDEF'[column]}{row}"
        for row, (was, now) in enumerate(zip(old_rows, new_rows, strict=True), start=1)
        for column in range(6)
        if was[column] != now[column]
    }
    assert differing == {each.where.cell for each in fixed.changes}


def test_the_sure_ones_are_among_those_that_can_be_asked_for() -> None:
    """Whatever is taken by itself can be named too."""
    assert list_fixable(Fix.SURE) < list_fixable()


def test_a_table_that_stands_otherwise(tmp_path: Path) -> None:
    """What a mapping file says of encoding and layout holds for the copy too; blanks are refused."""
    text = "Sample,W1,W1\nSubstrate,Größe,Si\nLayer,1,2\nComposition,batio3,SiO2\n"
    path = tmp_path / "turned.csv"
    path.write_bytes(text.encode("cp1252"))
    read = importer.ReadSettings(mapping={"transposed": True, "encoding": "cp1252"})
    fixed = importer.fix(path, tmp_path / "fixed.csv", read=read)
    assert [(each.where.cell, each.now) for each in fixed.changes] == [("B4", "BaTiO3")]
    assert (tmp_path / "fixed.csv").read_bytes() == text.replace("batio3", "BaTiO3").encode("cp1252")
    with pytest.raises(UsageError, match="rows of a transposed table"):
        importer.fix(path, None, read=read, what=importer.FixSettings(delete_rows=[2]))
    blanks = write(tmp_path, "Sample Substrate Layer Composition\nW1 Si 1 batio3\n", "blanks.txt")
    read = importer.ReadSettings(mapping={"delimiter": "blanks"})
    with pytest.raises(UsageError, match="separated by blanks"):
        importer.fix(blanks, None, read=read)
