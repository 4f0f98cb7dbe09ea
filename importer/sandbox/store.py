"""What the sandbox keeps: target materials, layers, and a log of every request that reached it."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import threading
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FIRST_MADE = 1_000_001
"""Id of the first target material that is made here: far from the ids that inputs name, whose targets come to be when
their first layer is stored."""
LAYER_FIELDS = ("composition_string", "element_dict", "orientation", "space_group", "mp_id")
USER = "sandbox"

_TABLES = """
CREATE TABLE IF NOT EXISTS sample (
  sample_id INTEGER PRIMARY KEY AUTOINCREMENT, sample_name TEXT NOT NULL, substrate TEXT NOT NULL,
  sample_metadata TEXT, version INTEGER NOT NULL, last_updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS layer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, sample_id INTEGER, layer_id INTEGER NOT NULL, composition_string TEXT,
  element_dict TEXT, orientation TEXT, space_group TEXT, mp_id TEXT);
CREATE INDEX IF NOT EXISTS layer_by_position ON layer (sample_id, layer_id);
CREATE TABLE IF NOT EXISTS log (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, body TEXT,
  fault TEXT, status INTEGER, stored INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS made (id INTEGER PRIMARY KEY, at REAL NOT NULL, reads INTEGER NOT NULL, target INTEGER);
"""
_PIECE = re.compile(r"([A-Z][a-z]?)([0-9]*\.?[0-9]*)")


def count_elements(formula: str | None) -> dict[str, int | float] | None:
    """Return element -> amount of a plain formula without brackets, None for any other, as the API may fill it in."""
    if not formula or not re.fullmatch(rf"(?:{_PIECE.pattern})+", formula):
        return None
    amounts: dict[str, int | float] = {}
    for symbol, digits in _PIECE.findall(formula):
        amount = float(digits) if digits not in {"", "."} else 1.0
        amounts[symbol] = amounts.get(symbol, 0) + (int(amount) if amount.is_integer() else amount)
    return amounts


class TakenError(Exception):
    """A record of that id exists."""


class Store:
    """A SQLite database in memory, or in a file that outlives the process; safe to use from many threads."""

    def __init__(self, path: Path | None, *, is_aging: bool = False) -> None:
        self._lock = threading.RLock()
        self._is_aging = is_aging
        self._reads = 0
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        if path is not None:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("SAVEPOINT whole")
            try:
                yield
            except BaseException as error:
                self._db.execute("ROLLBACK TO whole")
                if isinstance(error, sqlite3.IntegrityError):
                    raise TakenError("a record of this id exists") from error
                raise
            finally:
                self._db.execute("RELEASE whole")

    @contextlib.contextmanager
    def undo(self) -> Iterator[None]:
        """Take back what the block stores. The ids that it gave are spent, as on a server that rolls back."""
        with self._lock:
            self._db.execute("SAVEPOINT trial")
            try:
                yield
            finally:
                spent = self._db.execute("SELECT name, seq FROM sqlite_sequence WHERE name != 'log'").fetchall()
                self._db.execute("ROLLBACK TO trial")
                self._db.execute("RELEASE trial")
                for name, number in spent:
                    self._spend_ids(name, number)

    def _spend_ids(self, table: str, number: int) -> None:
        given = self._db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, table))
        if not given.rowcount:
            self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))

    def has_sample(self, sample_id: int) -> bool:
        """Tell whether a target material exists."""
        with self._lock:
            return self._db.execute("SELECT 1 FROM sample WHERE sample_id = ?", (sample_id,)).fetchone() is not None

    def find_layers(self, sample_id: int | None, layer_id: int) -> list[dict[str, Any]]:
        """Return the records at a position."""
        query = "SELECT * FROM layer WHERE sample_id IS ? AND layer_id = ? ORDER BY id"
        with self._lock:
            return [_read_layer(row) for row in self._db.execute(query, (sample_id, layer_id))]

    def add_layer(self, layer: Mapping[str, Any], *, is_in_target: bool = False) -> dict[str, Any]:
        """Store a layer, making a target material for it if its parent isn't known; return the record.

        Raises:
            TakenError: it brings the id of another record.
        """
        with self._all_or_nothing():
            sample_id = layer.get("sample_id")
            if sample_id is not None and not self.has_sample(sample_id):
                self.add_sample({"sample_id": sample_id, "sample_name": f"sample {sample_id}", "substrate": ""})
            elements = layer.get("element_dict") or count_elements(layer.get("composition_string"))
            values = {
                **{name: layer.get(name) for name in (*LAYER_FIELDS, "id", "sample_id", "layer_id")},
                "element_dict": None if elements is None else json.dumps(elements),
            }
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            cursor = self._db.execute(f"INSERT INTO layer ({names}) VALUES ({marks})", values)  # noqa: S608  # own names
            if self._is_aging:
                query = "INSERT OR REPLACE INTO made (id, at, reads, target) VALUES (?, ?, ?, ?)"
                self._db.execute(query, (cursor.lastrowid, time(), self._reads, is_in_target))
            row = self._db.execute("SELECT * FROM layer WHERE id = ?", (cursor.lastrowid,)).fetchone()
            return _read_layer(row)

    def list_young(self, *, seconds: float, reads: int) -> dict[int, bool]:
        """Count a read of the list; return the records made so shortly before, and whether with their target."""
        with self._lock:
            self._reads += 1
            query = "SELECT id, target FROM made WHERE at > ? OR reads >= ?"
            return {
                key: bool(target) for key, target in self._db.execute(query, (time() - seconds, self._reads - reads))
            }

    def remove_layers(self, sample_id: int, layer_id: int | None) -> None:
        """Remove the records at a position, or of a whole stack."""
        with self._lock:
            query = "DELETE FROM layer WHERE sample_id = ? AND layer_id = coalesce(?, layer_id)"
            self._db.execute(query, (sample_id, layer_id))

    def find_sample(self, name: str) -> int | None:
        """Return the id of a target material of a name, the oldest if there are several."""
        with self._lock:
            query = "SELECT min(sample_id) FROM sample WHERE sample_name = ?"
            found: int | None = self._db.execute(query, (name,)).fetchone()[0]
            return found

    def change_layer(self, record_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields of a layer record; return it."""
        with self._lock:
            for name in LAYER_FIELDS:
                if name in changes:
                    value = changes[name]
                    value = json.dumps(value) if isinstance(value, dict) else value
                    self._db.execute(f"UPDATE layer SET {name} = ? WHERE id = ?", (value, record_id))  # noqa: S608
            return _read_layer(self._db.execute("SELECT * FROM layer WHERE id = ?", (record_id,)).fetchone())

    def replace_stack(self, sample_id: int, layers: Iterable[Mapping[str, Any]]) -> None:
        """Make some layers the whole stack of a target material, all at once.

        Raises:
            TakenError: one brings the id of another record; the stack is left as it was.
        """
        with self._all_or_nothing():
            self._db.execute("DELETE FROM layer WHERE sample_id = ?", (sample_id,))
            for layer in layers:
                self.add_layer({**layer, "sample_id": sample_id})

    def add_sample(self, sample: Mapping[str, Any], layers: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """Store a target material with its layers, all at once; return it.

        Raises:
            TakenError: a layer brings the id of another record; nothing is stored.
        """
        with self._all_or_nothing():
            last = self._db.execute("SELECT max(sample_id) FROM sample").fetchone()[0] or 0
            named = sample.get("sample_id")
            sample_id = max(FIRST_MADE, last + 1) if named is None else named
            self._db.execute(
                "INSERT INTO sample (sample_id, sample_name, substrate, sample_metadata, version, last_updated) "
                "VALUES (?, ?, ?, ?, 1, ?)",
                (
                    sample_id,
                    sample["sample_name"],
                    sample["substrate"],
                    json.dumps(sample.get("sample_metadata")),
                    _now(),
                ),
            )
            for layer in layers:
                self.add_layer({**layer, "sample_id": sample_id}, is_in_target=True)
            return self.read_sample(sample_id)

    def change_sample(self, sample_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields of a target material, its id among them; return it.

        Raises:
            TakenError: another target material has the new id.
        """
        with self._all_or_nothing():
            for name in ("sample_name", "substrate", "sample_metadata"):
                if changes.get(name) is not None:
                    value = json.dumps(changes[name]) if name == "sample_metadata" else changes[name]
                    self._db.execute(f"UPDATE sample SET {name} = ? WHERE sample_id = ?", (value, sample_id))  # noqa: S608
            new_id = sample_id if changes.get("sample_id") is None else changes["sample_id"]
            self._db.execute("UPDATE layer SET sample_id = ? WHERE sample_id = ?", (new_id, sample_id))
            query = "UPDATE sample SET sample_id = ?, version = version + 1, last_updated = ? WHERE sample_id = ?"
            self._db.execute(query, (new_id, _now(), sample_id))
            return self.read_sample(new_id)

    def read_sample(self, sample_id: int) -> dict[str, Any]:
        """Return a target material as the API shows it."""
        with self._lock:
            row = self._db.execute("SELECT * FROM sample WHERE sample_id = ?", (sample_id,)).fetchone()
        return {
            **dict(row),
            "sample_metadata": json.loads(row["sample_metadata"] or "null"),
            "detail_notes_id": None,
            "user_id": USER,
        }

    def list_samples(self) -> list[dict[str, Any]]:
        """Return every target material, also those without layers."""
        with self._lock:
            found = [int(row[0]) for row in self._db.execute("SELECT sample_id FROM sample ORDER BY sample_id")]
            return [self.read_sample(sample_id) for sample_id in found]

    def list_layers(self) -> list[dict[str, Any]]:
        """Return one entry per layer of every target material, as the API lists them."""
        query = (
            "SELECT layer.*, sample_name, substrate, sample_metadata, version, last_updated "
            "FROM layer JOIN sample USING (sample_id) ORDER BY sample_id, layer_id, layer.id"
        )
        extra = {"detail_notes_id": None, "detail_note_content": None, "user_id": USER, "user_name": USER}
        with self._lock:
            return [
                {**_read_layer(row), "sample_metadata": json.loads(row["sample_metadata"] or "null"), **extra}
                for row in self._db.execute(query)
            ]

    def log_request(
        self,
        at: float,
        method: str,
        path: str,
        body: str | None,
        *,
        fault: str | None,
        status: int | None,
        stored: bool,
    ) -> int:
        """Write down a request that reached the sandbox at a POSIX time; return its number."""
        with self._lock:
            cursor = self._db.execute(
                "INSERT INTO log (at, method, path, body, fault, status, stored) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (at, method, path, body, fault, status, stored),
            )
            return int(cursor.lastrowid or 0)

    def log_late(self, number: int) -> None:
        """Write down that a request was carried out after its answer."""
        with self._lock:
            self._db.execute("UPDATE log SET stored = 1 WHERE number = ?", (number,))

    def list_log(self) -> list[dict[str, Any]]:
        """Return the requests that reached the sandbox, oldest first."""
        with self._lock:
            return [dict(row) for row in self._db.execute("SELECT * FROM log ORDER BY number")]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _read_layer(row: sqlite3.Row) -> dict[str, Any]:
    record = dict(row)
    record["element_dict"] = json.loads(record["element_dict"]) if record["element_dict"] else None
    return record
