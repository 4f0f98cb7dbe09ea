"""Reading a listing as it comes: each record is looked at and forgotten, unless it concerns the run."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import orjson

from importer.contract import LAYER_FIELDS
from importer.server.listing import (
    Evidence,
    Listing,
    Wanted,
    find_layer_id,
    find_mark,
    find_record_id,
    find_sample_id,
    fold_name,
    write_same,
)
from importer.server.splitter import ArraySplitter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from importer.server.listing import Record

MAX_NAMES, MAX_FAULTS = 1_000, 5
"""Names of samples that are kept for records whose sample id can't be read, and records told of each."""
_SHOWN = 40
_RECORD_KEYS = frozenset({"sample_id", "sample_name", "layer_id"})
"""Keys of which a record has one at least, however damaged it is."""
ARRAY_KEYS = ("items", "results", "data")
"""Names under which servers put the array into an object; of any other name it must be the only one."""
TOTAL_KEYS = ("total", "total_count", "count")
NEXT_KEYS = ("next", "next_url", "next_page")
_NUMBERS = re.compile(r"[0-9]{1,19}")
_ABOUT = re.compile(r'"(id|sample_id|layer_id)"\s*:\s*"?(-?[0-9]{1,19})')


class ListingReader:
    """Takes the blocks of one or more pages; `build` gives what was kept of them.

    Attributes:
        entries: records so far.
        size: bytes so far.
        late: sample ids that turned out to concern the run after records of theirs had been let go: the listing must
            be read again with them among those that are wanted.
        lost: records that can't be read at all, so that nobody knows whose they are.
        envelope: what an object around the array says beside it.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.entries = 0
        self.size = 0
        self.lost = 0
        self.late: set[int] = set()
        self.envelope: Record | None = None
        self._wanted = wanted
        self._folded = {fold_name(name): name for name in wanted.names}
        self._named: defaultdict[str, set[str]] = defaultdict(set)
        for name in wanted.names:
            self._named[write_same(name)].add(name)
        self._is_open = bool(wanted.names or wanted.record_ids or wanted.run_key)
        self._concerned = set(wanted.sample_ids)
        self._dropped: set[int] = set()
        self._readable = 0
        self._alien = 0
        self._unreadable = 0
        self._splitter = ArraySplitter()
        self._stacks: defaultdict[int, list[Record]] = defaultdict(list)
        self._samples: defaultdict[str, set[int]] = defaultdict(set)
        self._marks: defaultdict[str, set[int]] = defaultdict(set)
        self._records: defaultdict[int, list[Record]] = defaultdict(list)
        self._faults: defaultdict[int | str, list[str]] = defaultdict(list)
        self._nameless: defaultdict[str, list[str]] = defaultdict(list)
        self._alike: defaultdict[str, set[str]] = defaultdict(set)

    def feed(self, block: bytes) -> None:
        """Take a block of a page.

        Raises:
            NotAnArrayError: the page is no array.
        """
        self.size += len(block)
        for piece in self._splitter.feed(block):
            self._take(piece)

    def end_page(self) -> bool:
        """Note that a page has come to its end; tell whether it was whole."""
        splitter, self._splitter = self._splitter, ArraySplitter()
        if splitter.object is not None:
            return self._take_object(splitter.object)
        return splitter.is_complete

    @property
    def is_listing(self) -> bool:
        """Whether what came is a listing at all: a record names its target material, or few came and none is alien."""
        return self._readable > 0 or (self.entries <= MAX_FAULTS and not self._alien)

    def build(self, *, total: int | None = None, doubts: tuple[str, ...] = (), made_at: float | None = None) -> Listing:
        """Return what was kept, with what speaks against it."""
        for name, faults in self._nameless.items():
            is_ours = name in self._samples or any(
                record.get("sample_name") == name for records in self._stacks.values() for record in records[:1]
            )
            if is_ours or name in self._wanted.names:
                self._faults[name] += faults
                self._unreadable -= len(faults)
        positions: dict[tuple[int, int], list[Record]] = {}
        for sample_id, records in self._stacks.items():
            records.sort(key=lambda record: (find_layer_id(record) or 0, find_record_id(record) or 0))
            records[:] = list(_iter_once(records))
            for record in records:
                positions.setdefault((sample_id, find_layer_id(record) or 0), []).append(record)
        evidence = Evidence(
            entries=self.entries, total=total, doubts=doubts, made_at=made_at, passed_over=self._unreadable
        )
        return Listing(
            positions,
            dict(self._stacks),
            dict(self._samples),
            dict(self._marks),
            {record_id: list(_iter_once(records)) for record_id, records in self._records.items()},
            dict(self._faults),
            dict(self._alike),
            evidence,
        )

    def _take_object(self, body: bytes) -> bool:
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError:
            data = _read_leniently(body)
        if not isinstance(data, dict):
            return False
        arrays = [key for key, value in data.items() if isinstance(value, list)]
        named = [key for key in ARRAY_KEYS if key in arrays] or arrays
        if not named or (len(named) > 1 and named is arrays):
            return False
        self.envelope = {key: value for key, value in data.items() if key != named[0]}
        for record in data[named[0]]:
            self.entries += 1
            self._weigh(record, is_sound=True)
        return True

    def _take(self, piece: bytes) -> None:
        self.entries += 1
        try:
            record = orjson.loads(piece)
        except orjson.JSONDecodeError:
            record = _read_leniently(piece)
            self.lost += record is None
            self._weigh(record, is_sound=False)
        else:
            self._weigh(record, is_sound=True)

    def _weigh(self, record: object, *, is_sound: bool) -> None:
        """Keep a record that concerns the run, count one that doesn't and can't be read."""
        sample_id = find_sample_id(record)
        if not isinstance(record, dict) or sample_id is None:
            self._pass_over(record)
            return
        self._readable += 1
        name = record.get("sample_name")
        if isinstance(name, str) and self._folded:
            self._note_name(name, sample_id)
        if not self._is_wanted(record, sample_id):
            if self._is_open:
                self._dropped.add(sample_id)
            self._unreadable += not is_sound or (find_layer_id(record) is None and not _is_without_layer(record))
            return
        layer_id, record_id = find_layer_id(record), find_record_id(record)
        if not is_sound:
            self._faults[sample_id].append(f"a record (id {_show(record.get('id'))}) isn't valid JSON")
        elif layer_id is not None:
            kept = {**record, "sample_id": sample_id, "layer_id": layer_id}
            kept["id"] = record.get("id") if record_id is None else record_id
            self._stacks[sample_id].append(kept)
            if record_id in self._wanted.record_ids and record_id is not None:
                self._records[record_id].append(kept)
        elif not _is_without_layer(record):
            position = _show(record.get("layer_id"))
            self._faults[sample_id].append(f"a record (id {_show(record.get('id'))}) has layer_id {position}")

    def _is_wanted(self, record: Record, sample_id: int) -> bool:
        """Tell whether a record concerns the run, and whether that comes to light only now."""
        wanted = self._wanted
        if wanted.is_everything:
            return True
        if self._is_open:
            name, mark = record.get("sample_name"), find_mark(record)
            is_marked = mark is not None and wanted.run_key is not None and mark.startswith(f"{wanted.run_key}/")
            is_named = bool(self._find_ours(name))
            if mark is not None and (is_marked or is_named):
                self._marks[mark].add(sample_id)
            is_new = is_marked or is_named or find_record_id(record) in wanted.record_ids
            if is_new and sample_id not in self._concerned:
                self._concerned.add(sample_id)
                if sample_id in self._dropped:
                    self.late.add(sample_id)
        return sample_id in self._concerned

    def _note_name(self, name: str, sample_id: int) -> None:
        if ours := self._find_ours(name):
            for each in ours:
                self._samples[each].add(sample_id)
            return
        near = self._folded.get(fold_name(name))
        if near is not None:
            self._alike[near].add(name)

    def _find_ours(self, name: object) -> set[str]:
        """Return the names that are looked for and are the same as one of the list, however either is encoded."""
        return self._named.get(write_same(name), set()) if isinstance(name, str) else set()

    def _pass_over(self, record: object) -> None:
        """Count a record that names no target material, unless the name or a number that it gives is one of ours."""
        if isinstance(record, dict) and (ours := self._find_numbered(record)):
            for sample_id in ours:
                self._faults[sample_id].append(_word_nameless(record))
            return
        self._unreadable += 1
        is_record = isinstance(record, dict) and not _RECORD_KEYS.isdisjoint(record)
        self._alien += not (record is None or isinstance(record, str) or is_record)
        name = record.get("sample_name") if isinstance(record, dict) else None
        if isinstance(record, dict) and isinstance(name, str) and len(self._nameless) < MAX_NAMES:
            self._nameless[name] += [_word_nameless(record)][: MAX_FAULTS - len(self._nameless[name])]

    def _find_numbered(self, record: Record) -> set[int]:
        """Return our samples whose number stands in a sample_id that can't be read, such as ``[7]`` or ``"S-7"``."""
        value = record.get("sample_id")
        if value is None or isinstance(value, bool | int | float):
            return set()
        return self._concerned.intersection(map(int, _NUMBERS.findall(_show(value))))


def _word_nameless(record: Record) -> str:
    return f"a record (id {_show(record.get('id'))}) has sample_id {_show(record.get('sample_id'))}"


def _iter_once(records: Iterable[Record]) -> Iterator[Record]:
    """Yield sorted records, one that a list names twice, with its id and all, only once."""
    before: Record | None = None
    for record in records:
        if record != before or record["id"] is None:
            yield record
        before = record


def _is_without_layer(record: Record) -> bool:
    """Tell whether a record stands for a target material without layers: nothing of a layer is filled in."""
    return all(record.get(name) is None for name in LAYER_FIELDS if name != "sample_id")


def _read_leniently(piece: bytes) -> object:
    """Read what isn't sound JSON (NaN, lone surrogates, bytes that are no UTF-8), to see what it is about."""
    text = piece.decode("utf-8-sig", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        found = {match[1]: match[2] for match in _ABOUT.finditer(text)}
        return found if "sample_id" in found else None


def _show(value: object) -> str:
    return repr(value)[:_SHOWN]
