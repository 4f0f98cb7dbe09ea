"""Headers to fields: names, units, near misses, duplicates, element columns."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from importer.columns import arrange_chunk, list_absent_sheets, load_mapping, plan_columns
from importer.errors import MappingError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.layers.header_names import match_group, match_header, normalise_header, read_element, suggest_field

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import FieldChunk
    from importer.columns import ColumnPlan

OUTSIDE = ("sample-outside-table", None, None)
"""What is said of a table without a sample."""


def arrange(
    path: Path, rows: list[list[str]], *, mapping: str | None = None, repairs: frozenset[str] = frozenset()
) -> tuple[ColumnPlan, FieldChunk]:
    """Return plan and fields of a table, written as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    (path / "a.csv").write_text(text.getvalue())
    (raw,) = iter_raw_chunks(find_sources([path / "a.csv"])[0])
    given = None
    if mapping is not None:
        (path / "m.yaml").write_text(mapping)
        given = load_mapping(path / "m.yaml")
    plan = plan_columns(raw, mapping=given, repairs=repairs)
    return plan, arrange_chunk(raw, plan, start=10)


def list_records(chunk: FieldChunk) -> list[dict[str, str]]:
    """Return each row as field -> text, without empty ones."""
    return [{str(name): text for name, text in record.items() if text} for record in chunk.frame.to_dict("records")]


def list_told(plan: ColumnPlan, chunk: FieldChunk) -> list[tuple[str, str | None, int | None]]:
    """Return code, cell and row ordinal of each issue."""
    return [(issue.code, issue.where.cell, issue.seq) for issue in (*plan.issues, *chunk.issues)]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Layer #", "layer_id"),
        ("layer no.", "layer_id"),
        ("position", "layer_id"),
        ("formula", "composition_string"),
        ("Stoichiometry", "composition_string"),
        ("Orientation (hkl)", "orientation"),
        ("HKL", "orientation"),
        ("miller", "orientation"),
        ("sg", "space_group"),
        ("Space Group No.", "space_group"),
        ("MP-ID", "mp_id"),
        ("  SAMPLE_ID ", "sample_id"),
        ("sample.name", "sample_name"),
        ("Substrate [cut]", "substrate"),
        ("Thickness (nm)", None),
        ("", None),
        ("No", None),
    ],
)
def test_names_are_matched(text: str, field: str | None) -> None:
    """The usual names of lab tables are matched, whatever their case, spaces and units; others aren't."""
    assert match_header(text)[0] == field


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("layer1_composition", (1, "composition_string")),
        ("L2 formula", (2, "composition_string")),
        ("Layer 3", (3, "composition_string")),
        ("Composition.1", (1, "composition_string")),
        ("hkl_12", (12, "orientation")),
        ("layer 1 thickness", None),
        ("sample 1", None),
        ("Lattice1", None),
        ("T1", None),
    ],
)
def test_groups_are_matched(text: str, group: tuple[int, str] | None) -> None:
    """A layer's number in front of or behind a field's name makes a group; anything else doesn't."""
    assert match_group(text) == group


def test_elements_are_matched_by_their_symbols() -> None:
    """Symbols count in their one right case, with a unit or without."""
    found = [read_element(text) for text in ("Ba", "Ti (at%)", "ba", "Xx", " O ")]
    assert [each and each[0] for each in found] == ["Ba", "Ti", None, None, "O"]


def test_near_misses_are_suggested_not_taken(tmp_path: Path) -> None:
    """A misspelt header is told with the field that it nearly is; its column isn't used."""
    plan, chunk = arrange(tmp_path, [["layer_id", "Orientaton", "Comment"], ["1", "001", "x"]])
    assert suggest_field("Orientaton") == "orientation"
    assert list_records(chunk) == [{"layer_id": "1"}]
    assert list_told(plan, chunk) == [
        ("column-near-miss", "B1", None),
        ("unused-column", "C1", None),
        OUTSIDE,
        ("no-content-column", None, None),
    ]


