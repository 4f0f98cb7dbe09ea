"""Reads layer stacks from lab files, validates them, and stores each good layer once through the API.

::

    import importer

    checked = importer.validate("growths.xlsx")
    checked.frame  # a DataFrame, one line a layer

    api = importer.ApiSettings(url="https://api.atomscale.ai", key="...")
    report = importer.import_layers("growths.xlsx", api=api)
    report.frame  # a DataFrame, one line an answer
    report.write("answers.html")

Each command of the command line is one function here, with the types of its arguments, results, events and errors.

The names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from importer._version import __version__

if TYPE_CHECKING:
    from importer.clock import Clock
    from importer.context import Context, Writes
    from importer.copies import Edit
    from importer.draft import (
        Cell,
        CopiedFile,
        Draft,
        IssueGroup,
        Mark,
        TooManyRowsError,
        Window,
        WindowRow,
        open_draft,
    )
    from importer.errors import (
        AbortedError,
        AddressError,
        BusyError,
        CanaryError,
        CircuitOpenError,
        FinalCheckError,
        ImporterError,
        InputError,
        InputLimitError,
        KeyRefusedError,
        ListingError,
        ListingStoppedError,
        MappingError,
        NothingToDoError,
        RunFileError,
        SettingsError,
        SideEffectError,
        StaleDraftError,
        StalePlanError,
        StoppedReadingError,
        StorageError,
        UsageError,
    )
    from importer.events import (
        Advanced,
        Event,
        ListingRead,
        Notice,
        Paused,
        Phase,
        RowEnded,
        RowsRead,
        SettlementStarted,
        SubmitStarted,
        Watcher,
    )
    from importer.formats.sources.inputs import Inputs, Table
    from importer.guide.pages import GuidePage, find_guide_page, list_guide_pages
    from importer.issues import Code, Fix
    from importer.issues import find_code as explain_code
    from importer.layers.schema import load_schema
    from importer.model import Issue, Outcome, RunPlace, ServerPlace, Severity, Status, Where
    from importer.rules.verdicts import StackVerdict, Verdict
    from importer.run.records import StackRecord
    from importer.settings import (
        ApiSettings,
        CheckSettings,
        ClusterClient,
        InDoubt,
        OnExisting,
        PlanSettings,
        ReadSettings,
        Secret,
        SendSettings,
        WriteMode,
    )
    from importer.tasks.check.reports import write_check_reports
    from importer.tasks.crew.join import join_run, stop_run
    from importer.tasks.fix.difference import Difference
    from importer.tasks.fix.file import fix
    from importer.tasks.fix.suggestions import Change, NotTaken
    from importer.tasks.fix.trial import Fixed, FixSettings
    from importer.tasks.import_layers import import_layers, plan_layers
    from importer.tasks.preview_columns import ColumnView, TableView, draft_mapping, preview_columns
    from importer.tasks.pull.pull import Pulled, pull
    from importer.tasks.results import Report, write_report
    from importer.tasks.resume import apply_plan, resume, retry
    from importer.tasks.runs import RunView, clean_runs, list_runs
    from importer.tasks.set_up.doctor import Finding, diagnose
    from importer.tasks.set_up.embedded_sandbox import start_sandbox
    from importer.tasks.set_up.write_template import write_template
    from importer.tasks.several_runs.report_runs import report_runs
    from importer.tasks.undo import Undoing
    from importer.tasks.undo import undo_run as undo
    from importer.tasks.validate import Validation, validate
    from importer.tasks.verify import Standing, Verification
    from importer.tasks.verify import verify_run as verify
    from importer.tasks.watch.watching import Watched, watch
    from importer.web.page import Page, open_page

_PLACES = {
    "clock": "Clock",
    "context": "Context Writes",
    "copies": "Edit",
    "draft": "Cell CopiedFile Draft IssueGroup Mark TooManyRowsError Window WindowRow open_draft",
    "errors": (
        "AbortedError AddressError BusyError CanaryError CircuitOpenError FinalCheckError ImporterError InputError "
        "InputLimitError KeyRefusedError ListingError ListingStoppedError MappingError NothingToDoError "
        "RunFileError SettingsError SideEffectError StaleDraftError StalePlanError StoppedReadingError StorageError "
        "UsageError"
    ),
    "events": (
        "Advanced Event ListingRead Notice Paused Phase RowEnded RowsRead SettlementStarted SubmitStarted Watcher"
    ),
    "formats.sources.inputs": "Inputs Table",
    "guide.pages": "GuidePage find_guide_page list_guide_pages",
    "issues": "Code Fix explain_code",
    "layers.schema": "load_schema",
    "model": "Issue Outcome RunPlace ServerPlace Severity Status Where",
    "rules.verdicts": "StackVerdict Verdict",
    "run.records": "StackRecord",
    "settings": (
        "ApiSettings CheckSettings ClusterClient InDoubt OnExisting PlanSettings ReadSettings Secret SendSettings "
        "WriteMode"
    ),
    "tasks.check.reports": "write_check_reports",
    "tasks.crew.join": "join_run stop_run",
    "tasks.fix.difference": "Difference",
    "tasks.fix.file": "fix",
    "tasks.fix.suggestions": "Change NotTaken",
    "tasks.fix.trial": "FixSettings Fixed",
    "tasks.import_layers": "import_layers plan_layers",
    "tasks.preview_columns": "ColumnView TableView draft_mapping preview_columns",
    "tasks.pull.pull": "Pulled pull",
    "tasks.results": "Report write_report",
    "tasks.resume": "apply_plan resume retry",
    "tasks.runs": "RunView clean_runs list_runs",
    "tasks.set_up.doctor": "Finding diagnose",
    "tasks.set_up.embedded_sandbox": "start_sandbox",
    "tasks.set_up.write_template": "write_template",
    "tasks.several_runs.report_runs": "report_runs",
    "tasks.undo": "Undoing undo",
    "tasks.validate": "Validation validate",
    "tasks.verify": "Standing Verification verify",
    "tasks.watch.watching": "Watched watch",
    "web.page": "Page open_page",
}
"""Module -> the public names that live in it."""
_NAMES_THERE = {"explain_code": "find_code", "undo": "undo_run", "verify": "verify_run"}
"""Public name -> the name that it has there, where that is another."""
_HOMES = {name: module for module, names in _PLACES.items() for name in names.split()}

__all__ = [
    "AbortedError",
    "AddressError",
    "Advanced",
    "ApiSettings",
    "BusyError",
    "CanaryError",
    "Cell",
    "Change",
    "CheckSettings",
    "CircuitOpenError",
    "Clock",
    "ClusterClient",
    "Code",
    "ColumnView",
    "Context",
    "CopiedFile",
    "Difference",
    "Draft",
    "Edit",
    "Event",
    "FinalCheckError",
    "Finding",
    "Fix",
    "FixSettings",
    "Fixed",
    "GuidePage",
    "ImporterError",
    "InDoubt",
    "InputError",
    "InputLimitError",
    "Inputs",
    "Issue",
    "IssueGroup",
    "KeyRefusedError",
    "ListingError",
    "ListingRead",
    "ListingStoppedError",
    "MappingError",
    "Mark",
    "NotTaken",
    "NothingToDoError",
    "Notice",
    "OnExisting",
    "Outcome",
    "Page",
    "Paused",
    "Phase",
    "PlanSettings",
    "Pulled",
    "ReadSettings",
    "Report",
    "RowEnded",
    "RowsRead",
    "RunFileError",
    "RunPlace",
    "RunView",
    "Secret",
    "SendSettings",
    "ServerPlace",
    "SettingsError",
    "SettlementStarted",
    "Severity",
    "SideEffectError",
    "StackRecord",
    "StackVerdict",
    "StaleDraftError",
    "StalePlanError",
    "Standing",
    "Status",
    "StoppedReadingError",
    "StorageError",
    "SubmitStarted",
    "Table",
    "TableView",
    "TooManyRowsError",
    "Undoing",
    "UsageError",
    "Validation",
    "Verdict",
    "Verification",
    "Watched",
    "Watcher",
    "Where",
    "Window",
    "WindowRow",
    "WriteMode",
    "Writes",
    "__version__",
    "apply_plan",
    "clean_runs",
    "diagnose",
    "draft_mapping",
    "explain_code",
    "find_guide_page",
    "fix",
    "import_layers",
    "join_run",
    "list_guide_pages",
    "list_runs",
    "load_schema",
    "open_draft",
    "open_page",
    "plan_layers",
    "preview_columns",
    "pull",
    "report_runs",
    "resume",
    "retry",
    "start_sandbox",
    "stop_run",
    "undo",
    "validate",
    "verify",
    "watch",
    "write_check_reports",
    "write_report",
    "write_template",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"importer.{_HOMES[name]}"), _NAMES_THERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return list(__all__)
