"""The protocol against a server in memory that may store or not on every ambiguous answer."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.context import Context
from importer.errors import (
    AbortedError,
    AddressError,
    CanaryError,
    CircuitOpenError,
    FinalCheckError,
    KeyRefusedError,
    ListingError,
)
from importer.model import Status
from importer.run import Journal, RunFile, State
from importer.server import Reply, Sent
from importer.settings import InDoubt, OnExisting, PlanSettings, SendSettings, WriteMode
from importer.submit.plan import plan_rows
from importer.submit.stored_list import StoredList
from importer.submit.submission import Submission, make_gate
from importer.submit.worker import Shift
from tests.helpers.clock import FakeClock
from tests.helpers.examples import scale_examples
from tests.helpers.listing import answer_listing
from tests.helpers.staging import list_layers, make_stacks, stage_layers

if TYPE_CHECKING:
    from pathlib import Path

    from importer.run import Entry
    from importer.server.listing import Wanted

OK, LOST_STORED, LOST, BUSY, REFUSED_CONNECTION, REFUSED, FORBIDDEN, REDIRECT, WRONG_ECHO = (
    "ok", "lost-stored", "lost", "busy", "no-connection", "refused", "forbidden", "redirect",
    "wrong-echo",
)  # fmt: skip


UNKNOWN_KEY = "unknown-key"


class FakeServer:
    """Target materials in memory; each write meets the next fate of a list, then only good ones."""

    def __init__(self, fates: list[str], *, listings: list[str] | None = None) -> None:
        self.fates = iter(fates)
        self.listings = iter(listings or [])
        self.records: list[dict[str, object]] = []
        self.posts: list[tuple[object, object]] = []
        self.reads = 0
        self.url, self.is_reached = "http://127.0.0.1:9", True
        self.ids = itertools.count(1)
        self._lock = threading.Lock()

    def post_layer(self, body: bytes) -> Reply:
        """Meet the next fate with one layer."""
        layer = orjson.loads(body)
        with self._lock:
            self.posts.append((layer.get("sample_id"), layer["layer_id"]))
            return self._meet(next(self.fates, OK), lambda: self._store(layer))

    def patch_layer(self, body: bytes) -> Reply:
        """Meet the next fate with a change of one layer."""
        layer = orjson.loads(body)
        with self._lock:
            self.posts.append(("patch", layer["layer_id"]))
            position = (layer["sample_id"], layer["layer_id"])
            found = [r for r in self.records if (r["sample_id"], r["layer_id"]) == position]
            return self._meet(next(self.fates, OK), lambda: self._change(found[0], layer))

    def _change(self, record: dict[str, object], layer: dict[str, object]) -> dict[str, object]:
        record.update(layer)
        return dict(record)

    def replace_stack(self, target_id: int, body: bytes) -> Reply:
        """Meet the next fate with a whole stack."""
        layers = orjson.loads(body)
        with self._lock:
            self.posts.append(("replace", target_id))

            def store() -> dict[str, object]:
                self.records = [record for record in self.records if record["sample_id"] != target_id]
                for layer in layers:
                    self._store({**layer, "sample_id": target_id})
                return {}

            return self._meet(next(self.fates, OK), store)

    def create_target(self, body: bytes) -> Reply:
        """Meet the next fate with a whole new stack."""
        made = orjson.loads(body)
        with self._lock:
            sample_id = 900 + next(self.ids)

            def store() -> dict[str, object]:
                for layer in made["layers"]:
                    self._store({**layer, **made["sample"], "sample_id": sample_id})
                return {**made["sample"], "sample_id": sample_id}

            self.posts.append((made["sample"]["sample_name"], None))
            return self._meet(next(self.fates, OK), store)

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Return all records, or what the list of listing fates says."""
        with self._lock:
            self.reads += 1
            fate = next(self.listings, OK)
            if fate == FORBIDDEN:
                return Reply(sent=Sent.ANSWERED, status=403, words=fate)
            if fate != OK:
                return Reply(sent=Sent.ANSWERED, status=503, words="no listing today")
            return answer_listing([dict(r) for r in self.records], wanted)

    def _store(self, layer: dict[str, object]) -> dict[str, object]:
        record = {"sample_name": "", **layer, "id": next(self.ids)}
        self.records.append(record)
        return record

    def _meet(self, fate: str, store: object) -> Reply:
        assert callable(store)
        if fate in {OK, LOST_STORED, WRONG_ECHO}:
            record = store()
            if fate == OK:
                return Reply(sent=Sent.ANSWERED, status=200, data=record, whole=True)
            if fate == WRONG_ECHO:
                return Reply(sent=Sent.ANSWERED, status=200, data={"id": 1}, whole=True)
        status = {BUSY: 429, REFUSED: 422, UNKNOWN_KEY: 401, FORBIDDEN: 403, REDIRECT: 307}.get(fate)
        if status is not None:
            return Reply(
                sent=Sent.ANSWERED, status=status, words=fate, headers={"Retry-After": "2"} if fate == BUSY else {}
            )
        return Reply(sent=Sent.NEVER if fate == REFUSED_CONNECTION else Sent.MAYBE, words=fate)