def test_two_columns_for_a_field_are_an_error(tmp_path: Path) -> None:
    """Two strong names for one field are an error of the table; a weak name beside a strong one isn't used."""
    plan, chunk = arrange(tmp_path, [["layer_id", "Formula", "Composition"], ["1", "a", "b"]])
    assert list_told(plan, chunk) == [("duplicate-column", "C1", None), OUTSIDE]
    plan, chunk = arrange(tmp_path, [["layer_id", "Formula", "Material"], ["1", "a", "b"]])
    assert list_told(plan, chunk) == [("unused-column", "C1", None), OUTSIDE]
    assert list_records(chunk) == [{"layer_id": "1", "composition_string": "a"}]


def test_element_columns_make_a_table(tmp_path: Path) -> None:
    """Columns named by elements become one element table of the texts as they stand; empty cells are left out."""
    _, chunk = arrange(tmp_path, [["layer_id", "Ba (at%)", "Ti", "O"], ["1", "20", "", "0.60"], ["2", "", "", ""]])
    assert list_records(chunk) == [{"layer_id": "1", "element_dict": '{"Ba":"20","O":"0.60"}'}, {"layer_id": "2"}]


def test_decimal_commas_are_read_where_they_are_the_rule(tmp_path: Path) -> None:
    """Commas throughout are decimal; beside points they are an error of their row."""
    _, chunk = arrange(tmp_path, [["layer_id", "Ba", "Sr"], ["1", "0,7", "0,3"]])
    assert list_records(chunk)[0]["element_dict"] == '{"Ba":"0.7","Sr":"0.3"}'
    plan, chunk = arrange(tmp_path, [["layer_id", "Ba", "Sr"], ["1", "0,7", "0.3"]])
    assert list_told(plan, chunk) == [OUTSIDE, ("decimal-ambiguous", "B2", 10)]
    assert [issue.suggestion for issue in chunk.issues] == ["0.7"]
    _, chunk = arrange(tmp_path, [["layer_id", "Ba", "Sr"], ["1", "1,042", "0.3"]])
    assert [issue.suggestion for issue in chunk.issues] == [None]  # thousands, perhaps
    _, chunk = arrange(tmp_path, [["sample_id", "layer_id", "id"], ["7,0", "1,00", "2,5"]])
    assert list_records(chunk) == [{"sample_id": "7.0", "layer_id": "1.00", "id": "2,5"}]


def test_an_amount_that_is_none_is_told_at_its_own_cell(tmp_path: Path) -> None:
    """Of several columns named by elements the one with the bad amount is named; the table of its row isn't taken."""
    plan, chunk = arrange(tmp_path, [["layer_id", "Ba", "Sr", "O"], ["1", "1", "x", "-3"], ["2", "1", "2", "3"]])
    assert list_told(plan, chunk) == [
        OUTSIDE,
        ("element-amount", "C2", 10),
        ("element-amount", "D2", 10),
    ]
    assert list_records(chunk) == [{"layer_id": "1"}, {"layer_id": "2", "element_dict": '{"Ba":"1","Sr":"2","O":"3"}'}]


def test_nothing_known_is_an_error(tmp_path: Path) -> None:
    """A table of which no header is known says so."""
    plan, chunk = arrange(tmp_path, [["A", "Q"], ["1", "2"]])
    assert "no-known-column" in [issue.code for issue in plan.issues]
    assert len(chunk.index) == 1


