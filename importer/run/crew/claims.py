"""Which process has which stacks: each stack with something to send is claimed by one at a time, until it has ended.

A claim without an owner is free for anybody. A stack with rows in doubt is parked, for the one process that settles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from importer.run.store.crew_store import CrewStore

MOST_DUE = 5_000
"""Parked stacks that are settled by one stored list at the most: memory is bounded by it."""
_CLAIM = """
    WITH crew AS (SELECT greatest(1, count(*)) AS size FROM worker WHERE fenced_at IS NULL),
      share AS (
        SELECT count(*) / (2 * (SELECT size FROM crew)) AS size FROM (
          SELECT 1 FROM claim WHERE owner IS NULL LIMIT (SELECT 2 * %s * size FROM crew)) AS free)
    UPDATE claim SET owner = %s WHERE stack_id IN (
      SELECT stack_id FROM claim WHERE owner IS NULL ORDER BY stack_id
      LIMIT (SELECT least(%s, greatest(%s, size)) FROM share) FOR UPDATE SKIP LOCKED)
    RETURNING stack_id
"""
"""The last stacks are shared: who takes many at once would be at work when the others have nothing left."""
_END = "DELETE FROM claim WHERE owner = %s AND stack_id = ANY(%s)"
_PARK = """
    INSERT INTO parked (stack_id, reason, words, absent_at, doubted, lost)
    VALUES (%s, %s, %s, CASE WHEN %s THEN clock_timestamp() END, %s, %s)
    ON CONFLICT (stack_id) DO UPDATE SET reason = excluded.reason, words = excluded.words, since = clock_timestamp(),
      absent_at = excluded.absent_at, doubted = excluded.doubted, lost = parked.lost OR excluded.lost
"""
_OPEN_READY = """
    INSERT INTO claim (stack_id) SELECT DISTINCT stack_id FROM "row" WHERE state = 'ready' AND stack_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""
_OPEN_DOUBTS = """
    INSERT INTO claim (stack_id, owner)
    SELECT DISTINCT stack_id, 0 FROM "row" WHERE state = 'sending' AND stack_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""
_PARK_DOUBTS = """
    INSERT INTO parked (stack_id, reason, words, lost) SELECT stack_id, 'lost', %s, FALSE FROM claim WHERE owner = 0
    ON CONFLICT DO NOTHING
"""
_DUE = """
    SELECT stack_id, reason, words, extract(epoch FROM clock_timestamp() - since)::float8, absent_at IS NOT NULL,
      doubted, lost
    FROM parked WHERE since <= clock_timestamp() - make_interval(secs => %s)
