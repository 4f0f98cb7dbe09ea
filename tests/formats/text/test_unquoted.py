"""Text without a quote, cut a block at a time, comes out as from the strict reader: cells, places and refusals."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from importer.errors import InputError
from importer.formats.limits import MAX_CELL_CHARACTERS
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.text import delimited, unquoted
from importer.formats.text.text import scan_text
from tests.helpers.examples import scale_examples

if TYPE_CHECKING:
    from pathlib import Path

    from importer.chunks import RawChunk, Source
    from importer.formats.text.text import TextFacts

MANY = 1_000
HEADER = "layer_id,formula,hkl\n"
PIECES = [
    *("1", "2", "010", "NO", "SrTiO3", "La0.7Sr0.3MnO3", "Größe", "☃", "é" * 9, "x" * 8, "x" * 16, "x" * 70),
    *("", "", " ", "\t", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u2028", "\u3000", "\ufeff", "#", "# note", "-", "7"),
]
LINE = st.one_of(
    st.tuples(*[st.sampled_from(PIECES)] * 3).map(",".join),
    st.lists(st.sampled_from(PIECES), max_size=5).map(",".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0\r\n"'), max_size=20),
)


def scan_as_quoted(source: Source) -> TextFacts:
    """Return the facts of a text as if it had a quote somewhere."""
    return dataclasses.replace(scan_text(source), is_plain=False)


def describe(path: Path, chunk_rows: int) -> tuple[object, ...]:
    """Return all that reading a file gives, chunks joined; or how it was refused."""
    try:
        chunks = list(iter_raw_chunks(find_sources([path])[0], chunk_rows=chunk_rows))
    except InputError as error:
        return type(error), str(error)
    assert [chunk.first for chunk in chunks] == [True] + [False] * (len(chunks) - 1)
    return chunks[0].header, _join_cells(chunks), *_join_issues(chunks, blanks=chunk_rows == MANY)


def _join_cells(chunks: list[RawChunk]) -> list[tuple[int, list[str | None]]]:
    return [
        (int(number), cells)
        for chunk in chunks
        for number, cells in zip(chunk.rows, chunk.frame.to_numpy(dtype=object).tolist(), strict=True)
    ]


def _join_issues(chunks: list[RawChunk], *, blanks: bool) -> tuple[object, object]:
    """Return issues of tables and rows; blank rows are noted once a chunk, so that their notes depend on its size."""
    table = [issue for chunk in chunks for issue in chunk.table_issues if blanks or issue.code != "blank-row"]
    rows = [(int(chunk.rows[at]), issue) for chunk in chunks for at, issue in chunk.row_issues]
    return table, rows


@given(
    lines=st.lists(LINE, max_size=70),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    is_ended=st.booleans(),
    chunk_rows=st.sampled_from([1, 7, MANY]),
)
@example(lines=["1,a,b", "\x1c,,"], end="\n", mark="", is_ended=True, chunk_rows=MANY)
@example(lines=["1,a,b", ""], end="\r\n", mark="", is_ended=False, chunk_rows=1)
@settings(max_examples=scale_examples(250), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_plain_text_reads_as_on_the_strict_path(
    tmp_path: Path, lines: list[str], end: str, mark: str, *, is_ended: bool, chunk_rows: int
) -> None:
    """Whatever stands in the lines, both ways give the same header, cells, lines, issues or refusal."""
    text = mark + HEADER.replace("\n", end) + end.join(lines) + (end if is_ended else "")
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    fast = describe(path, chunk_rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "scan_text", scan_as_quoted)
        assert describe(path, chunk_rows) == fast


@pytest.mark.parametrize(
    "body",
    [
        b"1,a," + b"x" * (MAX_CELL_CHARACTERS + 1) + b"\n2,b,c\n",
        b"1,a,b\n" * 600 + b"2,b," + b"x" * (MAX_CELL_CHARACTERS + 1) + b"\n3,c,d\n",
        b"1,a,b\n" * 600 + b",".join([b"x"] * 20_000) + b"\n",
        b"1,a,b\n" * 600 + b",".join([b"xxxxx"] * 20_000) + b"\n",
        b"1,a,b\n" + b"\n" * 2_000 + b"2,a,b\n",
        "1,a,☃\n".encode() * 3 + "2,ä,".encode() + b"y" * MAX_CELL_CHARACTERS + b"\n",
    ],
    ids=["long cell", "long cell below", "wide row", "too wide row", "blank rows", "longest cell"],
)
def test_bounds_are_those_of_the_strict_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """A cell or a row past a bound ends the reading in the same way, wherever it stands."""
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER.encode() + body)
    fast = describe(path, 10_000)
    monkeypatch.setattr(delimited, "scan_text", scan_as_quoted)
    assert describe(path, 10_000) == fast


@pytest.mark.parametrize(
    ("data", "is_plain"),
    [
        (b"a,b\n1,2\n", True),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", True),
        (b'a,b\n1,"2"\n', False),
        (b"a,b\r1,2\r", False),
        (b"a,b\n1,2\r3,4\n", False),
        (b"a,b\n1,\xff\n", False),
        (b"a,b\n1,\0\n", False),
        ("a,b\n1,2\n".encode("utf-16"), False),
        (b"a,b\n" + b"1,2\n" * 262_142 + b"1,2\r\n1,2\r\n", True),
        (b"a,b\r\n" + b"1," + b"2" * (2**20 - 8) + b"\r\n1,2\r\n", True),
    ],
)
def test_only_sure_text_is_plain(tmp_path: Path, data: bytes, *, is_plain: bool) -> None:
    """Quotes, lone carriage returns, NULs and other encodings go to the strict reader, wherever blocks end."""
    (tmp_path / "a.csv").write_bytes(data)
    assert scan_text(find_sources([tmp_path / "a.csv"])[0]).is_plain is is_plain


@pytest.mark.parametrize("changed", [b'1,"a\n",b\n', b"1,a\rb,c\n", b"1,a,b\r"])
def test_a_text_that_changes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bytes) -> None:
    """A file that is no longer plain when its lines are cut isn't cut at the wrong places, but refused."""

    def scan_then_change(source: Source) -> TextFacts:
        facts = scan_text(source)
        source.path.write_bytes(HEADER.encode() + b"1,a,b\n" + changed)
        return facts

    (tmp_path / "a.csv").write_bytes(HEADER.encode() + b"1,a,b\n")
    monkeypatch.setattr(delimited, "scan_text", scan_then_change)
    with pytest.raises(InputError, match="changed while"):
        list(iter_raw_chunks(find_sources([tmp_path / "a.csv"])[0]))


