"""Stacks drawn as cross-sections, from the substrate up, in SVG that stands by itself.

Each formula has a colour of its own, the same in all stacks, and stands in words in its box. What isn't in is told
three times, by hatching, by a dashed border and in words, so that it shows in print and to the colour-blind too.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from importer.model import GOOD_STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

WIDTH, HEIGHT, GAP = 260, 30, 3
MARGIN = 8
SUBSTRATE_HEIGHT = 36
LONGEST = 34
MOST_BOXES = 60
"""Boxes of one drawing; of taller stacks the middle is left out where nothing is to be seen."""
UNKNOWN_FILL = "#e8e8e8"
_SVG = "http://www.w3.org/2000/svg"
_HATCHING = (
    '<pattern id="{key}-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="8" height="8" fill="#fff"/><rect width="2" height="8" fill="#c0392b" fill-opacity="0.35"/></pattern>'
    '<pattern id="{key}-dots" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" '
    'fill="#fff"/><circle cx="4" cy="4" r="1.6" fill="#7d3c98" fill-opacity="0.55"/></pattern>'
    '<pattern id="{key}-substrate" width="10" height="10" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(-45)"><rect width="10" height="10" fill="#d5d5d5"/><rect width="1" height="10" '
    'fill="#888"/></pattern>'
)


@dataclass(frozen=True, slots=True)
class DrawnLayer:
    """One layer as it is drawn; ``fill`` is the colour of its formula, where that is known.

    A layer that is held back by one of its stack doesn't go in, whatever its own status.
    """

    layer_id: int
    status: Status
    formula: str | None = None
    orientation: str | None = None
    space_group: str | None = None
    fill: str | None = None
    is_held: bool = False

    def is_good(self, good: Collection[Status]) -> bool:
        """Tell whether it is in, or goes in, where these statuses are the good ones."""
        return self.status in good and not self.is_held


@dataclass(frozen=True, slots=True)
class Gap:
    """A box without a layer: positions that no layer has, or so many layers that aren't drawn."""

    words: str
    skipped: int


@dataclass(frozen=True, slots=True)
class DrawnStack:
    """One stack as it is drawn, its layers in any order; a layer whose status isn't good is told apart."""

    label: str
    substrate: str | None
    layers: tuple[DrawnLayer, ...]
    good: frozenset[Status] = GOOD_STATUSES


def draw_stack(stack: DrawnStack, *, key: str = "stack") -> str:
    """Return a stack as an SVG element, the substrate at the bottom.

    Args:
        stack: what to draw.
        key: prefix of the ids inside, to be different for each drawing of a page.
    """
    boxes = _list_boxes(stack)
    height = 2 * MARGIN + SUBSTRATE_HEIGHT + len(boxes) * (HEIGHT + GAP)
    width = WIDTH + 2 * MARGIN
    opening = (
        f'<svg xmlns="{_SVG}" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif" font-size="12">'
    )
    title = f"<title>{_clean(describe_stack(stack))}</title>"
    parts = [opening, title, f"<defs>{_HATCHING.format(key=key)}</defs>"]
    y = height - MARGIN - SUBSTRATE_HEIGHT
    parts.append(_draw_box(y, SUBSTRATE_HEIGHT, f"url(#{key}-substrate)", stroke="#555"))
    parts.append(_draw_text(y + 22, f"substrate {stack.substrate or '(not named)'}", weight="bold", halo=True))
    for box in boxes:
        y -= HEIGHT + GAP
        parts += _draw_layer(y, box, key, stack.good)
    return "".join((*parts, "</svg>"))


def describe_stack(stack: DrawnStack) -> str:
    """Return a stack in words, for whoever doesn't see the drawing."""
    layers = sorted(stack.layers, key=lambda layer: layer.layer_id)
    told = "; ".join(f"layer {one.layer_id} {one.formula or 'unreadable'}, {_word(one, stack.good)}" for one in layers)
    return f"{stack.label} on {stack.substrate or 'a substrate that is not named'}, from the substrate up: {told}"


