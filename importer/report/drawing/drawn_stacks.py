"""What is shown of a run's layers and stacks: formula, orientation, space group and composition class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from importer.layers.composition import parse_composition
from importer.layers.header_names import match_header
from importer.report.drawing.stack_svg import DrawnLayer, DrawnStack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from importer.model import Status
    from importer.run import RowRecord, RunFile, StackRecord

_SHOWN = ("composition_string", "orientation", "space_group")


@dataclass(frozen=True, slots=True)
class ShownLayer:
    """A layer as it is shown: what would be sent, for a bad row what stands in its cells."""

    formula: str | None
    orientation: str | None
    space_group: str | None
    kind: str | None


class LayerReader:
    """Reads what is to be shown of a row from its payload, or from its cells where it has none."""

    def __init__(self, run: RunFile) -> None:
        self._columns = {(table.source, table.sheet): find_columns(table.header) for table in run.iter_tables()}

    def read(self, record: RowRecord) -> ShownLayer:
        """Return what is to be shown of a row."""
        if record.payload is not None:
            found = orjson.loads(record.payload)
            formula, orientation, space_group = (found.get(name) for name in _SHOWN)
        else:
            cells = orjson.loads(record.raw)
            places = self._columns.get((record.source, record.sheet), {})
            formula, orientation, space_group = (
                cells[places[name]] if name in places and places[name] < len(cells) else None for name in _SHOWN
            )
        return ShownLayer(formula, orientation, space_group, find_kind(formula) if formula else None)


def list_drawn_stacks(run: RunFile, *, most: int, good: Collection[Status]) -> list[DrawnStack]:
    """Return the first stacks of a run as they are drawn, those with something to look at first.

    Args:
        run: an open run file.
        most: stacks that are returned at the most; only their layers are kept in memory.
        good: the statuses after which nothing is left to do.
    """
    stacks = sorted(run.iter_stacks(), key=lambda stack: all(status in good for status in stack.counts))[:most]
    layers: dict[tuple[int | None, str | None, str | None], list[DrawnLayer]] = {_key(stack): [] for stack in stacks}
    reader = LayerReader(run)
    for record in run.iter_rows():
        found = layers.get(_key(record))
        if found is not None and record.layer_id is not None:
            shown = reader.read(record)
            found.append(
                DrawnLayer(
                    layer_id=record.layer_id,
                    status=record.status,
                    formula=shown.formula,
                    orientation=shown.orientation,
                    space_group=shown.space_group,
                    kind=shown.kind,
                    is_held=record.held_by is not None,
                )
            )
    return [
        DrawnStack(stack.label, stack.substrate, tuple(layers[_key(stack)]), good=frozenset(good)) for stack in stacks
    ]


def _key(record: RowRecord | StackRecord) -> tuple[int | None, str | None, str | None]:
    return record.sample_id, record.sample_name, record.substrate


def find_columns(header: Sequence[str]) -> Mapping[str, int]:
    """Return field -> position of the one column whose header names it; a field that several name is left out."""
    found: dict[str, list[int]] = {}
    for position, text in enumerate(header):
        name, _ = match_header(text)
        if name is not None:
            found.setdefault(name, []).append(position)
    return {name: positions[0] for name, positions in found.items() if len(positions) == 1}


@lru_cache(maxsize=8_192)
def find_kind(formula: str) -> str | None:
    """Return the composition class of a formula: exact, parametric, doped, or None for no formula."""
    value = parse_composition(formula).value
    return None if value is None else value.kind.value
