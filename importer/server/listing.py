"""The server's listing as something that can be asked: which records are at this position, which samples by this name.

Only what concerns the run is kept, so that memory follows the run and not the organisation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.model import LAYER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Record = dict[str, object]

MARK = "layer_importer"
"""Key under which a target material that we create carries the run's mark in its ``sample_metadata``."""


MAX_ID = 2**63
"""Whole numbers from here on are no id: no field of a database takes them."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The records of the listing that concern a run.

    Attributes:
        positions: (sample id, layer id) -> the records there.
        stacks: sample id -> all its records, from the substrate up.
        samples: sample name -> the ids of the target materials of that name.
        marks: the run's mark -> the ids of the target materials that carry it.
    """

    positions: Mapping[tuple[int, int], list[Record]] = field(default_factory=dict)
    stacks: Mapping[int, list[Record]] = field(default_factory=dict)
    samples: Mapping[str, set[int]] = field(default_factory=dict)
    marks: Mapping[str, set[int]] = field(default_factory=dict)

    def find_records(self, sample_id: int | None, layer_id: int) -> list[Record]:
        """Return the records at a position of a stack."""
        return [] if sample_id is None else self.positions.get((sample_id, layer_id), [])

    def list_stack(self, sample_id: int | None) -> list[Record]:
        """Return the layers of a stack from the substrate up, each with the fields of a layer only."""
        return [
            {name: record[name] for name in LAYER_FIELDS if record.get(name) is not None}
            for record in ([] if sample_id is None else self.stacks.get(sample_id, []))
        ]

    def find_samples(self, name: str) -> set[int]:
        """Return the ids of the target materials of a name."""
        return self.samples.get(name, set())

    def find_marked(self, mark: str) -> set[int]:
        """Return the ids of the target materials that carry a mark."""
        return self.marks.get(mark, set())


def is_listing(data: object) -> bool:
    """Tell whether a body is a listing: an array of objects with ``sample_id``; anything else is no evidence."""
    return isinstance(data, list) and all(find_sample_id(record) is not None for record in data)


def index_listing(data: list[Record], *, sample_ids: Collection[int], names: Collection[str]) -> Listing:
    """Return what a listing says of the given samples and names.

    Args:
        data: the body, one that `is_listing`.
        sample_ids: the ids of the stacks of the run.
        names: the sample names of the run.
    """
    positions: dict[tuple[int, int], list[Record]] = {}
    samples: dict[str, set[int]] = {}
    marks: dict[str, set[int]] = {}
    concerned = set(sample_ids)
    wanted = set(names)
    for record in data:
        name, sample_id = record.get("sample_name"), record["sample_id"]
        if isinstance(sample_id, int) and name in wanted:
            concerned.add(sample_id)
            samples.setdefault(str(name), set()).add(sample_id)
            mark = _find_mark(record)
            if mark is not None:
                marks.setdefault(mark, set()).add(sample_id)
    stacks: dict[int, list[Record]] = {}
    for record in data:
        sample_id, layer_id = find_sample_id(record), _find_integer(record, "layer_id")
        if sample_id in concerned and sample_id is not None and layer_id is not None:
            positions.setdefault((sample_id, layer_id), []).append(record)
            stacks.setdefault(sample_id, []).append(record)
    for records in stacks.values():
        records.sort(key=lambda record: (_find_integer(record, "layer_id") or 0, find_record_id(record) or 0))
    return Listing(positions, stacks, samples, marks)


def find_record_id(record: object) -> int | None:
    """Return the id of a layer record, or None where the server names none."""
    return _find_integer(record, "id")


def find_sample_id(record: object) -> int | None:
    """Return the id of the target material that a record or an answer is about, or None where it names none."""
    return _find_integer(record, "sample_id")


def _find_mark(record: Record) -> str | None:
    metadata = record.get("sample_metadata")
    mark = metadata.get(MARK) if isinstance(metadata, dict) else None
    return mark if isinstance(mark, str) else None


def _find_integer(record: object, key: str) -> int | None:
    """Return a whole number that a 64-bit field of a database takes, theirs and ours; anything else is no id."""
    value = record.get(key) if isinstance(record, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and -MAX_ID <= value < MAX_ID else None
