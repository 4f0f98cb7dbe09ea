"""The processes that work on a run side by side: their tables, and how it is known which of them are at work.

A process holds a lock of a session for as long as it lives, which the server frees when the process dies. There is no
lease and no heartbeat. Whoever has lost its lock is fenced: nothing more is written by it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from importer.errors import RunFileError
from importer.run.store.server import LOCK_KEY, name_lock
from importer.settings import word_command

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy as sa
    from sqlalchemy.engine.interfaces import DBAPICursor

    from importer.model import ServerPlace

FENCE_PATIENCE = "5s"
"""How long a fence waits for a transaction of the process that it keeps out."""
DYING_SECONDS, DYING_POLL = 2.0, 0.05
"""How long the server may still hold the lock of a process that has died, and how often that is looked at."""
NAMED_WORKERS = 5
"""Processes at work that are named to whoever is kept out by them."""
TABLES = (
    "CREATE SEQUENCE IF NOT EXISTS worker_number",
    """
    CREATE TABLE IF NOT EXISTS worker (
      id BIGINT PRIMARY KEY, host TEXT NOT NULL, boot TEXT NOT NULL, pid_space TEXT NOT NULL, pid BIGINT NOT NULL,
      pid_started BIGINT NOT NULL, started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), ended_at TIMESTAMPTZ,
      fenced_at TIMESTAMPTZ)
    """,
    # owner: the worker's number, NULL where nobody has it, 0 where it is parked
    "CREATE TABLE IF NOT EXISTS claim (stack_id BIGINT PRIMARY KEY, owner BIGINT)",
    "CREATE INDEX IF NOT EXISTS claim_free ON claim (stack_id) WHERE owner IS NULL",
    "CREATE INDEX IF NOT EXISTS claim_owned ON claim (owner) WHERE owner > 0",
    """
    CREATE TABLE IF NOT EXISTS parked (
      stack_id BIGINT PRIMARY KEY, reason TEXT NOT NULL, words TEXT NOT NULL,
      since TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), absent_at TIMESTAMPTZ, doubted INT NOT NULL DEFAULT 0,
      lost BOOLEAN NOT NULL)
    """,
    "CREATE INDEX IF NOT EXISTS parked_since ON parked (since)",
    """
    CREATE TABLE IF NOT EXISTS gate (
      one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one), is_open BOOLEAN NOT NULL DEFAULT FALSE,
      is_checked BOOLEAN NOT NULL DEFAULT FALSE, open_at TIMESTAMPTZ NOT NULL DEFAULT 'epoch',
      next_at TIMESTAMPTZ NOT NULL DEFAULT 'epoch', failures INT NOT NULL DEFAULT 0, failed BIGINT NOT NULL DEFAULT 0,
      rate FLOAT8, rows BIGINT NOT NULL DEFAULT 0, error TEXT)
    """,
    "INSERT INTO gate DEFAULT VALUES ON CONFLICT DO NOTHING",
)
"""What is beside a run's own tables; a run that an earlier version made gets it when it is next written."""
_IS_HELD = f"""
    EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) | objid::bigint = {LOCK_KEY.replace("%s", "%s::text || worker.id")})
"""  # noqa: S608  # no value of anybody's
LIVING = f"SELECT host, pid FROM worker WHERE fenced_at IS NULL AND {_IS_HELD} ORDER BY id"  # noqa: S608  # the same
ELDERS = f"SELECT 1 FROM worker WHERE fenced_at IS NULL AND id < %s AND {_IS_HELD} LIMIT 1"  # noqa: S608  # the same
OTHERS = f"SELECT 1 FROM worker WHERE fenced_at IS NULL AND id <> %s AND {_IS_HELD}"  # noqa: S608  # the same
LOST = f"""
    SELECT id, host, boot, pid_space, pid, pid_started FROM worker
    WHERE fenced_at IS NULL AND id <> %s AND NOT {_IS_HELD} ORDER BY id
"""  # noqa: S608  # the same
_IN_DOUBT = """EXISTS (SELECT 1 FROM "row" WHERE "row".stack_id = claim.stack_id AND "row".state = 'sending')"""
_PARK_DOUBTS = f"""
    INSERT INTO parked (stack_id, reason, words, lost)
    SELECT stack_id, 'lost', %s, %s FROM claim WHERE owner = %s AND {_IN_DOUBT}
    ON CONFLICT (stack_id) DO UPDATE SET lost = parked.lost OR excluded.lost
"""  # noqa: S608  # the same


