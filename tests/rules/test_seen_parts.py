"""The rules across a run say the same of rows that were seen in parts, one after the other or side by side."""

from __future__ import annotations

import random  # noqa: TC003  # hypothesis reads it
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.chunks import FieldChunk, RawChunk
from importer.chunks.column import Texts
from importer.errors import StorageError
from importer.layers.normalise import normalise_chunk
from importer.rules import StackRules
from importer.rules.seen_parts import SeenPart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.chunks import LayerChunk
    from importer.model import Issue

HEADER = ("sample_id", "sample_name", "substrate", "layer_id", "composition_string", "space_group", "mp_id", "id")
Row = tuple[str | None, ...]
ROWS = st.tuples(
    st.sampled_from([None, None, "1", "2", "x"]),
    st.sampled_from([None, "A17", "a17", "B 3", "b-3"]),
    st.sampled_from([None, "Si", "SrTiO3"]),
    st.sampled_from([None, "1", "2", "3", "5", "x"]),
    st.sampled_from([None, "SrTiO3", "CoO", "COO", "Ti2O4", "TiO2"]),
    st.sampled_from([None, "P4mm", "Pm-3m"]),
    st.sampled_from([None, "mp-1", "mp-2"]),
    st.sampled_from([None, None, "100", "101"]),
)
CHUNKS = st.lists(st.lists(ROWS, min_size=1, max_size=6), min_size=1, max_size=8)


def make_chunk(rows: list[Row], number: int, start: int) -> LayerChunk:
    """Return the rows of a file of its own, typed."""
    texts = {name: Texts.of_cells(cells) for name, cells in zip(HEADER, zip(*rows, strict=True), strict=True)}
    lines, letters = np.arange(2, 2 + len(rows)), tuple(range(len(HEADER)))
    raw = RawChunk(f"{number}.csv", None, HEADER, 1, tuple(texts.values()), lines, letters, first=True)
    columns = {name: at for at, name in enumerate(HEADER)}
    return normalise_chunk(FieldChunk(raw, start, texts, np.arange(len(rows)), columns))


@given(chunks=CHUNKS, cuts=st.sets(st.integers(1, 7)), seed=st.randoms(use_true_random=False))
def test_parts_say_what_the_whole_says(chunks: list[list[Row]], cuts: set[int], seed: random.Random) -> None:
    """Every issue with its row, place and words, in the same order, and the same rows of stacks that aren't whole."""
    whole, merged, part = StackRules(), StackRules(), StackRules()
    start = begun = 0
    for number, rows in enumerate(chunks):
        if number in cuts:
            merged.add_part(SeenPart.load(part.take_part().dump()), begun)
            part, begun = StackRules(), start
        whole.add(make_chunk(rows, number, start))
        part.add(make_chunk(rows, number, start - begun))
        start += len(rows)
    merged.add_part(SeenPart.load(part.take_part().dump()), begun)
    assert [*merged.iter_issues()] == [*whole.iter_issues()]
    stopped = np.asarray([bool(seed.randint(0, 1)) for _ in range(start)], dtype=np.bool_)
    assert [*merged.iter_parted(stopped)] == [*whole.iter_parted(stopped)]


@given(chunks=CHUNKS, held=st.integers(1, 6), by_parts=st.booleans(), seed=st.randoms(use_true_random=False))
def test_rows_on_disk_say_what_rows_in_memory_say(
    *, chunks: list[list[Row]], held: int, by_parts: bool, seed: random.Random
) -> None:
    """Every issue with its row, place and words, those of one row in the same order, wherever memory was full."""
    whole, on_disk = StackRules(), StackRules(held=held)
    start = 0
    for number, rows in enumerate(chunks):
        whole.add(make_chunk(rows, number, start))
        if by_parts:
            part = StackRules()
            part.add(make_chunk(rows, number, 0))
            on_disk.add_part(part.take_part(), start)
        else:
            on_disk.add(make_chunk(rows, number, start))
        start += len(rows)
    assert sort_by_row(on_disk.iter_issues()) == sort_by_row(whole.iter_issues())
    stopped = np.asarray([bool(seed.randint(0, 1)) for _ in range(start)], dtype=np.bool_)
    assert sort_by_row(on_disk.iter_parted(stopped)) == sort_by_row(whole.iter_parted(stopped))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be written ends the reading with a reason and what to do, and never leaves rows out."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: Path("/dev/full").open("r+b"))  # noqa: SIM115  # as long as the rules
    rules = StackRules(held=1)
    row: Row = ("1", "A17", "Si", "1", "SrTiO3", None, None, None)

    def add_many() -> None:
        for number in range(100):
            rules.add(make_chunk([row], number, number))

    with pytest.raises(StorageError, match=r"can't be kept in .*: No space left on device\. .* set TMPDIR"):
        add_many()
    with pytest.raises(RuntimeError, match="on disk"):
        rules.find_verdicts(np.zeros(100, dtype=np.bool_))


def sort_by_row(issues: Iterable[Issue]) -> list[Issue]:
    """Return issues in the order of their rows, those of one row as they came."""
    return sorted(issues, key=lambda issue: -1 if issue.seq is None else issue.seq)


def test_nothing_is_a_part_too() -> None:
    """A batch of files without rows adds nothing."""
    rules = StackRules()
    rules.add_part(SeenPart.load(StackRules().take_part().dump()), 0)
    assert [*rules.iter_issues()] == []
