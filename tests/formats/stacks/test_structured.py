"""YAML stack definitions: every scalar as it stands, with its place; structure that can't be taken is an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from importer.errors import InputError, InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.stacks import gather
from importer.formats.stacks.nodes import NodeReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from importer.chunks import RawChunk


def read_yaml(path: Path, text: str, *, chunk_rows: int = 1000) -> list[RawChunk]:
    """Return the chunks of a YAML file with this text."""
    path.write_text(text, encoding="utf-8")
    (source,) = find_sources([path])
    return list(iter_raw_chunks(source, chunk_rows=chunk_rows))


def list_records(chunks: list[RawChunk]) -> list[dict[str, str]]:
    """Return every row as key -> text, without the keys that it lacks."""
    records = []
    for chunk in chunks:
        for row in chunk.frame.to_numpy(dtype=object).tolist():
            pairs = zip(chunk.header, row, strict=True)
            records.append({key: text for key, text in pairs if text is not None})
    return records


def list_faults(chunks: list[RawChunk]) -> list[tuple[int, str, int | None]]:
    """Return position, code and line of every row issue."""
    return [(at, issue.code, issue.where.row) for chunk in chunks for at, issue in chunk.row_issues]


SCALARS = ["010", "NO", "on", "1_000", "12:30", "0x1F", "2025-01-02", ".nan", "1e3", "+1", "0o17"]


@pytest.mark.parametrize("text", SCALARS)
def test_scalars_stay_as_they_stand(tmp_path: Path, text: str) -> None:
    """What YAML 1.1 would turn into numbers, dates and truth values stays the text of the file."""
    chunks = read_yaml(
        tmp_path / "a.yaml", f"sample_id: 42\nlayers:\n- {{formula: {text}, elements: {{Ba: {text}}}}}\n"
    )
    assert list_records(chunks) == [
        {"sample_id": "42", "formula": text, "elements": f'{{"Ba":"{text}"}}', "layer_id": "1"}
    ]


def test_sample_and_order(tmp_path: Path) -> None:
    """A sample's keys stand beside each of its layers, which are numbered from 1 in the order of the file."""
    text = "sample: {name: S1, substrate: Si, metadata: {a: on}}\nlayers:\n- formula: SrRuO3\n- formula: BaTiO3\n"
    chunks = read_yaml(tmp_path / "a.yaml", text)
    sample = {"sample.name": "S1", "sample.substrate": "Si", "sample.metadata": '{"a":"on"}'}
    assert list_records(chunks) == [
        {**sample, "formula": "SrRuO3", "layer_id": "1"},
        {**sample, "formula": "BaTiO3", "layer_id": "2"},
    ]
    assert chunks[0].rows.tolist() == [3, 4]


def test_some_layer_ids_are_an_error(tmp_path: Path) -> None:
    """Where only some layers have a number, each of the others is an error; no number is made up."""
    chunks = read_yaml(tmp_path / "a.yaml", "sample_id: 1\nlayers:\n- {Layer no.: 2}\n- {formula: x}\n")
    assert list_faults(chunks) == [(1, "layer-ids-incomplete", 4)]
    assert "layer_id" not in chunks[0].header


@pytest.mark.parametrize(
    "text",
    [
        "- {sample_id: 1, layers: [{formula: a}]}\n- {sample_id: 2, layers: [{formula: b}]}\n",
        "stacks:\n- {sample_id: 1, layers: [{formula: a}]}\n- {sample_id: 2, layers: [{formula: b}]}\n",
        "sample_id: 1\nlayers: [{formula: a}]\n---\nsample_id: 2\nlayers: [{formula: b}]\n",
        "- {sample_id: 1, layer_id: 1, formula: a}\n- {sample_id: 2, layer_id: 1, formula: b}\n",
    ],
)
def test_ways_to_write_several_stacks(tmp_path: Path, text: str) -> None:
    """A list, ``stacks:``, several documents and single layers say the same."""
    assert list_records(read_yaml(tmp_path / "a.yaml", text)) == [
        {"sample_id": "1", "formula": "a", "layer_id": "1"},
        {"sample_id": "2", "formula": "b", "layer_id": "1"},
    ]


