"""Rules that look across the rows of a run, and the verdicts on its stacks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.chunks import FieldChunk, RawChunk
from importer.chunks.column import Texts, ValueNumbers
from importer.layers.normalise import normalise_chunk
from importer.model import Severity
from importer.rules import StackRules, Verdict, check_rows, rows_seen

if TYPE_CHECKING:
    from importer.chunks import LayerChunk
    from importer.model import Issue


def make_chunk(header: str, *rows: str, start: int = 0, first: bool = True, source: str = "a.csv") -> LayerChunk:
    """Return typed rows from comma-separated texts; an empty text is an absent cell."""
    names = header.split(",")
    cells = zip(*([cell or None for cell in row.split(",")] for row in rows), strict=True)
    texts = {name: Texts.of_cells(column) for name, column in zip(names, cells, strict=True)}
    lines = np.arange(start + 2, start + 2 + len(rows), dtype=np.int64)
    raw = RawChunk(
        source, None, tuple(names), 1, tuple(texts.values()), lines, tuple(range(len(names))), first=first
    )  # fmt: skip
    columns = {name: at for at, name in enumerate(names)}
    return normalise_chunk(FieldChunk(raw, start, texts, np.arange(len(rows), dtype=np.int64), columns))


def run_rules(*chunks: LayerChunk, max_layers: int = 1000) -> list[Issue]:
    """Return what the stack rules say of some chunks."""
    rules = StackRules(max_layers=max_layers)
    for chunk in chunks:
        rules.add(chunk)
    return list(rules.iter_issues())


def told(issues: list[Issue]) -> list[tuple[str, int | None, str | None]]:
    """Return code, ordinal and cell of issues, sorted."""
    return sorted((issue.code, issue.seq, issue.where.cell) for issue in issues)


STACK = "sample_id,layer_id"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["1,1", "1,2", "1,3"], []),
        (["1,0", "1,1"], []),
        (["1,1", "1,1"], [("duplicate-layer", 0, "B2"), ("duplicate-layer", 1, "B3")]),
        (["1,1", "2,1", "1,1.0"], [("duplicate-layer", 0, "B2"), ("duplicate-layer", 2, "B4")]),
        (["1,1", "1,3"], [("layer-gap", 1, "B3")]),
        (["1,3", "1,4"], [("stack-start", 0, "B2")]),
        (["1,2", "1,1"], [("rows-out-of-order", 0, "B2")]),
        (["1,3", "1,2", "1,1"], [("rows-out-of-order", 1, "B3")]),
        ([",1", "1,1"], []),
    ],
)
def test_positions_of_a_stack(rows: list[str], expected: list[tuple[str, int, str]]) -> None:
    """Duplicates, gaps, beginnings and order are told at the cell that they are about."""
    assert told(run_rules(make_chunk(STACK, *rows))) == expected


def test_a_duplicate_is_found_across_inputs_and_names_the_other_place() -> None:
    """Two files with the same layer: each copy says where the other stands."""
    one = make_chunk(STACK, "1,1", "1,2", source="a.csv")
    two = make_chunk(STACK, "1,2", start=2, source="b.csv")
    first, second = sorted(run_rules(one, two), key=lambda issue: issue.seq or 0)
    assert (first.seq, second.seq) == (1, 2)
    assert "b.csv, cell B4" in first.message
    assert "a.csv, cell B3" in second.message


def test_a_bad_row_holds_its_position() -> None:
    """A row with an unreadable formula is no gap in its stack."""
    chunk = make_chunk("sample_id,layer_id,composition_string", "1,1,SrTiO3", "1,2,Xx", "1,3,SrTiO3")
    assert chunk.bad.tolist() == [False, True, False]
    assert run_rules(chunk) == []


def test_a_sample_is_named_in_one_way() -> None:
    """A row by name beside rows by id of the same name is an error; a name without ids is none."""
    header = "sample_id,sample_name,layer_id"
    issues = run_rules(make_chunk(header, "42,A,1", ",A,2", ",B,1"))
    assert ("sample-key-mixed", 1, "B3") in told(issues)
    assert {issue.seq for issue in issues if issue.code == "sample-key-mixed"} == {1}
    assert "cell A2" in next(issue.message for issue in issues if issue.code == "sample-key-mixed")


def test_a_named_sample_lies_on_one_substrate() -> None:
    """All rows that name a substrate of the sample are told; other samples and rows without one aren't."""
    header = "sample_name,substrate,layer_id"
    issues = run_rules(make_chunk(header, "A,Si,1", "A,MgO,2", "A,,3", "B,Si,1", "B,Si,2"))
    assert told(issues) == [("two-substrates", 0, "B2"), ("two-substrates", 1, "B3")]


def test_a_record_id_is_used_once_in_a_run() -> None:
    """All copies are told, each with the place of another, across stacks; absent ids are no copies."""
    issues = run_rules(make_chunk("sample_id,layer_id,id", "1,1,7", "2,1,7", "3,1,7", "4,1,", "5,1,"))
    assert told(issues) == [("duplicate-id", 0, "C2"), ("duplicate-id", 1, "C3"), ("duplicate-id", 2, "C4")]


