"""A run on a server as one of several processes has it that work on it side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from importer.run.file import RunFile
from importer.run.store.places import join_store

if TYPE_CHECKING:
    from importer.model import ServerPlace
    from importer.run.store.crew_store import CrewStore


class CrewRun(RunFile):
    """An open run that others write at the same time; each of them only what it has claimed.

    Attributes:
        crew: where it is kept, with what the processes know of each other.
    """

    def __init__(self, store: CrewStore) -> None:
        super().__init__(store)
        self.crew = store

    @classmethod
    def join(cls, place: ServerPlace, *, is_first: bool = False) -> Self:
        """Become one of the processes that work on a run.

        Args:
            place: where the run is.
            is_first: this process has the right to write the run, and opens it for others later.

        Raises:
            RunFileError: no such run, or it isn't open for work.
            SettingsError: what talks with a server isn't installed.
            StorageError: the server can't be reached.
        """
        return cls(join_store(place, is_first=is_first))
