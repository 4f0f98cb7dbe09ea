"""The server in memory, with the manners of other servers and other people."""

from __future__ import annotations

import contextlib
import random
import re
import sqlite3
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import orjson

from importer.server import Reply, Sent
from tests.helpers.listing import answer_listing
from tests.helpers.staging import FORMULAS
from tests.submit.model_server import FOREIGN, Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from importer.server.listing import Wanted
    from tests.helpers.clock import FakeClock

ODDITIES = (
    "renames", "echoes", "shifts", "cuts", "hides", "caches", "replays", "lies", "refuses", "busy-stored", "colleague",
    "neighbour", "puts", "spells", "normalises", "blurs",
)  # fmt: skip
"""What a server is like for a whole story: it keeps names otherwise, shows ids otherwise, keeps layers elsewhere, cuts
its list and says how long it is, never lists what is new, answers every list of a go but the first from a cache that
says so, stores a write twice, keeps none, refuses what it stored, is too busy for what it stored; somebody else changes
what was just stored, or adds a layer after a list was read; PATCH wipes what it isn't sent; the list spells positions,
or formulas, its own way, or names no position for what is there since long ago."""
HARMLESS = {"echoes", "spells", "normalises"}
"""Oddities in spite of which all rows get in."""
TOP = 9
"""Where somebody else adds a layer."""
PAGE = 1
"""Entries of a list that is cut."""
SPELLINGS: tuple[Callable[[int], object], ...] = (str, float, lambda _: None, lambda number: number + 1)


