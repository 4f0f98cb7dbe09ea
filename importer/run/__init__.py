"""The run file: one SQLite file that is plan, work queue, journal and report source at once.

The only room that imports SQLAlchemy; everything goes through its Core, so that another database can take
SQLite's place.
"""

from __future__ import annotations

from importer.run.file import RunFile
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
from importer.run.path import SUFFIX, choose_old_path, choose_run_path
from importer.run.records import (
    AttemptRecord,
    EventRecord,
    InputRecord,
    RowRecord,
    RunMeta,
    StackRecord,
    TableRecord,
    WorkRow,
    WorkStack,
)
from importer.run.tables import Action, State, Step
from importer.run.write import Stager, add_issues

__all__ = [
    "SUFFIX",
    "Action",
    "Aimed",
    "Answer",
    "AttemptRecord",
    "End",
    "Entry",
    "EventRecord",
    "Hold",
    "InputRecord",
    "Intent",
    "Journal",
    "Log",
    "Named",
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
    "choose_old_path",
    "choose_run_path",
]
