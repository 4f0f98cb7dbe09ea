"""A stateful model: goes, crashes and power losses in any order, against a server that stores when it likes."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from importer.api import Reply, Sent
from importer.chunks import FieldChunk, RawChunk
from importer.coded import Texts
from importer.events import ignore_event
from importer.model import Status
from importer.normalise import normalise_chunk
from importer.payload import build_payloads
from importer.plan import plan_rows
from importer.run import Journal, RunFile, RunMeta, Stager
from importer.settings import PlanSettings, SubmitSettings
from importer.submit import Submission, make_gate, read_listing

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = ("sample_id", "sample_name", "substrate", "layer_id", "composition_string")
FORMULAS = ("SrTiO3", "BaTiO3", "LaAlO3")
SETTLE = 30.0
LAG = 0.09 * SETTLE
"""How long the listing may show too little; with the longest of the late stores it is within the settle time."""
A17_ID = 850
NOT_STORED = {"busy": 429, "refused": 422}
FATES = ("ok", "ok", "lost", "lost-stored", "late", "busy", "no-connection", "wrong-echo", "exists", "refused")


class MachineClock:
    """A clock that only waiting advances; it never goes back, whichever thread waits."""

    def __init__(self) -> None:
        self._seconds = 1_000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the seconds."""
        with self._lock:
            return self._seconds

    def time(self) -> float:
        """Return the seconds."""
        return self.now()

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Advance, and let other threads have the condition for a moment."""
        with self._lock:
            self._seconds += seconds
        condition.wait(0.0005)


class Server:
    """Target materials in memory.

    Each write meets the next fate. A late one is stored within the settle time, whatever happens to the client
    meanwhile, and the listing may show a record a little late. A crash of the client is taken where it is worst: the
    request is at the server, its intent on disk.
    """

    url = "http://127.0.0.1:9"

    def __init__(self, clock: MachineClock) -> None:
        self.clock = clock
        self.records: list[dict[str, Any]] = []
        self.fates: Iterator[str] = iter(())
        self.bad_listings = 0
        self.crash_at = 0
        self.crash: Any = None
        self.is_cut_off = False
        self.lag = 0.0
        self._stored_at: dict[int, float] = {}
        self._due: list[tuple[float, Any]] = []
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    def post_layer(self, body: bytes) -> Reply:
        """Take one layer."""
        layer = orjson.loads(body)
        return self._meet(lambda: self._store(layer))

    def create_target(self, body: bytes) -> Reply:
        """Take a new target material with its layers."""
        made = orjson.loads(body)

        def store() -> dict[str, Any]:
            sample_id = 900 + next(self._ids)
            for layer in made["layers"]:
                self._store({**layer, **made["sample"], "sample_id": sample_id})
            return {**made["sample"], "sample_id": sample_id}

        return self._meet(store)

    def fetch_listing(self) -> Reply:
        """Return everything that is stored by now, unless listings are out of order."""
        with self._lock:
            self._store_what_is_due()
            if self.bad_listings > 0 or self.is_cut_off:
                self.bad_listings -= 1
                return Reply(sent=Sent.ANSWERED, status=503, words="no listing")
            visible = self.clock.now() - self.lag
            shown = [dict(record) for record in self.records if self._stored_at[record["id"]] <= visible]
            return Reply(sent=Sent.ANSWERED, status=200, data=shown, whole=True)

    def hold(self, sample_id: int, name: str, layers: int) -> None:
        """Have a target material with layers from long ago."""
        for layer_id in range(1, layers + 1):
            layer = {"layer_id": layer_id, "composition_string": FORMULAS[layer_id % 3]}
            self._store({"sample_name": name, "substrate": "MgO", "sample_id": sample_id, **layer})
        self._stored_at = dict.fromkeys(self._stored_at, 0.0)

    def _meet(self, store: Any) -> Reply:  # noqa: ANN401  # stores and returns the answer's body
        with self._lock:
            self._store_what_is_due()
            if self.is_cut_off:
                return Reply(sent=Sent.NEVER, words="the client is dead")
            self.crash_at -= 1
            if self.crash_at == 0:
                self.is_cut_off = True
                self.crash()
            return self._answer(next(self.fates, "ok"), store)

    def _answer(self, fate: str, store: Any) -> Reply:  # noqa: ANN401  # as above
        if fate == "late":
            delay = 0.9 * SETTLE * (next(self._ids) % 7) / 7
            self._due.append((self.clock.now() + delay, store))
        elif fate in {"ok", "lost-stored", "wrong-echo", "exists"}:
            data = store()
            if fate == "ok":
                return Reply(sent=Sent.ANSWERED, status=200, data=data, whole=True)
            if fate == "wrong-echo":
                return Reply(sent=Sent.ANSWERED, status=200, data={"id": 1}, whole=True)
            if fate == "exists":  # a proxy sent the request twice, and the second time the position was taken
                return Reply(sent=Sent.ANSWERED, status=409, words="exists")
        if fate in NOT_STORED:
            return Reply(sent=Sent.ANSWERED, status=NOT_STORED[fate], words=fate, retry_after=1.0)
        return Reply(sent=Sent.NEVER if fate == "no-connection" else Sent.MAYBE, words=fate)

    def _store_what_is_due(self) -> None:
        now = self.clock.now()
        for due in sorted((due for due in self._due if due[0] <= now), key=lambda due: due[0]):
            due[1]()
            self._due.remove(due)

    def _store(self, layer: dict[str, Any]) -> dict[str, Any]:
        record = {"sample_name": "", **layer, "id": next(self._ids)}
        self.records.append(record)
        self._stored_at[record["id"]] = self.clock.now()
        return record


def stage(path: Path, stacks: int, layers: int, *, is_named: bool) -> int:
    """Make a run file of numbered stacks and maybe a named one; return how many rows it has."""
    names: list[tuple[str | None, str | None, str | None]] = [(str(100 + n), None, None) for n in range(stacks)]
    names += [(None, "A17", "MgO")] if is_named else []
    rows = [(*name, str(layer), FORMULAS[layer % 3]) for name in names for layer in range(1, layers + 1)]
    texts = {name: Texts.of_cells(cells) for name, cells in zip(HEADER, zip(*rows, strict=True), strict=True)}
    raw = RawChunk(
        "a.csv", None, HEADER, 1, tuple(texts.values()), np.arange(2, 2 + len(rows)),
        tuple(range(len(HEADER))), first=True,
    )  # fmt: skip
    fields = FieldChunk(raw, 0, texts, np.arange(len(rows)), {name: i for i, name in enumerate(HEADER)})
    chunk = normalise_chunk(fields)
    payloads, issues = build_payloads(chunk, chunk.bad)
    with RunFile.create(path, RunMeta("run-key", "0", 0.0, "import", Server.url, staged=True)) as run:
        Stager(run).stage_chunk(chunk, payloads, (*chunk.issues, *issues))
    return len(rows)


class ProtocolMachine(RuleBasedStateMachine):
    """A user who imports, whose machine dies, who goes on, until all is in."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="protocol-"))
        self._run = self._folder / "r"
        self._clock = MachineClock()
        self._server = Server(self._clock)
        self._rows = 0
        self._refused = 0

    @initialize(
        stacks=st.integers(1, 3),
        layers=st.integers(1, 3),
        is_named=st.booleans(),
        held=st.sampled_from([0, 0, 1, 2]),
        lag=st.sampled_from([0.0, LAG]),
    )
    def stage(self, stacks: int, layers: int, is_named: bool, held: int, lag: float) -> None:  # noqa: FBT001  # drawn
        """Begin with a run that is read and not yet sent; the named stack may stand on the server in part."""
        self._rows = stage(self._run, stacks, layers, is_named=is_named)
        self._server.lag = lag
        if is_named:
            self._server.hold(A17_ID, "A17", min(held, layers))

    @precondition(lambda self: self._rows)
    @rule(
        fates=st.lists(st.sampled_from(FATES), max_size=8),
        crash_at=st.one_of(st.just(0), st.integers(1, 6)),
        bad_listings=st.sampled_from([0, 0, 0, 1, 7]),
        workers=st.integers(1, 3),
    )
    def go(self, fates: list[str], crash_at: int, bad_listings: int, workers: int) -> None:
        """Go on with the run; maybe die at a request, with only what is on disk surviving."""
        survived = self._folder / "survived"
        stop = threading.Event()

        def crash() -> None:
            shutil.rmtree(survived, ignore_errors=True)
            survived.mkdir()
            for path in self._folder.glob("r*"):
                if path.is_file() and not path.name.endswith("-shm"):
                    shutil.copyfile(path, survived / path.name)
            stop.set()

        server = self._server
        server.fates, server.bad_listings, server.crash_at, server.crash = iter(fates), bad_listings, crash_at, crash
        self._submit(workers=workers, stop=stop)
        if server.is_cut_off:
            for path in self._folder.glob("r*"):
                path.unlink()
            for path in survived.iterdir():
                path.rename(self._folder / path.name)
            server.is_cut_off = False

    def _submit(self, *, workers: int, stop: threading.Event) -> None:
        limits = SubmitSettings(workers=workers, settle=SETTLE, first_wait=0.01, max_failures=1_000, canary=0)
        with RunFile.open(self._run, readonly=False) as run:
            run.reopen([Status.FAILED, Status.REFUSED])
            with Journal(run) as journal:
                gate = make_gate(journal, limits=limits, stop=stop, watch=ignore_event, clock=self._clock)
                api: Any = self._server
                targets, names = run.list_targets()
                self._server.bad_listings, planned = 0, self._server.bad_listings
                listing = read_listing(api, limits=limits, gate=gate, sample_ids=targets, names=names)
                self._server.bad_listings = planned
                plan_rows(run, listing, rules=PlanSettings(), journal=journal, now=self._clock.time())
                Submission(run, api, journal=journal, gate=gate, limits=limits, watch=ignore_event).submit_rows()

    @invariant()
    def nothing_is_stored_twice_or_out_of_order(self) -> None:
        """Each position once at the most, each stack from its substrate up, each name one target material."""
        keys = [(record["sample_id"], record["layer_id"]) for record in self._server.records]
        assert [key for key, number in Counter(keys).items() if number > 1] == []
        for sample_id in {sample_id for sample_id, _ in keys}:
            layers = [layer for found, layer in keys if found == sample_id]
            assert layers == list(range(1, len(layers) + 1))
        named = {record["sample_id"] for record in self._server.records if record["sample_name"] == "A17"}
        assert len(named) <= 1

    @invariant()
    def answers_are_true(self) -> None:
        """Each row has one answer; one that is told as stored is on the server, one told as refused isn't."""
        if not self._rows:
            return
        stored = {record["id"]: record for record in self._server.records}
        held = {(r["sample_name"] or None, r["sample_id"], r["layer_id"]) for r in self._server.records}
        with RunFile.open(self._run) as run:
            rows = list(run.iter_rows())
            assert len(rows) == sum(run.count_statuses().values()) == self._rows
        for row in rows:
            if row.status in {Status.CREATED, Status.UNCHANGED}:
                record = stored[row.record_id]
                assert record["layer_id"] == row.layer_id
                assert record["composition_string"] == orjson.loads(row.payload or "")["composition_string"]
            elif row.status in {Status.REFUSED, Status.FAILED} and row.sample_name is None:
                assert (None, row.sample_id, row.layer_id) not in held

    def teardown(self) -> None:
        """With a well server the next two goes bring all to its end."""
        try:
            if self._rows:
                for _ in range(2):
                    self._server.fates, self._server.bad_listings, self._server.crash_at = iter(()), 0, 0
                    self._submit(workers=2, stop=threading.Event())
                self.nothing_is_stored_twice_or_out_of_order()
                self.answers_are_true()
                assert len(self._server.records) == self._rows
                with RunFile.open(self._run) as run:
                    assert set(run.count_statuses()) <= {Status.CREATED, Status.UNCHANGED}
        finally:
            shutil.rmtree(self._folder)


ProtocolMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=6, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestProtocol = ProtocolMachine.TestCase
"""Whatever happens in whatever order, each layer is stored once and told truly."""


class LongProtocolMachine(ProtocolMachine):
    """The same, with ten times as many stories."""


LongProtocolMachine.TestCase.settings = settings(ProtocolMachine.TestCase.settings, max_examples=400)
TestProtocolLong = pytest.mark.long(LongProtocolMachine.TestCase)
