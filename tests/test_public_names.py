"""The names that the package promises."""

from __future__ import annotations

import subprocess
import sys

import importer
from importer import errors, events


def test_all_is_sorted_and_true() -> None:
    """Every promised name is there, and the list is in order."""
    assert importer.__all__ == sorted(importer.__all__)
    for name in importer.__all__:
        assert getattr(importer, name) is not None


def test_all_is_what_was_promised() -> None:
    """A name is added or taken away on purpose only."""
    assert set(importer.__all__) == {
        "AbortedError", "AddressError", "Advanced", "ApiSettings", "BusyError", "CanaryError", "Cell", "Change",
        "CheckSettings", "CircuitOpenError", "Clock", "Code", "ColumnView", "Context", "CopiedFile",
        "Difference", "Draft", "Edit", "Event", "FinalCheckError", "Finding", "Fix", "FixSettings", "Fixed",
        "GuidePage", "ImporterError", "InDoubt", "InputError", "InputLimitError", "Inputs", "Issue",
        "IssueGroup", "KeyRefusedError", "ListingError", "ListingRead", "ListingStoppedError", "MappingError",
        "Mark", "NotTaken", "NothingToDoError", "Notice", "OnExisting", "Outcome", "Paused", "Phase",
        "PlanSettings", "Pulled", "ReadSettings", "Report", "RowEnded", "RowsRead", "RunFileError", "RunPlace",
        "RunView", "Secret", "SendSettings", "ServerPlace", "SettingsError", "SettlementStarted", "Severity",
        "SideEffectError", "StackRecord", "StackVerdict", "StaleDraftError", "StalePlanError", "Standing",
        "Status", "StoppedReadingError", "StorageError", "SubmitStarted", "Table", "TableView",
        "TooManyRowsError", "Undoing", "UsageError", "Validation", "Verdict", "Verification", "Watcher",
        "Where", "Window", "WindowRow", "WriteMode", "Writes", "__version__", "apply_plan", "diagnose",
        "draft_mapping", "explain_code", "find_guide_page", "fix", "import_layers", "join_run", "list_guide_pages",
        "list_runs", "load_schema", "open_draft", "plan_layers", "preview_columns", "pull", "report_runs",
        "resume", "retry", "start_sandbox", "stop_run", "undo", "validate", "verify", "write_report",
        "write_template",
    }  # fmt: skip


def test_every_error_and_event_is_promised() -> None:
    """What may be raised or watched can be named without knowing where it lives."""
    kinds = [each for module in (errors, events) for each in vars(module).values() if isinstance(each, type)]
    own = {each.__name__ for each in kinds if each.__module__ in {errors.__name__, events.__name__}}
    assert own - set(importer.__all__) == set()


def test_importing_the_package_is_light() -> None:
    """``import importer`` loads neither pandas nor requests."""
    code = "import sys, importer; print(sorted({'pandas', 'requests', 'sqlalchemy'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"