SEND = SendSettings(workers=4, attempts=6, first_wait=0.01, canary=0)


def submit(
    path: Path,
    server: FakeServer,
    *,
    plan: PlanSettings = PlanSettings(),
    send: SendSettings = SEND,
    stop: threading.Event | None = None,
    clock: FakeClock | None = None,
) -> dict[Status, int]:
    """Plan and submit a run file once, as import and resume do; return the counts."""
    context = Context(stop=stop or threading.Event(), clock=clock or FakeClock())
    with RunFile.open(path, readonly=False) as run:
        run.reopen([Status.FAILED])
        with Journal(run) as journal:
            gate = make_gate(journal, send=send, context=context)
            sample_ids, names = run.list_targets()
            stored = StoredList(server, run_key=run.meta.run_key, send=send, gate=gate, watch=context.watch)  # type: ignore[arg-type]
            listing = stored.read(sample_ids, names=names, record_ids=run.list_record_ids())
            plan_rows(run, listing, plan=plan, journal=journal, now=context.clock.time(), doubt=listing.find_doubt())
            submission = Submission(run, server, journal=journal, gate=gate, send=send, context=context)  # type: ignore[arg-type]
            try:
                submission.submit_rows()
            finally:
                counts = run.count_statuses()
                assert sum(counts.values()) == run.count_rows()
        return counts


def stored_keys(server: FakeServer) -> list[tuple[object, object]]:
    """Return position of every record, in the order of storing."""
    return [(record["sample_id"], record["layer_id"]) for record in server.records]


def check_once_and_in_order(server: FakeServer) -> None:
    """Each position is stored once at the most, and a layer never before the one below it."""
    keys = stored_keys(server)
    assert len(keys) == len(set(keys))
    for sample_id in {key[0] for key in keys}:
        layers = [int(str(layer)) for sample, layer in keys if sample == sample_id]
        assert layers == list(range(1, len(layers) + 1))


def test_every_layer_is_stored_once_in_order(tmp_path: Path) -> None:
    """With a well server each layer is created, from the substrate up, by one request each."""
    stage_layers(tmp_path / "r", make_stacks(20, 5))
    server = FakeServer([])
    assert submit(tmp_path / "r", server) == {Status.CREATED: 100}
    assert len(server.posts) == 100
    check_once_and_in_order(server)


def test_a_second_go_sends_nothing(tmp_path: Path) -> None:
    """Submitting a finished run again makes no write."""
    stage_layers(tmp_path / "r", make_stacks(3, 3))
    server = FakeServer([])
    submit(tmp_path / "r", server)
    submit(tmp_path / "r", server)
    assert len(server.posts) == 9


def test_importing_twice_finds_everything_there(tmp_path: Path) -> None:
    """A new run of the same rows ends in 'unchanged', with nothing written."""
    stage_layers(tmp_path / "r", make_stacks(3, 3))
    stage_layers(tmp_path / "s", make_stacks(3, 3))
    server = FakeServer([])
    submit(tmp_path / "r", server)
    assert submit(tmp_path / "s", server) == {Status.UNCHANGED: 9}
    assert len(server.posts) == 9


def test_other_content_there_is_a_conflict_and_is_left_alone(tmp_path: Path) -> None:
    """A position that holds something else is not written, and the layers above it are held back."""
    stage_layers(tmp_path / "r", make_stacks(1, 3))
    server = FakeServer([])
    server.records.append({"sample_id": 100, "sample_name": "", "layer_id": 2, "composition_string": "ZnO", "id": 7})
    assert submit(tmp_path / "r", server) == {Status.CREATED: 1, Status.CONFLICT: 1, Status.NOT_SENT: 1}


@pytest.mark.parametrize("fate", [LOST_STORED, WRONG_ECHO])
def test_a_lost_answer_is_confirmed_by_the_listing(tmp_path: Path, fate: str) -> None:
    """A layer whose answer was lost is found by the listing and not sent again."""
    stage_layers(tmp_path / "r", make_stacks(1, 3))
    server = FakeServer([OK, fate])
    assert submit(tmp_path / "r", server) == {Status.CREATED: 3}
    assert len(server.posts) == 3


