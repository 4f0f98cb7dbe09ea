"""The pace of all processes of a run together: pauses, the rate, troubles in a row, and the end for all.

Only the database's clock counts, for machines differ. What concerns one process alone is never written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.run.store.crew_store import CrewStore

LONGEST_EXPONENT = 16
_PAUSE = """
    UPDATE gate SET open_at = GREATEST(open_at, clock_timestamp() + make_interval(secs => %s))
    RETURNING extract(epoch FROM open_at - clock_timestamp())::float8
"""
_BACK_OFF = f"""
    UPDATE gate SET failures = CASE WHEN clock_timestamp() >= open_at THEN failures + 1 ELSE failures END,
      open_at = GREATEST(open_at, clock_timestamp() + make_interval(secs => GREATEST(%s, LEAST(%s, %s * 2 ^ LEAST(
        GREATEST(CASE WHEN clock_timestamp() >= open_at THEN failures ELSE failures - 1 END, 0), {LONGEST_EXPONENT})))))
    RETURNING extract(epoch FROM open_at - clock_timestamp())::float8
"""  # noqa: S608  # no value of anybody's
_RESERVE = """
    UPDATE gate SET next_at = GREATEST(next_at, clock_timestamp()) + make_interval(secs => %s)
    RETURNING extract(epoch FROM next_at - clock_timestamp())::float8 - %s
"""


@dataclass(frozen=True, slots=True)
class PaceState:
    """The pace of all as it is.

    Attributes:
        error: why nothing more is sent by anybody; None where it is.
        failed: rows that have ended badly since the run was opened, over all processes.
        rows: rows that were to be sent or settled when it was opened.
        rate: requests a second at the most, None for no bound.
        is_checked: the answers were compared with the stored list at the end.
    """

    error: str | None
    failed: int
    rows: int
    rate: float | None
    is_checked: bool


class Pace:
    """The pace of all, as one process sees it and has its part in it."""

    def __init__(self, store: CrewStore) -> None:
        self._store = store

    def read(self) -> PaceState:
        """Return it as it is."""
        ((error, failed, rows, rate, is_checked),) = self._store.pace(
            "SELECT error, failed, rows, rate, is_checked FROM gate"
        )
        return PaceState(error, int(failed), int(rows), rate, bool(is_checked))

    def pause(self, seconds: float) -> float:
        """Let nobody begin a request for so many seconds from now; return how long nobody does."""
        ((left,),) = self._store.pace(_PAUSE, seconds)
        return float(left)

    def back_off(self, first: float, *, at_least: float, at_most: float) -> float:
        """Pause twice as long as at the last trouble, once for all who meet the same; return how long nobody begins."""
        ((left,),) = self._store.pace(_BACK_OFF, at_least, at_most, first)
        return float(left)

    def forget_failures(self) -> None:
        """Note that a request has succeeded."""
        self._store.pace("UPDATE gate SET failures = 0 WHERE failures > 0")

    def reserve(self, number: int, rate: float) -> float:
        """Reserve times for so many requests, spread evenly; return in how many seconds the first one may be sent.

        The generic cell rate algorithm: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
        """
        ((wait,),) = self._store.pace(_RESERVE, number / rate, number / rate)
        return float(wait)

    def add_failed(self, number: int) -> int:
        """Count rows that have ended badly; return how many have, over all processes."""
        ((failed,),) = self._store.pace("UPDATE gate SET failed = failed + %s RETURNING failed", number)
        return int(failed)

    def stop(self, words: str) -> None:
        """End the run for all processes; the first reason counts."""
        with self._store.write() as connection:
            connection.exec_driver_sql("UPDATE gate SET error = COALESCE(error, %s)", (words,))

    def set_checked(self) -> None:
        """Note that the answers were compared with the stored list at the end."""
        with self._store.write() as connection:
            connection.exec_driver_sql("UPDATE gate SET is_checked = TRUE")
