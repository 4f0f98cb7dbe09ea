"""The tables of the run file, as SQLAlchemy Core sees them.

A row's ``state`` is ``ready``, ``sending`` or ``done``; its ``status`` is set when it is done. What a reader gets
follows from both: ready is *not sent*, sending is *unconfirmed*. So the file is true at every instant, also after
a crash, without anyone having to tidy up first.
"""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

SCHEMA_VERSION = 3
APPLICATION_ID = 0x4C594952
"""``LYIR``: tells a run file from any other SQLite file."""


class State(StrEnum):
    """Where a row is on its way."""

    READY = "ready"
    SENDING = "sending"
    DONE = "done"


class Action(StrEnum):
    """Which call stores a row."""

    CREATE_LAYER = "create-layer"
    CREATE_STACK = "create-stack"
    REPLACE_STACK = "replace-stack"


class Step(StrEnum):
    """What the plan means to do about a row."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"


_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite's whole numbers are of 64 bits by themselves, and only by this name numbers of its own rows."""

metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

inputs = sa.Table(
    "input",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)

sheets = sa.Table(
    "sheet",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sheet", sa.Text),
    sa.Column("header", sa.Text, nullable=False),
    sa.Column("header_row", sa.Integer),
)

stacks = sa.Table(
    "stack",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("sample_id", sa.BigInteger),
    sa.Column("sample_name", sa.Text),
    sa.Column("substrate", sa.Text),
    sa.Column("sample_metadata", sa.Text),
    sa.Column("action", sa.Text, nullable=False, default=Action.CREATE_LAYER.value),
    sa.Column("target_id", sa.BigInteger),
    sa.Column("before", sa.Text),
    sa.Column("undo", sa.Text),
)

rows = sa.Table(
    "row",
    metadata,
    sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("sheet_id", _NUMBER, nullable=False),
    sa.Column("row", sa.Integer),
    sa.Column("stack_id", _NUMBER),
    sa.Column("layer_id", sa.BigInteger),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("payload", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("status", sa.Text),
    sa.Column("record_id", sa.BigInteger),
    sa.Column("http_status", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("rounds", sa.Integer, nullable=False, default=0),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("first_sent_at", sa.Float),
    sa.Column("last_sent_at", sa.Float),
    sa.Column("ended_at", sa.Float),
    sa.Column("step", sa.Text),
    sa.Column("fingerprint", sa.Text),
    sa.Column("difference", sa.Text),
    sa.Column("verified", sa.Text),
    sa.Column("answer", sa.Text),
    sa.Index("row_by_stack", "stack_id", "layer_id"),
)

issues = sa.Table(
    "issue",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("seq", sa.BigInteger),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sheet", sa.Text),
    sa.Column("row", sa.Integer),
    sa.Column("column", sa.Text),
    sa.Column("cell", sa.Text),
    sa.Column("value", sa.Text),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("suggestion", sa.Text),
    sa.Index("issue_by_seq", "seq"),
)

attempts = sa.Table(
    "attempt",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("begun_at", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("http_status", sa.Integer),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
)

events = sa.Table(
    "event",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

earlier = sa.Table(
    "earlier",
    metadata,
    sa.Column("sample_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("layer_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("payload", sa.Text, nullable=False),
)
"""What an earlier import into this run file stored: what stands there still may be changed by a corrected input."""

earlier_targets = sa.Table(
    "earlier_target",
    metadata,
    sa.Column("sample_name", sa.Text, primary_key=True),
    sa.Column("target_id", sa.BigInteger, nullable=False),
)
"""Which target materials earlier imports into this run file made: one without layers may be in no list."""

MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE stack ADD COLUMN before TEXT",
        "ALTER TABLE stack ADD COLUMN undo TEXT",
        "ALTER TABLE row ADD COLUMN step TEXT",
        "ALTER TABLE row ADD COLUMN fingerprint TEXT",
        "ALTER TABLE row ADD COLUMN difference TEXT",
        "ALTER TABLE row ADD COLUMN verified TEXT",
        (
            "CREATE TABLE earlier (sample_id BIGINT NOT NULL, layer_id BIGINT NOT NULL, payload TEXT NOT NULL, "
            "PRIMARY KEY (sample_id, layer_id))"
        ),
    ),
    2: (
        "ALTER TABLE row ADD COLUMN answer TEXT",
        "CREATE TABLE earlier_target (sample_name TEXT NOT NULL, target_id BIGINT NOT NULL, PRIMARY KEY (sample_name))",
    ),
}
"""Statements that make a file of a version one of the next."""
