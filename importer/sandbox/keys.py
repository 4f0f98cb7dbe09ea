"""The keys that the sandbox takes, and the organisation that each belongs to."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from importer.sandbox.store import Store

REFUSED_KEY = "refused"
"""A key that is known and may do nothing, so that a refusal can be seen."""
MAX_KEYS = 64 * 2**10
"""Bytes of a list of keys that are read."""


class Organisations:
    """A store for each organisation; the first has the name ``""``."""

    def __init__(self, keys: Mapping[str, str], open_store: Callable[[str], Store]) -> None:
        self._keys = dict(keys)
        self._open_store = open_store
        self._stores: dict[str, Store] = {}

    @property
    def first(self) -> Store:
        """The store of the first organisation, which keeps the log too."""
        return self.open_store("")

    def open_store(self, organisation: str) -> Store:
        """Return the store of an organisation."""
        if organisation not in self._stores:
            self._stores[organisation] = self._open_store(organisation)
        return self._stores[organisation]

    def find_store(self, key: str | None) -> Store | None:
        """Return the store that a key opens, or None for a key that isn't known here."""
        organisation = self._keys.get(key or "")
        return None if organisation is None else self.open_store(organisation)

    def close(self) -> None:
        """Close every store."""
        for store in self._stores.values():
            store.close()


def make_key() -> str:
    """Return a key for this sandbox alone."""
    return f"sandbox-{secrets.token_hex(16)}"


def read_keys(path: Path, *, goes_on: bool = False) -> list[str]:
    """Return the keys of a file, one a line; ``-`` is the standard input.

    Args:
        path: the file.
        goes_on: whether standard input stays open after the keys: then an empty line ends them.

    Raises:
        ValueError: no key, too much, or a key that no header can carry.
        OSError: the file can't be read.
    """
    if str(path) == "-":
        text = _read_first_lines() if goes_on else sys.stdin.read(MAX_KEYS + 1)
    else:
        with path.open(encoding="ascii", errors="replace") as file:
            text = file.read(MAX_KEYS + 1)
    keys = [line.strip() for line in text.splitlines() if line.strip()]
    if not keys or len(text) > MAX_KEYS or any(not "!" <= char <= "~" for key in keys for char in key):
        raise ValueError(f"{path} must hold keys, one a line, of printable ASCII characters without blanks")
    return keys


def _read_first_lines() -> str:
    lines: list[str] = []
    while (line := sys.stdin.readline(MAX_KEYS + 1)).strip():
        lines.append(line)
        if sum(map(len, lines)) > MAX_KEYS:
            break
    return "".join(lines)