class OddServer(Server):
    """A server with an oddity, which strikes half of the writes that it stores.

    Attributes:
        oddity: one of `ODDITIES`.
        doubled: positions that the server itself stored more than once.
        answered: positions for which an answer of success named an id.
        others: ids of records that somebody else has added.
        wiped: ids of records of which a PATCH has wiped fields.
        blurred: ids of records that the list shows without a position.
    """

    def __init__(self, clock: FakeClock, run: Path) -> None:
        super().__init__(clock, run)
        self.oddity = ""
        self.doubled: set[tuple[Any, int]] = set()
        self.answered: set[tuple[Any, int]] = set()
        self.others: set[int] = set()
        self.wiped: set[int] = set()
        self.blurred: set[int] = set()
        self.random = random.Random(0)  # noqa: S311  # stories, not secrets
        self._cached: list[dict[str, Any]] | None = None
        self._now: list[tuple[Any, int]] = []

    def post_layer(self, body: bytes) -> Reply:
        """Take one layer; it must not be one that an answer has named an id for."""
        layer = orjson.loads(body)
        return self._watch([(layer["sample_id"], layer["layer_id"])], lambda: super(OddServer, self).post_layer(body))

    def create_target(self, body: bytes) -> Reply:
        """Take a new target material; it must not be one that an answer has named an id for."""
        made = orjson.loads(body)
        positions = [(made["sample"]["sample_name"], layer["layer_id"]) for layer in made["layers"]]
        return self._watch(positions, lambda: super(OddServer, self).create_target(body))

    def patch_layer(self, body: bytes) -> Reply:
        """Take a change of one layer; a server that puts has wiped the others first."""
        layer = orjson.loads(body)
        if self.oddity == "puts":
            with self._lock:
                for record in self.records:
                    is_it = (record["sample_id"], record["layer_id"]) == (layer["sample_id"], layer["layer_id"])
                    if is_it and not self.is_cut_off and record.pop("orientation", None) is not None:
                        self.wiped.add(record["id"])
        return super().patch_layer(body)

    def hold(self, sample_id: int, name: str, formulas: list[str]) -> None:
        """Have a target material with layers from long ago; a server that puts has more of them to lose."""
        if self.oddity == "shifts":
            return  # what is kept one position higher would meet what is there already
        if self.oddity == "cuts":
            formulas = [FORMULAS[layer % 3] for layer in (1, 2, 3)]  # more than a page
        super().hold(sample_id, name, formulas)
        if self.oddity == "blurs":
            self.blurred = {record["id"] for record in self.records}
        if self.oddity == "puts":
            for record in self.records:
                record["orientation"] = "001"
            self._versions = [(0.0, deepcopy(self.records))]

    def expect_crash(self) -> None:
        """Forget the answers that another worker has and that aren't on disk: nobody will know of them."""
        query = (
            "SELECT 1 FROM row JOIN stack ON stack.id = stack_id WHERE ? IN (target_id, stack.sample_name) "
            "AND layer_id = ? AND (row.record_id IS NOT NULL OR state = 'done' "
            "OR (stack.sample_id IS NULL AND target_id IS NOT NULL))"
        )
        with contextlib.closing(sqlite3.connect(f"file:{self.run}?mode=ro", uri=True)) as disk:
            self.answered = {place for place in self.answered if disk.execute(query, place).fetchone()}

    def forget_cache(self) -> None:
        """Have the next list be a new one, and those after it old again."""
        self._cached = None

    def _watch(self, positions: list[tuple[Any, int]], take: Callable[[], Reply]) -> Reply:
        with self._lock:
            if not self.is_cut_off:
                self.wrongs += [
                    f"{p} was sent again after an answer with an id" for p in positions if p in self.answered
                ]
            self._now = positions
            reply = take()
            found = reply.data if isinstance(reply.data, dict) else {}
            if reply.status == 200 and not self.is_cut_off and (found.get("id") or found.get("sample_id")):
                self.answered.update(positions)
            return reply

    def _meet(
        self, positions: list[tuple[Any, int]], store: Callable[[], dict[str, Any]], *, is_alone: bool = False
    ) -> Reply:
        with self._lock:
            # Where an answer is lost too, nobody could find what was stored, or measure a list by what is known.
            if self.oddity == "shifts" or (self.oddity == "hides" and not self.answered):
                self.crash_at, self.fates = 0, iter(())
            return super()._meet(positions, store, is_alone=is_alone)

    def fetch_listing(self, wanted: Wanted, tell: object) -> Reply:
        """Return what is stored, as this server lists it."""
        with self._lock:
            if self.oddity == "caches" and not self.is_cut_off:
                self._store_what_is_due()
                is_new = self._cached is None
                self._cached = deepcopy(self.records) if self._cached is None else self._cached
                return answer_listing(self._cached, wanted, doubts=() if is_new else ("60 s old, from a cache",))
            if self.oddity == "cuts" and not self.is_cut_off:
                self._store_what_is_due()
                doubts = () if len(self.records) <= PAGE else (f"{PAGE} entries of {len(self.records)}",)
                return answer_listing(self.records[:PAGE], wanted, total=len(self.records), doubts=doubts)
            if self.oddity in HARMLESS and not self.is_cut_off:
                self._store_what_is_due()
                bad = next(self.bad_listings, None)
                return answer_listing([self._spell(record) for record in self.records], wanted) if bad is None else bad
            if self.oddity == "blurs" and not self.is_cut_off:
                self._store_what_is_due()
                bad = next(self.bad_listings, None)
                shown = [{**r, "layer_id": None} if r["id"] in self.blurred else r for r in self.records]
                return answer_listing(shown, wanted) if bad is None else bad
            reply = super().fetch_listing(wanted, tell)
            if self.oddity == "neighbour" and not self.is_cut_off and not self.others and self.records:
                layer = {"sample_id": self.records[0]["sample_id"], "layer_id": TOP, "composition_string": FOREIGN}
                self.others.add(self._keep(lambda: self._store(layer))["id"])
            return reply

    def _spell(self, record: dict[str, Any]) -> dict[str, Any]:
        match self.oddity:
            case "spells":
                return {**record, "layer_id": self.random.choice((str, float))(record["layer_id"])}
            case "normalises":
                pieces = re.findall("[A-Z][a-z]?[0-9]*", record["composition_string"])
                return {**record, "composition_string": "".join(reversed(pieces))}
            case _:
                return record

    def _answer(self, fate: str, store: Callable[[], dict[str, Any]]) -> Reply:
        if fate != "ok" or self.random.random() < 0.5:  # a chance
            return super()._answer(fate, store)
        positions = self._now
        match self.oddity:
            case "replays":
                data = store()
                store()
                self.doubled.update(positions)
            case "lies":
                records = deepcopy(self.records)
                data = store()
                self.records = records
                self._versions.append((self.clock.now(), deepcopy(records)))
            case "refuses" | "busy-stored":
                store()
                if self.oddity == "busy-stored":
                    self.doubled.update(positions)
                status = 422 if self.oddity == "refuses" else 429
                return Reply(sent=Sent.ANSWERED, status=status, words="no", headers={"Retry-After": "0"})
            case "colleague":
                data = dict(store())
                for record in self.records:
                    if record["id"] == data.get("id"):
                        record["mp_id"] = "mp-1"
                self._versions.append((self.clock.now(), deepcopy(self.records)))
            case "echoes":
                data = dict(store())
                key = "layer_id" if "layer_id" in data and self.random.random() < 0.5 else "sample_id"  # a chance
                data.update({key: self.random.choice(SPELLINGS)(data[key])} if key in data else {})
            case _:
                data = store()
        return Reply(sent=Sent.ANSWERED, status=200, data=data, whole=True)

    def _store(self, layer: dict[str, Any]) -> dict[str, Any]:
        record = super()._store(layer)
        if self.oddity == "shifts":
            record["layer_id"] += 1
        if self.oddity == "renames":
            record["sample_name"] = record["sample_name"].lower()
        return record
