"""The run: plan, work queue, journal and report source at once.

The only room that imports SQLAlchemy; everything goes through its Core, so that the statements are the same whatever
store a run is in (`importer.run.store`).
"""

from __future__ import annotations

from importer.run.crew.claims import Claims, ParkedClaim
from importer.run.crew.crew_run import CrewRun
from importer.run.crew.journal import CrewJournal
from importer.run.crew.pace import Pace
from importer.run.file import REOPENABLE, RunFile
from importer.run.journal import Journal
from importer.run.journal_entries import (
    Aimed,
    Answer,
    End,
    Entry,
    Hold,
    Intent,
    Log,
    Named,
    Release,
    Revised,
    Rewrite,
    Settled,
    Stepped,
)
from importer.run.reader import FINAL_CHECK, NOT_MADE
from importer.run.records import (
    AttemptRecord,
    EventRecord,
    InputRecord,
    JoinedRun,
    RowRecord,
    RunMeta,
    StackRecord,
    TableRecord,
    WorkRow,
    WorkStack,
)
from importer.run.store.paths import SUFFIX, choose_run_path
from importer.run.store.places import (
    count_at_work,
    is_run_there,
    list_run_places,
    name_fresh,
    remove_run,
    replace_run,
    stop_crews,
)
from importer.run.tables import Action, State, Step
from importer.run.write import Stager, add_issues

__all__ = [
    "FINAL_CHECK",
    "NOT_MADE",
    "REOPENABLE",
    "SUFFIX",
    "Action",
    "Aimed",
    "Answer",
    "AttemptRecord",
    "Claims",
    "CrewJournal",
    "CrewRun",
    "End",
    "Entry",
    "EventRecord",
    "Hold",
    "InputRecord",
    "Intent",
    "JoinedRun",
    "Journal",
    "Log",
    "Named",
    "Pace",
    "ParkedClaim",
    "Release",
    "Revised",
    "Rewrite",
    "RowRecord",
    "RunFile",
    "RunMeta",
    "Settled",
    "StackRecord",
    "Stager",
    "State",
    "Step",
    "Stepped",
    "TableRecord",
    "WorkRow",
    "WorkStack",
    "add_issues",
    "choose_run_path",
    "count_at_work",
    "is_run_there",
    "list_run_places",
    "name_fresh",
    "remove_run",
    "replace_run",
    "stop_crews",
]
