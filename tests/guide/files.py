"""Files of the project that are made from the code, whole or in part, so that nobody has to edit them by hand."""

from __future__ import annotations

import json
import re
import types
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from importer.formats.registry import list_own_formats
from importer.settings import CheckSettings, ReadSettings, SendSettings
from importer.settings.option import iter_options
from tests.guide.documents import ROOT
from tests.guide.reference import CATALOGUE, render_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = ROOT / "importer" / "model.py"
SETTINGS_SCHEMA = ROOT / "schemas" / "settings.schema.json"
_TYPES: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    frozenset: {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
}
"""The types that a settings file holds as anything but text."""


def render_model() -> str:
    """Return the model with the suffixes of formats that have keys, for it stands below them and can't ask."""
    suffixes = json.dumps([suffix for each in list_own_formats() if each.has_keys for suffix in each.suffixes])
    text = MODEL.read_text(encoding="utf-8")
    return re.sub(r"^_KEYED = .*$", f"_KEYED = ({suffixes[1:-1]})", text, flags=re.MULTILINE)


def render_settings_schema() -> str:
    """Return the schema of settings files with what the fields of the settings declare for them."""
    schema = json.loads(SETTINGS_SCHEMA.read_text(encoding="utf-8"))
    sections = {name: schema["properties"][name] for name in ("read", "send", "profiles")}
    for name, kind in (("read", ReadSettings), ("send", SendSettings)):
        sections[name]["properties"] = _describe_settings(kind)
    schema["properties"] = {**_describe_settings(CheckSettings), **sections}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _describe_settings(kind: type[Any]) -> dict[str, dict[str, Any]]:
    hints = get_type_hints(kind)
    return {
        each.name: {
            "title": each.name.replace("_", " ").capitalize(),
            "description": declared.help,
            **_describe_type(hints[each.name]),
        }
        for each, declared in iter_options(kind)
        if declared.in_file
    }


def _describe_type(kind: Any) -> dict[str, Any]:  # noqa: ANN401  # a type
    """Return a field's type as a schema; of several types a file holds the first, and a path as text."""
    kind = get_args(kind)[0] if isinstance(kind, types.UnionType) else get_origin(kind) or kind
    if issubclass(kind, StrEnum):
        return {"enum": [each.value for each in kind]}
    return _TYPES.get(kind, {"type": "string"})


FILES: dict[Path, Callable[[], str]] = {
    CATALOGUE: render_catalogue,
    SETTINGS_SCHEMA: render_settings_schema,
    MODEL: render_model,
}
"""File -> what makes it."""
