"""Run files made the way real runs are: rows normalised, then staged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.chunks import FieldChunk, RawChunk
from importer.chunks.column import Texts
from importer.layers.normalise import normalise_chunk
from importer.layers.payload import build_payloads
from importer.run import RunFile, RunMeta, Stager

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.model import RunPlace

    Row = tuple[str | None, ...]

HEADER = ("sample_id", "sample_name", "substrate", "layer_id", "composition_string")
FORMULAS = ("SrTiO3", "BaTiO3", "LaAlO3")
ADDRESS = "http://127.0.0.1:9"
"""Where nobody listens."""


def stage_layers(path: RunPlace, rows: Sequence[Row], *, address: str = ADDRESS) -> None:
    """Make a run file with rows of (sample_id, sample_name, substrate, layer_id, formula)."""
    texts = {name: Texts.of_cells(cells) for name, cells in zip(HEADER, zip(*rows, strict=True), strict=True)}
    raw = RawChunk(
        "a.csv", None, HEADER, 1, tuple(texts.values()), np.arange(2, 2 + len(rows)),
        tuple(range(len(HEADER))), first=True,
    )  # fmt: skip
    fields = FieldChunk(raw, 0, texts, np.arange(len(rows)), {name: i for i, name in enumerate(HEADER)})
    chunk = normalise_chunk(fields)
    payloads, issues = build_payloads(chunk, chunk.bad)
    with RunFile.create(path, RunMeta("run-key", "0", 0.0, "import", address, staged=True)) as run:
        Stager(run).stage_chunk(chunk, payloads, (*chunk.issues, *issues))


def list_layers(*stacks: tuple[str | None, str | None, str | None], layers: int) -> list[Row]:
    """Return rows of so many layers for each (sample_id, sample_name, substrate)."""
    return [(*stack, str(n), FORMULAS[n % len(FORMULAS)]) for stack in stacks for n in range(1, layers + 1)]


def make_stacks(stacks: int, layers: int) -> list[Row]:
    """Return rows of stacks that are numbered from 100."""
    return list_layers(*((str(100 + stack), None, None) for stack in range(stacks)), layers=layers)
