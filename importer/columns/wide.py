"""Wide tables, one row a sample with a group of columns for each layer, made long: one row a layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Texts
from importer.issues import Code, Problem, make_issue
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType
    from collections.abc import Sequence

    import numpy.typing as npt

    from importer.columns.arranged_chunk import Arrangement


def unfold_groups(work: Arrangement, groups: MappingType[int, MappingType[str, int]]) -> None:
    """Make one row for each layer that a row of a wide table names, in the order of the groups' numbers.

    Empty groups at the end are no layers; one between two layers is an error of the layer above it.
    """
    numbers = list(groups)
    filled = np.array(
        [np.logical_or.reduce([work.take_column(p).find_filled() for p in groups[n].values()]) for n in numbers]
    )
    rows, group = np.nonzero(filled.T)
    lone = np.flatnonzero(~filled.any(axis=0))
    rows, group = np.concatenate([rows, lone]), np.concatenate([group, np.full(len(lone), -1)])
    order = np.argsort(rows, kind="stable")
    rows, group = rows[order].astype(np.int64), group[order].astype(np.int64)
    spread_rows(work, rows)
    for name in dict.fromkeys(("layer_id", *(name for fields in groups.values() for name in fields))):
        _take_group_field(work, name, groups, rows, group)
    _note_empty_groups(work, numbers, group, rows)


def spread_rows(work: Arrangement, rows: npt.NDArray[np.int64]) -> None:
    """Repeat what is known of each row for its layers; what was said of a row goes to its first layer."""
    first = np.searchsorted(rows, np.arange(len(work.raw.rows)))
    work.issues = [
        issue if issue.seq is None else replace(issue, seq=work.start + int(first[issue.seq - work.start]))
        for issue in work.issues
    ]
    work.index = rows
    work.cells = {name: texts.take(rows) for name, texts in work.cells.items()}
    work.columns = {name: column if isinstance(column, int) else column[rows] for name, column in work.columns.items()}


def _take_group_field(
    work: Arrangement,
    name: str,
    groups: MappingType[int, MappingType[str, int]],
    rows: npt.NDArray[np.int64],
    group: npt.NDArray[np.int64],
) -> None:
    """Take a field of each layer from its group; a layer's number is its group's unless a column gives it."""
    cells = np.full(len(rows), None, dtype=object)
    origin = np.full(len(rows), -1, dtype=np.int64)
    for at, (number, fields) in enumerate(groups.items()):
        mine = group == at
        if name in fields:
            cells[mine] = work.take_column(fields[name]).cells[rows[mine]]
            origin[mine] = fields[name]
        elif name == "layer_id":
            cells[mine] = str(number)
    work.cells[name], work.columns[name] = Texts.of_cells(cells), origin


EMPTY_GROUP = Code(
    "empty-group",
    Severity.ERROR,
    "A layer below this one is empty, so we can't tell what this one lies on.",
    "Fill in the empty layer, or move the upper layers down.",
    "layer1 and layer3 filled, layer2 empty",
)


def _note_empty_groups(
    work: Arrangement, numbers: Sequence[int], group: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> None:
    """Say of each layer that the groups just below it are empty."""
    above = np.flatnonzero((group[1:] > group[:-1] + 1) & (rows[1:] == rows[:-1]) & (group[:-1] >= 0)) + 1
    bottom = np.flatnonzero(group > 0)
    bottom = bottom[(bottom == 0) | (rows[bottom - 1] != rows[bottom])]
    for position in sorted({*above.tolist(), *bottom.tolist()}):
        below = numbers[int(group[position]) - 1]
        said = f"Layer {below} of this row is empty, but layer {numbers[int(group[position])]} above it isn't."
        place = work.raw.place_row(int(rows[position]))
        work.issues.append(make_issue(Problem(EMPTY_GROUP, said), place, seq=work.start + position))