def name_worker_locks(place: ServerPlace) -> str:
    """Return what the names of all workers' locks begin with; their number follows."""
    return name_lock(place, "worker-")


def make_tables(connection: sa.Connection) -> None:
    """Make the tables where they aren't there yet."""
    connection.exec_driver_sql("SET LOCAL client_min_messages = warning")
    for statement in TABLES:
        connection.exec_driver_sql(statement)


def await_dying(connection: sa.Connection, place: ServerPlace) -> None:
    """Give the server the time that it needs to notice that a process has died, before anybody is kept out."""
    (is_made,) = connection.exec_driver_sql("SELECT to_regclass('gate') IS NOT NULL").one()
    until = time.monotonic() + DYING_SECONDS
    while is_made and time.monotonic() < until:
        if not connection.exec_driver_sql(LIVING, (name_worker_locks(place),)).all():
            return
        time.sleep(DYING_POLL)


def keep_workers_out(connection: sa.Connection, place: ServerPlace) -> None:
    """Let no process join a run, and fence those that are gone, for one that is about to write it alone.

    Raises:
        RunFileError: others are at work on it.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{FENCE_PATIENCE}'")
    connection.exec_driver_sql("UPDATE gate SET is_open = FALSE")  # waits for whoever is just joining
    living = connection.exec_driver_sql(LIVING, (name_worker_locks(place),)).all()
    if living:
        named = ", ".join(f"process {pid} on {host}" for host, pid in living[:NAMED_WORKERS])
        more = f" and {len(living) - NAMED_WORKERS} more" if len(living) > NAMED_WORKERS else ""
        raise RunFileError(
            f"Other processes are at work on the run {place}: {named}{more}. Wait until they end, join them with "
            f"`{word_command('work', place)}`, or end them with `{word_command('stop', place)}`."
        )
    connection.exec_driver_sql("UPDATE worker SET fenced_at = clock_timestamp() WHERE fenced_at IS NULL")
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")


def hand_back(cursor: DBAPICursor, number: int, *, words: str, lost: bool) -> None:
    """Give back what a worker has claimed: stacks with rows in doubt are parked, the others are free for anybody.

    Args:
        cursor: of the transaction that fences it.
        number: the worker's.
        words: why rows are in doubt, for people.
        lost: whether the worker may be alive, though nobody sees it.
    """
    cursor.execute(_PARK_DOUBTS, (words, lost, number))
    cursor.execute(
        "UPDATE claim SET owner = 0 WHERE owner = %s AND EXISTS (SELECT 1 FROM parked WHERE stack_id = claim.stack_id)",
        (number,),
    )
    cursor.execute("UPDATE claim SET owner = NULL WHERE owner = %s", (number,))


def count_workers(session: psycopg.Connection, place: ServerPlace) -> int:
    """Return how many processes are at work on a run that hasn't been stopped for all."""
    if session.execute("SELECT to_regclass('gate') IS NOT NULL").fetchone() != (True,):
        return 0
    if session.execute("SELECT 1 FROM gate WHERE error IS NOT NULL").fetchone() is not None:
        return 0
    return len(session.execute(LIVING.encode(), (name_worker_locks(place),)).fetchall())


def stop_workers(session: psycopg.Connection, place: ServerPlace, words: str) -> int:
    """End a run for all that are at work on it; return how many they are."""
    if session.execute("SELECT to_regclass('gate') IS NOT NULL").fetchone() != (True,):
        return 0
    living = session.execute(LIVING.encode(), (name_worker_locks(place),)).fetchall()
    if living:
        session.execute("UPDATE gate SET error = COALESCE(error, %s)", (words,))
    return len(living)
