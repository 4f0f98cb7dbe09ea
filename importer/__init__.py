"""Reads layer stacks from lab files, validates them, and stores each good layer once through the API.

::

    import importer

    checked = importer.validate("growths.xlsx")
    checked.frame  # a DataFrame, one line a layer

    api = importer.ApiSettings(url="https://api.atomscale.ai", key=importer.Secret(key))
    report = importer.import_layers("growths.xlsx", api=api)
    report.frame  # a DataFrame, one line an answer

The names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from importer._version import __version__

if TYPE_CHECKING:
    from importer.context import Context
    from importer.errors import AbortedError, ImporterError, InputError, RunFileError, SettingsError, UsageError
    from importer.formats.sources import Table
    from importer.model import Issue, Outcome, Severity, Status, Where
    from importer.settings import (
        ApiSettings,
        CheckSettings,
        InDoubt,
        PlanSettings,
        ReadSettings,
        Secret,
        SendSettings,
    )
    from importer.tasks.import_layers import import_layers
    from importer.tasks.results import Report
    from importer.tasks.resume import resume
    from importer.tasks.validate import Validation, validate

_HOMES = {
    "AbortedError": "errors",
    "ApiSettings": "settings",
    "CheckSettings": "settings",
    "Context": "context",
    "ImporterError": "errors",
    "InDoubt": "settings",
    "InputError": "errors",
    "Issue": "model",
    "Outcome": "model",
    "PlanSettings": "settings",
    "ReadSettings": "settings",
    "Report": "tasks.results",
    "RunFileError": "errors",
    "Secret": "settings",
    "SettingsError": "errors",
    "Severity": "model",
    "Status": "model",
    "Table": "formats.sources",
    "SendSettings": "settings",
    "UsageError": "errors",
    "Validation": "tasks.validate",
    "Where": "model",
    "import_layers": "tasks.import_layers",
    "resume": "tasks.resume",
    "validate": "tasks.validate",
}

__all__ = [
    "AbortedError",
    "ApiSettings",
    "CheckSettings",
    "Context",
    "ImporterError",
    "InDoubt",
    "InputError",
    "Issue",
    "Outcome",
    "PlanSettings",
    "ReadSettings",
    "Report",
    "RunFileError",
    "Secret",
    "SendSettings",
    "SettingsError",
    "Severity",
    "Status",
    "Table",
    "UsageError",
    "Validation",
    "Where",
    "__version__",
    "import_layers",
    "resume",
    "validate",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"importer.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return list(__all__)