def test_wide_rows_become_layers(tmp_path: Path) -> None:
    """Each filled group is a layer at its cells' places; empty ones at the end are none, one between is an error."""
    rows = [
        ["Sample", "L1 formula", "L1 hkl", "L2 formula", "L2 hkl", "L3 formula"],
        ["A", "a", "001", "b", "", ""],
        ["B", "a", "", "", "", "c"],
        ["C", "", "", "", "", ""],
    ]
    plan, chunk = arrange(tmp_path, rows)
    assert list_records(chunk) == [
        {"sample_name": "A", "layer_id": "1", "composition_string": "a", "orientation": "001"},
        {"sample_name": "A", "layer_id": "2", "composition_string": "b"},
        {"sample_name": "B", "layer_id": "1", "composition_string": "a"},
        {"sample_name": "B", "layer_id": "3", "composition_string": "c"},
        {"sample_name": "C"},
    ]
    assert chunk.index.tolist() == [0, 0, 1, 1, 2]
    assert [chunk.place_field(n, "composition_string").cell for n in range(4)] == ["B2", "D2", "B3", "F3"]
    assert list_told(plan, chunk) == [("empty-group", None, 13)]


def test_numbered_columns_beside_numbered_rows_are_an_error(tmp_path: Path) -> None:
    """A wide table that numbers its rows' layers too says two things at once; none of its layers is lost in silence."""
    plan, chunk = arrange(tmp_path, [["sample_id", "layer_id", "L1 formula", "L2 formula"], ["1", "1", "a", "b"]])
    assert list_told(plan, chunk) == [
        ("duplicate-column", "C1", None),
        ("duplicate-column", "D1", None),
        ("no-content-column", None, None),
    ]
    plan, chunk = arrange(tmp_path, [["sample_id", "layer_id", "formula", "formula 2"], ["1", "1", "a", "b"]])
    assert "duplicate-column" not in [issue.code for issue in plan.issues]


def test_repeated_headers_of_pandas_are_groups(tmp_path: Path) -> None:
    """``Composition`` beside ``Composition.1`` is the first layer of two."""
    _, chunk = arrange(tmp_path, [["sample_id", "Composition", "Composition.1"], ["7", "a", "b"]])
    assert [(record["layer_id"], record["composition_string"]) for record in list_records(chunk)] == [
        ("1", "a"),
        ("2", "b"),
    ]


MAPPING = """
columns: {Stack: {field: composition_string, values: {STO: SrTiO3}}, Nr: layer_id}
ignore: [Formula]
constants: {substrate: Si}
defaults: {orientation: 001}
templates: {sample_name: "{run}-{piece}"}
split: {"SG/MP": {separator: "/", fields: [space_group, mp_id]}}
"""


def test_mapping_file_in_full(tmp_path: Path) -> None:
    """Rename, value map, ignore, constant, default, template and split do what they say, and only that."""
    rows = [
        ["run", "piece", "Nr", "Stack", "Formula", "hkl", "SG/MP"],
        ["G1", "a", "1", "STO", "zzz", "", "P4mm/mp-1"],
        ["G1", "a", "2", "BTO", "zzz", "110", ""],
    ]
    plan, chunk = arrange(tmp_path, rows, mapping=MAPPING)
    assert list_records(chunk) == [
        {
            "layer_id": "1",
            "composition_string": "SrTiO3",
            "orientation": "001",
            "space_group": "P4mm",
            "mp_id": "mp-1",
            "sample_name": "G1-a",
            "substrate": "Si",
        },
        {"layer_id": "2", "composition_string": "BTO", "orientation": "110", "sample_name": "G1-a", "substrate": "Si"},
    ]
    assert list_told(plan, chunk) == []


def test_mapping_that_does_not_fit_is_told(tmp_path: Path) -> None:
    """A missing column is a warning; a cell that can't be cut and a gap in a template are errors of their rows."""
    rows = [["run", "piece", "Nr", "Stack", "SG/MP"], ["G1", "", "1", "a", "x/y/z"]]
    plan, chunk = arrange(tmp_path, rows, mapping=MAPPING)
    assert sorted(list_told(plan, chunk), key=str) == [
        ("mapping-unmatched", None, None),
        ("split-mismatch", "E2", 10),
        ("template-incomplete", "B2", 10),
    ]


