"""From typed rows to the JSON bodies that leave; each is checked against the layer schema first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.contract import LAYER_FIELDS
from importer.issues import Code, Problem, make_issue
from importer.layers.schema import layer_validator
from importer.model import Issue, Severity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from importer.chunks import LayerChunk


PAYLOAD_SCHEMA = Code(
    "payload-schema",
    Severity.ERROR,
    "The layer doesn't match the schema of what can be sent.",
    "Correct the value that the message names.",
    "an empty object",
)


def build_payloads(chunk: LayerChunk, bad: npt.NDArray[np.bool_]) -> tuple[list[bytes | None], list[Issue]]:
    """Return the body of every row, None for those that aren't to be sent, and what the schema has against them.

    A body holds the non-empty ones of the eight layer fields, in the order of the API page.

    Args:
        chunk: the typed rows.
        bad: shape (rows,), bool: rows that have an error already.
    """
    validator = layer_validator()
    absent = {name: chunk.coded[name].find_absent()[~bad] for name in LAYER_FIELDS}
    names = tuple(name for name in LAYER_FIELDS if name == "layer_id" or not absent[name].all())
    is_full = not any(absent[name].any() for name in names)
    rows = zip(*(chunk.coded[name].list_values() for name in names), strict=True)
    payloads: list[bytes | None] = []
    issues: list[Issue] = []
    for position, (is_bad, values) in enumerate(zip(bad.tolist(), rows, strict=True)):
        if is_bad:
            payloads.append(None)
            continue
        payload = dict(zip(names, values, strict=True))
        if not is_full:
            payload = {name: value for name, value in payload.items() if value is not None}
        if validator.is_valid(payload):
            payloads.append(orjson.dumps(payload))
            continue
        payloads.append(None)
        for error in validator.iter_errors(payload):
            field = str(next(iter(error.instance_path), "layer_id"))
            issues.append(
                make_issue(
                    Problem(PAYLOAD_SCHEMA, f"The layer can't be sent as it is: {error.message}."),
                    chunk.fields.place_field(position, field),
                    seq=chunk.fields.start + position,
                )
            )
    return payloads, issues
