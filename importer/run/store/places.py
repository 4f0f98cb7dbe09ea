"""Which store a place is of, and what is done with runs as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.model import ServerPlace
from importer.run.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import sqlalchemy as sa

    from importer.model import RunPlace
    from importer.run.store.store import Store


def create_store(place: RunPlace, fill: Callable[[sa.Connection], None]) -> Store:
    """Make a new run and hold its lock; ``fill`` makes what it begins with, in one transaction."""
    return sqlite.SqliteStore.create(_take_path(place), fill)


def open_store(place: RunPlace, *, readonly: bool) -> Store:
    """Open a run that exists; for writing also take its lock."""
    return sqlite.SqliteStore.open(_take_path(place), readonly=readonly)


def is_run_there(place: RunPlace) -> bool:
    """Tell whether something stands at a place."""
    return _take_path(place).exists()


def name_fresh(place: RunPlace) -> RunPlace:
    """Return the place of the run that a corrected import makes, until it takes the place of the old one."""
    return _take_path(place).with_name(f"{place.name}.new")


def remove_run(place: RunPlace) -> None:
    """Remove a run that nobody has open, if it is there."""
    _take_path(place).unlink(missing_ok=True)


def replace_run(fresh: RunPlace, place: RunPlace, *, at: float) -> None:
    """Put a new run in the place of an old one, which is kept beside it; the place is never empty.

    Args:
        fresh: the new run, closed.
        place: of the old run, sealed.
        at: POSIX time, for the name under which the old one is kept.

    Raises:
        RunFileError: another program reads the old one.
    """
    sqlite.replace_run(_take_path(fresh), _take_path(place), at=at)


def _take_path(place: RunPlace) -> Path:
    if isinstance(place, ServerPlace):
        raise SettingsError(f"This version can't use a run on a server: {place}.")
    return place
