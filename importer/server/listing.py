"""The server's listing as something that can be asked: which records are at this position, which samples by this name.

Only what concerns the run is kept, so that memory follows the run and not the organisation. A listing also knows what
speaks against it: absence from one that may be cut, cached or late proves nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from importer.contract import LAYER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Record = dict[str, object]

MARK = "layer_importer"
"""Key under which a target material that we create carries the run's mark in its ``sample_metadata``."""


MAX_ID = 2**63
"""Whole numbers from here on are no id: no field of a database takes them."""
PAGE_SIZES = frozenset({100, 250, 500, 1000})
"""Numbers of entries at which servers cut a list into pages."""
_TEXT_ID = re.compile(r"(-?(?:0|[1-9][0-9]{0,18}))(?:\.0{1,6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of a listing concerns a run.

    Attributes:
        sample_ids: ids of target materials; all of their records are kept.
        names: names of target materials; the same.
        record_ids: ids of layer records, which are looked for in all stacks.
        run_key: the run's key; target materials that carry a mark of it are found whatever they are called now.
        is_everything: whether all records are kept, whatever else is wanted.
    """

    sample_ids: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    record_ids: frozenset[int] = frozenset()
    run_key: str | None = None
    is_everything: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A layer that a run knows to be on the server.

    Attributes:
        sample_id: the target material.
        layer_id: the position.
        record_id: the record, where the server has named one. It counts as seen wherever it stands in the list, if it
            was among the `Wanted.record_ids`.
    """

    sample_id: int | None
    layer_id: int
    record_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How much a listing proves.

    Attributes:
        entries: the records it has, those that don't concern the run among them.
        total: the number of records that the server says it has, where it says so.
        doubts: what speaks against its being whole and new, in words.
        made_at: POSIX time by this machine's clock at which the server made it, by its ``Date``; None where there is
            none.
        passed_over: records that can't be read and belong to no stack of the run.
    """

    entries: int = 0
    total: int | None = None
    doubts: tuple[str, ...] = ()
    made_at: float | None = None
    passed_over: int = 0


DATE_STEP = 5.0
"""Seconds by which two times from ``Date`` headers may differ without meaning anything: they count whole seconds, and
the clocks of the machines behind one address aren't quite the same."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The records of the listing that concern a run.

    Attributes:
        positions: (sample id, layer id) -> the records there.
        stacks: sample id -> all its records, from the substrate up.
        samples: sample name -> the ids of the target materials of that name.
        marks: the run's mark -> the ids of the target materials that carry it.
        records: record id -> the records with it, of the ids that were asked for.
        unreadable: sample id or name -> what can't be read of that stack, in words.
        alike: sample name -> other names on the server that differ from it by case, blanks or dashes only.
        evidence: how much it proves.
    """

    positions: Mapping[tuple[int, int], list[Record]] = field(default_factory=dict)
    stacks: Mapping[int, list[Record]] = field(default_factory=dict)
    samples: Mapping[str, set[int]] = field(default_factory=dict)
    marks: Mapping[str, set[int]] = field(default_factory=dict)
    records: Mapping[int, list[Record]] = field(default_factory=dict)
    unreadable: Mapping[int | str, list[str]] = field(default_factory=dict)
    alike: Mapping[str, set[str]] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)

    def find_records(self, sample_id: int | None, layer_id: int) -> list[Record]:
        """Return the records at a position of a stack."""
        return [] if sample_id is None else self.positions.get((sample_id, layer_id), [])

    def find_by_id(self, record_id: int) -> list[Record]:
        """Return the records with an id that was asked for, wherever they stand."""
        return self.records.get(record_id, [])

    def list_stack(self, sample_id: int | None) -> list[Record]:
        """Return the layers of a stack from the substrate up, each with the fields of a layer only."""
        return [
            {name: record[name] for name in LAYER_FIELDS if record.get(name) is not None}
            for record in ([] if sample_id is None else self.stacks.get(sample_id, []))
        ]

    def find_samples(self, name: str) -> set[int]:
        """Return the ids of the target materials of a name."""
        return self.samples.get(name, set())

    def find_alike(self, name: str) -> list[str]:
        """Return the names on the server that differ from a name by case, blanks, dashes and underscores only."""
        return sorted(self.alike.get(name, ()))

    def find_marked(self, mark: str) -> set[int]:
        """Return the ids of the target materials that carry a mark."""
        return self.marks.get(mark, set())

    def find_unreadable(self, sample_id: int | None, name: str | None = None) -> str:
        """Return what can't be read of a stack, in words; nothing where all of it can."""
        keys: list[int | str] = [key for key in (sample_id, name) if key is not None]
        keys += self.samples.get(name, ()) if name is not None else ()
        words = [said for key in dict.fromkeys(keys) for said in self.unreadable.get(key, ())]
        more = f" and {len(words) - 3} more" if len(words) > 3 else ""  # noqa: PLR2004  # enough to find the fault by
        return "; ".join(dict.fromkeys(words[:3])) + more

    def describe_passed_over(self) -> str:
        """Return a note about records that can't be read and don't concern the run; nothing where there are none."""
        count = self.evidence.passed_over
        if not count:
            return ""
        return (
            f"{count:,} {'record' if count == 1 else 'records'} in the stored list can't be read and "
            f"{'belongs' if count == 1 else 'belong'} to no sample of this run: ignored."
        )

    def find_doubt(self, known: Iterable[Known] = (), *, after: float | None = None) -> str:
        """Return why absence from this listing proves nothing, in words; nothing where it does.

        Args:
            known: what the run knows to be on the server, and the listing must show. Where nothing is known, a number
                of entries at which servers cut pages is a doubt of its own.
            after: POSIX time, by this machine's clock, of the last write; the listing must be of a later time.
        """
        evidence = self.evidence
        if evidence.doubts:
            return evidence.doubts[0]
        if after is not None and evidence.made_at is not None and evidence.made_at + DATE_STEP < after:
            return f"the list is {after - evidence.made_at:.0f} s older than the last write"
        is_any_known = False
        for layer in known:
            is_any_known = True
            if layer.record_id is not None and layer.record_id in self.records:
                continue
            if not self.find_records(layer.sample_id, layer.layer_id):
                return f"the list lacks layer {layer.layer_id} of sample {layer.sample_id}, which the server has stored"
        if not is_any_known and evidence.total is None and evidence.entries in PAGE_SIZES:
            return f"the list has exactly {evidence.entries} entries, which looks like the first page of a longer one"
        return ""


def find_record_id(record: object) -> int | None:
    """Return the id of a layer record, or None where the server names none."""
    return _find_integer(record, "id")


def find_sample_id(record: object) -> int | None:
    """Return the id of the target material that a record or an answer is about, or None where it names none."""
    return _find_integer(record, "sample_id")


def find_layer_id(record: object) -> int | None:
    """Return the position that a record or an answer is about, or None where it names none."""
    return _find_integer(record, "layer_id")


def find_mark(record: Record) -> str | None:
    """Return the mark of the run that made a target material, or None where there is none."""
    metadata = record.get("sample_metadata")
    mark = metadata.get(MARK) if isinstance(metadata, dict) else None
    return mark if isinstance(mark, str) else None


def read_id(value: object) -> int | None:
    """Return the id or position that a value means, or None where it means none.

    ``1``, ``"1"``, ``1.0`` and ``"1.0"`` are the same; a whole number must fit into a 64-bit field of a database,
    theirs and ours.
    """
    if type(value) is int:
        return value if -MAX_ID <= value < MAX_ID else None
    if isinstance(value, str):
        match = _TEXT_ID.fullmatch(value.strip())
        value = int(match[1]) if match else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) <= 2**53 else None
    else:
        return None
    return value if value is not None and -MAX_ID <= value < MAX_ID else None


@lru_cache(maxsize=4_096)
def fold_name(name: str) -> str:
    """Return a sample name without what people vary by accident: case, blanks, dashes, underscores."""
    return re.sub(r"[\s\-_–—‐‑−]+", "", write_same(name)).casefold()


@lru_cache(maxsize=4_096)
def write_same(name: str) -> str:
    """Return the one form of a name that Unicode takes for the same text: a letter with its mark, or the two of them.

    Source: Unicode Standard Annex 15, canonical equivalence.
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _find_integer(record: object, key: str) -> int | None:
    return read_id(record.get(key)) if isinstance(record, dict) else None