"""
_OR_READ_BACK = "OR (reason = %s AND absent_at IS NULL AND doubted = 0)"
_OLDEST = "ORDER BY since LIMIT %s"
_HAS_YOUNGER = "SELECT EXISTS (SELECT 1 FROM parked WHERE since > clock_timestamp() - make_interval(secs => %s))"
_IS_BUSY = "SELECT EXISTS (SELECT 1 FROM claim WHERE owner IS NULL) OR EXISTS (SELECT 1 FROM claim WHERE owner > 0)"


@dataclass(frozen=True, slots=True)
class ParkedClaim:
    """A stack whose rows in doubt only the stored list can tell about.

    Attributes:
        reason: a word of the submitter's.
        words: why, for people.
        age: seconds since the request had ended, or since a list was read for it.
        absent_once: a first list didn't show the rows.
        doubted: lists read for them so far from which nothing could be concluded.
        lost: the process that had it may be alive, though nobody sees it: what isn't found isn't sent again.
    """

    stack_id: int
    reason: str
    words: str
    age: float = 0.0
    absent_once: bool = False
    doubted: int = 0
    lost: bool = False


class Claims:
    """The claims on a run's stacks, as one process makes them; every change is made behind its fence."""

    def __init__(self, store: CrewStore) -> None:
        self._store = store

    def begin(self, stack_ids: Sequence[int], *, rows: int, rate: float | None) -> None:
        """Begin again, with some stacks claimed by this process; the others follow by `open`.

        Args:
            stack_ids: the stacks that are sent first.
            rows: rows that are to be sent or settled.
            rate: requests a second at the most, of all processes together.
        """
        with self._store.write() as connection:
            for statement in ("DELETE FROM claim", "DELETE FROM parked"):
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(
                "UPDATE gate SET is_open = FALSE, is_checked = FALSE, next_at = 'epoch', failures = 0, failed = 0, "
                "rate = %s, rows = %s, error = NULL",
                (rate, rows),
            )
            self._insert(connection, stack_ids)

    def _insert(self, connection: sa.Connection, stack_ids: Sequence[int]) -> None:
        query = "INSERT INTO claim (stack_id, owner) SELECT unnest(%s::bigint[]), %s"
        connection.exec_driver_sql(query, (list(stack_ids), self._store.number))

    def open(self, words: str) -> None:
        """Let everybody claim: stacks with rows that are ready are free, those with rows in doubt are parked.

        Args:
            words: why rows are in doubt, for people.
        """
        with self._store.write() as connection:
            connection.exec_driver_sql(_OPEN_DOUBTS)
            connection.exec_driver_sql(_PARK_DOUBTS, (words,))
            connection.exec_driver_sql(_OPEN_READY)
            connection.exec_driver_sql("UPDATE gate SET is_open = TRUE")

    def claim(self, most: int, *, needed: int | None = None, ended: Sequence[int] = ()) -> list[int]:
        """Claim so many stacks at the most, and give those up that have ended; return the new ones in their order.

        Args:
            most: 0 for none.
            needed: so many are taken even when few are left, otherwise half of this process's share of what is free;
                None for `most`.
            ended: stacks of this process whose last answer is on disk.
        """
        with self._store.write() as connection:
            if ended:
                connection.exec_driver_sql(_END, (self._store.number, list(ended)))
            if most <= 0:
                return []
            values = (most, self._store.number, most, most if needed is None else max(0, needed))
            return sorted(stack_id for (stack_id,) in connection.exec_driver_sql(_CLAIM, values).all())

    def park(self, parked: ParkedClaim) -> None:
        """Leave a stack of this process, or one that is parked, for a settlement later."""
        values = (parked.stack_id, parked.reason, parked.words, parked.absent_once, parked.doubted, parked.lost)
        with self._store.write() as connection:
            connection.exec_driver_sql(_PARK, values)
            connection.exec_driver_sql(
                "UPDATE claim SET owner = 0 WHERE stack_id = %s AND owner = %s", (parked.stack_id, self._store.number)
            )

    def settle(self, *, freed: Sequence[int], left: Sequence[int]) -> None:
        """End the parking of stacks.

        Args:
            freed: whose rows are settled: anybody may go on with them.
            left: whose rows stay in doubt: nobody does.
        """
        with self._store.write() as connection:
            connection.exec_driver_sql(
                "UPDATE claim SET owner = NULL WHERE owner = 0 AND stack_id = ANY(%s)", (list(freed),)
            )
            connection.exec_driver_sql("DELETE FROM claim WHERE owner = 0 AND stack_id = ANY(%s)", (list(left),))
            connection.exec_driver_sql("DELETE FROM parked WHERE stack_id = ANY(%s)", ([*freed, *left],))

    def list_due(self, settle: float, *, read_back: str) -> list[ParkedClaim]:
        """Return the parked stacks whose time has come; none, if it is worth waiting for others.

        One list is read for all, but none waits twice its time.

        Args:
            settle: seconds that the server may still be at work on a request.
            read_back: the reason for which a stack need not wait, once nothing else is left to be done.
        """
        with self._store.read() as connection:
            (is_busy,) = connection.exec_driver_sql(_IS_BUSY).one()
            values: tuple[object, ...]
            if is_busy:
                query, values = f"{_DUE} {_OLDEST}", (settle, MOST_DUE)
            else:
                query, values = f"{_DUE} {_OR_READ_BACK} {_OLDEST}", (settle, read_back, MOST_DUE)
            found = [ParkedClaim(*record) for record in connection.exec_driver_sql(query, values).all()]
            if not found or not is_busy or len(found) == MOST_DUE or found[0].age >= 2 * settle:
                return found
            (is_early,) = connection.exec_driver_sql(_HAS_YOUNGER, (settle,)).one()
        return [] if is_early else found

    def is_empty(self) -> bool:
        """Tell whether nothing is left to be done."""
        with self._store.read() as connection:
            return not connection.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM claim)").scalar_one()