def test_a_lost_request_is_sent_again_after_two_listings(tmp_path: Path) -> None:
    """A layer that isn't there after two listings is sent again, once."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([LOST])
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}
    assert server.posts == [(100, 1), (100, 1), (100, 2)]
    assert server.reads == 4  # the plan's, two for the doubt, and the one that checks the end


def test_hold_leaves_an_absent_layer_alone(tmp_path: Path) -> None:
    """With --in-doubt hold an absent layer is not sent again, and told as failed."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([LOST])
    counts = submit(tmp_path / "r", server, send=replace(SEND, in_doubt=InDoubt.HOLD))
    assert counts == {Status.FAILED: 1, Status.NOT_SENT: 1}
    assert len(server.posts) == 1


def test_without_a_listing_a_doubt_stays_unconfirmed_and_resume_clears_it(tmp_path: Path) -> None:
    """A row in doubt is never sent blindly: it is unconfirmed until a listing can be had."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([LOST_STORED], listings=[OK, *["down"] * 6])
    assert submit(tmp_path / "r", server) == {Status.UNCONFIRMED: 1, Status.NOT_SENT: 1}
    assert len(server.posts) == 1
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}
    check_once_and_in_order(server)


@pytest.mark.parametrize("fate", [BUSY, REFUSED_CONNECTION])
def test_what_was_not_stored_is_tried_again_at_once(tmp_path: Path, fate: str) -> None:
    """429 and refused connections need no settlement."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([fate, fate])
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}
    assert (len(server.posts), server.reads) == (4, 2)


def test_spent_retries_fail_and_resume_tries_again(tmp_path: Path) -> None:
    """A row known not to be stored fails when its attempts are spent; a later go sends it."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([REFUSED_CONNECTION] * 3)
    assert submit(tmp_path / "r", server, send=replace(SEND, attempts=3)) == {Status.FAILED: 1, Status.NOT_SENT: 1}
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}


def test_a_refused_layer_holds_back_those_above(tmp_path: Path) -> None:
    """A 4xx is final for its row; other stacks go on."""
    stage_layers(tmp_path / "r", make_stacks(2, 3))
    server = FakeServer([REFUSED])
    counts = submit(tmp_path / "r", server, send=replace(SEND, workers=1))
    assert counts == {Status.REFUSED: 1, Status.NOT_SENT: 2, Status.CREATED: 3}
    with RunFile.open(tmp_path / "r") as run:
        messages = [row.message for row in run.iter_rows(statuses=[Status.NOT_SENT])]
    assert messages == ["blocked: layer 1 below it is refused"] * 2


def test_a_refused_key_ends_the_run(tmp_path: Path) -> None:
    """401 stops everything at the first row, which is known not to be stored."""
    stage_layers(tmp_path / "r", make_stacks(5, 2))
    server = FakeServer([UNKNOWN_KEY] * 20)
    with pytest.raises(KeyRefusedError):
        submit(tmp_path / "r", server, send=replace(SEND, workers=1))
    assert len(server.posts) == 1
    assert submit(tmp_path / "r", FakeServer([])) == {Status.CREATED: 10}


def test_a_redirect_ends_the_run_with_its_row_in_doubt(tmp_path: Path) -> None:
    """A redirected write may have been stored: the run halts and the row is unconfirmed."""
    stage_layers(tmp_path / "r", make_stacks(5, 1))
    with pytest.raises(AddressError):
        submit(tmp_path / "r", FakeServer([REDIRECT]), send=replace(SEND, workers=1))
    with RunFile.open(tmp_path / "r") as run:
        assert run.count_statuses() == {Status.UNCONFIRMED: 1, Status.NOT_SENT: 4}


@pytest.mark.parametrize("fate", [LOST, BUSY, REFUSED_CONNECTION])
def test_a_dead_server_opens_the_circuit(tmp_path: Path, fate: str) -> None:
    """An outage without end ends the run after a time, instead of trying every row."""
    stage_layers(tmp_path / "r", make_stacks(200, 1))
    server = FakeServer([fate] * 5_000, listings=[OK] + ["down"] * 500)
    with pytest.raises(CircuitOpenError, match=r"Nothing has succeeded for [0-9,]{3,} s"):
        submit(tmp_path / "r", server, send=replace(SEND, first_wait=0.5, workers=2))
    assert len(server.posts) <= 100


@pytest.mark.parametrize("fate", [REFUSED_CONNECTION, BUSY])
def test_an_outage_of_a_minute_costs_no_row(tmp_path: Path, fate: str) -> None:
    """While nothing gets through all workers wait, longer each time, and no row is given up."""
    stage_layers(tmp_path / "r", make_stacks(30, 1))
    clock = FakeClock()
    server = Outage(clock, fate, until=clock.now() + 60)
    counts = submit(tmp_path / "r", server, send=replace(SEND, first_wait=0.5, workers=8, attempts=20), clock=clock)
    assert counts == {Status.CREATED: 30}


class Outage(FakeServer):
    """A server that meets every write with one fate until a time."""

    def __init__(self, clock: FakeClock, fate: str, *, until: float) -> None:
        super().__init__([])
        self.fates = (fate if clock.now() < until else OK for _ in itertools.count())


def test_nothing_starts_after_stop(tmp_path: Path) -> None:
    """With the stop event set before, no request is made and every row is told as not sent."""
    stage_layers(tmp_path / "r", make_stacks(5, 2))
    server, stop = FakeServer([]), threading.Event()
    stop.set()
    assert submit(tmp_path / "r", server, stop=stop) == {Status.NOT_SENT: 10}
    assert server.posts == []


NAMED: list[tuple[str | None, ...]] = [
    (None, "A17", "SrTiO3", "1", "SrTiO3"),
    (None, "A17", "SrTiO3", "2", "BaTiO3"),
]


def test_a_named_stack_is_made_in_one_call(tmp_path: Path) -> None:
    """A name that the server doesn't know is created with its layers, whose record ids are read back."""
    stage_layers(tmp_path / "r", NAMED)
    server = FakeServer([])
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}
    assert server.posts == [("A17", None)]
    with RunFile.open(tmp_path / "r") as run:
        assert [row.record_id for row in run.iter_rows()] == [record["id"] for record in server.records]


