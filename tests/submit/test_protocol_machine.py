"""A stateful model: goes, crashes and power losses in any order, against a server that stores when it likes.

The usual stories are the same each time; `pytest -m long` tells others. That they can fail is shown in
`test_mutations`: the protocol is broken on purpose, one rule at a time.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from importer.context import Context
from importer.errors import FinalCheckError
from importer.model import GOOD_STATUSES, Status
from importer.run import Journal, RunFile
from importer.settings import InDoubt, OnExisting, PlanSettings, SendSettings, WriteMode
from importer.submit.plan import plan_rows
from importer.submit.stored_list import StoredList
from importer.submit.submission import Submission, make_gate
from importer.tasks.connection import Connection
from tests.helpers.clock import FakeClock
from tests.helpers.examples import scale_examples
from tests.helpers.staging import FORMULAS, list_layers, stage_layers
from tests.submit.model_server import BAD_LISTINGS, FATES, FOREIGN, LAG, SETTLE, Server

if TYPE_CHECKING:
    from importer.server import Reply
    from importer.server.listing import Listing

A17_ID = 850
WAYS = (
    PlanSettings(),
    PlanSettings(on_existing=OnExisting.UPDATE),
    PlanSettings(write_mode=WriteMode.REPLACE, allow_remove=True),
)
SEEDS = st.integers(0, 2**32)
"""What happens is drawn evenly from a seed: hypothesis, left to itself, prefers stories in which little happens."""
GIVEN_UP = {Status.CONFLICT, Status.NOT_SENT}
"""What becomes of rows from the position on that somebody else has taken."""
SHM = Path("/dev/shm")  # noqa: S108  # power losses are copies here: no disk needs to sync


def stage(path: Path, stacks: int, layers: int, *, is_named: bool) -> int:
    """Make a run file of numbered stacks and maybe a named one; return how many rows it has."""
    names: list[tuple[str | None, str | None, str | None]] = [(str(100 + n), None, None) for n in range(stacks)]
    names += [(None, "A17", "MgO")] if is_named else []
    rows = list_layers(*names, layers=layers)
    stage_layers(path, rows)
    return len(rows)


def workers_drawn() -> tuple[int, ...]:
    """Return how many workers a go may have: one where stories are to be the same each time, for threads race."""
    return (1,) if settings().derandomize else (1, 1, 3)


class ProtocolMachine(RuleBasedStateMachine):
    """A user who imports, whose machine dies, who goes on, until all is in."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="protocol-", dir=SHM if SHM.is_dir() else None))
        self._run = self._folder / "r"
        self._clock = FakeClock()
        self._server = Server(self._clock, self._run)
        self._rows = 0
        self._there: dict[tuple[Any, Any], str] = {}
        self._plan = PlanSettings()
        self._seed = self._steps = 0

    @initialize(seed=SEEDS)
    def stage(self, seed: int) -> None:
        """Begin with a run that is read and not yet sent; a stack of it may stand on the server in part."""
        self._seed = seed
        draw = random.Random(seed)  # noqa: S311  # stories, not secrets
        stacks, layers, is_named, way = draw.randint(1, 3), draw.randint(1, 3), draw.random() < 0.5, draw.choice(WAYS)
        self._rows = stage(self._run, stacks, layers, is_named=is_named)
        self._plan, self._server.lag = way, draw.choice([0.0, LAG])
        is_other = way != PlanSettings() and draw.random() < 0.7  # a chance
        held = range(1, draw.choice([0, draw.randint(1, layers)]) + 1)
        there = [FOREIGN if is_other else FORMULAS[layer % 3] for layer in held]
        self._server.hold(*((A17_ID, "A17") if is_named else (100, "")), there)
        self._there = {(r["sample_id"], r["layer_id"]): r["composition_string"] for r in self._server.records}

    @precondition(lambda self: self._rows)
    @rule(seed=SEEDS)
    def go(self, seed: int) -> None:
        """Go on with the run; maybe die at a request, with only what is on disk surviving."""
        self._steps += 1
        draw = random.Random(f"{self._seed} {self._steps} {seed}")  # noqa: S311  # as above
        fates = draw.choices(FATES, k=draw.randint(0, 8))
        crash_at = draw.choice([0, 0, 1, 2, 3, 5])
        bad_listings = draw.choice([(), (), (), BAD_LISTINGS[:1], BAD_LISTINGS[1:2], BAD_LISTINGS * 16])
        workers, in_doubt = draw.choice(workers_drawn()), draw.choice([InDoubt.RESEND, InDoubt.RESEND, InDoubt.HOLD])
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
        server.fates, server.crash_at, server.crash = iter(fates), crash_at, crash
        self._submit(workers=workers, stop=stop, bad_listings=bad_listings, in_doubt=in_doubt)
        if server.is_cut_off:
            for path in self._folder.glob("r*"):
                path.unlink()
            for path in survived.iterdir():
                path.rename(self._folder / path.name)
            server.is_cut_off = False
        else:
            self.nothing_is_left_unsaid(is_settled=not bad_listings)

    def _submit(
        self,
        *,
        workers: int,
        stop: threading.Event,
        bad_listings: tuple[Reply, ...] = (),
        in_doubt: InDoubt = InDoubt.RESEND,
    ) -> None:
        send = SendSettings(workers=workers, settle=SETTLE, first_wait=0.01, canary=0, in_doubt=in_doubt)
        server: Any = self._server
        server.is_alone, server.bad_listings = workers == 1, iter(())
        server.is_holding, server.doubted, server.quiet_until = in_doubt is InDoubt.HOLD, set(), 0.0
        with RunFile.open(self._run, readonly=False) as run:
            run.reopen([Status.FAILED, Status.REFUSED])
            with Journal(run) as journal:
                context = Context(stop=stop, clock=self._clock)
                gate = make_gate(journal, send=send, context=context)
                stored = StoredList(server, run_key=run.meta.run_key, send=send, gate=gate, watch=context.watch)
                connection = Connection(run, journal, server, gate, stored, send, context)
                listing, doubt = self._read_listing(connection)
                plan_rows(run, listing, plan=self._plan, journal=journal, now=self._clock.time(), doubt=doubt)
                server.bad_listings = iter(bad_listings)
                with contextlib.suppress(*[FinalCheckError] * bool(bad_listings)):  # the answers stand, unchecked
                    Submission(run, server, journal=journal, gate=gate, send=send, context=context).submit_rows()

    def _read_listing(self, connection: Connection) -> tuple[Listing, str]:
        """Return the first list of a go, and what speaks against it."""
        return connection.read_listing(), ""

    def nothing_is_left_unsaid(self, *, is_settled: bool) -> None:
        """After a go that came to its end, a row that isn't in says why, and is in doubt only without a listing."""
        with RunFile.open(self._run) as run:
            for row in run.iter_rows():
                assert row.status in GOOD_STATUSES or row.message or row.status is Status.INVALID, (
                    row
                )  # an issue says why
                assert row.status is not Status.UNCONFIRMED or not is_settled, row

    @invariant()
    def the_client_kept_to_the_protocol(self) -> None:
        """The server saw no write without an intent on disk, nor one inside a pause."""
        assert self._server.wrongs == []

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
        held = {(r["sample_id"], r["layer_id"]): r["composition_string"] for r in self._server.records}
        with RunFile.open(self._run) as run:
            rows = list(run.iter_rows())
            assert len(rows) == sum(run.count_statuses().values()) == self._rows
        for row in rows:
            formula = orjson.loads(row.payload or "")["composition_string"]
            if row.status in GOOD_STATUSES:
                assert row.record_id in stored, row
                record = stored[row.record_id]
                assert (record["layer_id"], record["composition_string"]) == (row.layer_id, formula)
                assert row.sample_name is None or record["sample_name"] == row.sample_name
            elif row.status in {Status.REFUSED, Status.FAILED} and row.sample_name is None:
                # A whole stack that wasn't replaced may have a layer as it should be, from long ago.
                place = (row.sample_id, row.layer_id)
                assert held.get(place) != formula or self._there.get(place) == formula

    def check(self) -> None:
        """Look at all that must hold at any time."""
        self.the_client_kept_to_the_protocol()
        self.nothing_is_stored_twice_or_out_of_order()
        self.answers_are_true()

    def teardown(self) -> None:
        """With a well server the next two goes bring all to its end."""
        self.end(is_told=True)

    def end(self, *, is_told: bool) -> None:
        """Bring all to its end, and take the run file away; of a story that broke off, only the latter."""
        try:
            if self._rows and is_told:
                for _ in range(2):
                    self._server.fates, self._server.crash_at = iter(()), 0
                    self._submit(workers=max(workers_drawn()), stop=threading.Event())
                self.check()
                with RunFile.open(self._run) as run:
                    for row in run.iter_rows():
                        below = [layer for sample_id, layer in self._server.taken if sample_id == row.sample_id]
                        wanted = GOOD_STATUSES if (row.layer_id or 0) < min(below, default=99) else GIVEN_UP
                        assert row.status in wanted, row
        finally:
            shutil.rmtree(self._folder)


ProtocolMachine.TestCase.settings = settings(
    max_examples=scale_examples(30),
    stateful_step_count=5,
    phases=(Phase.generate,),  # making a failing story shorter takes minutes; it is told as it was found
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
TestProtocol = ProtocolMachine.TestCase
"""Whatever happens in whatever order, each layer is stored once and told truly."""