def _list_boxes(stack: DrawnStack) -> list[DrawnLayer | Gap]:
    """Return the layers from the substrate up, the positions that no layer has, and of a tall stack what is told apart.

    Of a stack of more than `MOST_BOXES` the lowest and topmost layers are drawn and those that aren't in.
    """
    boxes: list[DrawnLayer | Gap] = []
    for layer in sorted(stack.layers, key=lambda layer: layer.layer_id):
        low = boxes[-1].layer_id + 1 if boxes and isinstance(boxes[-1], DrawnLayer) else layer.layer_id
        if layer.layer_id > low:
            high = layer.layer_id - 1
            boxes.append(Gap(f"layer {low} is missing" if low == high else f"layers {low} to {high} are missing", 0))
        boxes.append(layer)
    if len(boxes) <= MOST_BOXES:
        return boxes
    ends = MOST_BOXES // 3
    shown: list[DrawnLayer | Gap] = []
    for place, box in enumerate(boxes):
        is_dull = isinstance(box, DrawnLayer) and box.is_good(stack.good)
        if not is_dull or not ends <= place < len(boxes) - ends:
            shown.append(box)
            continue
        last = shown[-1] if shown else None
        if isinstance(last, Gap) and last.skipped:
            shown[-1] = Gap(f"{last.skipped + 1} layers not drawn", last.skipped + 1)
        else:
            shown.append(Gap("1 layer not drawn", 1))
    return shown


def _draw_layer(y: int, box: DrawnLayer | Gap, key: str, good: frozenset[Status]) -> Iterable[str]:
    if isinstance(box, Gap) and box.skipped:
        yield _draw_text(y + 19, f"⋮  {box.words}", fill="#595959")
        return
    if isinstance(box, Gap):
        yield _draw_box(y, HEIGHT, "none", stroke="#c0392b", dash="6 4")
        yield _draw_text(y + 19, box.words.upper(), weight="bold", fill="#96281b")
        return
    is_good = box.is_good(good)
    fill = box.fill or UNKNOWN_FILL
    if not is_good:
        fill = f"url(#{key}-dots)" if box.status is Status.UNCONFIRMED else f"url(#{key}-hatch)"
    yield _draw_box(y, HEIGHT, fill, stroke="#444" if is_good else "#c0392b", dash=None if is_good else "6 3")
    said = " ".join(filter(None, (box.formula or "?", box.orientation and f"({box.orientation})", box.space_group)))
    if is_good:
        yield _draw_text(y + 19, f"{box.layer_id}  {said}")
        return
    yield _draw_text(y + 13, f"{box.layer_id}  {said}", halo=True)
    glyph = "?" if box.status is Status.UNCONFIRMED else "✗"
    yield _draw_text(y + 26, f"{glyph} {_word(box, good)}".upper(), weight="bold", fill="#96281b", size=10, halo=True)


def _draw_box(y: int, height: int, fill: str, *, stroke: str, dash: str | None = None) -> str:
    dashes = f' stroke-dasharray="{dash}" stroke-width="2"' if dash else ""
    return f'<rect x="{MARGIN}" y="{y}" width="{WIDTH}" height="{height}" fill="{fill}" stroke="{stroke}"{dashes}/>'


def _draw_text(
    y: int, text: str, *, weight: str = "normal", fill: str = "#111", size: int = 12, halo: bool = False
) -> str:
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    around = ' stroke="#fff" stroke-width="3" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{MARGIN + 8}" y="{y}" fill="{fill}" font-weight="{weight}" font-size="{size}"{around}>'
        f"{_clean(shown)}</text>"
    )


def _word(layer: DrawnLayer, good: frozenset[Status]) -> str:
    return (
        "in"
        if layer.status in GOOD_STATUSES
        else "valid"
        if layer.is_good(good)
        else "blocked"
        if layer.is_held
        else layer.status.value.replace("_", " ")
    )


def _clean(text: str) -> str:
    """Return a text as XML takes it, every character that isn't printable replaced."""
    return escape("".join(char if char.isprintable() else "\ufffd" for char in text))
