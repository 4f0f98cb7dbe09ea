"""Settings of a run: option > environment > settings file > default.

Five objects, which travel whole: `ReadSettings`, `CheckSettings`, `PlanSettings`, `SendSettings` and `ApiSettings`.
What people can set of them is declared on the field (`importer.settings.option`).
"""

from __future__ import annotations

from importer.settings.api import ApiSettings
from importer.settings.check import MAX_LAYERS, CheckSettings
from importer.settings.environment import (
    DEFAULT_API_URL,
    KEY_VARIABLES,
    URL_VARIABLE,
    check_api_url,
    find_api_key,
    find_api_url,
    find_ca_bundle,
    find_named_key,
    find_private_folder,
    find_proxy,
    is_ci,
    is_loopback,
    make_child_environment,
    name_foreign_proxy,
    word_command,
)
from importer.settings.plan import ClusterClient, OnExisting, PlanSettings, WriteMode
from importer.settings.read import ReadSettings
from importer.settings.run_place import check_address, is_address, is_here, list_hosts, make_absolute, read_run_place
from importer.settings.secret import Secret
from importer.settings.send import InDoubt, SendSettings

__all__ = [
    "DEFAULT_API_URL",
    "KEY_VARIABLES",
    "MAX_LAYERS",
    "URL_VARIABLE",
    "ApiSettings",
    "CheckSettings",
    "ClusterClient",
    "InDoubt",
    "OnExisting",
    "PlanSettings",
    "ReadSettings",
    "Secret",
    "SendSettings",
    "WriteMode",
    "check_address",
    "check_api_url",
    "find_api_key",
    "find_api_url",
    "find_ca_bundle",
    "find_named_key",
    "find_private_folder",
    "find_proxy",
    "is_address",
    "is_ci",
    "is_here",
    "is_loopback",
    "list_hosts",
    "make_absolute",
    "make_child_environment",
    "name_foreign_proxy",
    "read_run_place",
    "word_command",
]