def test_a_materials_project_id_means_one_compound() -> None:
    """Another compound is told once; another spelling, a dopant and an open amount are not."""
    header = "sample_id,layer_id,composition_string,mp_id"
    rows = ["1,1,BaTiO3,mp-5020", "2,1,Ba1Ti1O3,mp-5020", "3,1,Nb:BaTiO3,mp-5020", "4,1,SrTiO3,mp-5020"]
    issues = run_rules(make_chunk(header, *rows, "5,1,SrTiO3,mp-5020", "6,1,SrTiO3,mp-5229"))
    assert told(issues) == [("mp-id-two-formulas", 3, "D5")]


@pytest.mark.parametrize(
    ("upper", "codes"),
    [
        ("1,2,BaTiO3,Pm-3m", ["layer-split"]),
        ("1,2,BaTiO3,P4mm", []),
        ("1,2,BaTiO3,99", []),
        ("1,2,BaTiO3,P 4 m m", []),
        ("1,2,SrTiO3,Pm-3m", []),
        ("1,2,BaTiO3,", []),
        ("2,1,BaTiO3,Pm-3m", []),
    ],
)
def test_neighbours_of_one_composition_and_two_groups(upper: str, codes: list[str]) -> None:
    """Only neighbours in one stack, with one composition and two known groups, are suspected."""
    chunk = make_chunk("sample_id,layer_id,composition_string,space_group", "1,1,BaTiO3,P4mm", upper)
    assert [issue.code for issue in run_rules(chunk)] == codes


def test_settings_of_one_group_are_no_split() -> None:
    """Pnma and Pbnm are number 62 with other axes: a film that lies otherwise on its neighbour."""
    header = "sample_id,layer_id,composition_string,space_group"
    assert run_rules(make_chunk(header, "1,1,CaTiO3,Pnma", "1,2,CaTiO3,Pbnm")) == []


def test_formulas_that_differ_by_case_doubt_each_other_wherever_they_stand() -> None:
    """Both are told at each of their cells, also where they come in different chunks, and of which other."""
    header = "sample_id,layer_id,composition_string"
    one = make_chunk(header, "1,1,LaCoO3", "1,2,SrTiO3")
    two = make_chunk(header, "2,1,LaCOO3", "2,2, SrTiO3", "2,3,LaCoO3", "2,4,lacoo3", start=2, first=False)
    issues = run_rules(one, two)
    assert told(issues) == [("case-doubt", 0, "C2"), ("case-doubt", 2, "C4"), ("case-doubt", 4, "C6")]
    assert [(issue.value, issue.suggestion) for issue in sorted(issues, key=lambda issue: issue.seq or 0)] == [
        ("LaCoO3", "LaCOO3"), ("LaCOO3", "LaCoO3"), ("LaCoO3", "LaCOO3")
    ]  # fmt: skip


def test_a_very_high_stack_is_told_once() -> None:
    """The first layer above the bound is named."""
    rows = [f"1,{layer}" for layer in range(1, 8)]
    assert told(run_rules(make_chunk(STACK, *rows), max_layers=5)) == [("stack-high", 5, "B7")]
    assert run_rules(make_chunk(STACK, *rows), max_layers=7) == []


def test_the_verdict_on_each_stack() -> None:
    """Complete, partial, untouched, with the layers that are ready and the positions that are missing."""
    rules = StackRules()
    rules.add(make_chunk(STACK, "1,1", "1,2", "2,1", "2,2", "2,3", "2,5", "3,1"))
    stopped = np.array([False, False, False, True, False, True, True])
    verdicts = rules.find_verdicts(stopped)
    found = [(v.label, str(v.verdict), v.layers, v.ready, v.missing) for v in verdicts.iter_all()]
    assert found == [
        ("1", "complete", 2, 2, ()),
        ("2", "partial", 4, 1, (2, 4, 5)),
        ("3", "untouched", 1, 0, (1,)),
    ]


CELLS = st.sampled_from(["", "", "1", "2", "300", "70000", "A", "B"])
LAYERS = st.sampled_from(["", "x", "1", "2", "3", "127", "128", "40000", "3000000000"])
FORMULAS = st.sampled_from(["", "SrTiO3", "CoO", "COO", "Xx"])
RUN = st.lists(st.tuples(CELLS, CELLS, LAYERS, FORMULAS, st.sampled_from(["", "Si", "MgO"])), min_size=1, max_size=25)


