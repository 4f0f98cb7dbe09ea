"""Values of typed tables as the texts that mean the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import orjson

from importer.formats.workbook.calamine_values import show_number, show_odd_value

if TYPE_CHECKING:
    from importer.issues import Problem


def show_typed_value(value: object) -> tuple[str | None, Problem | None]:
    """Return text and problem of a typed value: texts as they are, numbers shortest, lists and mappings as JSON."""
    if value is None or isinstance(value, str):
        return value, None
    if isinstance(value, float):
        return (None if math.isnan(value) else show_number(value)), None
    if isinstance(value, dict | list):
        return orjson.dumps(_to_texts(value)).decode(), None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace"), None
    return show_odd_value(value)


def _to_texts(value: object) -> object:
    """Return a nested value with all scalars as texts; fields without a value are left out."""
    if isinstance(value, dict):
        return {str(key): _to_texts(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_to_texts(inner) for inner in value]
    return show_typed_value(value)[0]
