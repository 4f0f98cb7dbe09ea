"""The fields of a layer, as people are shown them."""

from __future__ import annotations

import re
from functools import cache

from importer.contract import ALL_FIELDS
from importer.layers.schema import load_schema

_NAMES = re.compile(rf"(?<!['\w-])(?:{'|'.join(name for name in ALL_FIELDS if '_' in name)})(?!['\w-])")
"""The API's names of fields, but where a header of the sheet is quoted."""


@cache
def list_fields() -> list[list[str]]:
    """Return each field with its name for people and what it is."""
    layer, stack = load_schema("layer")["properties"], load_schema("stack")["$defs"]["stack"]["properties"]
    told = {name: stack.get(name) or layer.get(name) or {} for name in ALL_FIELDS}
    words = {name: each.get("title") or name.replace("_", " ").capitalize() for name, each in told.items()}
    return [[name, words[name], each.get("description", "")] for name, each in told.items()]


def word_field(name: str) -> str:
    """Return what a field is called within a sentence; a name that is no field's as it is."""
    title = next((title for field, title, _ in list_fields() if field == name), name)
    return title if title[1:] != title[1:].lower() else title[:1].lower() + title[1:]


def word_fields(text: str) -> str:
    """Return a text with the fields called as people call them; what is to be typed, between backquotes, stays."""
    parts = text.split("`")
    parts[::2] = [_NAMES.sub(lambda name: word_field(name[0]), part) for part in parts[::2]]
    return "`".join(parts)