@pytest.mark.parametrize(("fate", "posts"), [(LOST_STORED, 1), (LOST, 2)])
def test_a_lost_stack_is_known_by_its_mark(tmp_path: Path, fate: str, posts: int) -> None:
    """A creation whose answer was lost is recognised by the run's mark, and made again only if it isn't there."""
    stage_layers(tmp_path / "r", NAMED)
    server = FakeServer([fate])
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}
    assert len(server.posts) == posts
    assert len(server.records) == 2


def test_a_known_name_gets_its_layers_one_by_one(tmp_path: Path) -> None:
    """A name that the server knows once is not created again: the missing layers are added to it."""
    stage_layers(tmp_path / "r", NAMED)
    server = FakeServer([])
    server.records.append(
        {"sample_id": 5, "sample_name": "A17", "layer_id": 1, "composition_string": "SrTiO3", "id": 70}
    )
    assert submit(tmp_path / "r", server) == {Status.CREATED: 1, Status.UNCHANGED: 1}
    assert server.posts == [(5, 2)]


def test_an_ambiguous_name_and_a_missing_substrate_are_invalid(tmp_path: Path) -> None:
    """A name known twice names the ids; a new one needs a substrate."""
    stage_layers(tmp_path / "r", [*NAMED, (None, "B2", None, "1", "ZnO")])
    server = FakeServer([])
    for sample_id in (5, 6):
        server.records.append({"sample_id": sample_id, "sample_name": "A17", "layer_id": 1, "id": sample_id})
    assert submit(tmp_path / "r", server) == {Status.INVALID: 3}
    with RunFile.open(tmp_path / "r") as run:
        issues = list(run.iter_issues())
    assert [issue.code for issue in issues] == ["ambiguous-sample-name"] * 2 + ["missing-substrate"]
    assert "5, 6" in issues[0].message


def put(server: FakeServer, layer_id: int, formula: str) -> None:
    """Put a layer of sample 100 on the server."""
    server.records.append(
        {"sample_id": 100, "sample_name": "", "layer_id": layer_id, "composition_string": formula, "id": 70 + layer_id}
    )


UPDATE = PlanSettings(on_existing=OnExisting.UPDATE)
REPLACE = PlanSettings(write_mode=WriteMode.REPLACE)


@pytest.mark.parametrize(("fate", "posts"), [(OK, 2), (LOST_STORED, 2), (LOST, 3), (WRONG_ECHO, 2)])
def test_an_update_is_made_once_whatever_happens_to_its_answer(tmp_path: Path, fate: str, posts: int) -> None:
    """With --on-existing update a record with other content is patched; a lost answer is settled by the listing."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([fate])
    put(server, 1, "ZnO")
    assert submit(tmp_path / "r", server, plan=UPDATE) == {Status.UPDATED: 1, Status.CREATED: 1}
    assert len(server.posts) == posts
    assert [record["composition_string"] for record in server.records] == ["BaTiO3", "LaAlO3"]


def test_skip_leaves_other_content_and_goes_on(tmp_path: Path) -> None:
    """With --on-existing skip a record with other content stays, and the layers above it are sent."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([])
    put(server, 1, "ZnO")
    plan = PlanSettings(on_existing=OnExisting.SKIP)
    assert submit(tmp_path / "r", server, plan=plan) == {Status.UNCHANGED: 1, Status.CREATED: 1}
    assert server.records[0]["composition_string"] == "ZnO"