def test_repeats_are_written_out(tmp_path: Path) -> None:
    """A nested repeat makes its layers as often as it says; each copy keeps the line of the written layer."""
    text = "sample_id: 1\nlayers:\n- formula: a\n- repeat: 2\n  layers:\n  - formula: b\n"
    text += "  - repeat: 2\n    layers:\n    - formula: c\n"
    chunks = read_yaml(tmp_path / "a.yaml", text)
    records = list_records(chunks)
    assert [record["formula"] for record in records] == ["a", "b", "c", "c", "b", "c", "c"]
    assert [record["layer_id"] for record in records] == [str(n) for n in range(1, 8)]
    assert chunks[0].rows.tolist() == [3, 6, 9, 9, 6, 9, 9]


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    """An alias stands for what it names; a merge key adds what isn't written out."""
    text = "sample_id: 1\nlayers:\n- &a {formula: A, sg: 99}\n- {<<: *a, formula: B}\n- *a\n"
    records = list_records(read_yaml(tmp_path / "a.yaml", text))
    assert [(record["formula"], record["sg"]) for record in records] == [("A", "99"), ("B", "99"), ("A", "99")]


def test_defaults_fill_what_is_absent(tmp_path: Path) -> None:
    """A default counts for layers that don't name the field, under whatever name."""
    text = "defaults: {orientation: 001}\nstacks:\n- {sample_id: 1, layers: [{hkl: 110}, {formula: a}]}\n"
    records = list_records(read_yaml(tmp_path / "a.yaml", text))
    assert "orientation" not in records[0]
    assert records[1]["orientation"] == "001"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sample_id: 1\nlayers:\n- {formula: a, formula: b}\n", (0, "duplicate-key", 3)),
        ("sample_id: 1\nsample_id: 2\nlayers:\n- {formula: a}\n", (0, "duplicate-key", 2)),
        ("sample_id: 1\nlayers:\n- {elements: {Ba: 1, Ba: 2}}\n", (0, "duplicate-key", 3)),
        ("sample_id: 1\nlayers: []\n", (0, "stack-without-layers", 1)),
        ("- sample_id: 1\n", (0, "stack-without-layers", 1)),
        ("- BaTiO3\n", (0, "not-a-stack", 1)),
        ("sample_id: 1\nlayers:\n- BaTiO3\n", (0, "not-a-layer", 3)),
        ("sample_id: 1\nlayers:\n- {sample_id: 2}\n", (0, "contradicting-key", 3)),
        ("sample_id: 1\nlayers:\n- {repeat: x, layers: [{formula: a}]}\n", (0, "repeat-malformed", 3)),
        ("sample_id: 1\nrepeat: 2\nlayers:\n- {formula: a}\n", (0, "repeat-malformed", 1)),
        ("sample_id: 1\nlayers:\n- {repeat: 1, hkl: 1, layers: [{formula: a}]}\n", (0, "group-key-unused", 3)),
    ],
)
def test_faults_have_code_and_line(tmp_path: Path, text: str, fault: tuple[int, str, int]) -> None:
    """Each fault of structure is an error of its row at its line."""
    assert list_faults(read_yaml(tmp_path / "a.yaml", text)) == [fault]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layers: [", "line 2.*isn't valid YAML"),
        ("a: !!python/object:os.system {}\n", "tag"),
        ("a: *b\n", r"\*b refers to nothing"),
        ("- &a [*a]\n", "inside what it refers to"),
        ("? [a]\n: b\n", "can't be a key"),
        ("stacks: []\ndefaults: {a: b}\n", "above it"),
        ("substrate: Si\nstacks: []\n", "substrate"),
    ],
)
def test_unreadable_yaml_is_an_error(tmp_path: Path, text: str, words: str) -> None:
    """What can't be read at all names the file, the line and what to do."""
    with pytest.raises(InputError, match=words):
        read_yaml(tmp_path / "a.yaml", text)