@pytest.mark.parametrize("multipliers", [unquoted._MULTIPLIERS, (1,), (2**60,), ()])
def test_words_are_told_apart_however_they_are_spread(
    monkeypatch: pytest.MonkeyPatch, multipliers: tuple[int, ...]
) -> None:
    """Rows with equal words have one number and no others do, also where all are spread to one slot."""
    monkeypatch.setattr(unquoted, "_MULTIPLIERS", (unquoted._MULTIPLIERS[0], *multipliers)[bool(multipliers) :] or (1,))
    rng = np.random.default_rng(1)
    words = [rng.integers(0, 9, 2_000).astype(np.uint64), rng.integers(0, 9, 2_000).astype(np.uint64) << np.uint64(60)]
    codes, firsts = unquoted.number_words(words)
    pairs = list(zip(*(word.tolist() for word in words), strict=True))
    assert [pairs[first] for first in firsts.tolist()] == list(dict.fromkeys(pairs))
    assert [pairs[firsts[code]] for code in codes.tolist()] == pairs


def test_a_column_of_long_and_short_cells_reads_back(tmp_path: Path) -> None:
    """Cells of every length from none to past the longest that is compared as words, in one column."""
    texts = ["é" * (length // 2) + "x" * (length % 2) for length in range(1, 90)] * 3
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "".join(f"{n},{text},{text[:40]}\n" for n, text in enumerate(texts)))
    (chunk,) = iter_raw_chunks(find_sources([path])[0])
    assert chunk.columns[1]._code is not None  # it was cut, not read cell by cell
    assert [chunk.columns[at].cells.tolist() for at in (1, 2)] == [texts, [text[:40] for text in texts]]
