"""From text to typed columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.chunks import FieldChunk, RawChunk
from importer.chunks.column import Texts
from importer.contract import ALL_FIELDS
from importer.issues import Parsed, Problem, find_code, make_issue
from importer.layers import normalise
from importer.layers.composition import parse_composition
from importer.layers.fields import FIELDS, Field
from importer.layers.normalise import KnownTexts, Meanings, normalise_chunk, parse_distinct
from importer.model import Severity, Where


def make_fields(columns: dict[str, list[str | None]], *, start: int = 0) -> FieldChunk:
    """Return rows as text under the field names."""
    texts = {name: Texts.of_cells(cells) for name, cells in columns.items()}
    rows = max(map(len, columns.values()))
    raw = RawChunk(
        "a.csv", None, tuple(columns), 1, tuple(texts.values()), np.arange(2, rows + 2),
        tuple(range(len(columns))), first=True,
    )  # fmt: skip
    return FieldChunk(raw, start, texts, np.arange(rows), {name: at for at, name in enumerate(columns)})


def test_a_chunk_has_all_fields_in_order_and_type() -> None:
    """Every field has its column, also those that the table lacks; integers are Int64 and keep all digits."""
    chunk = normalise_chunk(make_fields({"layer_id": ["1", None], "id": ["9223372036854775807", "2.0"]}))
    assert tuple(chunk.frame) == ALL_FIELDS
    assert {str(chunk.frame[name].dtype) for name in ("layer_id", "sample_id", "id")} == {"Int64"}
    assert chunk.frame["id"].tolist() == [9223372036854775807, 2]
    assert chunk.frame["layer_id"].tolist() == [1, pd.NA]
    assert chunk.frame["mp_id"].tolist() == [None, None]


def test_blank_cells_are_absent_and_trimmed_ones_are_not_told() -> None:
    """White space alone is no value; plain spaces around one go in silence, unusual ones with a note."""
    fields = make_fields({"composition_string": ["  ", " BaTiO3 ", "\u00a0BaTiO3", None]})
    chunk = normalise_chunk(fields)
    assert chunk.frame["composition_string"].tolist() == [None, "BaTiO3", "BaTiO3", None]
    assert [(issue.code, issue.seq) for issue in chunk.issues] == [("space-unusual", 2)]
    assert not chunk.bad.any()


def test_an_issue_names_its_cell_and_row_wherever_the_text_occurs() -> None:
    """One bad text in several rows is told for each of them, with the ordinal of the run and the text as it stands."""
    chunk = normalise_chunk(make_fields({"composition_string": ["Xx", "BaTiO3", "Xx"]}, start=10))
    told = [(issue.code, issue.seq, issue.where.cell, issue.value) for issue in chunk.issues]
    assert told == [("unknown-element", 10, "A2", "Xx"), ("unknown-element", 12, "A4", "Xx")]
    assert chunk.bad.tolist() == [True, False, True]
    assert chunk.frame["composition_string"].tolist() == [None, "BaTiO3", None]


def test_a_distinct_text_is_parsed_once() -> None:
    """The parser is called once a text, whatever the number of rows."""
    seen: list[str] = []

    def parse(text: str) -> Parsed[str]:
        seen.append(text)
        return Parsed(text)

    column = parse_distinct(
        Texts.of_cells(["a", "b", "a", None] * 100), Meanings(Field("composition_string", parse))
    ).meant
    assert seen == ["a", "b"]
    assert column.list_values() == ["a", "b", "a", None] * 100


def test_a_formula_is_parsed_once_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second chunk with the same formula doesn't parse it again."""
    seen: list[str] = []

    def parse(text: str) -> Parsed[str]:
        seen.append(text)
        return Parsed(text)

    monkeypatch.setattr(
        normalise, "FIELDS", {**FIELDS, "composition_string": Field("composition_string", parse, recurs=True)}
    )
    known = KnownTexts()
    normalise_chunk(make_fields({"composition_string": ["K0.123TaO3"]}), known=known)
    normalise_chunk(make_fields({"composition_string": ["K0.123TaO3"] * 5}, start=1), known=known)
    assert seen == ["K0.123TaO3"]


def test_a_table_changed_by_its_user_changes_no_later_one() -> None:
    """What is kept between chunks can't be reached through a frame."""
    fields = make_fields({"element_dict": ["Ba:1, O:1"]})
    normalise_chunk(fields).frame["element_dict"].iloc[0]["Ba"] = 99
    assert normalise_chunk(fields).frame["element_dict"].iloc[0] == {"Ba": 1, "O": 1}


def test_an_error_of_the_reader_makes_its_row_bad() -> None:
    """A ragged row's issue goes to the layer that came from it, with its ordinal."""
    fields = make_fields({"composition_string": ["BaTiO3", "SrTiO3"]}, start=5)
    issue = make_issue(Problem(find_code("ragged-row"), "too short"), Where("a.csv", row=3))
    assert issue.severity is Severity.ERROR
    raw = RawChunk(
        "a.csv",
        None,
        fields.raw.header,
        1,
        fields.raw.columns,
        fields.raw.rows,
        (0,),
        first=True,
        row_issues=((1, issue),),
    )
    chunk = normalise_chunk(FieldChunk(raw, 5, fields.texts, fields.index, fields.columns))
    assert chunk.bad.tolist() == [False, True]
    assert [told.seq for told in chunk.issues] == [6]


@pytest.mark.parametrize("name", ALL_FIELDS)
@given(text=st.text(max_size=30) | st.text(alphabet="BaTiO01239.-+()[]{}:, mp", max_size=20))
def test_normalising_twice_changes_nothing(name: str, text: str) -> None:
    """No text raises in any field; what came out of it, written as text, comes out the same."""
    first = normalise_chunk(make_fields({name: [text]})).frame[name].iloc[0]
    if isinstance(first, str):
        again = normalise_chunk(make_fields({name: [first]})).frame[name].iloc[0]
        assert again == first


def test_derived_amounts_are_those_of_the_formula() -> None:
    """Derivation takes exact formulas only and leaves rows without one alone."""
    chunk = normalise_chunk(make_fields({"composition_string": ["SrTiO3", "Nb:SrTiO3", None]}), derive_elements=True)
    assert chunk.frame["element_dict"].tolist() == [{"Sr": 1, "Ti": 1, "O": 3}, None, None]
    parsed = parse_composition("SrTiO3").value
    assert parsed is not None
    assert dict(parsed.amounts) == {"Sr": 1, "Ti": 1, "O": 3}


@pytest.mark.parametrize(
    ("name", "text", "codes", "sent"),
    [
        ("composition_string", "batio3", ["formula-case"], "BaTiO3"),
        ("composition_string", " a-SIO2 ", ["formula-prefix", "formula-capitals"], "SiO2"),
        ("composition_string", "a-SIO2", ["formula-capitals"], None),
        ("mp_id", "5020", ["mp-id-malformed"], "mp-5020"),
        ("layer_id", "Layer 3", ["not-an-integer"], 3),
        ("orientation", "up", ["orientation-not-miller"], None),
    ],
)
def test_suggestions_that_are_asked_for_are_taken(name: str, text: str, codes: list[str], sent: object) -> None:
    """What a suggestion means is sent, with a note; one that isn't asked for, or isn't there, leaves the issue."""
    meanings = KnownTexts(repairs=frozenset(codes)).of_field(name)
    (found,) = meanings.list_of([text])
    assert meanings.write(found) == sent
    notes = [problem for problem in found.problems if problem.code == "repaired"]
    assert bool(notes) is (sent is not None)
    assert all(any(code in note.message for code in codes) for note in notes)
