"""The writer of one of several processes: each group passes the fence and the gate of all before it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.run.journal import Journal
from importer.run.journal_entries import Intent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from importer.run.crew.crew_run import CrewRun
    from importer.run.journal import Ticket
    from importer.run.journal_entries import Entry
    from importer.run.store.crew_store import Passed


class CrewJournal(Journal):
    """The writer thread; where the gate of all is shut, answers are written and intents are refused.

    Args:
        run: the run.
        note: told what was seen of the gate of all, from the writer's thread, before those who wait for the group.
    """

    def __init__(self, run: CrewRun, note: Callable[[Passed], None]) -> None:
        super().__init__(run)
        self._store, self._note = run.crew, note

    def _commit_group(self, connection: sa.Connection, group: Sequence[Ticket]) -> None:
        by_kind: dict[type[Entry], list[Entry]] = {}
        with self._store.catch(), connection.begin():
            cursor = connection.connection.cursor()
            passed = self._store.pass_fence(cursor)
            for ticket in group:
                for entry in ticket.entries:
                    if isinstance(entry, Intent) and not passed.is_open:
                        ticket.is_refused = True
                    else:
                        by_kind.setdefault(type(entry), []).append(entry)
            self._write_kinds(cursor, by_kind)
        self._note(passed)
