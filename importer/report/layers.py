"""What a report shows of a row's layer: formula, orientation, space group and composition class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from importer.fields.composition import parse_composition
from importer.names import match_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.run import RowRecord, RunFile

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
