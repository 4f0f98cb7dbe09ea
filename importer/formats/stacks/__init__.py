"""Stack files: YAML, JSON, JSON Lines and ORSO models, read as events with their lines."""

from __future__ import annotations

from importer.formats.input_format import InputFormat

_FILES = "importer.formats.stacks.files"
_STACKS = (
    "one stack, a list, `stacks:`, several documents, or one layer a line; `layers` as a list or by position "
    "(`1:`, `2:`), from the substrate up unless there is `order: top-down`; `defaults`, anchors and merge keys, "
    "and groups with `repeat: N`; see `sample_data/valid/superlattice.yaml`"
)

FORMATS = (
    InputFormat("yaml", (".yaml", ".yml"), f"{_FILES}:iter_yaml_chunks", _STACKS, is_packable=True, has_keys=True),
    InputFormat("json", (".json",), f"{_FILES}:iter_json_chunks", _STACKS, is_packable=True, has_keys=True),
    InputFormat("jsonl", (".jsonl", ".ndjson"), f"{_FILES}:iter_json_chunks", _STACKS, is_packable=True, has_keys=True),
    InputFormat(
        "orso",
        (".ort",),
        f"{_FILES}:iter_orso_chunks",
        "the model language in the header of such a file, or under `sample: model: stack:` in YAML; the order of "
        "the beam is reversed, and thicknesses aren't sent; it must be clear which end is the substrate",
        has_keys=True,
    ),
)
