"""A server in memory that stores or not on every ambiguous answer, and watches what the client does meanwhile."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import threading
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import orjson

from importer.server import Reply, Sent
from tests.helpers.listing import answer_listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from importer.server.listing import Wanted
    from tests.helpers.clock import FakeClock

SETTLE = 4.0
LATE, SOON = 0.9 * SETTLE, 0.2 * SETTLE
"""When a late write is stored after its answer was lost."""
LAG = 0.9 * SETTLE
"""How long the listing may show what was before. With a late store it is beyond one settle time and within two."""
PAUSE = 1.0
CLEAR = ("ok", "busy", "refused", "no-connection")
"""After these the client knows whether the write is stored."""
FOREIGN = "ZnO"
"""What somebody else puts where a write was to go."""
NOT_STORED = {"busy": 429, "refused": 422}
DOUBTFUL = {"trouble": 503, "trouble-stored": 500, "timeout-stored": 408, "exists": 409}
STORING = ("ok", "lost-stored", "wrong-echo", "trouble-stored", "timeout-stored", "exists")
FATES = (
    "ok", "lost", "lost-stored", "lost-stored", "late", "late", "soon", "busy", "no-connection", "wrong-echo",
    "trouble", "trouble-stored", "timeout-stored", "exists", "refused", "taken",
)  # fmt: skip
BAD_LISTINGS = (
    Reply(sent=Sent.ANSWERED, status=503, words="no listing"),
    Reply(sent=Sent.ANSWERED, status=200, data=None, whole=False, words="cut short"),
    Reply(sent=Sent.ANSWERED, status=200, data={"detail": "proxy"}, whole=True),
    Reply(sent=Sent.MAYBE, words="no answer"),
)


class Server:
    """Target materials in memory.

    Each write meets the next fate. A late one is stored within the settle time, whatever happens to the client
    meanwhile, and the listing may lag. A crash of the client is taken where it is worst: the request is at the server,
    its intent on disk. What the client must never do is noted in ``wrongs``.
    """

    url = "http://127.0.0.1:9"
    is_reached = True

    def __init__(self, clock: FakeClock, run: Path) -> None:
        self.clock, self.run = clock, run
        self.records: list[dict[str, Any]] = []
        self.fates: Iterator[str] = iter(())
        self.bad_listings: Iterator[Reply] = iter(())
        self.crash_at = 0
        self.crash: Callable[[], None] = lambda: None
        self.is_cut_off = False
        self.is_alone = False
        self.lag = 0.0
        self.writes: Counter[tuple[Any, Any]] = Counter()
        self.wrongs: list[str] = []
        self.taken: set[tuple[Any, int]] = set()
        self.is_holding = False
        self.doubted: set[tuple[Any, int]] = set()
        self._versions: list[tuple[float, list[dict[str, Any]]]] = [(0.0, [])]
        self._due: list[tuple[float, Callable[[], Any]]] = []
        self.quiet_until = 0.0
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    def post_layer(self, body: bytes) -> Reply:
        """Take one layer."""
        layer = orjson.loads(body)
        return self._meet([(layer["sample_id"], layer["layer_id"])], lambda: self._store(layer), is_alone=True)

    def patch_layer(self, body: bytes) -> Reply:
        """Take a change of one layer."""
        layer = orjson.loads(body)
        position = (layer["sample_id"], layer["layer_id"])

        def change() -> dict[str, Any]:
            (record,) = (r for r in self.records if (r["sample_id"], r["layer_id"]) == position)
            record.update(layer)
            return dict(record)

        return self._meet([position], change)

    def replace_stack(self, target_id: int, body: bytes) -> Reply:
        """Take the layers of a whole stack."""
        layers = orjson.loads(body)

        def replace() -> dict[str, Any]:
            name = next((r["sample_name"] for r in self.records if r["sample_id"] == target_id), "")
            self.records = [record for record in self.records if record["sample_id"] != target_id]
            for layer in layers:
                self._store({"sample_name": name, **layer, "sample_id": target_id})
            return {}

        return self._meet([(target_id, layer["layer_id"]) for layer in layers], replace)

    def create_target(self, body: bytes) -> Reply:
        """Take a new target material with its layers."""
        made = orjson.loads(body)
        name = made["sample"]["sample_name"]

        def store() -> dict[str, Any]:
            sample_id = 900 + next(self._ids)
            for layer in made["layers"]:
                self._store({**layer, **made["sample"], "sample_id": sample_id})
            return {**made["sample"], "sample_id": sample_id}

        return self._meet([(name, layer["layer_id"]) for layer in made["layers"]], store)

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Return everything that is stored by now, unless listings are out of order."""
        with self._lock:
            self._store_what_is_due()
            if self.is_cut_off:
                return BAD_LISTINGS[0]
            bad = next(self.bad_listings, None)
            if bad is not None:
                return bad
            visible = max(0.0, self.clock.now() - self.lag)
            shown = next(records for at, records in reversed(self._versions) if at <= visible)
            return answer_listing(shown, wanted)

    def hold(self, sample_id: int, name: str, formulas: list[str]) -> None:
        """Have a target material with layers from long ago."""
        for layer_id, formula in enumerate(formulas, start=1):
            layer = {"layer_id": layer_id, "composition_string": formula}
            self._store({"sample_name": name, "substrate": "MgO", "sample_id": sample_id, **layer})
        self._versions = [(0.0, deepcopy(self.records))]

    def expect_crash(self) -> None:
        """Take note that the client is about to die."""

    def _meet(
        self, positions: list[tuple[Any, int]], store: Callable[[], dict[str, Any]], *, is_alone: bool = False
    ) -> Reply:
        with self._lock:
            self._store_what_is_due()
            if self.is_cut_off:
                return Reply(sent=Sent.NEVER, words="the client is dead")
            self._look_at_client(positions)
            self.crash_at -= 1
            if self.crash_at == 0:
                self.is_cut_off = True
                self.expect_crash()
                self.crash()
            fate = next(self.fates, "ok")
            if fate not in CLEAR:
                self.doubted.update(positions)
            if fate == "taken":
                return self._give_away(positions[0] if is_alone else (None, 0))
            return self._answer(fate, lambda: self._keep(store))

    def _give_away(self, position: tuple[Any, int]) -> Reply:
        """Have somebody else fill a position that is free, where it is a layer's own write, and answer that it is."""
        sample_id, layer_id = position
        is_free = not any((r["sample_id"], r["layer_id"]) == (sample_id, layer_id) for r in self.records)
        if isinstance(sample_id, int) and is_free:
            self.taken.add((sample_id, layer_id))
            layer = {"sample_id": sample_id, "layer_id": layer_id, "composition_string": FOREIGN}
            self._keep(lambda: self._store(layer))
        return Reply(sent=Sent.ANSWERED, status=409, words="taken")

    def _look_at_client(self, positions: list[tuple[Any, int]]) -> None:
        """Each write must have an intent on disk, no write more than intents, and none may come inside a pause."""
        if self.is_alone and self.clock.now() < self.quiet_until:
            self.wrongs.append(f"{positions} was written inside a pause")
        query = (
            "SELECT attempts FROM row JOIN stack ON stack.id = stack_id "
            "WHERE ? IN (target_id, stack.sample_name) AND layer_id = ? AND state = 'sending'"
        )
        with contextlib.closing(sqlite3.connect(f"file:{self.run}?mode=ro", uri=True)) as disk:
            for position in positions:
                self.writes[position] += 1
                if self.is_holding and position in self.doubted:
                    self.wrongs.append(f"{position} was in doubt, and sent again though held")
                found = disk.execute(query, position).fetchall()
                if len(found) != 1 or found[0][0] < self.writes[position]:
                    self.wrongs.append(f"write {self.writes[position]} of {position} has no intent on disk: {found}")

    def _answer(self, fate: str, store: Callable[[], dict[str, Any]]) -> Reply:
        if fate in {"late", "soon"}:
            self._due.append((self.clock.now() + (LATE if fate == "late" else SOON), store))
            return Reply(sent=Sent.MAYBE, words=fate)
        data = store() if fate in STORING else None
        if fate == "ok":
            return Reply(sent=Sent.ANSWERED, status=200, data=data, whole=True)
        if fate == "wrong-echo":
            return Reply(sent=Sent.ANSWERED, status=200, data={"id": 1}, whole=True)
        if fate == "busy":
            self.quiet_until = self.clock.now() + PAUSE
        status = NOT_STORED.get(fate) or DOUBTFUL.get(fate)
        if status is not None:
            headers = {"Retry-After": f"{PAUSE:.0f}"} if fate == "busy" else {}
            return Reply(sent=Sent.ANSWERED, status=status, words=fate, headers=headers)
        return Reply(sent=Sent.NEVER if fate == "no-connection" else Sent.MAYBE, words=fate)

    def _store_what_is_due(self) -> None:
        now = self.clock.now()
        for due in sorted((due for due in self._due if due[0] <= now), key=lambda due: due[0]):
            due[1]()
            self._due.remove(due)

    def _keep(self, store: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        data = store()
        self._versions.append((self.clock.now(), deepcopy(self.records)))
        return data

    def _store(self, layer: dict[str, Any]) -> dict[str, Any]:
        name = next((r["sample_name"] for r in self.records if r["sample_id"] == layer["sample_id"]), "")
        record = {"sample_name": name, **layer, "id": next(self._ids)}
        self.records.append(record)
        return record
