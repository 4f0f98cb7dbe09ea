"""The protocol against servers and people that behave otherwise than assumed: the state machine, with their manners.

Nothing may be sent again for which an answer named an id, whatever else it said; nothing may be stored twice but by the
server itself; and once a go has come to its end, no answer may say that all is right where it isn't.
"""

from __future__ import annotations

import random
import shutil
import threading
from collections import Counter
from typing import TYPE_CHECKING

import orjson
from hypothesis import settings
from hypothesis.stateful import initialize, invariant

from importer.errors import KeyRefusedError, ListingError, SideEffectError
from importer.model import GOOD_STATUSES, Status
from importer.run import RunFile
from importer.settings import InDoubt, WriteMode
from tests.submit.odd_server import HARMLESS, ODDITIES, OddServer
from tests.submit.test_protocol_machine import SEEDS, ProtocolMachine, workers_drawn

if TYPE_CHECKING:
    from importer.run import RowRecord
    from importer.server import Reply
    from importer.server.listing import Listing
    from importer.tasks.connection import Connection

NOT_STORED = {Status.REFUSED, Status.FAILED}


class OddMachine(ProtocolMachine):
    """A user who imports into an odd server, whose machine dies, who goes on.

    Attributes:
        oddities: what the server may be like.
    """

    oddities = ODDITIES

    def __init__(self) -> None:
        super().__init__()
        self._server: OddServer = OddServer(self._clock, self._run)
        self._is_ended = False

    @initialize(seed=SEEDS)
    def stage(self, seed: int) -> None:
        """Begin as ever, with an oddity."""
        draw = random.Random(f"odd {seed}")  # noqa: S311  # stories, not secrets
        self._server.oddity, self._server.random = draw.choice(self.oddities), draw
        super().stage(seed)
        if self._server.oddity == "shifts" and self._plan.write_mode is WriteMode.REPLACE:
            self._server.oddity = "renames"  # a replacement is answered by no id, by which a moved layer could be found
        self._server.lag = 1e9 if self._server.oddity == "hides" else 0.0

    def _submit(
        self,
        *,
        workers: int,
        stop: threading.Event,
        bad_listings: tuple[Reply, ...] = (),
        in_doubt: InDoubt = InDoubt.RESEND,
    ) -> None:
        self._is_ended = False
        self._server.forget_cache()
        try:
            super()._submit(workers=workers, stop=stop, bad_listings=bad_listings, in_doubt=in_doubt)
        except (ListingError, KeyRefusedError, SideEffectError):
            return  # the run ended early, and said why
        self._is_ended = not self._server.is_cut_off and not bad_listings and not stop.is_set()

    def _read_listing(self, connection: Connection) -> tuple[Listing, str]:
        return connection.read_sure_listing()

    def nothing_is_left_unsaid(self, *, is_settled: bool) -> None:
        """A row that isn't in says why; rows in doubt may stay so, for the server may never tell."""
        del is_settled
        if self._is_ended:
            super().nothing_is_left_unsaid(is_settled=False)

    @invariant()
    def nothing_is_stored_twice_or_out_of_order(self) -> None:
        """Each position is stored once at the most, but for what the server itself doubled."""
        server = self._server
        keys = [(record["sample_id"], record["layer_id"]) for record in server.records]
        shift = 1 if server.oddity == "shifts" else 0
        names = {record["sample_id"]: record["sample_name"] for record in server.records}
        for (sample_id, layer_id), number in Counter(keys).items():
            places = {(sample_id, layer_id - shift), (names[sample_id], layer_id - shift)}
            assert number == 1 or places & server.doubled, (server.oddity, sample_id, layer_id)

    @invariant()
    def answers_are_true(self) -> None:
        """Once a go has come to its end, what is told as stored is there once, what is told as refused isn't."""
        if not self._rows:
            return
        with RunFile.open(self._run) as run:
            rows = list(run.iter_rows())
            assert len(rows) == sum(run.count_statuses().values()) == self._rows
        for row in rows:
            assert row.status not in GOOD_STATUSES or row.record_id not in self._server.wiped, row
            if self._is_ended and row.payload is not None:
                self._check_row(row)

    @invariant()
    def layers_wait_for_lower_ones(self) -> None:
        """A layer that the server has put elsewhere is a conflict, and blocks the layers above it.

        Only what is made together with its target material goes in one request with those above it.
        """
        if self._server.oddity != "shifts" or not self._is_ended:
            return
        blocked: set[int | str | None] = set()
        with RunFile.open(self._run) as run:
            rows = sorted(run.iter_rows(), key=lambda row: row.layer_id or 0)
        for row in rows:
            if row.sample_name is None and row.status not in GOOD_STATUSES:
                blocked.add(row.sample_id)
            assert row.status not in GOOD_STATUSES or row.sample_id not in blocked, row

    @invariant()
    def what_others_added_is_there(self) -> None:
        """A layer that somebody added after a list was read is never removed."""
        assert self._server.others <= {record["id"] for record in self._server.records}

    def _check_row(self, row: RowRecord) -> None:
        server = self._server
        told = (server.oddity, row, server.records)
        formula = orjson.loads(row.payload or "{}")["composition_string"]
        there = [
            record
            for record in server.records
            if record["layer_id"] == row.layer_id and row.sample_id == record["sample_id"]
        ]
        if row.status in GOOD_STATUSES:
            assert [(r["id"], r["composition_string"]) for r in there] == [(row.record_id, formula)], told
        elif row.status in NOT_STORED and row.sample_id is not None and server.oddity not in {"hides", "caches"}:
            was = self._there.get((row.sample_id, row.layer_id))
            assert was == formula or formula not in [record["composition_string"] for record in there], told

    def check(self) -> None:
        """Look at all that must hold at any time."""
        super().check()
        self.layers_wait_for_lower_ones()
        self.what_others_added_is_there()

    def end(self, *, is_told: bool) -> None:
        """Two more goes, without other faults, end; all holds after them."""
        try:
            if self._rows and is_told:
                for _ in range(2):
                    self._server.fates, self._server.crash_at = iter(()), 0
                    self._submit(workers=max(workers_drawn()), stop=threading.Event())
                    self.check()
                if self._server.oddity in HARMLESS and not self._server.taken:
                    with RunFile.open(self._run) as run:
                        assert set(run.count_statuses()) <= GOOD_STATUSES
        finally:
            shutil.rmtree(self._folder)


OddMachine.TestCase.settings = settings(ProtocolMachine.TestCase.settings)
TestOddServers = OddMachine.TestCase
"""Whatever the server is like, nothing is sent again that it named, and no answer says too much."""
