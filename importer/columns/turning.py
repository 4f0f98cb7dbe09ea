"""Layers that a table counts from the top, counted again from the substrate: once all layers of a stack are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Coded, ValueNumbers
from importer.columns.headers.table_order import LAYERS_ORDER_UNCLEAR
from importer.issues import Problem, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import LayerChunk

    Stack = tuple[str, object]


@dataclass(slots=True)
class _Positions:
    """The positions of one stack: the least, the greatest, how many, and their sum."""

    least: int
    most: int
    count: int = 0
    total: int = 0
    is_whole: bool = True


class Turns:
    """The positions of the stacks of one table, gathered first and turned round then."""

    def __init__(self) -> None:
        self._stacks: dict[Stack, _Positions] = {}

    def add(self, chunk: LayerChunk) -> None:
        """Take in the positions of a chunk's layers."""
        for stack, position in _iter_positions(chunk):
            known = self._stacks.setdefault(stack, _Positions(2**63, -1))
            if position is None:
                known.is_whole = False
                continue
            known.least, known.most = min(known.least, position), max(known.most, position)
            known.count += 1
            known.total += position * position

    def turn(self, chunk: LayerChunk) -> LayerChunk:
        """Return a chunk whose layers are counted from the substrate; a stack that can't be turned is bad as a whole.

        Turning twice gives what there was: the positions of a stack that is turned are 1 to n, or 0 to n - 1.
        """
        numbers, issues, bad = ValueNumbers(), list(chunk.issues), chunk.bad.copy()
        codes = np.full(len(bad), -1, dtype=np.intp)
        for row, (stack, position) in enumerate(_iter_positions(chunk)):
            known = self._stacks.get(stack)
            if known is None or position is None:
                continue
            if known.is_whole and _is_row_of_numbers(known):
                codes[row] = numbers[known.least + known.most - position]
                continue
            said = (
                "Layers are counted from the top here, but the layers of this stack aren't numbered 1, 2, 3 and so on "
            )
            said += "without a gap, so we can't tell where the substrate is. Number them from the substrate up."
            place = chunk.fields.place_field(row, "layer_id")
            seq = chunk.fields.start + row
            issues.append(make_issue(Problem(LAYERS_ORDER_UNCLEAR, said), place, value=str(position), seq=seq))
            bad[row] = True
        coded = {**chunk.coded, "layer_id": Coded(codes, (*list(numbers)[1:], None))}
        return replace(chunk, coded=coded, issues=tuple(issues), bad=bad, is_turned=True)


def _is_row_of_numbers(known: _Positions) -> bool:
    """Tell whether the positions of a stack are 1 to n or 0 to n - 1, each once."""
    if known.least > 1 or known.count != known.most - known.least + 1:
        return False
    return known.total == sum(position * position for position in range(known.least, known.most + 1))


def _iter_positions(chunk: LayerChunk) -> Iterator[tuple[Stack, int | None]]:
    """Yield stack and position of each row."""
    ids, names, positions = (chunk.coded[name].list_values() for name in ("sample_id", "sample_name", "layer_id"))
    for identity, name, position in zip(ids, names, positions, strict=True):
        yield ("id", identity) if identity is not None else ("name", name), position
