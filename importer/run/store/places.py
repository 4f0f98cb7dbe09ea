"""Which store a place is of, and what is done with runs as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.model import ServerPlace
from importer.run.store import sqlite
from importer.settings import check_address

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from importer.model import RunPlace
    from importer.run.store.batch_store import BatchStore
    from importer.run.store.crew_store import CrewStore
    from importer.run.store.server_runs import ServerRuns
    from importer.run.store.store import Store


def create_store(place: RunPlace, fill: Callable[[sa.Connection], None]) -> Store:
    """Make a new run and hold its lock; ``fill`` makes what it begins with, in one transaction."""
    if isinstance(place, ServerPlace):
        return _find_runs(place.address).create(place.name, fill)
    return sqlite.SqliteStore.create(place, fill)


def open_store(place: RunPlace, *, readonly: bool) -> Store:
    """Open a run that exists; for writing also take its lock."""
    if isinstance(place, ServerPlace):
        return _find_runs(place.address).open(place.name, readonly=readonly)
    return sqlite.SqliteStore.open(place, readonly=readonly)


def join_store(place: ServerPlace, *, is_first: bool) -> CrewStore:
    """Join the processes that work on a run; see `CrewStore.join`."""
    return _find_runs(place.address).join(place.name, is_first=is_first)


def stop_crews(place: ServerPlace, words: str) -> int:
    """End a run for all processes that are at work on it, and return how many they are; see `ServerRuns.stop`."""
    return _find_runs(place.address).stop(place.name, words)


def count_at_work(place: RunPlace) -> int:
    """Return how many processes send a run that several share; 0 for a file, and for one that was stopped for all."""
    return _find_runs(place.address).count_at_work(place.name) if isinstance(place, ServerPlace) else 0


def open_batch_store(place: ServerPlace, token: str, first_issue: int) -> BatchStore:
    """Open a run for staging one batch of its inputs in the name of the process that holds its lock."""
    return _find_runs(place.address).open_batch(place.name, token, first_issue)


def is_run_there(place: RunPlace) -> bool:
    """Tell whether something stands at a place."""
    if isinstance(place, ServerPlace):
        return _find_runs(place.address).has(place.name)
    return place.exists()


def list_run_places(address: str) -> list[ServerPlace]:
    """Return the runs in a database."""
    return _find_runs(check_address(address)).list_places()


def name_fresh(place: RunPlace) -> RunPlace:
    """Return the place of the run that a corrected import makes, until it takes the place of the old one."""
    if isinstance(place, ServerPlace):
        return ServerPlace(place.address, f"{place.name}-new")
    return place.with_name(f"{place.name}.new")


def remove_run(place: RunPlace) -> None:
    """Remove a run that nobody has open, if it is there."""
    if isinstance(place, ServerPlace):
        _find_runs(place.address).remove(place.name)
    else:
        place.unlink(missing_ok=True)


def replace_run(fresh: RunPlace, place: RunPlace, *, at: float) -> None:
    """Put a new run in the place of an old one, which is kept beside it; the place is never empty.

    Args:
        fresh: the new run, closed.
        place: of the old run, sealed.
        at: POSIX time, for the name under which the old one is kept.

    Raises:
        RunFileError: another program reads the old one.
    """
    if isinstance(fresh, ServerPlace) and isinstance(place, ServerPlace):
        _find_runs(place.address).replace(fresh.name, place.name, at=at)
    elif not (isinstance(fresh, ServerPlace) or isinstance(place, ServerPlace)):
        sqlite.replace_run(fresh, place, at=at)


def _find_runs(address: str) -> ServerRuns:
    """Return the runs of a database.

    Raises:
        SettingsError: what talks with a server isn't installed.
    """
    try:
        from importer.run.store.server_runs import ServerRuns  # noqa: PLC0415  # only who has a server pays for it
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] not in {"psycopg", "psycopg_binary"}:
            raise
        raise SettingsError(
            "A run on a PostgreSQL server needs psycopg, which isn't installed. Install it with: pip install "
            "'layer-importer[server]'"
        ) from error
    return ServerRuns(address)