@pytest.mark.parametrize(("fate", "posts"), [(OK, 1), (LOST_STORED, 1), (LOST, 2), (BUSY, 2)])
def test_a_stack_is_replaced_by_one_call(tmp_path: Path, fate: str, posts: int) -> None:
    """With --mode replace a stack is one request, whose effect is read back."""
    stage_layers(tmp_path / "r", make_stacks(1, 3))
    server = FakeServer([fate])
    put(server, 1, "BaTiO3")
    put(server, 2, "ZnO")
    counts = submit(tmp_path / "r", server, plan=REPLACE)
    assert counts == {Status.UNCHANGED: 1, Status.UPDATED: 1, Status.CREATED: 1}
    assert server.posts == [("replace", 100)] * posts
    check_once_and_in_order(server)
    assert submit(tmp_path / "r", server, plan=REPLACE) == counts
    assert len(server.posts) == posts


def test_a_stack_is_not_shrunk_unasked(tmp_path: Path) -> None:
    """Replacing a stack that has more layers on the server is a conflict without --allow-remove."""
    stage_layers(tmp_path / "r", make_stacks(1, 1))
    stage_layers(tmp_path / "s", make_stacks(1, 1))
    server = FakeServer([])
    put(server, 1, "ZnO")
    put(server, 2, "ZnO")
    assert submit(tmp_path / "r", server, plan=REPLACE) == {Status.CONFLICT: 1}
    assert server.posts == []
    allowed = PlanSettings(write_mode=WriteMode.REPLACE, allow_remove=True)
    assert submit(tmp_path / "s", server, plan=allowed) == {Status.UPDATED: 1}
    assert [record["layer_id"] for record in server.records] == [1]


def test_the_first_stack_goes_alone_and_stops_the_rest(tmp_path: Path) -> None:
    """A canary that isn't stored as sent ends the run before anything else is sent."""
    stage_layers(tmp_path / "r", make_stacks(30, 1))
    server = FakeServer([REFUSED])
    with pytest.raises(CanaryError, match="layer 1 ended as refused"):
        submit(tmp_path / "r", server, send=replace(SEND, canary=1))
    assert len(server.posts) == 1
    assert submit(tmp_path / "r", server, send=replace(SEND, canary=1)) == {Status.REFUSED: 1, Status.CREATED: 29}


@pytest.mark.parametrize("allowed", ["3", "10%"])
def test_too_many_failed_rows_stop_the_run(tmp_path: Path, allowed: str) -> None:
    """--max-failed as a count or a part of the rows bounds how many rows may fail."""
    stage_layers(tmp_path / "r", make_stacks(30, 1))
    server = FakeServer([REFUSED] * 30)
    with pytest.raises(CircuitOpenError, match="4 rows have failed"):
        submit(tmp_path / "r", server, send=replace(SEND, max_failed=allowed, workers=1))


FATES = st.lists(st.sampled_from([OK, OK, LOST_STORED, LOST, BUSY, REFUSED_CONNECTION, WRONG_ECHO]), max_size=40)


@settings(max_examples=scale_examples(40))
@given(fates=FATES, workers=st.integers(1, 6), goes=st.integers(1, 2))
def test_whatever_happens_each_layer_is_stored_once(
    tmp_path_factory: pytest.TempPathFactory, fates: list[str], workers: int, goes: int
) -> None:
    """For any sequence of fates, over one or two goes: no duplicate, none lost, order kept, told truly."""
    path = tmp_path_factory.mktemp("run") / "r"
    stage_layers(path, make_stacks(6, 3))
    server = FakeServer(fates)
    for _ in range(goes):
        counts = submit(path, server, send=replace(SEND, workers=workers))
        check_once_and_in_order(server)
        assert counts.get(Status.CREATED, 0) == len(server.records)
    server.fates = iter([])
    assert submit(path, server, send=replace(SEND, workers=workers)) == {Status.CREATED: 18}
    check_once_and_in_order(server)


def test_a_run_cut_off_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    """A run that ends between any two requests leaves a file from which the next go finishes, without a duplicate."""
    rng = random.Random(7)  # noqa: S311  # a test's choice
    for number in range(12):
        path = tmp_path / f"r{number}"
        stage_layers(path, make_stacks(4, 4))
        stop, limit = threading.Event(), rng.randrange(1, 16)
        server = FakeServer([rng.choice([OK, LOST, LOST_STORED]) for _ in range(10)])
        original = server.post_layer

        def post_and_stop(body: bytes, *, limit: int = limit, stop: threading.Event = stop) -> Reply:
            reply = original(body)  # noqa: B023  # called within this round
            if len(server.posts) >= limit:  # noqa: B023
                stop.set()
            return reply

        server.post_layer = post_and_stop  # type: ignore[method-assign]
        submit(path, server, stop=stop)
        server.post_layer = original  # type: ignore[method-assign]
        assert submit(path, server) == {Status.CREATED: 16}
        check_once_and_in_order(server)