def test_bombs_are_refused(tmp_path: Path) -> None:
    """Aliases of aliases, merge keys of merge keys and huge repeats end in a message, at once."""
    aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    repeats = (
        "layers:\n"
        + "".join(f"{'  ' * n}- repeat: 1000\n{'  ' * n}  layers:\n" for n in range(4))
        + "        - {a: b}\n"
    )
    merges = "a0: &a0 {k: x}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9)
    )
    for text in (aliases, merges, repeats):
        with pytest.raises(InputLimitError):
            read_yaml(tmp_path / "a.yaml", text)


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 100, "{a: " * 100_000, "- " * 100_000, "- " * 100])
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    """Brackets and dashes past the bound end in the same message, whether our bound or libyaml's own is met first."""
    with pytest.raises(InputLimitError, match=r"a\.yaml, line 1.*nested more than 32 levels deep.*fewer levels"):
        read_yaml(tmp_path / "a.yaml", text)


def test_bound_of_libyaml_is_told_as_ours() -> None:
    """The error by which libyaml since 0.2.6 ends deep nesting is told as a bound, whatever libyaml is installed."""

    def refuse() -> Iterator[yaml.Event]:
        yield yaml.StreamStartEvent()
        mark = yaml.error.Mark("a", 0, 6, 2, None, 0)
        raise yaml.scanner.ScannerError("while increasing flow level", mark, "exceeded maximum nesting depth", mark)

    with pytest.raises(InputLimitError, match=r"a\.yaml, line 7, column 3.*nested more than 32 levels deep"):
        NodeReader(refuse(), "a.yaml").read_event()


def test_chunks_follow_the_rows(tmp_path: Path) -> None:
    """Many stacks come in chunks whose rows join without a seam, each chunk with the keys of its own rows."""
    text = "".join(f"- {{sample_id: {n}, layers: [{{formula: a}}, {{hkl: {n}}}]}}\n" for n in range(50))
    chunks = read_yaml(tmp_path / "a.yaml", text, chunk_rows=7)
    assert [record["sample_id"] for record in list_records(chunks)] == [str(n // 2) for n in range(100)]
    assert [chunk.first for chunk in chunks] == [True] + [False] * (len(chunks) - 1)


def test_chunks_follow_their_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that each have keys of their own come in chunks of fewer rows, for each key is a column of all of them."""
    monkeypatch.setattr(gather, "MAX_CHUNK_CELLS", 100)
    text = "sample_id: 1\nlayers:\n" + "".join(f"- {{formula: a, k{n}: b}}\n" for n in range(60))
    chunks = read_yaml(tmp_path / "a.yaml", text)
    assert [number for chunk in chunks for number in chunk.rows.tolist()] == list(range(3, 63))
    assert max(len(chunk.header) * len(chunk.rows) for chunk in chunks) < 200


def test_places_of_values(tmp_path: Path) -> None:
    """A value's place is its own line and column."""
    (chunk,) = read_yaml(tmp_path / "a.yaml", "sample_id: 1\nlayers:\n- formula: é\n  hkl: 001\n")
    place = chunk.place_cell(0, chunk.header.index("hkl"))
    assert (place.row, place.cell, place.column) == (4, "4:8", "hkl")


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_bytes_that_are_no_text_are_an_error(tmp_path: Path, name: str) -> None:
    """A stray byte in a text that is UTF-8 otherwise ends in a message, not in half a character."""
    text = '{"sample_id": "1", "layers": [{"formula": "für Größe"}]}'.encode().replace(b"1", b"1\xff")
    (tmp_path / name).write_bytes(text)
    with pytest.raises(InputError, match="aren't valid in its encoding"):
        list(iter_raw_chunks(find_sources([tmp_path / name])[0]))


def test_a_layer_is_not_repeated_in_silence(tmp_path: Path) -> None:
    """``repeat`` on a layer alone would be lost; a group whose ``repeat`` is no number keeps it with its layers."""
    (chunk,) = read_yaml(tmp_path / "a.yaml", "sample_id: 1\nlayers:\n- {formula: BaTiO3, repeat: 3}\n")
    assert [issue.code for _, issue in chunk.row_issues] == ["repeat-malformed"]
    text = "sample_id: 1\nlayers:\n- repeat: ten\n  layers:\n  - formula: BaTiO3\n"
    (chunk,) = read_yaml(tmp_path / "a.yaml", text)
    assert chunk.columns[chunk.header.index("repeat")].cells.tolist() == ["ten"]
    assert [issue.code for _, issue in chunk.row_issues] == ["repeat-malformed"]
