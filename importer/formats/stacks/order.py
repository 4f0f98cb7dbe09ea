"""What the keys of a stack file say of the order in which its layers are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.formats.stacks.nodes import Scalar
from importer.layers.words.listing_order import Order, find_order_keys, read_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.formats.stacks.nodes import MappingNode


@dataclass(frozen=True, slots=True)
class Said:
    """What a key says of the order: the key, its value as text, and where."""

    order: Order
    key: str
    text: str
    line: int
    column: int


def find_order(nodes: Iterable[MappingNode | None]) -> Said | None:
    """Return what the first of some mappings that speaks of the order says, None where none does."""
    for node in nodes:
        if node is None:
            continue
        found = [said for key in find_order_keys(tuple(node.pairs)) if (said := _read(key, node)) is not None]
        if found:
            is_clear = len({said.order for said in found}) == 1
            return found[0] if is_clear else Said(Order.UNCLEAR, *_tell(found[0]))
    return None


def _tell(said: Said) -> tuple[str, str, int, int]:
    return said.key, said.text, said.line, said.column


def _read(key: str, node: MappingNode) -> Said | None:
    """Return what one key says, None where it says nothing of the order."""
    value = node.pairs[key]
    if not isinstance(value, Scalar):
        return None
    order = read_order(key, value.text or "")
    return None if order is None else Said(order, key, value.text or "", value.line, value.column)