def test_a_run_in_state_sending_is_settled_before_anything_is_sent(tmp_path: Path) -> None:
    """Rows that a killed process left in 'sending' are looked up first, and sent only if absent."""
    stage_layers(tmp_path / "r", make_stacks(1, 1))
    with RunFile.open(tmp_path / "r", readonly=False) as run, run.store.write() as connection:
        connection.exec_driver_sql("UPDATE row SET state = 'sending', attempts = 1, last_sent_at = 1")
    with RunFile.open(tmp_path / "r") as run:
        assert run.count_statuses() == {Status.UNCONFIRMED: 1}
        assert run.list_rows_in_state(State.SENDING)[0].attempts == 1
    server = FakeServer([])
    server.records.append({"sample_id": 100, "sample_name": "", "layer_id": 1, "composition_string": "BaTiO3", "id": 3})
    assert submit(tmp_path / "r", server) == {Status.CREATED: 1}
    assert server.posts == []


def test_an_aborted_run_names_no_key(tmp_path: Path) -> None:
    """What ends a run is an AbortedError, whose words are the server's."""
    stage_layers(tmp_path / "r", make_stacks(1, 1))
    with pytest.raises(AbortedError, match="redirect"):
        submit(tmp_path / "r", FakeServer([REDIRECT]))


def test_a_sample_that_is_forbidden_is_refused_alone(tmp_path: Path) -> None:
    """403 for one sample is the answer for its rows; the others go on."""
    stage_layers(tmp_path / "r", make_stacks(6, 2))
    server = FakeServer([OK, OK, FORBIDDEN])
    counts = submit(tmp_path / "r", server, send=replace(SEND, workers=1))
    assert counts == {Status.CREATED: 10, Status.REFUSED: 1, Status.NOT_SENT: 1}


def test_a_key_that_may_only_read_ends_the_run(tmp_path: Path) -> None:
    """403 for one sample after the other, and none stored, is the key's fault."""
    stage_layers(tmp_path / "r", make_stacks(50, 1))
    server = FakeServer([FORBIDDEN] * 50)
    with pytest.raises(KeyRefusedError, match="reading but not writing"):
        submit(tmp_path / "r", server, send=replace(SEND, workers=1))
    assert len(server.posts) == 3


def test_a_key_that_may_not_even_read_ends_the_run_at_once(tmp_path: Path) -> None:
    """403 for a sample and for the listing too is the key's fault."""
    stage_layers(tmp_path / "r", make_stacks(50, 1))
    server = FakeServer([FORBIDDEN] * 50, listings=[OK, FORBIDDEN])
    with pytest.raises(KeyRefusedError, match="for writing and for reading"):
        submit(tmp_path / "r", server, send=replace(SEND, workers=1))
    assert len(server.posts) == 1


class LaggingServer(FakeServer):
    """A server whose listing shows a record only some time after it was stored."""

    def __init__(self, clock: FakeClock, lag: float) -> None:
        super().__init__([])
        self._clock, self._lag = clock, lag
        self._stored_at: dict[object, float] = {}

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Return the records that are old enough."""
        self.reads += 1
        shown = [dict(r) for r in self.records if self._stored_at[r["id"]] + self._lag <= self._clock.now()]
        return answer_listing(shown, wanted)

    def _store(self, layer: dict[str, object]) -> dict[str, object]:
        record = super()._store(layer)
        self._stored_at[record["id"]] = self._clock.now()
        return record


def test_a_made_stack_that_the_listing_shows_late_is_not_sent_again(tmp_path: Path) -> None:
    """A stack that the server said it made is believed absent only by two listings a settle time apart."""
    stage_layers(tmp_path / "r", NAMED)
    clock = FakeClock()
    server = LaggingServer(clock, lag=20.0)
    assert submit(tmp_path / "r", server, clock=clock, send=replace(SEND, settle=30.0)) == {Status.CREATED: 2}
    assert len(server.posts) == 1
    assert len(server.records) == 2


def test_a_stack_named_and_numbered_is_not_stored_twice(tmp_path: Path) -> None:
    """Rows that give a stack's number and rows that give its name, for one position, never store it twice."""
    stage_layers(tmp_path / "r", [(None, "A17", None, "2", "BaTiO3"), ("5", None, None, "2", "BaTiO3")])
    server = FakeServer([])
    server.records.append(
        {"sample_id": 5, "sample_name": "A17", "layer_id": 1, "composition_string": "SrTiO3", "id": 70}
    )
    counts = submit(tmp_path / "r", server)
    assert len(set(stored_keys(server))) == len(stored_keys(server))
    assert counts == {Status.INVALID: 1, Status.CREATED: 1}
    with RunFile.open(tmp_path / "r") as run:
        (issue,) = run.iter_issues()
    assert issue.code == "sample-named-twice"
    assert "A17" in issue.message
    assert "5" in issue.message


