"""Cells that list all layers of a stack, as ``SLG | ITO | TiO2``, cut into a row for each layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Texts
from importer.columns.wide import spread_rows
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import normalise_header
from importer.layers.words.listing_order import Order
from importer.model import Severity

if TYPE_CHECKING:
    from importer.columns.arranged_chunk import Arrangement
    from importer.columns.mapping.rules import StackCell

_MOST_LAYERS = 1000

STACK_CELL_GAP = Code(
    "stack-cell-gap",
    Severity.ERROR,
    "A cell that lists the layers of a stack has nothing between two separators, so a layer seems to be missing.",
    "Write the layer that is missing, or remove the separator.",
    "SLG | | TiO2",
)


def cut_stack_cells(work: Arrangement) -> None:
    """Make one row for each layer that a cell lists, as the mapping file says; the substrate is a field of each."""
    present = {normalise_header(text): position for position, text in enumerate(work.raw.header)}
    for text, cut in work.plan.rules.stack_cells.items():
        position = present.get(normalise_header(text))
        if position is not None:
            _cut_column(work, position, cut)


def _cut_column(work: Arrangement, position: int, cut: StackCell) -> None:
    layers: list[str | None] = []
    numbers: list[str | None] = []
    substrates: list[str | None] = []
    rows: list[int] = []
    gaps: list[tuple[int, str]] = []
    for row, cell in enumerate(work.take_column(position).cells):
        parts = _cut_cell(cell or "", cut)
        substrate = parts.pop(0) if cut.has_substrate and parts else None
        if "" in (*parts, substrate) or len(parts) > _MOST_LAYERS:
            gaps.append((len(rows), cell))
            parts = parts[:_MOST_LAYERS]
        for number, part in enumerate(parts or [""], start=1):
            layers.append(part or None)
            numbers.append(str(number) if parts else None)
            substrates.append(substrate or None)
            rows.append(row)
    spread_rows(work, np.array(rows, dtype=np.int64))
    work.cells["layer_id"], work.columns["layer_id"] = Texts.of_cells(numbers), position
    work.cells["composition_string"], work.columns["composition_string"] = Texts.of_cells(layers), position
    if cut.has_substrate:
        work.cells["substrate"], work.columns["substrate"] = Texts.of_cells(substrates), position
    for at, cell in gaps:
        said = f"{cell[:200]!r} has nothing between two separators ({cut.separator!r}), or too many of them."
        for row in [row for row in range(at, len(rows)) if rows[row] == rows[at]]:
            place = work.raw.place_cell(rows[row], position)
            work.issues.append(make_issue(Problem(STACK_CELL_GAP, said), place, value=cell, seq=work.start + row))


def _cut_cell(cell: str, cut: StackCell) -> list[str]:
    """Return the parts of a cell from the lowest up, none of a blank one."""
    if not cell or cell.isspace():
        return []
    separator = cut.separator.strip() or cut.separator
    if cut.has_substrate and cut.order is Order.BOTTOM_UP and len(separator) == 1:
        cell = cell.replace(separator * 2, separator, 1)  # Si//Fe/Pt: the substrate is set apart by two
    parts = [part.strip() for part in re.split(re.escape(separator), cell)]
    return parts[::-1] if cut.order is Order.TOP_DOWN else parts
