"""What is shown of a run's layers and stacks: formula, orientation, space group and colour."""

from __future__ import annotations

import colorsys
import zlib
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import orjson

from importer.layers.composition import parse_composition
from importer.layers.header_names import match_header
from importer.model import Status
from importer.report.drawing.stack_svg import DrawnLayer, DrawnStack, draw_stack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from importer.run import RowRecord, RunFile, StackRecord

DRAWN = 24
"""Stacks that a notebook draws."""
_SHOWN = ("composition_string", "orientation", "space_group")


@dataclass(frozen=True, slots=True)
class ShownLayer:
    """A layer as it is shown: what would be sent, for a bad row what stands in its cells."""

    formula: str | None
    orientation: str | None
    space_group: str | None
    fill: str | None


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
        return ShownLayer(formula, orientation, space_group, find_fill(formula) if formula else None)

    def draw(self, record: RowRecord, layer_id: int) -> DrawnLayer:
        """Return a row that names a position as a layer of a drawing."""
        shown = self.read(record)
        return DrawnLayer(
            layer_id=layer_id,
            status=record.status,
            formula=shown.formula,
            orientation=shown.orientation,
            space_group=shown.space_group,
            fill=shown.fill,
            is_held=record.held_by is not None,
        )


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
            found.append(reader.draw(record, record.layer_id))
    return [
        DrawnStack(stack.label, stack.substrate, tuple(layers[_key(stack)]), good=frozenset(good)) for stack in stacks
    ]


def list_checked_stacks(frame: pd.DataFrame, *, most: int) -> tuple[list[DrawnStack], int]:
    """Return the first stacks of checked rows as they are drawn, those with invalid rows first, and how many there are.

    Args:
        frame: rows with the columns ``valid``, ``layer_id`` and the fields that are shown.
        most: stacks that are returned at the most.
    """
    named = frame[frame["layer_id"].notna() & (frame["sample_id"].notna() | frame["sample_name"].notna())]
    groups = list(named.groupby(["sample_id", "sample_name"], sort=False, dropna=False))
    groups.sort(key=lambda group: bool(group[1]["valid"].all()))
    return [_draw_checked(rows) for _, rows in groups[:most]], len(groups)


def _draw_checked(rows: pd.DataFrame) -> DrawnStack:
    """Return a stack of checked rows as it is drawn."""
    texts = rows.astype(object).where(rows.notna(), None)
    names, ids, substrates = (texts[name].dropna() for name in ("sample_name", "sample_id", "substrate"))
    label = str(names.iloc[0]) if len(names) else f"sample {ids.iloc[0]}"
    layers = (
        DrawnLayer(
            layer_id=int(number),
            status=Status.NOT_SENT if is_valid else Status.INVALID,
            formula=formula,
            orientation=orientation,
            space_group=space_group,
            fill=find_fill(formula) if formula else None,
        )
        for number, is_valid, formula, orientation, space_group in zip(
            *(texts[name] for name in ("layer_id", "valid", *_SHOWN)), strict=True
        )
    )
    good = frozenset({Status.NOT_SENT})
    return DrawnStack(label, str(substrates.iloc[0]) if len(substrates) else None, tuple(layers), good=good)


def draw_figures(drawn: Sequence[DrawnStack], head: str, *, stacks: int) -> str:
    """Return what a notebook shows: some HTML, and below it stacks drawn side by side.

    Args:
        drawn: the stacks.
        head: HTML that stands above them; its texts are escaped already.
        stacks: how many there are in all.
    """
    figures = "".join(
        '<figure style="display:inline-block;margin:0 12px 12px 0;vertical-align:bottom">'
        f"{draw_stack(stack, key=f'layers-{number}')}<figcaption>{escape(stack.label)}</figcaption></figure>"
        for number, stack in enumerate(drawn)
    )
    more = f"<p>and {stacks - len(drawn):,} more stacks</p>" if stacks > len(drawn) else ""
    return f"<div>{head}{figures}{more}</div>"


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
def find_fill(formula: str) -> str | None:
    """Return the colour of a formula, light enough for black text and always the same; None for no formula."""
    value = parse_composition(formula).value
    if value is None:
        return None
    number = zlib.crc32(value.text.encode())
    hue, depth = number % 360 / 360, number // 360 % 3
    red, green, blue = colorsys.hls_to_rgb(hue, (0.87, 0.82, 0.77)[depth], 0.5)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