@pytest.mark.parametrize("workers", [1, 3])
def test_a_fault_of_our_own_in_a_worker_ends_the_run(tmp_path: Path, workers: int) -> None:
    """An exception that nobody foresaw halts the run, with its row in doubt, instead of leaving it to hang."""
    stage_layers(tmp_path / "r", make_stacks(30, 1))
    server = FakeServer([])

    def fail(body: bytes) -> Reply:
        raise LookupError(body[:0].decode() + "unforeseen")

    server.post_layer = fail  # type: ignore[method-assign]
    with pytest.raises(AbortedError, match="LookupError"):
        submit(tmp_path / "r", server, send=replace(SEND, workers=workers))
    with RunFile.open(tmp_path / "r") as run:
        counts = run.count_statuses()
    assert 1 <= counts[Status.UNCONFIRMED] <= workers
    assert submit(tmp_path / "r", FakeServer([])) == {Status.CREATED: 30}


def test_a_stack_settled_early_is_not_worked_on_twice_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that an earlier go left in doubt is handed out once, though it also has layers that wait to be sent."""
    stage_layers(tmp_path / "r", make_stacks(2, 2))
    with RunFile.open(tmp_path / "r", readonly=False) as run, run.store.write() as connection:
        connection.exec_driver_sql("UPDATE row SET state = 'sending', attempts = 1 WHERE seq = 2")
    server = FakeServer([])
    server.records.append({"sample_id": 101, "sample_name": "", "layer_id": 1, "composition_string": "BaTiO3", "id": 3})
    original, meeting = Shift.work, threading.Barrier(2)

    def work_together(shift: Shift) -> list[Entry]:
        if shift._stack.id == 1:
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(1.0)
        return original(shift)

    monkeypatch.setattr(Shift, "work", work_together)
    assert submit(tmp_path / "r", server, send=replace(SEND, workers=3, settle=0.0)) == {Status.CREATED: 4}
    check_once_and_in_order(server)


def test_a_record_id_that_no_database_holds_is_no_record_id(tmp_path: Path) -> None:
    """A number that the run file can't hold doesn't end the run: the answer is no echo, and the listing tells."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([])
    server.ids = itertools.count(2**63)
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}
    assert len(server.posts) == 2
    check_once_and_in_order(server)


@pytest.mark.parametrize(
    ("layer_id", "is_blocked"), [("2", False), (2.0, False), (None, True), ("two", True), (4.5, True)]
)
@pytest.mark.parametrize("sample", [("5", None), (None, "A17")])
def test_ids_of_the_server_are_read_one_way(
    tmp_path: Path, layer_id: object, sample: tuple[str | None, str | None], *, is_blocked: bool
) -> None:
    """A position spelt as text or float is filled; one that can't be read blocks its stack, and only that one."""
    stage_layers(tmp_path / "r", [(*sample, None, "2", "BaTiO3"), ("6", None, None, "1", "MgO")])
    server = FakeServer([])
    server.records.append(
        {"sample_id": "5", "sample_name": "A17", "layer_id": layer_id, "composition_string": "BaTiO3", "id": 70}
    )
    counts = submit(tmp_path / "r", server)
    assert counts == {Status.INVALID if is_blocked else Status.UNCHANGED: 1, Status.CREATED: 1}
    assert [post[0] for post in server.posts] == [6]
    if is_blocked:
        with RunFile.open(tmp_path / "r") as run:
            (issue,) = run.iter_issues()
        assert issue.code == "unreadable-stack"
        assert repr(layer_id) in issue.message


class CachedServer(FakeServer):
    """A server before which a cache answers the listing."""

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Return what the cache has."""
        reply = answer_listing(self.records, wanted)
        assert reply.listing is not None
        evidence = replace(reply.listing.evidence, doubts=("the list comes from a cache (Age: 12)",))
        return replace(reply, listing=replace(reply.listing, evidence=evidence))


def test_nothing_is_sent_by_a_listing_that_may_be_old(tmp_path: Path) -> None:
    """What a doubtful listing lacks may be there: nothing is sent, and the reason is told."""
    stage_layers(tmp_path / "r", make_stacks(1, 1))
    server = CachedServer([])
    with pytest.raises(ListingError, match="Age: 12"):
        submit(tmp_path / "r", server)
    assert server.posts == []


class LateServer(FakeServer):
    """A server whose list shows nothing before a time."""

    def __init__(self, clock: FakeClock, *, until: float) -> None:
        super().__init__([])
        self._clock, self._until = clock, until

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Return what the list shows by now."""
        return answer_listing(self.records if self._clock.now() >= self._until else [], wanted)


