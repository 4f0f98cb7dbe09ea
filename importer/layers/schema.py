"""The JSON Schemas of the contract: loaded from the package, compiled once."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from importer.contract import SCHEMA_NAMES, find_schemas
from importer.errors import UsageError


def read_schema(name: str) -> str:
    """Return the text of a schema by its short name, e.g. ``layer``, for editors and validators elsewhere.

    Raises:
        UsageError: there is no such schema.
    """
    if name not in SCHEMA_NAMES:
        raise UsageError(f"There is no schema {name!r}. The schemas are {', '.join(SCHEMA_NAMES)}.")
    return (find_schemas() / f"{name}.schema.json").read_text(encoding="utf-8")


def load_schema(name: str) -> dict[str, Any]:
    """Return a schema by its short name, e.g. ``layer``: a new dict each time, which may be changed.

    Raises:
        UsageError: there is no such schema.
    """
    schema: dict[str, Any] = orjson.loads(read_schema(name))
    return schema


@cache
def layer_validator() -> jsonschema_rs.Draft202012Validator:
    """Return the compiled validator of a layer's payload."""
    return jsonschema_rs.Draft202012Validator(load_schema("layer"))