def test_rules_of_a_sheet_go_on_top(tmp_path: Path) -> None:
    """What a mapping says of a sheet is added to what it says of all."""
    (tmp_path / "m.yaml").write_text("constants: {substrate: Si}\nsheets: {B: {constants: {sample_name: S}}}\n")
    mapping = load_mapping(tmp_path / "m.yaml")
    assert mapping.find_rules("A").constants == {"substrate": "Si"}
    assert mapping.find_rules("B").constants == {"substrate": "Si", "sample_name": "S"}


def test_sheets_that_are_absent_are_told(tmp_path: Path) -> None:
    """Rules for a sheet that wasn't read are told where its name is a slip, or where no sheet has rules at all."""
    (tmp_path / "m.yaml").write_text("sheets: {Run 1: {}, Run 22: {}, Elsewhere: {}}\n")
    mapping = load_mapping(tmp_path / "m.yaml")

    def list_told(*seen: str | None) -> list[tuple[str | None, str | None]]:
        return [(issue.value, issue.suggestion) for issue in list_absent_sheets(mapping, set(seen))]

    assert list_told("Run 1", "Run 22", "Elsewhere") == list_told("Run 1", "Notes") == []
    assert list_told("Run 1", "Run 2") == [("Run 22", "Run 2")]
    assert [sheet for sheet, _ in list_told(None)] == ["Run 1", "Run 22", "Elsewhere"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("columns: [a]", "columns"),
        ("columns: {a: nothing}", "columns.a: 'nothing' isn't a field. Choose from layer_id, "),
        ("columns: {a: {field: Formula}}", "'Formula' isn't a field.* Did you mean composition_string?"),
        ("constants: {substrat: Si}", "constants: 'substrat' isn't a field.* Did you mean substrate?"),
        ("colums: {}", "'colums' isn't a rule. Choose from columns, .* Did you mean columns?"),
        ("sheets: {A: {ignor: [x]}}", "sheets.A: 'ignor' isn't a rule.* Did you mean ignore?"),
        ("columns: {a: id, b: id}", "two ways"),
        ("templates: {sample_name: '{run'}", "template"),
        ("templates: {sample_name: '{run!r}'}", "Only headers"),
        ("a: {b: 1, b: 2}", "twice"),
        ("a: &a 1\nb: *a", "alias"),
        ("[" * 100, "deeply"),
        ("a: [", r"isn't valid YAML on line 2, column 1 \(did not find"),
        ("", "can't be used"),
    ],
)
def test_unusable_mappings_are_refused(tmp_path: Path, text: str, words: str) -> None:
    """Each fault of a mapping file is told with its place."""
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(MappingError, match=words):
        load_mapping(tmp_path / "m.yaml")


def test_header_normalisation_is_idempotent() -> None:
    """Normalising twice is normalising once, also for letters that change when folded."""
    for text in ("Größe (nm)", "İ", "Ⅳ", "Layer\u00a0#", "ﬁlm"):
        assert normalise_header(normalise_header(text)) == normalise_header(text)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Zusammensetzung", "composition_string"),
        ("Stöchiometrie", "composition_string"),
        ("Orientierung (hkl)", "orientation"),
        ("Raumgruppe", "space_group"),
        ("Schicht-Nr.", "layer_id"),
        ("Lage Nr.", "layer_id"),
        ("Probenname", "sample_name"),
    ],
)
def test_german_headers_are_known(header: str, field: str) -> None:
    """A German lab's spreadsheet needs no mapping file."""
    assert match_header(header) == (field, False)


def test_a_mapping_file_keeps_the_order_of_what_it_ignores(tmp_path: Path) -> None:
    """What is said of a mapping file doesn't change its order from run to run."""
    names = [f"c{number}" for number in range(20)]
    (tmp_path / "m.yaml").write_text(f"ignore: [{', '.join(names)}]\n")
    assert load_mapping(tmp_path / "m.yaml").rules.ignore == tuple(names)