def test_a_new_stack_that_shows_late_is_read_back_for_a_settle_time(tmp_path: Path) -> None:
    """A list that lacks also what is known to be stored is waited for, not read three times at once."""
    stage_layers(tmp_path / "r", [(None, "A17", "SrTiO3", "1", "SrTiO3"), ("100", None, None, "1", "MgO")])
    clock = FakeClock()
    server = LateServer(clock, until=clock.now() + 20)
    assert submit(tmp_path / "r", server, clock=clock) == {Status.CREATED: 2}
    assert len(server.posts) == 2


class StaleServer(FakeServer):
    """A server whose list shows, before a time, what there was at first."""

    def __init__(self, clock: FakeClock, *, until: float) -> None:
        super().__init__([])
        self._clock, self._until = clock, until
        put(self, 1, "ZnO")
        self._first = [dict(record) for record in self.records]

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Return what the list shows by now."""
        return answer_listing(self.records if self._clock.now() >= self._until else self._first, wanted)


def test_an_update_that_shows_late_is_still_an_update(tmp_path: Path) -> None:
    """A list that shows the old content for a while doesn't make a conflict of an answer that was whole."""
    stage_layers(tmp_path / "r", make_stacks(1, 1))
    clock = FakeClock()
    server = StaleServer(clock, until=clock.now() + 20)
    assert submit(tmp_path / "r", server, plan=UPDATE, clock=clock) == {Status.UPDATED: 1}


class SpellingServer(FakeServer):
    """A server whose list shows some fields of all records in a way of its own."""

    def __init__(self, fates: list[str], **shown: object) -> None:
        super().__init__(fates)
        self.shown = shown

    def fetch_listing(self, wanted: Wanted, _: object) -> Reply:
        """Return the records as this server shows them."""
        return answer_listing([{**record, **self.shown} for record in self.records], wanted)


@pytest.mark.parametrize("shown", [{"layer_id": True}, {"sample_id": [901]}])
def test_what_a_list_shows_and_cant_be_read_is_not_absent(tmp_path: Path, shown: dict[str, object]) -> None:
    """A target material whose answer was lost isn't made again while the list has records of it that can't be read."""
    stage_layers(tmp_path / "r", [(None, "A17", "MgO", "1", "SrTiO3")])
    server = SpellingServer([LOST_STORED], **shown)
    assert submit(tmp_path / "r", server) == {Status.UNCONFIRMED: 1}
    assert submit(tmp_path / "r", server) == {Status.UNCONFIRMED: 1}
    assert len(server.posts) == 1


def test_a_target_material_that_is_shown_without_layers_is_not_made_again(tmp_path: Path) -> None:
    """One that carries the run's mark is ours: what is still to be sent are its layers."""
    stage_layers(tmp_path / "r", list_layers((None, "A17", "MgO"), layers=2))
    server = SpellingServer([LOST_STORED])
    created = server.create_target

    def create_bare(body: bytes) -> Reply:
        reply = created(body)
        server.records = [{**server.records[0], "layer_id": None, "composition_string": None, "id": None}]
        return reply

    server.create_target = create_bare  # type: ignore[method-assign]
    assert submit(tmp_path / "r", server) == {Status.CREATED: 2}
    assert [name for name, _ in server.posts] == ["A17", 901, 901]


@pytest.mark.parametrize(("sample_id", "is_blocked"), [([100], True), ("no 100", True), ([1000], False), (None, False)])
def test_a_number_that_may_be_ours_blocks_its_stack(tmp_path: Path, sample_id: object, *, is_blocked: bool) -> None:
    """A record whose sample_id can't be read, but holds the number of one of our samples, may be a layer of it."""
    stage_layers(tmp_path / "r", make_stacks(2, 1))
    server = FakeServer([])
    server.records.append({"sample_id": sample_id, "sample_name": "x", "layer_id": 1, "id": 70})
    counts = submit(tmp_path / "r", server)
    assert counts == ({Status.INVALID: 1, Status.CREATED: 1} if is_blocked else {Status.CREATED: 2})


def test_a_run_whose_end_could_not_be_checked_says_so(tmp_path: Path) -> None:
    """Answers that no list could be compared with stay as they are, but the run doesn't end as if all were right."""
    stage_layers(tmp_path / "r", make_stacks(1, 2))
    server = FakeServer([], listings=[OK, *["no list"] * 10_000])
    with pytest.raises(FinalCheckError, match="`resume` compares them"):
        submit(tmp_path / "r", server)
    with RunFile.open(tmp_path / "r") as run:
        assert run.count_statuses() == {Status.CREATED: 2}
