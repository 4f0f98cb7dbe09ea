"""The names of the fields, as the schemas list them: the contract is data."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


SCHEMA_NAMES = ("layer", "stack", "mapping", "report", "settings")
"""The schemas of the contract, by their short names."""


def find_schemas() -> Traversable:
    """Return the folder of the schemas: inside the installed package, beside it in a checkout."""
    package = files("importer")
    inside = package / "schemas"
    return inside if inside.is_dir() else package / ".." / "schemas"


def _list_layer_fields() -> dict[str, str]:
    """Return the fields of a layer, in the order of the API page, each with the JSON type of its value."""
    schema: dict[str, Any] = json.loads((find_schemas() / "layer.schema.json").read_bytes())
    return {name: field["type"] for name, field in schema["properties"].items()}


_TYPES = _list_layer_fields()
LAYER_FIELDS = tuple(_TYPES)
"""The fields of a layer, in the order of the API page."""
INTEGER_FIELDS = tuple(name for name in LAYER_FIELDS if _TYPES[name] == "integer")
"""Those that are whole numbers: positions and ids."""
TEXT_FIELDS = tuple(name for name in LAYER_FIELDS if _TYPES[name] == "string")
CONTENT_FIELDS = tuple(name for name in LAYER_FIELDS if name not in INTEGER_FIELDS)
"""Those that say what the layer is, not where it lies."""
SAMPLE_FIELDS = ("sample_name", "substrate", "sample_metadata")
"""What describes the target material (the sample) that a layer belongs to."""
STACK_FIELDS = frozenset({"sample_id", *SAMPLE_FIELDS})
"""What all layers of a stack share."""
OBJECT_FIELDS = frozenset({name for name in LAYER_FIELDS if _TYPES[name] == "object"} | {"sample_metadata"})
"""Those whose values are JSON objects."""
ALL_FIELDS = LAYER_FIELDS + SAMPLE_FIELDS
