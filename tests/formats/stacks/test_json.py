"""JSON and JSON Lines: the characters of the file, with places."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.errors import InputError, InputLimitError
from importer.formats.read import find_sources, iter_raw_chunks
from tests.helpers.examples import scale_examples

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import RawChunk


def read_text(path: Path, text: str) -> list[RawChunk]:
    """Return the chunks of a file with this text."""
    path.write_text(text, encoding="utf-8")
    return list(iter_raw_chunks(find_sources([path])[0]))


def list_records(chunks: list[RawChunk]) -> list[dict[str, str | None]]:
    """Return every row as key -> text."""
    return [
        dict(zip(chunk.header, row, strict=True))
        for chunk in chunks
        for row in chunk.frame.to_numpy(dtype=object).tolist()
    ]


def test_numbers_and_words_stay_as_they_stand(tmp_path: Path) -> None:
    """Numbers keep their digits, true and false their letters; null is no text; objects are text of texts."""
    text = (
        '{"sample_id": 42, "layers": [{"a": 1.0, "b": 1E+03, "c": true, "d": null, "e": {"Ba": 0.10}, "f": [1, "x"]}]}'
    )
    assert list_records(read_text(tmp_path / "a.json", text)) == [
        {
            "sample_id": "42",
            "a": "1.0",
            "b": "1E+03",
            "c": "true",
            "d": None,
            "e": '{"Ba":"0.10"}',
            "f": '["1","x"]',
            "layer_id": "1",
        }
    ]


def test_lines_are_rows_with_places(tmp_path: Path) -> None:
    """Each line of JSON Lines is a row; blank lines are nothing; a value has its line and column."""
    text = '{"layer_id": 1, "formula": "BaTiO\\u2083"}\n\n{"layer_id": 2, "formula": "\\ud835\\udc00"}\n'
    (chunk,) = read_text(tmp_path / "a.jsonl", text)
    assert list_records([chunk]) == [{"layer_id": "1", "formula": "BaTiO₃"}, {"layer_id": "2", "formula": "𝐀"}]
    assert chunk.rows.tolist() == [1, 3]
    assert chunk.place_cell(1, 1).cell == "3:28"


def test_duplicate_key_is_an_issue(tmp_path: Path) -> None:
    """A key that stands twice is an error of its row, where other readers keep the last without a word."""
    (chunk,) = read_text(tmp_path / "a.jsonl", '{"layer_id": 1, "layer_id": 2}\n')
    assert [issue.code for _, issue in chunk.row_issues] == ["duplicate-key"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"a"}',
        '{"a": 1,}',
        "[1,]",
        '{"a": 01}',
        '{"a": NaN}',
        "{'a': 1}",
        '{"a": "\n"}',
        '{"a": 1}}',
        '{"a": 1.}',
        '["\\ud800"]',
        '{"a": tru}',
    ],
)
def test_broken_json_is_an_error(tmp_path: Path, text: str) -> None:
    """What is no JSON is told, never guessed at."""
    with pytest.raises(InputError):
        read_text(tmp_path / "a.json", text)


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    """A hundred thousand brackets end in a message."""
    with pytest.raises(InputLimitError):
        read_text(tmp_path / "a.json", "[" * 100_000)


def test_tokens_across_blocks(tmp_path: Path) -> None:
    """A file of many blocks is read whole, wherever a block ends."""
    records = [{"layer_id": str(n), "formula": "x" * (n % 91), "n": "é" * (n % 7)} for n in range(20_000)]
    text = "".join(json.dumps(record, ensure_ascii=n % 2 == 0) + "\n" for n, record in enumerate(records))
    assert list_records(read_text(tmp_path / "a.jsonl", text)) == records


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), indent=st.sampled_from([None, 1]))
@settings(max_examples=scale_examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_records_read_back(tmp_path: Path, rows: list[tuple[str, str]], indent: int | None) -> None:
    """Whatever the texts hold, the records that were written are read back."""
    records = [{"layer_id": str(n), "formula": a, "note": b} for n, (a, b) in enumerate(rows)]
    assert list_records(read_text(tmp_path / "a.json", json.dumps(records, indent=indent))) == records
