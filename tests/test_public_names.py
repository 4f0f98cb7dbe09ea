"""The names that the package promises."""

from __future__ import annotations

import subprocess
import sys

import importer


def test_all_is_sorted_and_true() -> None:
    """Every promised name is there, and the list is in order."""
    assert importer.__all__ == sorted(importer.__all__)
    for name in importer.__all__:
        assert getattr(importer, name) is not None


def test_all_is_what_was_promised() -> None:
    """A name is added or taken away on purpose only."""
    assert set(importer.__all__) == {
        "AbortedError", "ApiSettings", "CheckSettings", "Context", "ImporterError", "InDoubt", "InputError", "Issue",
        "Outcome", "PlanSettings", "ReadSettings", "Report", "RunFileError", "Secret", "SendSettings", "SettingsError",
        "Severity", "Status", "Table", "UsageError", "Validation", "Where", "__version__", "import_layers",
        "resume", "validate",
    }  # fmt: skip


def test_importing_the_package_is_light() -> None:
    """``import importer`` loads neither pandas nor requests."""
    code = "import sys, importer; print(sorted({'pandas', 'requests', 'sqlalchemy'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"