@given(run=RUN, cuts=st.sets(st.integers(1, 24)), merged=st.integers(1, 3), shift=st.sampled_from([0, 1_000]))
def test_what_is_said_does_not_depend_on_chunks(
    run: list[tuple[str, ...]], cuts: set[int], merged: int, shift: int
) -> None:
    """However the rows of a run are cut into chunks, issues, their places and the verdicts are the same."""
    header = "sample_id,sample_name,layer_id,composition_string,substrate"
    rows = [",".join(cells) for cells in run]
    edges = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    parts = list(itertools.pairwise(edges))
    chunks = [make_chunk(header, *rows[a:b], start=shift + a, first=not a) for a, b in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_seen, "MERGED", merged)
        patch.setattr(rows_seen, "SLICE", 3)
        cut, whole = StackRules(), StackRules()
        for chunk in chunks:
            cut.add(chunk)
        whole.add(make_chunk(header, *rows, start=shift))
        assert list(cut.iter_issues()) == list(whole.iter_issues())
        stopped = np.zeros(shift + len(rows), dtype=np.bool_)
        stopped[[issue.seq or 0 for issue in cut.iter_issues() if issue.severity is Severity.ERROR]] = True
        stopped[shift:] |= np.concatenate([chunk.bad for chunk in chunks])
        verdicts = cut.find_verdicts(stopped)
        assert list(verdicts.iter_all()) == list(whole.find_verdicts(stopped).iter_all())
        not_whole = [verdict for verdict in verdicts.iter_all() if verdict.verdict is not Verdict.COMPLETE]
        assert list(verdicts.iter_open()) == not_whole
        assert verdicts.open_count == len(not_whole)


def test_nothing_seen_is_nothing_said() -> None:
    """Without rows there are no issues and no verdicts."""
    assert run_rules() == []
    nothing = StackRules().find_verdicts(np.zeros(0, dtype=np.bool_))
    assert (list(nothing.iter_all()), list(nothing.iter_open()), nothing.open_count) == ([], [], 0)


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("sample_id,layer_id,composition_string", "1,,SrTiO3", [("missing-layer-id", "B2")]),
        ("sample_id,layer_id,composition_string", "1,x,SrTiO3", []),
        ("layer_id,composition_string", "1,SrTiO3", [("missing-sample", None)]),
        ("sample_id,layer_id,mp_id", "1,1,", [("empty-layer", "B2")]),
        ("sample_id,layer_id,composition_string,orientation,space_group", "1,1,MgO,0001,225", [
            ("orientation-four-index", "D2")
        ]),
        ("sample_id,layer_id,composition_string,orientation,space_group", "1,1,ZnO,0001,186", []),
        ("sample_id,layer_id,composition_string,orientation,space_group", "1,1,MgO,001,225", []),
        ("sample_id,layer_id,composition_string,element_dict", "1,1,BaTiO3,Ba:1;Ti:2;O:3", [
            ("element-dict-mismatch", "D2")
        ]),
        ("sample_id,layer_id,composition_string,element_dict", "1,1,BaTiO3,Ba:0.2;Ti:0.2;O:0.6", []),
        ("sample_id,layer_id,composition_string,element_dict", "1,1,La1-xSrxMnO3,La:1", []),
        ("sample_id,layer_id,composition_string,element_dict", "1,1,In20Ga80As,In:0.2;Ga:0.8;As:1", []),
        ("sample_id,layer_id,composition_string,element_dict", "1,1,HFO2,Hf:1;O:2", []),
        ("sample_id,layer_id,composition_string,element_dict", "1,1,HFO2,Ti:1;O:2", [("element-dict-mismatch", "D2")]),
        ("sample_id,layer_id,composition_string,element_dict", "1,1,D2O,H:2;O:1", []),
    ],
)  # fmt: skip
def test_row_rules(header: str, row: str, expected: list[tuple[str, str | None]]) -> None:
    """Each rule of one row is told at its cell, and only where it applies."""
    found = check_rows(make_chunk(header, row))
    assert [(issue.code, issue.where.cell) for issue in found] == expected


@given(st.lists(st.lists(st.sampled_from([None, "a", "b", "c", "d", "e"]), max_size=6), max_size=5))
def test_values_numbered_together_have_the_numbers_of_one_after_the_other(chunks: list[list[str | None]]) -> None:
    """Also where a chunk has a value twice, as two spellings of one formula give."""
    together, singly = ValueNumbers(), ValueNumbers()
    for values in chunks:
        assert together.number(values) == [singly[value] for value in values]
    assert list(together.items()) == list(singly.items())


def test_what_rows_of_several_samples_say_is_told_in_the_order_of_the_rows() -> None:
    """The first row that was read stands, the later one is told, whatever the samples are called."""
    chunk = make_chunk(
        "sample_name,layer_id,composition_string,mp_id,id",
        "A,1,BaTiO3,mp-1,7",
        "B,1,SrTiO3,mp-1,7",
        "C,1,SrTiO3,mp-2,7",
    )
    found = [(issue.code, issue.where.row, issue.message) for issue in run_rules(chunk)]
    assert [each[:2] for each in found] == [
        ("duplicate-id", 2),
        ("duplicate-id", 3),
        ("duplicate-id", 4),
        ("mp-id-two-formulas", 3),
    ]
    assert found[3][2].startswith("mp-1 is used for SrTiO3 here, but for BaTiO3 in a.csv, cell D2")
