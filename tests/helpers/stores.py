"""The same tests over both stores: the run files that a test names are runs on a server instead."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.model import RunPlace, ServerPlace
from importer.run import file
from importer.settings import read_run_place
from tests.helpers.postgres import get_cluster

if TYPE_CHECKING:
    from collections.abc import Callable

FILE, SERVER = "file", "server"
BOTH = (FILE, pytest.param(SERVER, marks=pytest.mark.server))


def name_run(path: Path) -> str:
    """Return the name that the run of a path has on the server."""
    return hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:32]


def make_place(path: Path) -> ServerPlace:
    """Return where on the server the run of a path is."""
    return read_server_place(f"{get_cluster().address}&run={name_run(path)}")


def find_place(store: str, path: Path) -> RunPlace:
    """Return where the run of a path is in a store."""
    return make_place(path) if store == SERVER else path


def read_server_place(address: str) -> ServerPlace:
    """Return the place of an address."""
    place = read_run_place(address)
    assert isinstance(place, ServerPlace)
    return place


def use_store(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runs kept in files, or the same runs on a server."""
    if store == SERVER:
        get_cluster()
        monkeypatch.setattr(file, "read_run_place", _make_reader())


def _make_reader() -> Callable[[str | RunPlace], RunPlace]:
    def read(given: str | RunPlace) -> RunPlace:
        place = read_run_place(given)
        return make_place(place) if isinstance(place, Path) else place

    return read
